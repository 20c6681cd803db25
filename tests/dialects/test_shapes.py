import json
from typing import Any

import msgspec
import pytest

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Loss
from understudy.chat.parts import Text
from understudy.chat.request import (
    Choice,
    Format,
    Message,
    Request,
    ResponseFormat,
    Tool,
    ToolChoice,
)
from understudy.dialects.shapes import TOGETHER, Shaped, shaped

TEXT = {"type": "string"}
LOOSE = {"type": "object", "properties": {"a": TEXT}}
CLOSED = {**LOOSE, "required": ["a"], "additionalProperties": False}
ARRAY = {"type": "array", "items": TEXT}
ENFORCING = ["openai_chat", "openai_responses", "anthropic_messages", "bedrock_converse"]


def raw(schema: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(schema).encode())


def form(schema: object, *, strict: bool | None = True) -> ResponseFormat:
    return ResponseFormat(Format.SCHEMA, "x", schema=raw(schema), strict=strict)


def tool(schema: object) -> Tool:
    return Tool("f", schema=raw(schema), strict=True)


def run(dialect: str, rejects: frozenset[str] = frozenset(), **fields: object) -> Shaped:
    request, words, _ = _run(dialect, rejects, **fields)
    return Shaped(request, words)


def _run(
    dialect: str, rejects: frozenset[str] = frozenset(), **fields: object
) -> tuple[Request, Message | None, list[str]]:
    losses: list[Loss] = []
    endpoint = Endpoint(dialect, "m", "/", "someone", rejects=rejects)
    request = msgspec.structs.replace(Request("m", ()), **fields)
    made = shaped(request, endpoint, losses)
    return made.request, made.words, [loss.token for loss in losses]


@pytest.mark.parametrize("dialect", ENFORCING)
def test_shapes_that_are_enforced_stay(dialect):
    request, words, tokens = _run(
        dialect, response_format=form(CLOSED), tools=(tool(CLOSED), Tool("g"))
    )
    assert (request.response_format, request.tools) == (form(CLOSED), (tool(CLOSED), Tool("g")))
    assert (words, tokens) == (None, [])


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses"])
def test_a_loose_schema_is_no_longer_strict(dialect):
    request, words, tokens = _run(dialect, response_format=form(LOOSE), tools=(tool(LOOSE),))
    assert request.response_format == form(LOOSE, strict=False)
    assert request.tools == (msgspec.structs.replace(tool(LOOSE), strict=False),)
    assert words is None
    assert tokens == ["tools[0].strict", "response_format.strict"]


def test_a_format_has_a_name_that_is_taken():
    odd = msgspec.structs.replace(form(CLOSED, strict=None), name="a b!" + "x" * 90)
    request, _, tokens = _run("openai_chat", response_format=odd)
    assert request.response_format is not None
    assert request.response_format.name == "a_b_" + "x" * 60
    assert tokens == ["~response_format.name"]
    assert _run("anthropic_messages", response_format=form(CLOSED))[2] == []


@pytest.mark.parametrize("strict", [None, False])
def test_what_nobody_wants_enforced_stays_loose(strict):
    wanted = form(LOOSE, strict=strict)
    assert _run("openai_chat", response_format=wanted)[::2] == (
        Request("m", (), response_format=wanted),
        [],
    )


@pytest.mark.parametrize("strict", [True, None])
def test_what_cannot_be_demanded_is_told(strict):
    for dialect, schema in (("openai_chat", ARRAY), ("anthropic_messages", {"type": "object"})):
        request, words = run(dialect, response_format=form(schema, strict=strict))
        assert request.response_format is None
        assert words is not None
        [text] = words.parts
        assert isinstance(text, Text)
        assert json.dumps(schema) in text.text


def test_json_is_demanded_where_a_schema_cannot_be():
    request, words = run("cohere_chat", response_format=form(LOOSE))
    assert request.response_format == ResponseFormat(Format.JSON)
    assert words is not None


@pytest.mark.parametrize("dialect", ["cohere_chat", "gemini_generate", "openai_chat"])
def test_no_format_stands_beside_tools_where_that_is_refused(dialect):
    fields: dict[str, Any] = {"response_format": form(CLOSED), "tools": (Tool("f"),)}
    request, words, tokens = _run(dialect, frozenset({TOGETHER}), **fields)
    assert (request.response_format, tokens) == (None, ["~response_format"])
    assert words is not None
    assert run(dialect, frozenset({TOGETHER}), response_format=form(CLOSED)).words is None
    assert run(dialect, **fields).request.response_format is not None


def test_no_format_stands_beside_a_demand_for_a_call_where_that_is_refused():
    fields: dict[str, Any] = {
        "response_format": form(CLOSED),
        "tools": (Tool("f"),),
        "tool_choice": ToolChoice(Choice.REQUIRED),
    }
    assert run("gemini_generate", **fields).words is not None
    assert run("openai_chat", **fields).words is None
    auto = {**fields, "tool_choice": ToolChoice(Choice.AUTO)}
    assert run("gemini_generate", **auto).words is None


def test_plain_json_beside_tools_is_told_too():
    fields: dict[str, Any] = {"response_format": ResponseFormat(Format.JSON), "tools": (Tool("f"),)}
    assert run("cohere_chat", frozenset({TOGETHER}), **fields).words is not None
    text: dict[str, Any] = {"response_format": ResponseFormat(Format.TEXT), "tools": (Tool("f"),)}
    assert run("cohere_chat", frozenset({TOGETHER}), **text).words is None


def test_a_target_that_knows_no_schemas_is_left_to_its_dialect():
    endpoint = Endpoint("openai_chat", "m", "/", "x", capabilities=frozenset({Capability.TOOLS}))
    request = Request("m", (), response_format=form(ARRAY))
    assert shaped(request, endpoint, []) == (request, None)


def test_so_many_tools_are_strict():
    tools = tuple(msgspec.structs.replace(tool(CLOSED), name=f"f{n}") for n in range(21))
    request, _, tokens = _run("anthropic_messages", tools=tools)
    assert [each.strict for each in request.tools if isinstance(each, Tool)].count(True) == 20
    assert tokens == ["tools[20].strict"]
    assert _run("openai_chat", tools=tools)[2] == []


def test_arrays_say_what_they_hold():
    bare = {**LOOSE, "properties": {"a": {"type": "array"}}}
    request, _, tokens = _run("openai_chat", tools=(Tool("f", schema=raw(bare)), Tool("g")))
    made = request.tools[0]
    assert isinstance(made, Tool)
    assert made.schema is not None
    assert json.loads(bytes(made.schema))["properties"]["a"] == {"type": "array", "items": {}}
    assert tokens == ["~tools[0]"]
    assert _run("ollama_chat", tools=(Tool("f", schema=raw(bare)),))[2] == []
