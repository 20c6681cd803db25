"""Requests, bytes to the neutral model and back."""

from typing import Any

import msgspec
import pytest
from tests.dialects.bedrock_converse.talk import ASKED, ENDPOINT, PATH, built, dump, parsed

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import CacheHint
from understudy.chat.request import Choice, Format, HostedTool, Tool, ToolChoice
from understudy.dialects.bedrock_converse import DIALECT

SPEC = {"name": "f", "description": "d", "inputSchema": {"json": {"type": "object"}}}
TOOLS = [
    {"toolSpec": {**SPEC, "strict": True}},
    {"cachePoint": {"type": "default"}},
    {"systemTool": {"name": "nova_code_interpreter"}},
]
BARE = {"toolSpec": {"name": "f"}}
SCHEMA = '{"type": "object", "properties": {}}'
FORMAT = {"type": "json_schema", "structure": {"jsonSchema": {"schema": SCHEMA, "name": "n"}}}
NO_SCHEMA = {"jsonSchema": {"schema": "a map"}}
FULL: dict[str, Any] = {
    "messages": ASKED,
    "system": [{"text": "be brief"}],
    "inferenceConfig": {
        "maxTokens": 9,
        "temperature": 0.5,
        "topP": 0.9,
        "stopSequences": ["x"],
        "new": 1,
    },
    "toolConfig": {"tools": TOOLS, "toolChoice": {"tool": {"name": "f"}}},
    "outputConfig": {"textFormat": FORMAT, "effort": "low", "new": 1},
    "additionalModelRequestFields": {"top_k": 3, "thinking": {"type": "adaptive"}, "beta": [1]},
    "additionalModelResponseFieldPaths": ["/stop_sequence"],
    "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1", "trace": "enabled"},
    "performanceConfig": {"latency": "optimized"},
    "serviceTier": {"type": "flex"},
    "promptVariables": {"a": {"text": "b"}},
    "requestMetadata": {"team": "a"},
    "projectIdentifier": "p",
    "somethingNew": {"a": 1},
}


def test_everything_comes_back() -> None:
    body, losses = built(parsed(**FULL))
    assert losses == []
    assert body == FULL


def test_the_neutral_words() -> None:
    request = parsed("/model/a%3A0/converse-stream", **FULL)
    assert (request.model, request.stream) == ("a:0", True)
    assert (request.max_output_tokens, request.stop) == (9, ("x",))
    sampling = request.sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k) == (0.5, 0.9, 3)
    first, second = request.tools
    assert isinstance(first, Tool)
    assert (first.name, first.strict, first.cache) == ("f", True, CacheHint())
    assert isinstance(second, HostedTool)
    assert (second.kind, second.name) == ("systemTool", "nova_code_interpreter")
    assert request.tool_choice == ToolChoice(Choice.NAMED, "f")
    assert request.response_format is not None
    assert request.response_format.kind is Format.SCHEMA
    assert bytes(request.response_format.schema or b"") == SCHEMA.encode()
    assert request.reasoning is not None
    assert (request.reasoning.enabled, request.reasoning.effort) == (True, "low")
    assert request.metadata == {"team": "a"}


@pytest.mark.parametrize(
    ("choice", "mode"), [({"auto": {}}, Choice.AUTO), ({"any": {}}, Choice.REQUIRED)]
)
def test_choices(choice: dict[str, Any], mode: Choice) -> None:
    request = parsed(toolConfig={"tools": [{"toolSpec": SPEC}], "toolChoice": choice})
    assert request.tool_choice == ToolChoice(mode)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"messages": []}, "messages"),
        ({"inferenceConfig": {"maxTokens": 0}}, "inferenceConfig.maxTokens"),
        ({"inferenceConfig": {"stopSequences": [1]}}, "inferenceConfig.stopSequences.0"),
        ({"toolConfig": {"tools": [{}]}}, "toolConfig.tools.0"),
        ({"toolConfig": {"tools": [BARE]}}, "toolConfig.tools.0.toolSpec.inputSchema"),
        ({"toolConfig": {"tools": [], "toolChoice": {"all": {}}}}, "toolConfig.toolChoice"),
        ({"outputConfig": {"textFormat": {"type": "xml"}}}, "outputConfig.textFormat.type"),
        ({"outputConfig": {"textFormat": {**FORMAT, "structure": {"jsonSchema": {"schema": {}}}}}},
         "outputConfig.textFormat.structure.jsonSchema.schema"),
        ({"outputConfig": {"textFormat": {**FORMAT, "structure": {"jsonSchema": {"schema": "["}}}}},
         "outputConfig.textFormat.structure.jsonSchema.schema"),
        ({"outputConfig": {"textFormat": {**FORMAT, "structure": NO_SCHEMA}}},
         "outputConfig.textFormat.structure.jsonSchema.schema"),
        ({"additionalModelRequestFields": []}, "additionalModelRequestFields"),
        ({"requestMetadata": {"a": 1}}, "requestMetadata"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(fields: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parsed(**fields)
    assert caught.value.path == where


def test_a_body_that_is_none_is_refused() -> None:
    for body in (b"", b"[]", b"\xff", b'{"messages":' + b"[" * 100_000, dump("a")):
        with pytest.raises(InvalidRequest):
            DIALECT.parse_request(body, PATH)


def test_a_guardrail_of_streams_is_told_nothing_of_them_in_a_whole_request() -> None:
    guardrail = {**FULL["guardrailConfig"], "streamProcessingMode": "async"}
    request = parsed("/model/m/converse-stream", guardrailConfig=guardrail)
    assert built(request)[0]["guardrailConfig"] == guardrail
    body, losses = built(msgspec.structs.replace(request, stream=False), ENDPOINT)
    assert body["guardrailConfig"] == FULL["guardrailConfig"]
    assert [loss.token for loss in losses] == [
        "~extensions.bedrock_converse.guardrailConfig.streamProcessingMode"
    ]
