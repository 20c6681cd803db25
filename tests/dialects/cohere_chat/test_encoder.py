"""Events to bytes: what is written is read as it was, streamed and whole."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from msgspec import Raw
from tests.dialects.cohere_chat.talk import OK
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
from understudy.dialects.cohere_chat import DIALECT
from understudy.wire.sse import SseDecoder

OWN = Citation(start=0, end=3, dialect="cohere_chat", raw=Raw(b'{"start":0,"end":3}'))
ANSWER: list[Event] = [
    Started("id", ""),
    PartStarted(0, PartKind.REASONING, field="tool_plan"),
    PartDelta(0, "I will"),
    PartEnded(0),
    PartStarted(1, PartKind.REASONING),
    PartDelta(1, "Hm"),
    PartEnded(1),
    PartStarted(2, PartKind.TEXT),
    PartDelta(2, "The sky"),
    PartDelta(2, " is blue"),
    PartDelta(2, citation=OWN),
    PartEnded(2),
    PartStarted(3, PartKind.TOOL_CALL, id="call_x", name="f"),
    PartDelta(3, '{"a":'),
    PartDelta(3, "1}"),
    PartEnded(3),
    Finished(
        StopReason.TOOL_CALLS,
        Usage(input_tokens=7, cache_read_tokens=3, output_tokens=5),
        "TOOL_CALL",
    ),
]


def written(said: list[Event], *, stream: bool) -> tuple[bytes, list[str]]:
    encoder = DIALECT.encoder(Request("m", (), stream=stream))
    body = b"".join(encoder.send(event) for event in said)
    return body, [loss.token for loss in encoder.losses]


def heard(body: bytes, *, stream: bool) -> list[Event]:
    decoder = DIALECT.decoder(OK, stream=stream)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


@pytest.mark.parametrize("stream", [True, False])
def test_what_is_written_is_read_as_it_was(stream: bool) -> None:
    body, losses = written(ANSWER, stream=stream)
    assert losses == []
    assert fold(heard(body, stream=stream)) == fold(ANSWER)
    if stream:
        assert heard(body, stream=True) == ANSWER


@settings(max_examples=40)
@given(interleavings())
def test_streams_and_bodies_say_the_same_and_lose_the_same(
    found: tuple[Response, list[Event]],
) -> None:
    _, said = found
    streamed, losses = written(said, stream=True)
    body, others = written(said, stream=False)
    assert set(losses) == set(others)
    told = json.loads(body)["message"]
    blocks = [block.get("text", block.get("thinking")) for block in told.get("content", [])]
    calls = [call["function"]["arguments"] for call in told.get("tool_calls", [])]
    texts, arguments = [""] * len(blocks), [""] * len(calls)
    for frame in SseDecoder().receive_data(streamed):
        if not frame.data or frame.data == b"[DONE]":
            continue
        event = json.loads(frame.data)
        if event["type"] == "content-delta":
            content = event["delta"]["message"]["content"]
            texts[event["index"]] += content.get("text", content.get("thinking"))
        if event["type"] == "tool-call-delta":
            function = event["delta"]["message"]["tool_calls"]["function"]
            arguments[event["index"]] += function["arguments"]
    # A stream counts parts as they start, a body as they are numbered.
    assert sorted(texts) == sorted(blocks)
    assert sorted(text or "{}" for text in arguments) == sorted(calls)


def test_what_has_no_word_is_a_loss() -> None:
    said: list[Event] = [
        Started("", "m"),
        PartStarted(0, PartKind.REFUSAL),
        PartDelta(0, "no"),
        PartEnded(0),
        PartStarted(1, PartKind.OPAQUE, dialect="x", raw=Raw(b"1")),
        PartEnded(1),
        PartStarted(2, PartKind.TOOL_CALL, id="c", name="f", is_custom=True),
        PartDelta(2, "free"),
        PartEnded(2),
        PartStarted(3, PartKind.REASONING),
        PartDelta(3, "t", signature="s"),
        PartEnded(3),
        Finished(StopReason.PAUSE, Usage(reasoning_tokens=3), fields={"x.y": Raw(b"1")}),
    ]
    for stream in (True, False):
        body, losses = written(said, stream=stream)
        assert set(losses) == {
            "~parts[0]",
            "parts[1]",
            "~parts[2].arguments",
            "parts[3].signature",
            "~stop",
            "usage.reasoning_tokens",
            "finished.x.y",
        }
        response = fold(heard(body, stream=stream))
        assert [piece.text for piece in response.pieces if piece.start.id == "c"] == [
            '{"input":"free"}'
        ]


@pytest.mark.parametrize("stream", [True, False])
def test_a_citation_of_another_dialect_becomes_one_of_a_document(stream: bool) -> None:
    cited = Citation("Sky", "https://x", "it is blue", 4, 7, "openai_chat")
    said: list[Event] = [
        Started("", "m"),
        PartStarted(0, PartKind.TEXT),
        PartDelta(0, "The sky"),
        PartDelta(0, citation=cited),
        PartEnded(0),
        Finished(StopReason.END),
    ]
    body, losses = written(said, stream=stream)
    assert losses == ["~parts[0].citations"]
    response: Response = fold(heard(body, stream=stream))
    (found,) = response.pieces[0].citations
    assert (found.title, found.url, found.quote, found.start) == (
        "Sky",
        "https://x",
        "it is blue",
        4,
    )
    assert msgspec.json.decode(found.raw or b"{}")["text"] == "sky"


def test_a_break_is_an_end_with_an_error() -> None:
    failure = Failure("x", Fault.UPSTREAM, "host", Scope.HOST, Progress.STREAMING, "gone")
    encoder = DIALECT.encoder(Request("m", (), stream=True))
    body = b"".join(encoder.send(event) for event in ANSWER[:10]) + encoder.abort(failure)
    last = heard(body, stream=True)[-1]
    assert last.signal.message == "gone"  # type: ignore[union-attr]
    assert encoder.remark(b"seam") == b": seam\n\n"


def test_events_unfolded_are_written_alike() -> None:
    whole, _ = written(list(unfold(fold(ANSWER))), stream=True)
    assert fold(heard(whole, stream=True)) == fold(ANSWER)
