from tests.routing.world import target

from understudy.chat.failure import Scope
from understudy.routing.breaker import NEUTRAL, Breaker
from understudy.routing.latency import FirstToken
from understudy.routing.seat import Seat, domains_of, model_of
from understudy.routing.topology import Domain, Target


def seat(made: Target) -> tuple[Seat, dict[Scope, Breaker]]:
    breakers = {domain: Breaker() for domain in domains_of(made)}
    by_kind = {domain.kind: breaker for domain, breaker in breakers.items()}
    return Seat(made, breakers, FirstToken()), by_kind


def open_hard(breaker: Breaker, now: float) -> None:
    permit = breaker.acquire(now)
    assert permit is not None
    breaker.fail(permit, now, trips=True)


def open_softly(breaker: Breaker, now: float) -> None:
    for call in range(70):
        permit = breaker.acquire(now)
        if permit is not None and call % 10 == 9:
            breaker.fail(permit, now)
        elif permit is not None:
            breaker.succeed(permit, now)
    assert breaker.is_soft


def test_a_target_without_domains_is_a_domain_of_its_own() -> None:
    bare = target("a/m", without=tuple(Scope))
    assert domains_of(bare) == (Domain(Scope.MODEL, "a/m"),)
    assert seat(bare)[0].host == "a.example"


def test_the_model_is_the_same_wherever_it_is_served() -> None:
    assert model_of(target("a/m")) == "m"
    assert model_of(target("hub/meta-llama/Llama-3.3-70B")) == "llama-3.3-70b"
    assert model_of(target("azure/my-deployment", labels={"model": "gpt-5.2"})) == "gpt-5.2"


def test_healthy_calls_share_their_permits() -> None:
    one, breakers = seat(target("a/m"))
    first = one.shared_permits()
    assert first is not None
    assert first is one.shared_permits()
    assert [domain for domain, _ in first] == list(one.domains)
    open_hard(breakers[Scope.HOST], 0.0)
    assert one.shared_permits() is None
    breakers[Scope.HOST].absolve(1.0)
    again = one.shared_permits()
    assert again is not None
    assert again != first


def test_one_shut_domain_shuts_the_seat_and_says_for_how_long() -> None:
    one, breakers = seat(target("a/m"))
    assert one.is_free(0.0)
    open_hard(breakers[Scope.KEY], 0.0)
    breakers[Scope.ACCOUNT].rest(0.0, 9.0, known=True)
    assert not one.is_free(0.0)
    assert one.blocked_for(0.0) == 9.0
    assert one.is_resting(0.0)
    assert not one.is_resting(9.0)
    assert one.is_free(9.0)
    assert not one.is_sound(), "the key needs a probe"


def test_poor_is_usable_down_is_not() -> None:
    one, breakers = seat(target("a/m"))
    open_softly(breakers[Scope.HOST], 0.0)
    assert not one.is_free(0.0)
    assert one.is_usable(0.0)
    breakers[Scope.ACCOUNT].rest(0.0, 5.0, known=False)
    assert not one.is_usable(0.0)
    assert one.is_usable(5.0 - 1e-9) is False
    open_hard(breakers[Scope.KEY], 5.0)
    assert not one.is_usable(5.0)


def test_spent_is_who_is_shut_for_want_of_quota_alone() -> None:
    one, breakers = seat(target("a/m"))
    assert not one.is_spent(0.0), "it is free"
    breakers[Scope.ACCOUNT].rest(0.0, 9.0, known=True, quota=True)
    assert one.is_spent(0.0)
    breakers[Scope.MODEL].rest(0.0, 5.0, known=True)
    assert not one.is_spent(0.0), "its model was told to wait for another reason"
    assert one.is_spent(5.0)
    open_hard(breakers[Scope.HOST], 5.0)
    assert not one.is_spent(5.0), "its host is down"


def test_a_shut_domain_gives_a_neutral_permit() -> None:
    one, breakers = seat(target("a/m"))
    open_hard(breakers[Scope.HOST], 0.0)
    permits, is_probe = one.permits(0.0)
    assert dict(permits)[Domain(Scope.HOST, "a")] == NEUTRAL
    assert not is_probe
    permits, is_probe = one.permits(5.0)
    assert is_probe
    assert dict(permits)[Domain(Scope.HOST, "a")].probe


def test_who_has_to_pass_a_cell_sees_its_breaker_too() -> None:
    one, breakers = seat(target("a/m"))
    host, cell = Domain(Scope.HOST, "a"), Breaker()
    name = Domain(Scope.HOST, "a[streamed]")
    view = one.behind({host: (name, cell)})
    assert view.is_sound()
    open_hard(cell, 0.0)
    assert (one.is_sound(), view.is_sound()) == (True, False)
    assert view.domain(Scope.HOST) == host
    assert view.domains[view.cells[view.places[Scope.HOST]]] == name
    assert view.proven is one.proven
    open_hard(breakers[Scope.KEY], 0.0)
    assert not view.is_free(0.0)
