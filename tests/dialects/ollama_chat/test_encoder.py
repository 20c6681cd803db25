"""Events to bytes: what is written is read as it was."""

import json

import pytest
from hypothesis import given
from msgspec import Raw
from tests.dialects.ollama_chat.talk import OK
from tests.strategies import interleavings

from understudy.chat.events import (
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.parts import Citation
from understudy.chat.request import Request
from understudy.chat.response import Response, fold, unfold
from understudy.chat.usage import Usage
from understudy.dialects.ollama_chat import DIALECT

ANSWER: list[Event] = [
    Started("", "m", 1_786_082_926),
    PartStarted(0, PartKind.REASONING, producer="ollama"),
    PartDelta(0, "Hm"),
    PartEnded(0),
    PartStarted(1, PartKind.TEXT),
    PartDelta(1, "The sky"),
    PartDelta(1, " is blue"),
    PartEnded(1),
    PartStarted(2, PartKind.TOOL_CALL, id="call_x", name="f"),
    PartDelta(2, '{"a":'),
    PartDelta(2, "1}"),
    PartEnded(2),
    Finished(StopReason.TOOL_CALLS, Usage(input_tokens=7, output_tokens=9), "stop"),
]
FAILURE = Failure("x", Fault.UPSTREAM, "host", Scope.HOST, Progress.STREAMING, "it died")


def written(events: list[Event], *, stream: bool) -> tuple[bytes, list[str]]:
    encoder = DIALECT.encoder(Request("asked", (), stream=stream))
    data = b"".join(encoder.send(event) for event in events)
    return data, [loss.token for loss in encoder.losses]


def read(data: bytes, *, stream: bool) -> list[Event]:
    decoder = DIALECT.decoder(OK, stream=stream)
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_an_answer_is_read_as_it_was_written(*, stream: bool) -> None:
    data, losses = written(ANSWER, stream=stream)
    assert losses == []
    again = fold(read(data, stream=stream))
    before = fold(ANSWER)
    assert again.pieces == before.pieces
    assert again.started == before.started
    assert (again.stop, again.usage) == (before.stop, before.usage)


def test_a_call_is_said_whole() -> None:
    data, _ = written(ANSWER, stream=True)
    lines = [json.loads(line) for line in data.splitlines()]
    (said,) = [line["message"]["tool_calls"] for line in lines if "tool_calls" in line["message"]]
    function = {"index": 0, "name": "f", "arguments": {"a": 1}}
    assert said == [{"id": "call_x", "function": function}]
    assert lines[-1]["done_reason"] == "stop"
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]


@given(interleavings())
def test_whatever_is_said_is_lines_and_nothing_is_lost_in_silence(
    found: tuple[Response, list[Event]],
) -> None:
    _, events = found
    data, losses = written(events, stream=True)
    body, others = written(list(unfold(fold(events))), stream=False)
    assert json.loads(body)["done"] is True
    assert all(json.loads(line) for line in data.splitlines())
    response = fold(events)
    for piece in response.pieces:
        where = f"parts[{piece.start.index}]"
        if piece.start.kind in {PartKind.IMAGE, PartKind.OPAQUE} and not piece.start.choice:
            assert where in losses
            assert where in others
        if piece.signature and piece.start.kind is PartKind.REASONING and not piece.start.choice:
            assert f"{where}.signature" in losses


def test_an_answer_that_breaks_ends_in_an_error_and_is_never_done() -> None:
    encoder = DIALECT.encoder(Request("m", (), stream=True))
    data = b"".join(encoder.send(event) for event in ANSWER[:6]) + encoder.abort(FAILURE)
    assert json.loads(data.splitlines()[-1]) == {"error": "it died"}
    assert encoder.remark(b"seam") == b""
    whole = DIALECT.encoder(Request("m", ()))
    assert json.loads(whole.abort(FAILURE)) == {"error": "it died"}
    assert whole.remark(b"seam") == b""


def test_heads_name_their_types() -> None:
    assert DIALECT.encoder(Request("m", (), stream=True)).head()[0][1] == b"application/x-ndjson"
    assert DIALECT.encoder(Request("m", ())).head()[0][1].startswith(b"application/json")


@pytest.mark.parametrize(
    ("created", "said"), [(10**15, "9999-12-31"), (-5, "1970-01-01"), (None, "1970-01-01")]
)
def test_a_time_that_no_calendar_has_is_bounded(created, said):
    whole = DIALECT.encoder(Request("m", ()))
    sent = [whole.send(event) for event in (Started("", "m", created), *ANSWER[1:])]
    assert json.loads(sent[-1])["created_at"].startswith(said)


def test_what_stands_beside_a_text_is_said_or_lost():
    own = PartDelta(0, "x", fields={"ollama_chat.more": Raw(b"1")})
    cited = PartDelta(0, "y", citation=Citation("a page"))
    end = Finished(StopReason.END, Usage(1), "stop")
    said: list[Event] = [Started("r", "m"), PartStarted(0, PartKind.TEXT), own, cited]
    said += [PartEnded(0), end]
    data, losses = written(said, stream=True)
    assert b'"more":1' in data
    assert losses == ["parts[0].citations"]
