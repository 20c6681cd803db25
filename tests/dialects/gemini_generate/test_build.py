"""What cannot be asked for here is a loss, with its path."""

import json

import pytest
from msgspec import Raw
from msgspec.structs import replace
from tests.dialects.gemini_generate.talk import (
    ASKED_AT,
    ENDPOINT,
    STREAMED_AT,
    VERTEX,
    again,
    asked,
    built,
)

from understudy.chat.parts import CacheHint, Text
from understudy.chat.request import Choice, HostedTool, Message, Request, Role, Tool, ToolChoice
from understudy.dialects.gemini_generate import DIALECT
from understudy.dialects.gemini_generate.schema import NAME

ASKED = Request("m", (Message(Role.USER, (Text("hi"),)),))
TOOL = Tool("f", "d", schema=Raw(b'{"type":"object"}'))


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({}, []),
        ({"user": "u"}, ["user"]),
        ({"metadata": {"a": "b"}}, ["metadata"]),
        ({"cache": CacheHint()}, ["cache"]),
        ({"parallel_tool_calls": False}, ["parallel_tool_calls"]),
        ({"tools": (HostedTool("x", "search", None, Raw(b"{}")),)}, ["tools[0]"]),
        ({"tools": (replace(TOOL, strict=True, cache=CacheHint()),)},
         ["tools[0].strict", "tools[0].cache"]),
        ({"tools": (replace(TOOL, extensions={"x": {"y": Raw(b"1")}}),)},
         ["tools[0].extensions.x.y"]),
        ({"tool_choice": ToolChoice(Choice.REQUIRED, dialect="x", raw=Raw(b"{}"))},
         ["~tool_choice"]),
        ({"extensions": {"x": {"y": Raw(b"1")}}}, ["extensions.x.y"]),
    ],
)  # fmt: skip
def test_losses(fields: dict[str, object], tokens: list[str]) -> None:
    assert [loss.token for loss in built(replace(ASKED, **fields))[1]] == tokens


def test_tools_keep_their_order() -> None:
    hosted = HostedTool(NAME, "googleSearch", None, Raw(b'{"googleSearch":{}}'))
    body, _ = built(replace(ASKED, tools=(TOOL, TOOL, hosted, TOOL)))
    function = {"name": "f", "description": "d", "parametersJsonSchema": {"type": "object"}}
    assert body["tools"] == [
        {"functionDeclarations": [function, function]},
        {"googleSearch": {}},
        {"functionDeclarations": [function]},
    ]


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (ToolChoice(Choice.AUTO), {"mode": "AUTO"}),
        (ToolChoice(Choice.NONE), {"mode": "NONE"}),
        (ToolChoice(Choice.REQUIRED), {"mode": "ANY"}),
        (ToolChoice(Choice.NAMED, "f"), {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        (ToolChoice(Choice.AUTO, dialect=NAME, raw=Raw(b'{"mode":"VALIDATED"}')),
         {"mode": "VALIDATED"}),
    ],
)  # fmt: skip
def test_choices(choice: ToolChoice, config: dict) -> None:
    body, losses = built(replace(ASKED, tool_choice=choice))
    assert (body["toolConfig"], losses) == ({"functionCallingConfig": config}, [])


def test_what_was_kept_comes_back() -> None:
    fields = {
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "toolConfig": {
            "functionCallingConfig": {"mode": "ANY"},
            "retrievalConfig": {"languageCode": "en"},
        },
        "labels": {"a": "b"},
        "generationConfig": {"temperature": 0.5, "mediaResolution": "LOW"},
    }
    body, losses = again(asked(**fields))
    assert losses == []
    assert body == json.loads(asked(**fields))


def test_a_cached_prompt_goes_to_who_keeps_it() -> None:
    path = f"extensions.{NAME}.cachedContent"
    for name, endpoint, lost in (
        ("cachedContents/x", ENDPOINT, []),
        ("cachedContents/x", VERTEX, [path]),
        ("projects/p/locations/l/cachedContents/x", VERTEX, []),
        ("projects/p/locations/l/cachedContents/x", ENDPOINT, [path]),
    ):
        body, losses = again(asked(cachedContent=name), endpoint)
        assert losses == lost
        assert ("cachedContent" in body) is not bool(lost)


def test_where_it_goes() -> None:
    stream = replace(ASKED, stream=True)
    written, _ = DIALECT.build_request(stream, replace(ENDPOINT, renames={"contents": "c"}))
    assert written.path == STREAMED_AT
    assert "c" in json.loads(written.body)
    array, _ = DIALECT.build_request(replace(stream, as_array=True), ENDPOINT)
    assert array.path == STREAMED_AT.replace("alt=sse", "alt=json")
    assert DIALECT.build_request(ASKED, ENDPOINT)[0].path == ASKED_AT


def test_what_a_model_refuses_is_dropped() -> None:
    picky = replace(ENDPOINT, rejects=frozenset({f"extensions.{NAME}.labels"}))
    body, losses = again(asked(labels={"a": "b"}), picky)
    assert "labels" not in body
    assert losses == [f"extensions.{NAME}.labels"]
