import math

import pytest
from tests.routing.world import NEEDS, Play, failure, open_host, router, target, topology

from understudy.chat.failure import Scope
from understudy.routing.drain import UNKNOWN, Drain
from understudy.routing.router import Router
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import Domain, Route

A, B = target("a/m"), target("b/m")
HOST_A = Domain(Scope.HOST, "a")


def who(made: Router, route: Route, now: float) -> str:
    lease = made.lease(made.begin(route, NEEDS, now), now)
    assert isinstance(lease, Lease)
    made.close(lease, Ended.SUCCEEDED, now)
    return lease.target.name


@pytest.mark.parametrize("domain", A.domains, ids=str)
def test_a_domain_of_any_kind_is_drained_over_the_given_time(domain: Domain) -> None:
    made, route = router(A, target("b/n"), draw=lambda: 0.4)
    made.drains.start(domain, Drain(0.0, over=300.0), 0.0)
    assert [who(made, route, at) for at in (0.0, 179.0, 181.0, 9999.0)] == [
        "a/m",
        "a/m",
        "b/n",
        "b/n",
    ]


def test_it_charges_nobody_and_cuts_nothing() -> None:
    made, route = router(A, B)
    flying = Play(made, route)
    flying.lease("a/m")
    made.drains.start(HOST_A, Drain(0.0, over=0.0), 0.0)
    assert who(made, route, 1.0) == "b/m"
    flying.ok(after=50.0)
    host = next(view for view in made.snapshot(51.0).domains if view.domain == HOST_A)
    assert (host.successes, host.failures, host.state.value) == (1, 0, "closed")


def test_it_is_there_when_nobody_else_is() -> None:
    made, route = router(A, B)
    made.drains.start(HOST_A, Drain(0.0, over=0.0), 0.0)
    open_host(made, "chat", 1.0)
    assert who(made, route, 2.0) == "a/m"


def test_not_so_where_it_is_hard() -> None:
    made, route = router(A)
    made.drains.start(HOST_A, Drain(0.0, over=10.0, is_hard=True), 0.0)
    assert who(made, route, 9.0) == "a/m"
    refused = Play(made, route, now=10.0).refused()
    assert refused.retry_after == UNKNOWN, "no end was said"
    assert not refused.fault_is_callers
    made.drains.start(HOST_A, Drain(0.0, over=10.0, until=60.0, is_hard=True), 10.0)
    assert Play(made, route, now=15.0).refused().retry_after == 45.0


def test_a_failed_request_does_not_go_where_traffic_is_led_away_from() -> None:
    made, route = router(target("c/m"), A, B, draw=lambda: 0.0)
    made.drains.start(HOST_A, Drain(0.0, over=100.0), 0.0)
    told = Play(made, route, now=1.0)
    told.lease("c/m")
    told.fails(failure())
    told.lease("b/m")


def test_it_is_led_back_from_where_it_stands() -> None:
    made, _ = router(A, B)
    made.drains.start(HOST_A, Drain(0.0, over=100.0), 0.0)
    assert made.drains.give_back(HOST_A, 60.0, 50.0)
    back = made.drains.active(50.0)[HOST_A]
    assert [back.share(at) for at in (50.0, 80.0, 110.0)] == [0.5, 0.75, 1.0]
    assert made.drains.active(110.0) == {}
    assert not made.drains.give_back(HOST_A, 60.0, 110.0)


def test_with_an_end_it_goes_back_as_it_went() -> None:
    made, route = router(A, B, draw=lambda: 0.4)
    made.drains.start(HOST_A, Drain(0.0, over=10.0, until=100.0), 0.0)
    assert who(made, route, 99.0) == "b/m"
    assert who(made, route, 103.0) == "b/m"
    assert who(made, route, 105.0) == "a/m"
    assert made.drains.active(110.0) == {}
    made.lease(made.begin(route, NEEDS, 111.0), 111.0)
    assert all(breaker.is_clear for breaker in made._breakers.values())


def test_it_survives_a_reload_that_takes_the_domain_away_for_a_while() -> None:
    made, _ = router(A, B)
    made.drains.start(HOST_A, Drain(0.0, over=0.0), 0.0)
    made.swap(topology(B), 1.0)
    assert HOST_A not in made.drains.known()
    assert HOST_A in made.drains.active(1.0)
    made.swap(topology(A, B), 2.0)
    route = made.find("chat")
    assert route is not None
    assert who(made, route, 3.0) == "b/m"


def test_a_second_drain_of_a_domain_takes_the_place_of_the_first() -> None:
    made, _ = router(A, B)
    made.drains.start(HOST_A, Drain(0.0, over=0.0), 0.0)
    made.drains.start(HOST_A, Drain(0.0, over=0.0, last=0.3), 0.0)
    assert made._breakers[HOST_A].share(1.0) == 0.3


def test_it_says_what_is_going_on() -> None:
    drain = Drain(0.0, over=10.0, until=100.0)
    assert drain.words(5.0) == "is being drained, 50% of the traffic"
    assert drain.words(50.0) == "is drained"
    assert drain.words(105.0) == "comes back, 50% of the traffic"
    back = Drain(0.0, over=10.0, first=0.0, last=1.0)
    assert back.words(0.0) == "comes back, 0% of the traffic"
    assert Drain(0.0, over=0.0, is_hard=True).words(1.0) == "is drained, and nothing may use it"
    assert drain.barred_for(50.0) == 0.0
    assert Drain(0.0, over=0.0).until == math.inf
