"""One attempt: phases, time limits, and what it makes of a response."""

import msgspec
import pytest

from tests.exchange.stage import JSON, SSE, frames, services, target
from understudy.chat.endpoint import Needs
from understudy.chat.events import Failed
from understudy.chat.failure import Progress
from understudy.dialects.base import Decoded
from understudy.exchange.attempt import DRIP_EVENTS, Attempt, Phase
from understudy.exchange.services import Services
from understudy.exchange.writing import Written
from understudy.routing.steps import Lease
from understudy.routing.topology import Timeouts
from understudy.wire.http import HttpRequest, ResponseHead

TIMES = Timeouts(connect=1.0, first_token=5.0, idle=3.0, answer=20.0)


def attempt(*, stream: bool = True) -> tuple[Attempt, Services]:
    shared = services(target("a"))
    route = shared.router.find("r")
    assert route is not None
    lease = shared.router.lease(shared.router.begin(route, Needs(), 0.0), 0.0)
    assert isinstance(lease, Lease)
    written = Written(HttpRequest("POST", "/", (), b""), (), is_passthrough=True, stream=stream)
    return Attempt(1, lease, written, TIMES), shared


def phase(one: Attempt) -> Phase:
    return one.phase


def watched(one: Attempt, items: list[Decoded] | tuple[Decoded, ...], now: float) -> str | None:
    """The flag of the failure that the items end in, if they do."""
    for item in items:
        end = one.watch(item.events, now)
        if isinstance(end, Failed):
            return end.signal.flag or str(end.signal.status)
    return None


def test_phases_follow_each_other() -> None:
    one, shared = attempt()
    assert (one.phase, one.overdue(0.9), one.overdue(1.0)) == (
        Phase.CONNECTING,
        None,
        "connect_timeout",
    )
    assert one.progress(committed=False) is Progress.NOT_SENT
    one.connected = 0.5
    assert phase(one) is Phase.WAITING
    assert one.progress(committed=False) is Progress.SENT
    assert one.overdue(100.0) == "ttfb_timeout"
    one.receive_head(SSE, shared, 0.6)
    assert one.overdue(100.0) == "headers_then_silence"
    for item in one.receive_data(frames(("start", "x"), ("text", "hi"))):
        one.watch(item.events, 2.0)
    assert phase(one) is Phase.STREAMING
    assert one.overdue(4.9) is None
    assert one.overdue(5.0) == "idle_mid_stream"
    assert one.progress(committed=True) is Progress.STREAMING


def test_a_whole_answer_is_one_phase() -> None:
    one, _ = attempt(stream=False)
    one.connected = 0.1
    assert one.phase is Phase.WHOLE
    assert one.check_at() == 20.0


def test_too_little_in_an_idle_period_is_a_drip() -> None:
    one, shared = attempt()
    one.connected = 0.0
    one.receive_head(SSE, shared, 0.0)
    now = 0.0
    one.watch(one.receive_data(frames(("start", "x"), ("text", "a")))[1].events, now)
    for _ in range(DRIP_EVENTS - 2):
        now += 1.4
        one.watch(one.receive_data(frames(("text", "b")))[0].events, now)
    assert one.overdue(now + 1.0) == "drip_below_min_rate"


def test_blocked_time_does_not_count() -> None:
    one, shared = attempt()
    one.connected = 0.0
    one.receive_head(SSE, shared, 0.0)
    for item in one.receive_data(frames(("start", "x"), ("text", "a"))):
        one.watch(item.events, 0.0)
    one.block()
    assert one.overdue(1000.0) is None
    one.unblock(1000.0)
    assert one.overdue(1002.0) is None


@pytest.mark.parametrize(
    ("head", "body", "flag"),
    [
        (ResponseHead(500, ()), b"oops", "500"),
        (ResponseHead(302, ((b"location", b"http://x"),)), b"", "302"),
        (JSON, b"", "invalid_json_body"),
        (JSON, b'{"id":', "invalid_json_body"),
        (ResponseHead(200, ((b"content-type", b"text/html"),)), b"<html>", "html_body"),
    ],
)
def test_every_bad_response_is_a_failed_event(head: ResponseHead, body: bytes, flag: str) -> None:
    one, shared = attempt(stream=False)
    said = [*one.receive_head(head, shared, 0.0)]
    if body:
        said += one.receive_data(body)
    said += one.receive_end(0.1)
    assert watched(one, said, 0.1) == flag


def test_an_error_body_is_kept_up_to_its_limit() -> None:
    one, shared = attempt(stream=False)
    one.receive_head(ResponseHead(500, ()), shared, 0.0)
    for _ in range(100):
        one.receive_data(b"x" * 10_000)
    one.receive_end(0.1)
    assert one.error_body is not None
    assert len(one.error_body) <= shared.limits.error + 10_000


def test_closing_gives_back_what_is_held() -> None:
    one, shared = attempt(stream=False)
    one.receive_head(JSON, shared, 0.0)
    one.receive_data(b"x" * 1000)
    assert shared.budget.held_bytes == 1000
    one.close()
    assert shared.budget.held_bytes == 0


def test_who_has_to_start_first_gets_the_time_for_it() -> None:
    one, _ = attempt()
    slow = msgspec.structs.replace(one.lease.target, connect=60.0)
    one.lease = msgspec.structs.replace(one.lease, target=slow)
    assert (one.overdue(59.0), one.overdue(60.0)) == (None, "connect_timeout")
    one.connected = 50.0
    assert (one.overdue(79.9), one.overdue(80.0)) == (None, "ttfb_timeout")
