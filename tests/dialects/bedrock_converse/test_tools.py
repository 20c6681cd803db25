"""Tools, the choice among them, and the shape of an answer."""

import json
from typing import Any

import msgspec
import pytest
from tests.dialects.bedrock_converse.talk import ENDPOINT, asking, built, paths

from understudy.chat.parts import Text, ToolCall, ToolResult
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    Message,
    ResponseFormat,
    Role,
    Tool,
    ToolChoice,
)
from understudy.dialects.bedrock_converse.schema import Raw
from understudy.dialects.bedrock_converse.tools import merged

SCHEMA = Raw(b'{"type": "object", "properties": {}}')
F = Tool("f", "knows", SCHEMA)
SIMPLE = msgspec.structs.replace(ENDPOINT, capabilities=frozenset())
CALLED = (
    Message(Role.USER, (Text("a"),)),
    Message(Role.ASSISTANT, (ToolCall("a", "g", "{}"),)),
    Message(Role.TOOL, (ToolResult("a", (Text("1"),)),)),
)


def said(*messages: Message, endpoint=ENDPOINT, **fields: Any):
    body, losses = built(asking(*messages, **fields), endpoint)
    return body.get("toolConfig"), paths(losses)


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        (ToolChoice(Choice.AUTO), {"auto": {}}),
        (ToolChoice(Choice.REQUIRED), {"any": {}}),
        (ToolChoice(Choice.NAMED, "f"), {"tool": {"name": "f"}}),
    ],
)
def test_choices(choice: ToolChoice, written: object) -> None:
    config, losses = said(tools=(F,), tool_choice=choice)
    assert config["toolChoice"] == written
    spec = config["tools"][0]["toolSpec"]
    assert (spec["name"], spec["description"]) == ("f", "knows")
    assert spec["inputSchema"] == {"json": {"type": "object", "properties": {}}}
    assert losses == []


def test_none_names_no_tool_unless_one_was_called() -> None:
    none = ToolChoice(Choice.NONE)
    assert said(tools=(F,), tool_choice=none) == (None, ["tools[0]", "tool_choice"])
    config, losses = said(*CALLED, tools=(F,), tool_choice=none)
    assert (list(config), losses) == (["tools"], ["tool_choice"])


def test_tools_that_were_called_are_named() -> None:
    config, losses = said(*CALLED)
    assert [tool["toolSpec"]["name"] for tool in config["tools"]] == ["g"]
    assert losses == ["tools"]


def test_schemas_are_of_objects() -> None:
    config, _ = said(tools=(Tool("a"), Tool("b", schema=Raw(b'{"title":"T"}'))))
    schemas = [tool["toolSpec"]["inputSchema"]["json"] for tool in config["tools"]]
    assert schemas == [{"type": "object", "properties": {}}, {"type": "object", "title": "T"}]


def test_what_is_lost_of_tools() -> None:
    hosted = HostedTool("other", "search", None, Raw(b"{}"))
    assert said(tools=(hosted,), tool_choice=ToolChoice(Choice.REQUIRED)) == (
        None,
        ["tools[0]", "tool_choice"],
    )
    assert said(tools=(F,), parallel_tool_calls=False)[1] == ["parallel_tool_calls"]
    strict = Tool("f", "", SCHEMA, strict=True, extensions={"other": {"x": Raw(b"1")}})
    assert said(tools=(strict,), endpoint=SIMPLE)[1] == [
        "tools[0]",
        "tools[0].strict",
        "tools[0].extensions.other.x",
    ]
    refuses = msgspec.structs.replace(ENDPOINT, rejects=frozenset({"tool_choice"}))
    assert said(tools=(F,), tool_choice=ToolChoice(Choice.AUTO), endpoint=refuses)[1] == [
        "tool_choice"
    ]
    odd = ToolChoice(Choice.AUTO, dialect="other", raw=Raw(b"{}"))
    assert said(tools=(F,), tool_choice=odd)[1] == ["tool_choice"]


def test_answers_have_a_schema_or_none() -> None:
    wanted = ResponseFormat(Format.SCHEMA, "n", "d", SCHEMA, strict=True)
    body, losses = built(asking(response_format=wanted))
    said_format = body["outputConfig"]["textFormat"]
    schema = said_format["structure"]["jsonSchema"]
    assert json.loads(schema["schema"]) == {"type": "object", "properties": {}}
    assert (said_format["type"], schema["name"], schema["description"]) == ("json_schema", "n", "d")
    assert losses == []
    loose = msgspec.structs.replace(wanted, strict=False)
    assert paths(built(asking(response_format=loose))[1]) == ["response_format.strict"]
    assert paths(built(asking(response_format=wanted), SIMPLE)[1]) == ["response_format"]
    for kind, lost in ((Format.JSON, ["response_format"]), (Format.TEXT, [])):
        assert paths(built(asking(response_format=ResponseFormat(kind)))[1]) == lost


def test_what_is_said_goes_over_what_was_kept() -> None:
    assert merged({"a": 1}, Raw(b'{"a":2,"b":3}')) == {"a": 1, "b": Raw(b"3")}
