"""Arguments that are no JSON object: said as an object, or the end of a stream."""

import json

import anthropic
import botocore.exceptions  # type: ignore[import-untyped]
import pytest
from tests.dialects.tongues.all import TONGUES

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
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.arguments import Argued, BrokenArguments, given, object_of
from understudy.dialects.catalog import CHATS

OBJECTS = ("anthropic_messages", "bedrock_converse", "gemini_generate", "ollama_chat")
PIECES = ("anthropic_messages", "bedrock_converse")
NO_OBJECTS = [
    "London",
    "[1]",
    '"London"',
    "null",
    "7",
    "{'city': 'London'}",
    "get(London)",
    "{ city",
]
BROKEN = [
    '{"a":"x\ny"}',
    '{"a":1}}',
    '{"a":"b"c"}',
    '{"a":1,}',
    '{"a":tru}',
    '{"a":01}',
    '{"a":"\\x"}',
]
CUT = ['{"path":"/tmp', '{"a":[1,', '{"a":tru', "{", '{"a"']
FAILURE = Failure("x", Fault.UPSTREAM, "model", Scope.MODEL, Progress.STREAMING, "not valid JSON")


def called(text: str, stop: StopReason = StopReason.TOOL_CALLS) -> list[Event]:
    """An answer that calls once, its arguments a character at a time."""
    pieces = [PartDelta(0, character) for character in text]
    start = PartStarted(0, PartKind.TOOL_CALL, id="call_1", name="f")
    return [Started("i", "m"), start, *pieces, PartEnded(0), Finished(stop, Usage(1))]


def said(text: str) -> tuple[str, list[str]]:
    losses: list[Loss] = []
    argued = Argued(PartStarted(3, PartKind.TOOL_CALL, name="f"))
    words = "".join(argued.receive(character) for character in text) + argued.end(losses)
    argued.conclude(StopReason.TOOL_CALLS)
    return words, [loss.token for loss in losses]


@pytest.mark.parametrize("text", ["{}", '{"a":1}', ' {"a": {"b": [1, "}"]}} ', "", '{\n"a":1}'])
def test_an_object_goes_on_as_it_was_written(text):
    assert said(text) == (text, [])
    assert json.loads(bytes(object_of(text) or b"")) == json.loads(text or "{}")


def test_it_goes_on_at_once():
    argued = Argued(PartStarted(0, PartKind.TOOL_CALL))
    assert [argued.receive(piece) for piece in ("{", '"a', '":', "1", "}")] == [
        "",
        '{"a',
        '":',
        "1",
        "}",
    ]


@pytest.mark.parametrize("text", NO_OBJECTS)
def test_what_is_no_object_stands_in_one_streamed_and_whole(text):
    losses: list[Loss] = []
    whole = given(text, "parts[3]", losses)
    assert whole == {"arguments": text}
    assert said(text) == (json.dumps(whole, separators=(",", ":")), ["~parts[3].arguments"])
    assert [loss.token for loss in losses] == ["~parts[3].arguments"]


@pytest.mark.parametrize("text", BROKEN)
def test_nothing_is_said_of_an_object_from_where_it_breaks(text):
    argued = Argued(PartStarted(0, PartKind.TOOL_CALL, name="f"))
    words: list[str] = []
    with pytest.raises(BrokenArguments, match="a call of f") as caught:
        words.extend(argued.receive(character) for character in text)
    assert caught.value.signal.flag == "tool_args_invalid"
    assert given(text, "p", []) == {"arguments": text}


@pytest.mark.parametrize("text", CUT)
def test_an_object_without_an_end_is_one_only_where_the_answer_was_cut(text):
    argued = Argued(PartStarted(0, PartKind.TOOL_CALL))
    words = argued.receive(text) + argued.end([])
    assert words == text
    argued.conclude(StopReason.LENGTH)
    with pytest.raises(BrokenArguments, match="a tool"):
        argued.conclude(StopReason.TOOL_CALLS)


def test_long_ones_are_looked_at_seldom_but_to_the_end():
    argued = Argued(PartStarted(0, PartKind.TOOL_CALL))
    argued.receive('{"a":"' + "x" * 5000)
    assert argued.receive("\n") == "\n"
    with pytest.raises(BrokenArguments):
        argued.conclude(StopReason.LENGTH)
    with pytest.raises(BrokenArguments):
        argued.receive("x" * 5000)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("dialect", OBJECTS)
@pytest.mark.parametrize("text", NO_OBJECTS)
def test_the_official_client_is_given_an_object(text, dialect, stream):
    encoder = CHATS[dialect].encoder(Request("m", (), stream=stream))
    body = b"".join(encoder.send(event) for event in called(text))
    kind = dict(encoder.head())[b"content-type"].decode()
    heard = TONGUES[dialect].hear(kind, body, stream)
    assert [arguments for _, _, arguments in heard.calls] == [{"arguments": text}]
    assert "parts[0].arguments" in {loss.path for loss in encoder.losses}


@pytest.mark.parametrize("dialect", PIECES)
@pytest.mark.parametrize("text", [*BROKEN, *CUT])
def test_the_official_client_raises_its_own_error(text, dialect):
    encoder = CHATS[dialect].encoder(Request("m", (), stream=True))
    kind = dict(encoder.head())[b"content-type"].decode()
    frames: list[bytes] = []
    with pytest.raises(BrokenArguments):
        frames.extend(encoder.send(event) for event in called(text))
    body = b"".join(frames) + encoder.abort(FAILURE)
    with pytest.raises((anthropic.APIError, botocore.exceptions.ClientError)):
        TONGUES[dialect].hear(kind, body, True)
