"""Requests, bytes to the neutral model (API reference, "Chat (v2)", November 2026)."""

import pytest
from msgspec import Raw
from tests.dialects.cohere_chat.talk import ENDPOINT, asked, built, parsed

from understudy.chat.errors import InvalidRequest
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    ReasoningConfig,
    ResponseFormat,
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.cohere_chat import DIALECT

FUNCTION = {"name": "f", "description": "d", "parameters": {"type": "object"}}
TOOL = {"type": "function", "function": FUNCTION}


def test_every_field_has_its_place() -> None:
    request = parsed(
        stream=True,
        tools=[TOOL],
        strict_tools=True,
        tool_choice="REQUIRED",
        response_format={"type": "json_object", "json_schema": {"type": "object"}},
        temperature=0.3,
        p=0.75,
        k=5,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        seed=7,
        logprobs=True,
        stop_sequences=["a", "b"],
        max_tokens=9,
        thinking={"type": "enabled", "token_budget": 100},
        safety_mode="STRICT",
        citation_options={"mode": "fast"},
        priority=3,
    )
    assert request.stream
    assert request.tools == (Tool("f", "d", Raw(b'{"type": "object"}'), strict=True),)
    assert request.tool_choice == ToolChoice(Choice.REQUIRED)
    assert request.response_format == ResponseFormat(
        Format.SCHEMA, schema=Raw(b'{"type": "object"}'), strict=True
    )
    assert request.sampling == Sampling(0.3, 0.75, 5, None, 0.1, 0.2, seed=7, logprobs=True)
    assert request.stop == ("a", "b")
    assert request.max_output_tokens == 9
    assert request.reasoning == ReasoningConfig(enabled=True, budget_tokens=100)
    assert request.extensions == {
        "cohere_chat": {
            "safety_mode": Raw(b'"STRICT"'),
            "citation_options": Raw(b'{"mode": "fast"}'),
            "priority": Raw(b"3"),
        }
    }


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tools": [TOOL], "strict_tools": False, "tool_choice": "NONE"},
        {"strict_tools": True},
        {"response_format": {"type": "text"}},
        {"response_format": {"type": "json_object", "mood": 1}},
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "enabled", "mood": 1}},
        {"documents": ["plain", {"id": "1", "data": {"title": "t", "snippet": "s", "n": 1}}]},
        {"safety_mode": "OFF", "seed": 0, "raw_prompting": True},
    ],
)
def test_what_is_read_is_written_as_it_was(fields: dict) -> None:
    request = parsed(**fields)
    body, losses = built(request)
    assert losses == []
    assert DIALECT.parse_request(asked(**{**body, "model": ENDPOINT.model})) == request
    assert {name: body[name] for name in fields} == fields


def test_the_older_name_of_a_schema_is_read() -> None:
    said = parsed(response_format={"type": "json_object", "schema": {"type": "object"}})
    assert said.response_format is not None
    assert said.response_format.kind is Format.SCHEMA


def test_a_tool_that_the_api_does_not_know_is_kept() -> None:
    (tool,) = parsed(tools=[{"type": "web", "x": 1}]).tools
    assert tool == HostedTool("cohere_chat", "web", None, Raw(b'{"type": "web", "x": 1}'))


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"messages": []}, "messages"),
        ({"tool_choice": "any"}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"stop_sequences": "a"}, "stop_sequences"),
        ({"thinking": {"type": "hard"}}, "thinking.type"),
        ({"tools": [{"type": "function"}]}, "tools.0.function"),
        ({"k": 0.5}, "k"),
        ({"documents": [{}]}, "documents.0.data"),
        ({"max_tokens": -1}, "max_tokens"),
    ],
)
def test_the_callers_mistakes_have_a_place(fields: dict, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(**fields)
    assert refused.value.path == path


def test_a_body_that_is_nested_too_deeply_is_refused() -> None:
    deep = b'{"model":"m","messages":' + b"[" * 100_000
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(deep)
