"""Whole requests, written for an endpoint."""

import msgspec
import pytest
from tests.dialects.anthropic_messages.talk import ENDPOINT, built, parsed, raw, request

from understudy.chat.endpoint import Capability
from understudy.chat.parts import CacheHint, Text
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    ResponseFormat,
    Tool,
    ToolChoice,
)
from understudy.dialects.anthropic_messages import DIALECT
from understudy.wire.http import header

NAME = "anthropic_messages"
HI = Text("hi")
SCHEMA = raw({"type": "object", "properties": {"a": {"type": "string"}}})
TOOL = Tool("f", "d", SCHEMA)
AS_SCHEMA = ResponseFormat(Format.SCHEMA, schema=SCHEMA, strict=True)


def endpoint(**fields):
    return msgspec.structs.replace(ENDPOINT, **fields)


def test_the_target_gives_model_path_and_headers():
    written, losses = DIALECT.build_request(request(HI), endpoint(path="/p?q", model="other"))
    assert (written.method, written.path) == ("POST", "/p?q")
    assert header(written.headers, b"content-type") == b"application/json"
    assert header(written.headers, b"anthropic-version") == b"2023-06-01"
    assert built(request(HI), endpoint(model="other"))[0]["model"] == "other"
    assert losses == ()


def test_a_version_of_the_endpoints_own_wins():
    headers = ((b"anthropic-version", b"2030-01-01"), (b"x-more", b"1"))
    written, _ = DIALECT.build_request(request(HI), endpoint(headers=headers))
    assert [value for name, value in written.headers if name == b"anthropic-version"] == [
        b"2030-01-01"
    ]
    assert header(written.headers, b"x-more") == b"1"


@pytest.mark.parametrize(
    ("asked", "most", "said", "lost"),
    [
        (None, None, 4096, set()),
        (None, 64000, 64000, set()),
        (7, 64000, 7, set()),
        (9000, 8192, 8192, {"~max_output_tokens"}),
    ],
)
def test_there_is_always_a_limit(asked, most, said, lost):
    found = built(request(HI, max_output_tokens=asked), endpoint(max_output_tokens=most))
    assert (found[0]["max_tokens"], found[1]) == (said, lost)


def test_renames_are_of_the_host():
    body, _ = built(request(HI), endpoint(renames={"max_tokens": "max_output", "none": "x"}))
    assert body["max_output"] == 4096
    assert "max_tokens" not in body


def test_tools_are_said():
    tool = Tool("f", "d", SCHEMA, True, CacheHint(), {NAME: {"defer_loading": raw(True)}})
    body, lost = built(request(HI, tools=(tool, Tool("g"), Tool("h", schema=raw({"$defs": {}})))))
    first, second, third = body["tools"]
    assert first == {
        "name": "f",
        "description": "d",
        "input_schema": {"type": "object", "properties": {"a": {"type": "string"}}},
        "strict": True,
        "cache_control": {"type": "ephemeral"},
        "defer_loading": True,
    }
    assert second == {"name": "g", "input_schema": {"type": "object", "properties": {}}}
    assert third["input_schema"] == {"type": "object", "$defs": {}}
    assert lost == set()


def test_tools_of_another_dialect_are_lost():
    own = HostedTool(NAME, "web_search", "s", raw({"type": "web_search"}))
    other = HostedTool("openai_chat", "custom", "c", raw({}))
    marked = Tool("f", extensions={"other": {"x": raw(1)}})
    body, lost = built(request(HI, tools=(own, other, marked)))
    assert [tool.get("type", "custom") for tool in body["tools"]] == ["web_search", "custom"]
    assert lost == {"tools[1]", "tools[2].extensions.other.x"}


@pytest.mark.parametrize(
    ("choice", "parallel", "said"),
    [
        (None, None, None),
        (ToolChoice(Choice.AUTO), None, {"type": "auto"}),
        (ToolChoice(Choice.NONE), False, {"type": "none"}),
        (ToolChoice(Choice.REQUIRED), True, {"type": "any", "disable_parallel_tool_use": False}),
        (ToolChoice(Choice.NAMED, "f"), None, {"type": "tool", "name": "f"}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice(Choice.AUTO, dialect=NAME, raw=raw({"type": "new"})), None, {"type": "new"}),
    ],
)
def test_choices_are_said(choice, parallel, said):
    asked = request(HI, tools=(TOOL,), tool_choice=choice, parallel_tool_calls=parallel)
    body, lost = built(asked)
    assert (body.get("tool_choice"), lost) == (said, set())


def test_a_choice_among_no_tools_is_lost_where_it_was_one():
    assert built(request(HI, tool_choice=ToolChoice(Choice.AUTO)))[1] == set()
    assert built(request(HI, tool_choice=ToolChoice(Choice.REQUIRED)))[1] == {"tool_choice"}
    other = (HostedTool("other", "k", None, raw({})),)
    asked = request(HI, tools=other, tool_choice=ToolChoice(Choice.AUTO), parallel_tool_calls=True)
    assert built(asked)[1] == {"tools[0]", "tool_choice", "parallel_tool_calls"}
    foreign = ToolChoice(Choice.AUTO, dialect="other", raw=raw({}))
    assert built(request(HI, tools=(TOOL,), tool_choice=foreign))[1] == {"~tool_choice"}


def test_a_schema_is_enforced_where_the_model_can():
    body, lost = built(request(HI, response_format=AS_SCHEMA))
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert lost == set()
    named = ResponseFormat(Format.SCHEMA, "n", "d", SCHEMA, strict=False)
    assert built(request(HI, response_format=named))[1] == {
        "response_format.name",
        "response_format.description",
        "~response_format.strict",
    }


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        (ResponseFormat(Format.JSON), {}),
        (ResponseFormat(Format.SCHEMA), {}),
        (AS_SCHEMA, {"capabilities": frozenset()}),
        (AS_SCHEMA, {"rejects": frozenset({"response_format"})}),
    ],
)
def test_json_that_cannot_be_demanded_is_lost(wanted, fields):
    body, lost = built(request(HI, response_format=wanted), endpoint(**fields))
    assert "output_config" not in body
    assert lost == {"response_format"}


def test_a_strict_tool_needs_a_target_that_enforces():
    tools = (Tool("f", schema=SCHEMA, strict=True),)
    body, lost = built(
        request(HI, tools=tools), endpoint(capabilities=frozenset({Capability.TOOLS}))
    )
    assert "strict" not in body["tools"][0]
    assert lost == {"tools[0].strict"}


def test_the_rest_is_said_or_lost():
    asked = request(HI, user="u", metadata={"a": "b"}, modalities=("text", "audio"), stream=True)
    body, lost = built(msgspec.structs.replace(asked, cache=CacheHint("1h")))
    assert body["metadata"] == {"user_id": "u"}
    assert body["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert body["stream"] is True
    assert lost == {"metadata", "modalities"}


def test_what_the_model_refuses_is_left_out():
    rejects = frozenset({"user", "tool_choice", f"extensions.{NAME}.speed"})
    asked = request(
        HI,
        user="u",
        tools=(TOOL,),
        tool_choice=ToolChoice(Choice.AUTO),
        extensions={NAME: {"speed": raw("fast")}},
    )
    body, lost = built(asked, endpoint(rejects=rejects))
    assert not body.keys() & {"metadata", "tool_choice", "speed"}
    assert lost == rejects


def test_fields_of_ours_go_out_as_they_came_and_those_of_others_do_not():
    asked = parsed(
        service_tier="auto",
        output_config={"task_budget": 3, "effort": "low"},
        metadata={"user_id": "u", "team": "t"},
        thinking={"type": "between_tools"},
    )
    body, lost = built(asked)
    assert body["service_tier"] == "auto"
    assert body["output_config"] == {"task_budget": 3, "effort": "low"}
    assert body["metadata"] == {"user_id": "u", "team": "t"}
    assert body["thinking"] == {"type": "between_tools"}
    assert lost == set()
    foreign = request(HI, extensions={"other": {"a": raw(1), "b": raw(2)}})
    assert built(foreign)[1] == {"extensions.other.a", "extensions.other.b"}
