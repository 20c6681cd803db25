"""Events to bytes: what is written is read as it was."""

import json

import pytest
from hypothesis import given, settings
from msgspec import Raw
from tests.dialects.openai_completions.talk import OK
from tests.strategies import interleavings

from understudy.chat.events import (
    ChoiceEnd,
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
from understudy.chat.response import Response, fold
from understudy.chat.usage import Usage
from understudy.dialects.openai_completions import DIALECT
from understudy.wire.sse import SseDecoder

ANSWER: list[Event] = [
    Started("cmpl-1", "m", 1589478378, fields={"openai_completions.system_fingerprint": Raw(b"1")}),
    PartStarted(0, PartKind.TEXT),
    PartDelta(0, "The sky"),
    PartStarted(1, PartKind.TEXT, choice=1),
    PartDelta(1, "No"),
    PartDelta(0, " is"),
    PartEnded(0),
    PartEnded(1),
    Finished(
        StopReason.END,
        Usage(input_tokens=7, cache_read_tokens=3, output_tokens=5),
        "stop",
        choices=(ChoiceEnd(1, StopReason.LENGTH, "length"),),
    ),
]


def written(said: list[Event], *, stream: bool, wants_usage: bool = True) -> tuple[bytes, set[str]]:
    encoder = DIALECT.encoder(Request("m", (), stream=stream, wants_usage=wants_usage))
    body = b"".join(encoder.send(event) for event in said)
    return body, {loss.token for loss in encoder.losses}


def heard(body: bytes, *, stream: bool) -> list[Event]:
    decoder = DIALECT.decoder(OK, stream=stream)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


@pytest.mark.parametrize("stream", [True, False])
def test_what_is_written_is_read_as_it_was(stream: bool) -> None:
    body, losses = written(ANSWER, stream=stream)
    assert losses == set()
    assert fold(heard(body, stream=stream)) == fold(ANSWER)


def test_usage_is_said_to_those_who_ask() -> None:
    assert b'"usage"' not in written(ANSWER, stream=True, wants_usage=False)[0]
    assert b'"usage"' in written(ANSWER, stream=False, wants_usage=False)[0]


@settings(max_examples=40)
@given(interleavings())
def test_streams_and_bodies_say_the_same_and_lose_the_same(
    found: tuple[Response, list[Event]],
) -> None:
    _, said = found
    streamed, losses = written(said, stream=True)
    body, others = written(said, stream=False)
    assert losses == others
    texts: dict[int, str] = {}
    for frame in SseDecoder().receive_data(streamed):
        if frame.data and frame.data != b"[DONE]":
            for choice in json.loads(frame.data)["choices"]:
                texts[choice["index"]] = texts.get(choice["index"], "") + choice["text"]
    told = {choice["index"]: choice["text"] for choice in json.loads(body)["choices"]}
    assert {at: sorted(text) for at, text in texts.items()} == {
        at: sorted(text) for at, text in told.items()
    }


@pytest.mark.parametrize("stream", [True, False])
def test_what_has_no_word_is_a_loss(stream: bool) -> None:
    said: list[Event] = [
        Started("", "m"),
        PartStarted(0, PartKind.REASONING),
        PartDelta(0, "hm"),
        PartEnded(0),
        PartStarted(1, PartKind.REFUSAL),
        PartDelta(1, "no", citation=Citation("t")),
        PartEnded(1),
        PartStarted(2, PartKind.TOOL_CALL, id="c", name="f"),
        PartEnded(2),
        Finished(StopReason.TOOL_CALLS, fields={"x.y": Raw(b"1")}),
    ]
    body, losses = written(said, stream=stream)
    assert losses == {
        "parts[0]",
        "~parts[1]",
        "parts[1].citations",
        "parts[2]",
        "~stop",
        "finished.x.y",
    }
    response = fold(heard(body, stream=stream))
    assert response.text == "no"
    assert response.stop is StopReason.END


def test_a_break_is_an_error_chunk() -> None:
    failure = Failure("x", Fault.UPSTREAM, "host", Scope.HOST, Progress.STREAMING, "gone")
    for stream in (True, False):
        encoder = DIALECT.encoder(Request("m", (), stream=stream))
        body = b"".join(encoder.send(event) for event in ANSWER[:3]) + encoder.abort(failure)
        last = heard(body, stream=stream)[-1]
        assert last.signal.message == "gone"  # type: ignore[union-attr]
        assert encoder.remark(b"seam") == (b": seam\n\n" if stream else b"")
        assert encoder.head()
