"""Events to bytes: what is written is read as it was."""

import json

import pytest
from hypothesis import given
from msgspec import Raw
from tests.dialects.gemini_generate.talk import events
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
from understudy.dialects.gemini_generate import DIALECT
from understudy.dialects.gemini_generate.schema import BEFORE_CALL, BEFORE_TEXT, NAME
from understudy.wire.http import ResponseHead

ANSWER: list[Event] = [
    Started("r1", "m", None),
    PartStarted(0, PartKind.REASONING, producer="gemini"),
    PartDelta(0, "Hm"),
    PartEnded(0),
    PartStarted(1, PartKind.REASONING, producer="gemini", field=BEFORE_TEXT),
    PartDelta(1, signature="s1"),
    PartEnded(1),
    PartStarted(2, PartKind.TEXT),
    PartDelta(2, "The sky"),
    PartDelta(2, " is blue"),
    PartEnded(2),
    PartStarted(3, PartKind.OPAQUE, dialect=NAME, raw=Raw(b'{"executableCode":{}}')),
    PartEnded(3),
    PartStarted(4, PartKind.REASONING, producer="gemini", field=BEFORE_CALL),
    PartDelta(4, signature="s2"),
    PartEnded(4),
    PartStarted(5, PartKind.TOOL_CALL, id="call_r1_0", name="f"),
    PartDelta(5, '{"a":  '),
    PartDelta(5, "1}"),
    PartEnded(5),
    Finished(StopReason.TOOL_CALLS, Usage(7, 2, 0, output_tokens=9, reasoning_tokens=3), "STOP"),
]
BLOCKED: list[Event] = [
    Started("r1", "m"),
    Finished(
        StopReason.CONTENT_FILTER,
        Usage(input_tokens=3),
        "SAFETY",
        fields={f"{NAME}.promptFeedback": Raw(b'{"blockReason":"SAFETY"}')},
    ),
]
FAILURE = Failure("x", Fault.UPSTREAM, "host", Scope.HOST, Progress.STREAMING, "it died")


def written(said: list[Event], *, stream: bool) -> tuple[bytes, list[str]]:
    encoder = DIALECT.encoder(Request("asked", (), stream=stream))
    data = b"".join(encoder.send(event) for event in said)
    return data, [loss.token for loss in encoder.losses]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("said", [ANSWER, BLOCKED], ids=["answered", "blocked"])
def test_an_answer_is_read_as_it_was_written(said: list[Event], *, stream: bool) -> None:
    data, losses = written(said, stream=stream)
    assert losses == []
    assert fold(events(data, stream=stream)) == fold(said)


def test_a_body_is_as_the_documents_show_it() -> None:
    body = json.loads(written(ANSWER, stream=False)[0])
    (candidate,) = body["candidates"]
    assert candidate["content"] == {
        "role": "model",
        "parts": [
            {"text": "Hm", "thought": True},
            {"text": "The sky is blue", "thoughtSignature": "s1"},
            {"executableCode": {}},
            {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "s2"},
        ],
    }
    assert (candidate["finishReason"], candidate["index"]) == ("STOP", 0)
    assert (body["modelVersion"], body["responseId"]) == ("m", "r1")
    assert body["usageMetadata"] == {
        "promptTokenCount": 9,
        "cachedContentTokenCount": 2,
        "candidatesTokenCount": 6,
        "thoughtsTokenCount": 3,
        "totalTokenCount": 18,
    }


@given(interleavings())
def test_whatever_is_said_is_json_and_nothing_is_lost_in_silence(
    found: tuple[Response, list[Event]],
) -> None:
    _, said = found
    data, losses = written(said, stream=True)
    body, others = written(list(unfold(fold(said))), stream=False)
    assert "usageMetadata" in json.loads(body) or fold(said).usage is None
    assert all(
        isinstance(json.loads(b"".join(line[6:] for line in frame.split(b"\n"))), dict)
        for frame in data.split(b"\n\n")
        if frame
    )
    for piece in fold(said).pieces:
        where = f"parts[{piece.start.index}]"
        if piece.start.kind in {PartKind.IMAGE, PartKind.OPAQUE}:
            assert where in losses
            assert where in others
        elif piece.signature:
            assert f"{where}.signature" in losses


def test_an_answer_that_breaks_ends_in_an_error_and_gives_no_reason() -> None:
    encoder = DIALECT.encoder(Request("m", (), stream=True))
    data = b"".join(encoder.send(event) for event in ANSWER[:9]) + encoder.abort(FAILURE)
    error = json.loads(data.rstrip().rpartition(b"data: ")[2])["error"]
    assert error == {"code": 502, "message": "it died", "status": "INTERNAL"}
    assert b"finishReason" not in data
    assert encoder.remark(b"seam") == b"", "Google's clients cannot read past a comment"
    whole = DIALECT.encoder(Request("m", ()))
    assert json.loads(whole.abort(FAILURE))["error"]["message"] == "it died"
    assert whole.remark(b"seam") == b""


def test_a_stream_may_be_one_array() -> None:
    encoder = DIALECT.encoder(Request("asked", (), stream=True, as_array=True))
    assert encoder.head()[0][1].startswith(b"application/json")
    pieces = [encoder.send(event) for event in ANSWER]
    data = b"".join(pieces)
    chunks = json.loads(data)
    assert len(chunks) == sum(1 for piece in pieces if piece)
    assert encoder.remark(b"seam") == b""
    assert fold(events(data)) == fold(ANSWER)
    assert fold(events(data, head=ResponseHead(200, encoder.head()))) == fold(ANSWER)


def test_an_array_that_breaks_ends_in_an_error() -> None:
    encoder = DIALECT.encoder(Request("m", (), stream=True, as_array=True))
    said = b"".join(encoder.send(event) for event in ANSWER[:9])
    *_, last = json.loads(said + encoder.abort(FAILURE))
    assert last["error"]["message"] == "it died"
    other = DIALECT.encoder(Request("m", (), stream=True, as_array=True))  # of a provider's own
    assert json.loads(said + other.abort(FAILURE))[-1] == last


def test_heads_name_their_types() -> None:
    assert DIALECT.encoder(Request("m", (), stream=True)).head()[0][1] == b"text/event-stream"
    assert DIALECT.encoder(Request("m", ())).head()[0][1].startswith(b"application/json")


def test_two_answers_keep_apart() -> None:
    said: list[Event] = [
        Started("r", "m"),
        PartStarted(0, PartKind.TEXT),
        PartStarted(1, PartKind.TEXT, choice=1),
        PartDelta(0, "a"),
        PartDelta(1, "b"),
        PartEnded(0),
        PartEnded(1),
        Finished(StopReason.END, native="STOP"),
    ]
    for stream in (True, False):
        response = fold(events(written(said, stream=stream)[0], stream=stream))
        assert [(piece.text, piece.start.choice) for piece in response.pieces] == [
            ("a", 0),
            ("b", 1),
        ]


def test_what_stands_beside_a_text_is_said_or_lost():
    own = PartDelta(0, "x", fields={"gemini_generate.more": Raw(b"1")})
    cited = PartDelta(0, "y", citation=Citation("a page"))
    end = Finished(StopReason.END, Usage(1), "STOP")
    said: list[Event] = [Started("r", "m"), PartStarted(0, PartKind.TEXT), own, cited]
    said += [PartEnded(0), end]
    data, losses = written(said, stream=True)
    assert b'"more":1' in data
    assert losses == ["parts[0].citations"]
