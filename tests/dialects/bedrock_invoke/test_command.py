"""Cohere Command R's bodies."""

import json

import msgspec
import pytest
from tests.dialects.bedrock_invoke.bodies import (
    CALL,
    DIALECT,
    USAGE,
    chunks,
    heard,
    request,
    streamed,
    texts,
    whole,
)

from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Finished, StopReason
from understudy.chat.parts import ToolCall, ToolResult
from understudy.chat.request import Tool
from understudy.chat.response import fold

ASKED = {"message": "hi", "chat_history": [{"role": "CHATBOT", "message": "yes?"}], "k": 0}
TOOL = {
    "name": "look",
    "description": "looks",
    "parameter_definitions": {
        "at": {"type": "int", "description": "where", "required": True},
        "all": {"type": "List[str]"},
    },
}


def test_a_conversation_is_read() -> None:
    asked = request({**ASKED, "preamble": "brief", "max_tokens": 9, "p": 0.5, "seed": None})
    assert texts(asked.messages) == [("system", "brief"), ("assistant", "yes?"), ("user", "hi")]
    assert (asked.max_output_tokens, asked.sampling.top_p) == (9, 0.5)
    for wrong in ({"message": ""}, {"message": 3}, {**ASKED, "chat_history": [{"role": "X"}]}):
        with pytest.raises(InvalidRequest):
            DIALECT.glance(json.dumps(wrong).encode(), "/model/m/invoke")


def test_tools_get_a_schema_and_their_results_an_id() -> None:
    results = [{"call": {"name": "look", "parameters": {"at": 1}}, "outputs": [{"text": "x"}]}]
    asked = request({**ASKED, "tools": [TOOL], "tool_results": results, "raw_prompting": True})
    (tool,) = asked.tools
    assert isinstance(tool, Tool)
    assert tool.schema is not None
    schema = msgspec.json.decode(tool.schema)
    assert schema["properties"]["at"] == {"type": "integer", "description": "where"}
    assert (schema["properties"]["all"], schema["required"]) == ({"type": "array"}, ["at"])
    call, result = (message.parts[0] for message in asked.messages[-2:])
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert call.id == result.call_id
    assert list(asked.extensions["bedrock_invoke.command_r"]) == ["raw_prompting"]


def test_an_answer_is_said_in_version_1() -> None:
    said = whole(request(ASKED))
    assert (said["text"], said["finish_reason"]) == ("hi there", "COMPLETE")
    events = streamed(request(ASKED, stream=True))
    assert [each["event_type"] for each in events] == [
        "stream-start",
        "text-generation",
        "text-generation",
        "stream-end",
    ]
    assert events[-1]["is_finished"]
    ident = events[0]["generation_id"]
    assert events[-1]["response"] == {
        "response_id": ident,
        "text": "hi there",
        "generation_id": ident,
        "finish_reason": "COMPLETE",
    }


def test_calls_are_said_and_heard_again() -> None:
    encoder = DIALECT.encoder(request(ASKED))
    body = b"".join(encoder.send(event) for event in CALL)
    assert json.loads(body)["tool_calls"] == [{"name": "look", "parameters": {"at": 1}}]
    encoder = DIALECT.encoder(request(ASKED, stream=True))
    data = b"".join(encoder.send(event) for event in CALL)
    assert chunks(data)[-1]["response"]["tool_calls"] == [{"name": "look", "parameters": {"at": 1}}]
    for events in (heard(body, stream=False), heard(data)):
        piece = fold(events).pieces[-1]
        assert (piece.start.name, json.loads(piece.text)) == ("look", {"at": 1})


def test_arguments_that_are_cut_off_leave_an_end_that_can_be_read() -> None:
    cut = [*CALL[:3], CALL[4], Finished(StopReason.LENGTH, USAGE)]
    for stream in (False, True):
        encoder = DIALECT.encoder(request(ASKED, stream=stream))
        data = b"".join(encoder.send(event) for event in cut)
        said = chunks(data)[-1]["response"] if stream else json.loads(data)
        assert said["tool_calls"] == [{"name": "look", "parameters": {"arguments": '{"at"'}}]
