"""What the swarm found (`make sim`), each as a transcript."""

from tests.exchange.stage import SSE, ask, frames, services, target
from understudy.exchange.messages import UpstreamConnected, UpstreamRead


def test_a_response_that_ends_in_the_read_that_fails_is_not_cancelled() -> None:
    """Its connection may be carrying another request by then."""
    stage = ask(services(target("a"), target("b")))
    stage.tell(UpstreamConnected(1))
    stage.tell(UpstreamRead(1, SSE, frames(("start", "i"), ("error", "overloaded")), is_end=True))
    assert stage.targets() == ["a", "b"]
    assert stage.cancelled() == []
