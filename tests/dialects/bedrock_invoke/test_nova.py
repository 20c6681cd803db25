"""Amazon Nova's bodies."""

import json

import pytest
from tests.dialects.bedrock_invoke.bodies import (
    ANSWER,
    CALL,
    DIALECT,
    heard,
    request,
    streamed,
    whole,
)

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Finished, StopReason
from understudy.chat.request import ReasoningConfig, Role
from understudy.chat.usage import Usage

ASKED = {
    "schemaVersion": "messages-v1",
    "system": [{"text": "be brief"}],
    "messages": [{"role": "user", "content": [{"text": "hi"}]}],
    "inferenceConfig": {"max_new_tokens": 9, "topK": 20, "temperature": 0.5},
}


def test_a_request_is_read_with_what_converse_has_no_place_for() -> None:
    config = {"maxTokens": 9, "reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}
    asked = request({**ASKED, "inferenceConfig": config})
    assert asked.reasoning == ReasoningConfig(enabled=True, effort="low")
    asked = request(ASKED)
    assert (asked.max_output_tokens, asked.sampling.top_k, asked.sampling.temperature) == (
        9,
        20,
        0.5,
    )
    assert [message.role for message in asked.messages] == [Role.SYSTEM, Role.USER]
    assert request({"messages": ASKED["messages"]}).messages == asked.messages[1:]
    assert not any(asked.extensions.values())


def test_routing_knows_what_it_needs() -> None:
    tools = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {}}}}]}
    body = json.dumps({**ASKED, "toolConfig": tools}).encode()
    glance = DIALECT.glance(body, "/model/a/invoke-with-response-stream")
    assert glance.needs.capabilities == {Capability.TOOLS, Capability.STREAMING}
    with pytest.raises(InvalidRequest):
        DIALECT.glance(json.dumps({**ASKED, "inferenceConfig": 3}).encode(), "/model/a/invoke")


def test_an_answer_is_said_whole_and_streamed() -> None:
    said = whole(request(ASKED))
    assert said["output"]["message"] == {"role": "assistant", "content": [{"text": "hi there"}]}
    assert said["stopReason"] == "end_turn"
    events = streamed(request(ASKED, stream=True))
    assert events[0] == {"messageStart": {"role": "assistant"}}
    assert events[1]["contentBlockDelta"] == {"contentBlockIndex": 0, "delta": {"text": "hi "}}
    assert events[-2] == {"messageStop": {"stopReason": "end_turn"}}
    assert events[-1]["metadata"]["usage"]["outputTokens"] == 2


def test_calls_are_said_as_converse_says_them() -> None:
    (block,) = whole(request(ASKED), CALL)["output"]["message"]["content"]
    assert block["toolUse"] == {"toolUseId": "c-1", "name": "look", "input": {"at": 1}}
    start = streamed(request(ASKED, stream=True), CALL)[1]["contentBlockStart"]
    assert start["start"]["toolUse"]["name"] == "look"


def test_what_a_cache_did_is_counted_by_other_names() -> None:
    usage = Usage(input_tokens=3, cache_read_tokens=7, output_tokens=2)
    finished = Finished(StopReason.END, usage)
    encoder = DIALECT.encoder(request(ASKED))
    body = b"".join(encoder.send(event) for event in [*ANSWER[:-1], finished])
    assert json.loads(body)["usage"]["cacheReadInputTokenCount"] == 7
    end = heard(body, stream=False)[-1]
    assert isinstance(end, Finished)
    assert end.usage == usage
