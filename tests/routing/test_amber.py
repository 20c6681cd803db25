"""What stands last gets ready before it is needed, and not for nothing."""

import msgspec
from tests.routing.world import Play, failure, limited, open_host, router, target

from understudy.chat.failure import Scope
from understudy.routing.amber import LEAST, is_unwell, routes_in_need
from understudy.routing.breaker import State
from understudy.routing.drain import Drain
from understudy.routing.modes import Mode, cell_of
from understudy.routing.router import Router
from understudy.routing.topology import Domain, Route, Strategy, Topology

A, B, FLOOR = target("a/m"), target("b/m"), target("floor/m")
TARGETS = {one.name: one for one in (A, B, FLOOR)}


def needed(made: Router, route: Route, now: float) -> frozenset[str]:
    topology = Topology(TARGETS, {route.name: route})
    return routes_in_need(topology, made.snapshot(now), {"floor/m"})


def test_all_is_well_at_the_beginning() -> None:
    made, route = router(A, B, FLOOR)
    assert needed(made, route, 0.0) == frozenset()


def test_a_first_target_that_is_shut_is_reason_enough() -> None:
    made, route = router(A, B, FLOOR)
    open_host(made, "a/m", 0.0)
    assert needed(made, route, 1.0) == {"floor/m"}


def test_a_second_one_is_not() -> None:
    made, route = router(A, B, FLOOR)
    open_host(made, "b/m", 0.0)
    assert needed(made, route, 1.0) == frozenset()


def test_under_weights_each_of_them_is_a_first_one() -> None:
    made, route = router(A, B, FLOOR, strategy=Strategy.WEIGHTED)
    open_host(made, "b/m", 0.0)
    assert needed(made, route, 1.0) == {"floor/m"}


def test_one_failure_proves_nothing_and_two_of_ten_do() -> None:
    made, route = router(A, B, FLOOR)
    for failures in range(1, LEAST + 1):
        told = Play(made, route, now=float(failures))
        told.lease("a/m")
        told.fails(failure(kind="any.http.500"))
        assert needed(made, route, 5.0) == (frozenset() if failures < LEAST else {"floor/m"})
    for _ in range(40):
        told = Play(made, route, now=6.0)
        told.lease("a/m")
        told.ok()
    assert needed(made, route, 6.0) == frozenset()


def test_a_rest_and_a_drain_are_reasons_too() -> None:
    made, route = router(A, B, FLOOR)
    told = Play(made, route)
    told.lease("a/m")
    told.fails(limited(9.0))
    assert needed(made, route, 1.0) == {"floor/m"}
    made, route = router(A, B, FLOOR)
    made.drains.start(Domain(Scope.HOST, "a"), Drain(0.0, over=0.0), 0.0)
    assert needed(made, route, 1.0) == {"floor/m"}


def test_a_first_target_that_streams_alone_have_left_is_reason_enough() -> None:
    made, route = router(A, B, FLOOR)
    view = made.snapshot(0.0)
    cell = msgspec.structs.replace(
        view.domains[0], domain=cell_of(Domain(Scope.HOST, "a"), Mode.STREAMED), state=State.OPEN
    )
    split = msgspec.structs.replace(view, domains=(*view.domains, cell))
    assert routes_in_need(Topology(TARGETS, {"chat": route}), split, {"floor/m"}) == {"floor/m"}


def test_a_route_of_nothing_else_needs_it_always() -> None:
    made, route = router(FLOOR)
    assert needed(made, route, 0.0) == {"floor/m"}


def test_domains_that_nobody_knows_are_well() -> None:
    assert not is_unwell(A, {})
