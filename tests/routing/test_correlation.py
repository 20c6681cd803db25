from tests.routing.world import R, failure, limited, refused_key, router, target, topology, unsent

from understudy.chat.endpoint import Needs
from understudy.chat.failure import Scope
from understudy.routing.breaker import State
from understudy.routing.router import Router
from understudy.routing.steps import Ended, Lease, Outcome
from understudy.routing.topology import Domain, Route, Target


def call(made: Router, name: str, outcome: Outcome, now: float) -> None:
    route = made.find(name) or Route(name, (name,))
    lease = made.lease(made.begin(route, Needs(), now), now)
    assert isinstance(lease, Lease)
    made.close(lease, outcome, now)


def state(made: Router, kind: Scope, name: str, now: float) -> State:
    found = [each for each in made.snapshot(now).domains if each.domain == Domain(kind, name)]
    return found[0].state


def keys(*extra: Target) -> Router:
    made, _ = router(
        target("a/m"), target("a/m#2", account="a2"), target("a/m#3", account="a3"), *extra
    )
    for name in ("a/m", "a/m#2"):
        call(made, name, Ended.SUCCEEDED, 0.0)
    return made


def test_a_wave_of_refused_keys_charges_the_host_and_not_the_keys() -> None:
    made = keys()
    call(made, "a/m", refused_key(3600.0), 10.0)
    assert state(made, Scope.KEY, "a#1", 10.0) is State.OPEN
    call(made, "a/m#2", refused_key(3600.0), 11.0)
    assert state(made, Scope.HOST, "a", 11.0) is State.OPEN
    assert state(made, Scope.KEY, "a#1", 11.0) is State.CLOSED
    assert state(made, Scope.KEY, "a#2", 11.0) is State.CLOSED


def test_after_a_wave_no_refusal_puts_anybody_away_for_long() -> None:
    """Some answers come through while a host's authentication is down: they prove little."""
    made = keys(target("a/n"))
    for name, now in (("a/m", 10.0), ("a/m#2", 11.0)):
        call(made, name, refused_key(3600.0), now)
    for now in (16.0, 17.0):
        call(made, "a/n", Ended.SUCCEEDED, now)
    assert state(made, Scope.HOST, "a", 17.0) is State.CLOSED
    for now in (18.0, 24.0, 32.0):
        call(made, "a/m", refused_key(3600.0), now)
    assert state(made, Scope.TARGET, "a/m", 32.0) is State.OPEN, "another model of its key works"
    assert max(each.open_for for each in made.snapshot(32.0).domains) <= 7.0
    for now in (100.0, 101.0):
        call(made, "a/n", Ended.SUCCEEDED, now)
    for now in (105.0, 113.0):
        call(made, "a/m#2", refused_key(3600.0), now)
    assert state(made, Scope.KEY, "a#2", 113.0) is State.OPEN
    assert max(each.open_for for each in made.snapshot(113.0).domains) <= 7.0


def test_a_key_that_works_in_between_speaks_against_a_wave() -> None:
    made = keys()
    call(made, "a/m", refused_key(), 10.0)
    call(made, "a/m#3", Ended.SUCCEEDED, 10.5)
    call(made, "a/m#2", refused_key(), 11.0)
    assert state(made, Scope.HOST, "a", 11.0) is State.CLOSED
    assert state(made, Scope.KEY, "a#2", 11.0) is State.OPEN


def test_keys_that_never_worked_are_no_wave() -> None:
    made, _ = router(target("a/m"), target("a/m#2"), target("a/m#3"))
    for name in ("a/m", "a/m#2"):
        call(made, name, refused_key(), 1.0)
    assert state(made, Scope.HOST, "a", 1.0) is State.CLOSED
    call(made, "a/m#3", Ended.SUCCEEDED, 1.0)


def test_refusals_far_apart_are_no_wave() -> None:
    made = keys()
    call(made, "a/m", refused_key(), 10.0)
    call(made, "a/m#2", refused_key(), 71.0)
    assert state(made, Scope.HOST, "a", 71.0) is State.CLOSED


def test_limits_on_every_account_without_a_hint_are_the_hosts_doing() -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="a2"), target("b/m"))
    call(made, "a/m", limited(), 1.0)
    assert made.snapshot(1.0).targets[0].reasons != ()
    call(made, "a/m#2", limited(), 2.0)
    assert state(made, Scope.HOST, "a", 2.0) is State.OPEN
    rests = [each.resting_for for each in made.snapshot(2.0).domains]
    assert rests == [0.0] * len(rests), "no account rests"


def test_limits_with_a_hint_or_on_some_accounts_stay_with_the_accounts() -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="a2"), target("a/m#3", account="a3"))
    call(made, "a/m", limited(), 1.0)
    call(made, "a/m#2", limited(), 1.0)
    assert state(made, Scope.HOST, "a", 1.0) is State.CLOSED
    call(made, "a/m#3", limited(30.0), 1.0)
    assert state(made, Scope.HOST, "a", 1.0) is State.CLOSED


def edged(name: str) -> Target:
    made = target(name)
    return Target(
        name=made.name,
        provider=made.provider,
        taxonomy=made.taxonomy,
        origin=made.origin,
        endpoint=made.endpoint,
        domains=(*made.domains, Domain(Scope.EDGE, "cdn")),
    )


def test_pages_of_one_edge_from_two_hosts_charge_the_edge() -> None:
    made, _ = router(edged("a/m"), edged("b/m"), target("c/m"))
    page = failure(Scope.HOST, kind="any.http.52x_530", status=530)
    call(made, "a/m", page, 1.0)
    assert state(made, Scope.EDGE, "cdn", 1.0) is State.CLOSED
    call(made, "b/m", page, 2.0)
    assert state(made, Scope.EDGE, "cdn", 2.0) is State.OPEN
    assert [each.is_eligible for each in made.snapshot(2.0).targets] == [False, False, True]


def test_nothing_reaches_anybody_so_nobody_is_charged() -> None:
    made, _ = router(target("a/m"), target("b/m"), target("c/m"))
    for step in range(20):
        for name in ("a/m", "b/m", "c/m"):
            call(made, name, unsent(), step * 0.5)
    assert all(each.is_eligible for each in made.snapshot(10.0).targets)


def test_one_host_that_answers_proves_our_network() -> None:
    made, _ = router(target("a/m"), target("b/m"), target("c/m"), target("d/m"))
    for step in range(5):
        call(made, "d/m", Ended.SUCCEEDED, step * 0.5)
        for name in ("a/m", "b/m", "c/m"):
            call(made, name, unsent(), step * 0.5)
    assert [each.is_eligible for each in made.snapshot(2.0).targets] == [False, False, False, True]


def test_one_model_that_fails_among_others_that_work_does_not_take_the_host_down() -> None:
    made, _ = router(target("a/large"), target("a/small"))
    for step in range(8):
        call(made, "a/large", failure(Scope.HOST), float(step))
        call(made, "a/small", Ended.SUCCEEDED, step + 0.5)
    assert state(made, Scope.MODEL, "a/large", 8.0) is State.OPEN
    assert state(made, Scope.HOST, "a", 8.0) is State.CLOSED
    call(made, "a/small", Ended.SUCCEEDED, 8.0)


def test_a_host_where_every_model_fails_is_down_itself() -> None:
    made, _ = router(target("a/large"), target("a/small"))
    for step in range(3):
        for name in ("a/large", "a/small"):
            if state(made, Scope.HOST, "a", float(step)) is State.CLOSED:
                call(made, name, failure(Scope.HOST), float(step))
    assert state(made, Scope.HOST, "a", 2.0) is State.OPEN


def regions() -> Router:
    made, _ = router(target("a/m", region="a/eu"), target("a/m#2", region="a/us"), target("b/m"))
    return made


def test_a_region_that_fails_does_not_take_its_host_down() -> None:
    made = regions()
    for step in range(5):
        call(made, "a/m", failure(Scope.HOST), step * 0.5)
        call(made, "a/m#2", Ended.SUCCEEDED, step * 0.5 + 0.2)
    assert state(made, Scope.REGION, "a/eu", 2.5) is State.OPEN
    assert [each.is_eligible for each in made.snapshot(2.5).targets] == [False, True, True]


def test_a_host_that_fails_in_every_region_is_down_itself() -> None:
    made = regions()
    for step in range(3):
        for name in ("a/m", "a/m#2"):
            call(made, name, failure(Scope.HOST), float(step))
    assert state(made, Scope.HOST, "a", 3.0) is State.OPEN
    assert state(made, Scope.REGION, "a/eu", 3.0) is State.CLOSED


def test_a_call_from_before_a_reload_is_judged_by_its_own_row() -> None:
    made, route = router(target("a/m"))
    lease = made.lease(made.begin(route, Needs(), 0.0), 0.0)
    assert isinstance(lease, Lease)
    made.swap(topology(target("b/m")), 1.0)
    made.close(lease, failure(Scope.HOST, (R.OTHER_HOST,)), 2.0)
    assert all(each.failures == 0 for each in made.snapshot(2.0).domains)
