"""What the swarm found (`make sim`), each as a transcript."""

import msgspec

from tests.exchange.stage import SSE, ask, frames, route, services, target
from understudy.exchange.messages import UpstreamClosed, UpstreamConnected, UpstreamRead
from understudy.routing.budget import RetryBudget
from understudy.routing.router import Router
from understudy.routing.topology import Topology


def test_a_response_that_ends_in_the_read_that_fails_is_not_cancelled() -> None:
    """Its connection may be carrying another request by then."""
    stage = ask(services(target("a"), target("b")))
    stage.tell(UpstreamConnected(1))
    stage.tell(UpstreamRead(1, SSE, frames(("start", "i"), ("error", "overloaded")), is_end=True))
    assert stage.targets() == ["a", "b"]
    assert stage.cancelled() == []


def test_a_kept_connection_that_was_closed_meanwhile_costs_neither_time_nor_an_attempt() -> None:
    """Its request is on its way when that shows; only the first time is nobody's fault."""
    stage = ask(services(target("a"), route=route(max_attempts=1)))
    stage.tell(UpstreamConnected(1), UpstreamClosed(1, "reused_connection_closed"))
    assert stage.targets() == ["a", "a"]
    stage.tell(UpstreamConnected(2), UpstreamClosed(2, "reused_connection_closed"))
    assert stage.closes() == [True]
    assert stage.status() == 502


def test_where_the_retry_budget_is_spent_a_closed_connection_is_replaced_all_the_same() -> None:
    """It multiplies nobody's load: the host never read the request."""
    shared = services(target("a"), route=route())
    named = msgspec.structs.replace(route(), targets=("a",))
    topology = Topology({"a": target("a")}, {"r": named})
    router = Router(topology, lambda: 0.5, budget=RetryBudget(ratio=0.0, reserve=0.0))
    stage = ask(msgspec.structs.replace(shared, router=router))
    stage.tell(UpstreamConnected(1), UpstreamClosed(1, "reused_connection_closed"))
    assert stage.targets() == ["a", "a"]
    stage.tell(UpstreamConnected(2), UpstreamClosed(2, "reset_before_headers"))
    assert stage.closes() == [True]
