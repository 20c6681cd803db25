"""What the client has been told: held, committed, ended."""

import msgspec
import pytest

from tests.contract.toy import Toy
from tests.exchange.stage import JSON, SSE, frames
from tests.routing.world import failure
from understudy.chat.events import Finished, PartDelta, PartKind, PartStarted, Started, StopReason
from understudy.chat.request import Request
from understudy.dialects.catalog import DIALECTS
from understudy.exchange.delivery import Delivery
from understudy.exchange.messages import SendData, SendHead
from understudy.exchange.receipt import Receipt

STREAM = Request("m", (), stream=True)
WHOLE = Request("m", ())


def delivery(*, keeps_text: bool = True) -> Delivery:
    made = Delivery(Toy("toy"), Receipt("r"), 1000)
    if keeps_text:
        made.keep_text()
    return made


def test_what_is_held_leaves_with_the_commit() -> None:
    one = delivery()
    one.reset(None)
    one.hold(b"a", (Started("x", "m"),))
    one.hold(b"b", (PartStarted(0, PartKind.TEXT), PartDelta(0, "hi")))
    head, data = one.commit(SSE)
    assert isinstance(head, SendHead)
    assert data == SendData(b"ab")
    assert one.committed
    assert one.pieces()[0].text == "hi"


def test_a_failed_attempt_leaves_no_trace() -> None:
    one = delivery()
    one.reset(None)
    one.hold(b"lost", (Started("x", "m"),))
    one.reset(None)
    one.hold(b"kept", ())
    assert one.commit(SSE)[1] == SendData(b"kept")
    assert one.pieces() == ()


def test_a_whole_answer_has_its_length() -> None:
    one = delivery()
    one.reset(WHOLE)
    for event in (
        Started("x", "m"),
        PartStarted(0, PartKind.TEXT),
        PartDelta(0, "hi"),
        Finished(StopReason.END),
    ):
        one.hold(b"ignored", (event,))
    head, data = one.whole(JSON)
    assert isinstance(head, SendHead)
    assert isinstance(data, SendData)
    assert head.length == len(data.data)
    assert b'"hi"' in data.data


def test_taking_over_goes_on_without_saying_anything_again() -> None:
    one = delivery()
    one.reset(None)
    one.hold(b"raw", (Started("x", "m"), PartStarted(0, PartKind.TEXT), PartDelta(0, "one")))
    one.commit(SSE)
    one.take_over(STREAM)
    assert one.send(b"ignored", (PartDelta(0, " two "),)) == frames(("text", " two "))
    assert one.pieces()[0].text == "one two "


def test_nothing_is_kept_where_nobody_will_ask() -> None:
    one = delivery(keeps_text=False)
    one.reset(None)
    one.hold(b"x", (PartStarted(0, PartKind.TEXT), PartDelta(0, "hi")))
    one.commit(SSE)
    assert one.pieces() == ()


def test_an_answer_commits_once() -> None:
    one = delivery()
    one.reset(None)
    one.commit(SSE)
    with pytest.raises(AssertionError):
        one.commit(SSE)


def test_an_answer_without_a_date_gets_ours_and_one_with_a_date_keeps_it() -> None:
    for said, expected in ((None, 1_700_000_000), (17, 17)):
        one = Delivery(DIALECTS["openai_chat"], Receipt("r"), 1000, created=1_700_000_000)
        one.reset(WHOLE)
        for event in (
            Started("x", "m", created=said),
            PartStarted(0, PartKind.TEXT),
            PartDelta(0, "hi"),
            Finished(StopReason.END),
        ):
            one.hold(b"", (event,))
        _, data = one.whole(JSON)
        assert isinstance(data, SendData)
        assert msgspec.json.decode(data.data)["created"] == expected


def test_an_error_is_said_as_the_path_wants_it() -> None:
    path = "/v1beta/models/m:streamGenerateContent"
    for asked, kind in ((path, list), (f"{path}?alt=sse", dict)):
        one = Delivery(DIALECTS["gemini_generate"], Receipt("r"), 1000, path=asked)
        _, data = one.refuse(failure())
        assert isinstance(data, SendData)
        assert isinstance(msgspec.json.decode(data.data), kind)


def test_an_error_names_the_request_where_its_dialect_does() -> None:
    one = Delivery(DIALECTS["anthropic_messages"], Receipt("us-1"), 1000)
    _, data = one.refuse(failure())
    assert isinstance(data, SendData)
    assert msgspec.json.decode(data.data)["request_id"] == "us-1"
