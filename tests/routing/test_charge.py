import pytest
from tests.routing.world import failure, limited, refused_key, target

from understudy.chat.failure import Failure, Scope
from understudy.routing import charge
from understudy.routing.breaker import Breaker, State
from understudy.routing.latency import FirstToken
from understudy.routing.seat import Seat, domains_of
from understudy.routing.topology import Domain
from understudy.routing.verdict import Verdict


def seat(*without: Scope) -> Seat:
    made = target("a/m", region="a/eu", without=without)
    return Seat(made, {domain: Breaker() for domain in domains_of(made)}, FirstToken())


def charge_once(one: Seat, failed: Failure, verdict: Verdict | None = None) -> None:
    permits, _ = one.permits(0.0)
    charge.fail(one, permits, failed, verdict or Verdict(failed.charge), 0.0)


def charged(one: Seat) -> list[Domain]:
    return [
        domain
        for domain, breaker in zip(one.domains, one.breakers, strict=True)
        if breaker.counts(0.0)[1] or not breaker.is_clear
    ]


def breaker(one: Seat, kind: Scope) -> Breaker:
    return one.breakers[one.places[kind]]


@pytest.mark.parametrize(
    "kind", [Scope.KEY, Scope.ACCOUNT, Scope.MODEL, Scope.REGION, Scope.HOST, Scope.LAB]
)
def test_only_the_domain_that_the_failure_names_is_charged(kind: Scope) -> None:
    one = seat()
    charge_once(one, failure(kind))
    assert [domain.kind for domain in charged(one)] == [kind]


@pytest.mark.parametrize(
    ("kind", "without", "instead"),
    [
        (Scope.KEY, (Scope.KEY,), Scope.ACCOUNT),
        (Scope.KEY, (Scope.KEY, Scope.ACCOUNT), Scope.MODEL),
        (Scope.ACCOUNT, (Scope.ACCOUNT,), Scope.KEY),
        (Scope.MODEL, (Scope.MODEL,), Scope.HOST),
        (Scope.REGION, (Scope.REGION,), Scope.HOST),
        (Scope.HOST, (Scope.HOST,), Scope.REGION),
        (Scope.HOST, (Scope.HOST, Scope.REGION), Scope.MODEL),
        (Scope.LAB, (Scope.LAB,), Scope.HOST),
        (Scope.EDGE, (), Scope.HOST),
    ],
)
def test_where_the_domain_is_missing_the_next_sensible_one_pays(
    kind: Scope, without: tuple[Scope, ...], instead: Scope
) -> None:
    one = seat(*without)
    charge_once(one, failure(kind))
    assert [domain.kind for domain in charged(one)] == [instead]


def test_nobody_pays_where_nobody_is_to_blame() -> None:
    one = seat()
    charge_once(one, failure(Scope.NONE))
    charge_once(one, failure(Scope.HOST), Verdict(Scope.NONE))
    assert charged(one) == []
    assert charge.domain_of(one, Scope.NONE) is None


def test_every_kind_stands_in_for_itself_first() -> None:
    for kind in Scope:
        assert charge.stand_ins(kind)[:1] == (() if kind is Scope.NONE else (kind,))


def test_a_spent_quota_rests_and_breaks_nothing() -> None:
    one = seat()
    charge_once(one, limited(12.0))
    account = breaker(one, Scope.ACCOUNT)
    assert account.resting_for(0.0) == 12.0
    assert account.rest_is_known
    assert account.state(0.0) is State.CLOSED
    assert account.counts(0.0) == (0, 0)


def test_a_hint_on_another_failure_rests_the_domain_and_counts() -> None:
    one = seat()
    charge_once(one, failure(Scope.HOST, status=503, retry_after=9.0))
    assert breaker(one, Scope.HOST).resting_for(0.0) == 9.0
    assert breaker(one, Scope.HOST).counts(0.0) == (0, 1)


def test_a_refused_key_is_put_away_at_once() -> None:
    one = seat()
    charge_once(one, refused_key(3600.0))
    assert breaker(one, Scope.KEY).open_for(0.0) == 3600.0


def test_a_refused_key_that_worked_is_asked_again_soon() -> None:
    one = seat()
    permits, _ = one.permits(0.0)
    charge.succeed(one, permits, 0.0)
    charge_once(one, refused_key(3600.0))
    key = breaker(one, Scope.KEY)
    assert key.open_for(0.0) == 5.0
    permits, _ = one.permits(5.0)
    charge.fail(one, permits, refused_key(3600.0), Verdict(Scope.KEY), 5.0)
    assert key.open_for(5.0) == 300.0


def test_a_wave_opens_the_wider_domain_at_once() -> None:
    one = seat()
    charge_once(one, refused_key(3600.0), Verdict(Scope.HOST, is_wave=True))
    assert [domain.kind for domain in charged(one)] == [Scope.HOST]
    assert breaker(one, Scope.HOST).open_for(0.0) == 5.0


def test_success_credits_all_and_release_none() -> None:
    one = seat()
    permits, _ = one.permits(0.0)
    charge.release(one, permits)
    assert all(each.counts(0.0) == (0, 0) for each in one.breakers)
    charge.succeed(one, permits, 0.0)
    assert all(each.counts(0.0) == (1, 0) for each in one.breakers)


def test_a_cell_pays_in_the_stead_of_its_domain() -> None:
    host, cell = Domain(Scope.HOST, "a"), Domain(Scope.HOST, "a[streamed]")
    breakers = {domain: Breaker() for domain in domains_of(target("a/m"))}
    one = Seat(target("a/m"), breakers, FirstToken())
    assert charge.domain_of(one.behind({host: (cell, Breaker())}), Scope.HOST) == cell
    assert charge.domain_of(one, Scope.HOST) == host
