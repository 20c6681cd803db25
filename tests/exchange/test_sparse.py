"""Streams whose events are long and far apart, as pictures on their way are."""

import msgspec

from tests.exchange.stage import SSE, services, target
from tests.exchange.test_attempt import TIMES, watched
from understudy.chat.endpoint import Capability, Endpoint, Needs
from understudy.dialects.catalog import OPERATIONS
from understudy.exchange.asked import Asked
from understudy.exchange.attempt import Attempt
from understudy.exchange.services import HeldBudget, Services
from understudy.exchange.writing import Writer, Written
from understudy.routing.steps import Lease
from understudy.wire.http import HttpRequest

PICTURE = (
    b'data: {"type":"image_generation.partial_image","b64_json":"'
    + 50_000 * b"A"
    + b'","partial_image_index":0}\n\n'
)
BODY = b'{"model":"r","prompt":"p","stream":true,"partial_images":2}'
ABLE = frozenset({Capability.STREAMING})


def attempt(limit_bytes: int = 100_000) -> tuple[Attempt, Services]:
    shared = services(target("a"))
    shared = msgspec.structs.replace(
        shared,
        dialects={**shared.dialects, "toy": OPERATIONS["openai_images"]},
        budget=HeldBudget(limit_bytes),
    )
    route = shared.router.find("r")
    assert route is not None
    lease = shared.router.lease(shared.router.begin(route, Needs(), 0.0), 0.0)
    assert isinstance(lease, Lease)
    sent = HttpRequest("POST", "/", (), b"")
    written = Written(sent, (), is_passthrough=True, stream=True, is_sparse=True)
    one = Attempt(1, lease, written, TIMES)
    one.connected = 0.5
    one.receive_head(SSE, shared, 0.6)
    return one, shared


def test_events_may_be_as_far_apart_as_an_answer_takes() -> None:
    one, _ = attempt()
    assert (one.overdue(TIMES.first_token + 1), one.overdue(19.9)) == (None, None)
    assert one.overdue(20.0) == "headers_then_silence"
    assert watched(one, [*one.receive_data(PICTURE)], 10.0) is None
    assert (one.overdue(10.0 + TIMES.idle), one.overdue(29.9)) == (None, None)
    assert one.overdue(30.0) == "idle_mid_stream"


def test_what_has_come_of_an_event_is_counted_as_held() -> None:
    one, shared = attempt()
    half = len(PICTURE) // 2
    assert one.receive_data(PICTURE[:half]) == []
    assert shared.budget.held_bytes == half
    assert len(one.receive_data(PICTURE[half:])) == 1
    assert shared.budget.held_bytes == 0
    one.receive_data(PICTURE[:half])
    one.close()
    assert shared.budget.held_bytes == 0


def test_where_too_much_is_held_it_is_given_up() -> None:
    one, shared = attempt(limit_bytes=5_000)
    assert watched(one, [*one.receive_data(PICTURE[:40_000])], 1.0) == "overload_shed"
    one.close()
    assert shared.budget.held_bytes == 0


def test_a_target_that_cannot_stream_is_asked_for_a_whole_answer() -> None:
    writer = Writer(
        Asked("1", 0.0, "openai_images", BODY, path="/v1/images/generations"), OPERATIONS
    )
    glance = writer.glance()
    able = Endpoint("openai_images", "up", "/i/{leaf}", "p", capabilities=ABLE)
    written = writer.write(able, glance)
    assert written.request.body == BODY.replace(b'"r"', b'"up"')
    assert (written.is_passthrough, written.stream, written.is_sparse) == (True, True, True)
    unable = msgspec.structs.replace(able, capabilities=frozenset())
    for endpoint in (unable, msgspec.structs.replace(able, dialect="automatic1111_images")):
        whole = writer.write(endpoint, glance)
        assert b"stream" not in whole.request.body
        assert {"~stream", "task.partials"} <= {loss.token for loss in whole.losses}
        assert (whole.is_passthrough, whole.stream, whole.is_sparse) == (False, False, False)
