"""Events to messages: what is written is read as it was, by botocore too."""

from typing import Any

import pytest
from hypothesis import given, settings
from tests.dialects.bedrock_converse.talk import OK, events
from tests.dialects.tongues.bedrock_converse import EVENTS, hear
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
from understudy.dialects.arguments import BrokenArguments
from understudy.dialects.bedrock_converse import DIALECT
from understudy.dialects.bedrock_converse.schema import PRODUCER
from understudy.wire.eventstream import EventStreamDecoder

ANSWER: list[Event] = [
    Started("req-1", ""),
    PartStarted(0, PartKind.REASONING, producer=PRODUCER, field="reasoningContent"),
    PartDelta(0, "Hm"),
    PartDelta(0, signature="s"),
    PartEnded(0),
    PartStarted(1, PartKind.TEXT),
    PartDelta(1, "The sky"),
    PartDelta(1, " is blue"),
    PartEnded(1),
    PartStarted(2, PartKind.TOOL_CALL, id="call_x", name="f"),
    PartDelta(2, '{"a":'),
    PartDelta(2, "1}"),
    PartEnded(2),
    Finished(StopReason.TOOL_CALLS, Usage(7, output_tokens=9), "tool_use"),
]
FAILURE = Failure("x", Fault.UPSTREAM, "host", Scope.HOST, Progress.STREAMING, "it died")


def written(said: list[Event], *, stream: bool = True) -> tuple[bytes, list[str]]:
    encoder = DIALECT.encoder(Request("asked", (), stream=stream))
    data = b"".join(encoder.send(event) for event in said)
    return data, [loss.token for loss in encoder.losses]


def names(data: bytes) -> list[str]:
    return [each.header(":event-type") for each in EventStreamDecoder().receive_data(data)]


def test_an_answer_is_read_as_it_was_written() -> None:
    data, losses = written(ANSWER)
    assert losses == []
    again = events(data)
    assert again[:-1] == ANSWER[:-1]
    last, was = again[-1], ANSWER[-1]
    assert isinstance(last, Finished)
    assert isinstance(was, Finished)
    assert (last.stop, last.usage, last.native) == (was.stop, was.usage, was.native)


def test_only_calls_have_a_start() -> None:
    data, _ = written(ANSWER)
    assert names(data)[:6] == [
        "messageStart",
        "contentBlockDelta",
        "contentBlockDelta",
        "contentBlockStop",
        "contentBlockDelta",
        "contentBlockDelta",
    ]
    assert names(data)[-2:] == ["messageStop", "metadata"]
    assert names(data).count("contentBlockStart") == 1


@settings(max_examples=15)
@given(interleavings())
def test_any_answer_is_heard_by_the_official_client(case: tuple[Response, list[Event]]) -> None:
    response, said = case
    for stream in (True, False):
        given_events = said if stream else list(unfold(response))
        try:
            data, losses = written(given_events, stream=stream)
        except BrokenArguments:  # nothing that a model wrote is JSON here
            assert stream
            continue
        kind = EVENTS if stream else "application/json"
        heard = hear(kind, data, stream)
        if not losses:
            assert heard.text == response.text
        decoder = DIALECT.decoder(OK, stream=stream)
        items = [*decoder.receive_data(data), *decoder.receive_eof()]
        found = [each for item in items for each in item.events]
        if not isinstance(found[-1], Finished):
            assert response.stop is StopReason.TOOL_CALLS  # that called nothing
        else:
            fold(found)


def started(kind: PartKind, **more: Any) -> list[Event]:
    return [Started("", "m"), PartStarted(0, kind, **more)]


def finished(*said: Event) -> list[Event]:
    return [*said, PartEnded(0), Finished(StopReason.END, Usage(1), "end_turn")]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize(
    ("start", "delta", "losses"),
    [
        (PartStarted(0, PartKind.IMAGE), PartDelta(0), ["parts[0]"]),
        (PartStarted(0, PartKind.OPAQUE, dialect="other"), PartDelta(0), ["parts[0]"]),
        (PartStarted(0, PartKind.TEXT, choice=1), PartDelta(0, "b"), ["choices[1]"]),
        (PartStarted(0, PartKind.AUDIO), PartDelta(0, "said"), ["~parts[0]"]),
        (
            PartStarted(0, PartKind.REASONING, producer="anthropic"),
            PartDelta(0, "Hm", signature="s"),
            ["parts[0].signature"],
        ),
        (
            PartStarted(0, PartKind.REASONING, producer="openai"),
            PartDelta(0, encrypted="e"),
            ["parts[0].encrypted"],
        ),
        (
            PartStarted(0, PartKind.TOOL_CALL, id="bad id", name="f"),
            PartDelta(0, "{}"),
            ["~parts[0].id"],
        ),
        (
            PartStarted(0, PartKind.TOOL_CALL, id="a", name="f", is_custom=True),
            PartDelta(0, "free"),
            ["~parts[0].arguments"],
        ),
        (PartStarted(0, PartKind.TEXT), PartDelta(0, fields={}), []),
        (PartStarted(0, PartKind.TEXT), PartDelta(0, "a", signature="s"), ["parts[0].signature"]),
        (
            PartStarted(0, PartKind.TOOL_CALL, id="a", name="f"),
            PartDelta(0, "{}", encrypted="e"),
            ["parts[0].signature"],
        ),
    ],
)
def test_what_cannot_be_said_is_declared(
    start: PartStarted, delta: PartDelta, losses: list[str], *, stream: bool
) -> None:
    data, found = written(finished(Started("", "m"), start, delta), stream=stream)
    assert found == losses
    assert hear(EVENTS if stream else "application/json", data, stream).stop == "end_turn"


def test_citations_of_others_are_said_as_far_as_there_are_words() -> None:
    cited = Citation(title="T", url="https://a.test", quote="q", dialect="other")
    said = finished(*started(PartKind.TEXT), PartDelta(0, "a"), PartDelta(0, citation=cited))
    data, losses = written(said)
    assert losses == ["~parts[0].citations"]
    again = fold(events(data)).pieces[0].citations[0]
    assert (again.title, again.url, again.quote) == ("T", "https://a.test", "q")
    nothing = PartDelta(0, citation=Citation(dialect="other"))
    assert written(finished(*started(PartKind.TEXT), nothing))[1] == ["parts[0].citations"]


def test_it_ends_as_a_failure_and_remarks_on_nothing() -> None:
    encoder = DIALECT.encoder(Request("m", (), stream=True))
    assert encoder.remark(b"a") == b""
    (message,) = EventStreamDecoder().receive_data(encoder.abort(FAILURE))
    assert message.header(":exception-type") == "internalServerException"
    assert dict(encoder.head())[b"content-type"].decode() == EVENTS
