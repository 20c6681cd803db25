import json
from typing import Any

import pytest
from tests.dialects.openai_responses.talk import build, parse

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import Text
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    ReasoningConfig,
    Role,
    Tool,
    ToolChoice,
)

CODEX: dict[str, Any] = {
    "model": "gpt-5.1-codex",
    "instructions": "You are Codex",
    "input": [
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "<environment_context/>"}],
        },
        {"type": "reasoning", "summary": [], "content": None, "encrypted_content": "gAAAA"},
        {
            "type": "function_call",
            "name": "exec_command",
            "arguments": '{"cmd":"ls"}',
            "call_id": "call_1",
        },
        {"type": "function_call_output", "call_id": "call_1", "output": "README.md"},
        {"type": "custom_tool_call", "call_id": "call_2", "name": "apply_patch", "input": "***"},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": "{}"},
        {
            "type": "local_shell_call",
            "call_id": "call_3",
            "status": "completed",
            "action": {"type": "exec", "command": ["ls"]},
        },
        {"type": "local_shell_call_output", "call_id": "call_3", "output": "x"},
    ],
    "tools": [
        {
            "type": "function",
            "name": "exec_command",
            "description": "d",
            "strict": False,
            "parameters": {"type": "object", "properties": {"cmd": {"type": "string"}}},
        },
        {
            "type": "custom",
            "name": "apply_patch",
            "description": "d",
            "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"},
        },
        {"type": "local_shell"},
        {"type": "web_search", "external_web_access": True},
    ],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "reasoning": {"effort": "medium", "summary": "auto"},
    "store": False,
    "stream": True,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "b5b3",
    "text": {"verbosity": "medium"},
    "client_metadata": {"x": "y"},
}
"""A request as Codex makes it (openai/codex, codex-rs/codex-api, 2026)."""


def test_nothing_of_codex_is_dropped():
    request = parse(**CODEX)
    body, lost = build(request)
    assert lost == []
    expected = {**CODEX, "model": "m"}
    expected["input"] = [
        {k: v for k, v in item.items() if v is not None} for item in CODEX["input"]
    ]
    shorter = body["input"][0]  # without its type, which every message has
    assert shorter["content"] in (
        "<environment_context/>",
        [{"type": "input_text", "text": "<environment_context/>"}],
    )
    expected["input"][0] = shorter
    assert body == expected


def test_instructions_come_first():
    first, second = parse("hi", instructions="be brief").messages
    assert (first.role, first.parts) == (Role.SYSTEM, (Text("be brief"),))
    assert second.role is Role.USER


def test_tools_are_functions_stand_ins_or_hosted():
    function, custom, shell, _ = parse(**CODEX).tools
    assert isinstance(function, Tool)
    assert function.strict is False
    assert isinstance(custom, Tool)
    assert json.loads(bytes(custom.schema or b""))["required"] == ["input"]
    assert isinstance(shell, HostedTool)
    assert shell.kind == "local_shell"


@pytest.mark.parametrize(
    ("choice", "mode", "name"),
    [
        ("auto", Choice.AUTO, None),
        ("required", Choice.REQUIRED, None),
        ({"type": "function", "name": "f"}, Choice.NAMED, "f"),
        ({"type": "custom", "name": "f"}, Choice.NAMED, "f"),
        ({"type": "allowed_tools", "mode": "required", "tools": []}, Choice.REQUIRED, None),
        ({"type": "web_search"}, Choice.REQUIRED, None),
    ],
)
def test_choices(choice, mode, name):
    made = parse("x", tool_choice=choice).tool_choice
    assert isinstance(made, ToolChoice)
    assert (made.mode, made.name) == (mode, name)


def test_formats():
    def made(form):
        return parse("x", text={"format": form}).response_format

    assert made({"type": "json_object"}).kind is Format.JSON
    schema = made({"type": "json_schema", "name": "n", "schema": {"a": 1}, "strict": True})
    assert (schema.kind, schema.name, schema.strict) == (Format.SCHEMA, "n", True)
    assert bytes(schema.schema) == b'{"a":1}'
    assert made({"type": "grammar", "x": 1}) is None


def test_sampling_and_limits():
    request = parse(
        "x",
        temperature=0.5,
        top_logprobs=2,
        include=["message.output_text.logprobs", "other"],
        max_output_tokens=20,
        reasoning={"effort": "low", "summary": "auto", "mode": "x"},
        user="u",
    )
    assert (request.sampling.temperature, request.sampling.top_logprobs) == (0.5, 2)
    assert request.sampling.logprobs is True
    assert request.max_output_tokens == 20
    assert request.reasoning == ReasoningConfig(effort="low", summary="auto")
    assert request.extensions["openai_responses"].keys() == {"include", "reasoning.mode"}


def test_it_may_be_stored_unless_that_is_forbidden():
    assert parse("x").store is True
    assert parse("x", store=False).store is False


def test_what_says_what_holds_anyway_is_not_kept():
    assert parse("x", truncation="disabled", background=False).extensions == {}
    kept = parse("x", truncation="auto", background=True).extensions["openai_responses"]
    assert kept.keys() == {"truncation", "background"}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"model": None, "input": "x"}, "model"),
        ({}, "input"),
        ({"input": []}, "input"),
        ({"input": "x", "tools": [{"name": "f"}]}, "tools[0].type"),
        ({"input": "x", "tools": [{"type": "function", "name": "f", "parameters": 5}]}, "tools[0]"),
        ({"input": "x", "tool_choice": "any"}, "tool_choice"),
        ({"input": "x", "max_output_tokens": -1}, "max_output_tokens"),
        ({"input": "x", "text": {"format": {"type": "json_schema", "schema": 1}}}, "text.format"),
        ({"input": "x", "stream": "yes"}, "stream"),
    ],
)
def test_a_mistake_has_its_path(fields, path):
    with pytest.raises(InvalidRequest) as caught:
        parse(**fields)
    assert caught.value.path.startswith(path)


def test_what_a_provider_keeps_stands_in_for_an_input():
    assert parse(previous_response_id="resp_1").messages == ()
