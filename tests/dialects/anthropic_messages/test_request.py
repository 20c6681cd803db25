"""Whole requests, read."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.anthropic_messages.talk import dump, parsed, value

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import CacheHint, Text
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    ReasoningConfig,
    Role,
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.anthropic_messages import DIALECT

NAME = "anthropic_messages"
SCHEMA = {"type": "object"}


def kept(**fields) -> dict:
    return {name: json.loads(bytes(raw)) for name, raw in parsed(**fields).extensions[NAME].items()}


def test_what_every_dialect_has_a_word_for():
    request = parsed(
        system="be kind",
        temperature=0.5,
        top_p=0.9,
        top_k=4,
        stop_sequences=["a", "b"],
        stream=True,
        metadata={"user_id": "u"},
        cache_control={"type": "ephemeral", "ttl": "1h"},
    )
    assert [message.role for message in request.messages] == [Role.SYSTEM, Role.USER]
    assert request.messages[0].parts == (Text("be kind"),)
    assert request.sampling == Sampling(temperature=0.5, top_p=0.9, top_k=4)
    assert (request.stop, request.stream, request.user) == (("a", "b"), True, "u")
    assert (request.max_output_tokens, request.cache) == (9, CacheHint("1h"))
    assert request.extensions == {NAME: {}}


def test_what_has_no_word_is_kept_as_it_came():
    fields = {"service_tier": "auto", "container": {"id": "c"}, "speed": "fast"}
    assert kept(**fields, metadata={"team": "x"}, output_config={"task_budget": 3}) == {
        **fields,
        "metadata": {"team": "x"},
        "output_config": {"task_budget": 3},
    }


def test_tools_are_functions_or_hosted():
    own = {"name": "f", "description": "d", "input_schema": SCHEMA, "strict": True}
    hosted = {"type": "web_search_20260209", "name": "web_search"}
    function, search = parsed(
        tools=[{**own, "type": "custom", "defer_loading": True}, hosted]
    ).tools
    assert isinstance(function, Tool)
    assert (function.name, function.description, function.strict) == ("f", "d", True)
    assert value(function.schema) == SCHEMA
    assert function.extensions.keys() == {NAME}
    assert isinstance(search, HostedTool)
    assert (search.kind, search.name) == ("web_search_20260209", "web_search")


@pytest.mark.parametrize(
    ("said", "choice", "parallel"),
    [
        ({"type": "auto"}, ToolChoice(Choice.AUTO), None),
        ({"type": "none"}, ToolChoice(Choice.NONE), None),
        ({"type": "any", "disable_parallel_tool_use": True}, ToolChoice(Choice.REQUIRED), False),
        (
            {"type": "tool", "name": "f", "disable_parallel_tool_use": False},
            ToolChoice(Choice.NAMED, "f"),
            True,
        ),
    ],
)
def test_choices_of_tools(said, choice, parallel):
    request = parsed(tool_choice=said)
    assert (request.tool_choice, request.parallel_tool_calls) == (choice, parallel)


@pytest.mark.parametrize(
    ("fields", "config"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, (True, None, 2000, None)),
        ({"thinking": {"type": "disabled"}}, (False, None, None, None)),
        (
            {"thinking": {"type": "adaptive", "display": "omitted"}},
            (True, None, None, "omitted"),
        ),
        ({"output_config": {"effort": "high"}}, (None, "high", None, None)),
        (
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
            (True, "low", None, None),
        ),
    ],
)
def test_how_much_to_think(fields, config):
    assert parsed(**fields).reasoning == ReasoningConfig(*config)
    assert parsed(**fields).extensions == {NAME: {}}


def test_ways_to_think_of_the_future_are_kept():
    assert kept(thinking={"type": "between_tools"}) == {"thinking": {"type": "between_tools"}}


@pytest.mark.parametrize("name", ["output_format", "output_config"])
def test_schemas_of_answers(name):
    wanted = {"type": "json_schema", "schema": SCHEMA}
    found = parsed(**{name: wanted if name == "output_format" else {"format": wanted}})
    assert found.response_format is not None
    assert (found.response_format.kind, found.response_format.strict) == (Format.SCHEMA, True)
    assert value(found.response_format.schema) == SCHEMA


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"model": None}, "model"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": -2}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"system": 3}, "system"),
        ({"temperature": "hot"}, "temperature"),
        ({"stop_sequences": ["a", 3]}, "stop_sequences.1"),
        ({"tools": [3]}, "tools.0"),
        ({"tools": [{"name": "f"}]}, "tools.0.input_schema"),
        ({"tools": [{"name": "f", "input_schema": "x"}]}, "tools.0.input_schema"),
        ({"tools": [{"input_schema": SCHEMA}]}, "tools.0.name"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"tool_choice": {"type": "all"}}, "tool_choice.type"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
        ({"output_format": {"type": "xml"}}, "output_format.type"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema"),
        ({"metadata": []}, "metadata"),
    ],
)
def test_what_is_wrong_is_named(fields, path):
    with pytest.raises(InvalidRequest) as error:
        parsed(**fields)
    assert error.value.path == path


FULL = dump(
    {
        "model": "m",
        "max_tokens": 9,
        "system": [{"type": "text", "text": "s"}],
        "messages": [
            {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "u"}}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "t", "signature": "s"},
                    {"type": "tool_use", "id": "t", "name": "f", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}],
            },
        ],
        "tools": [{"name": "f", "input_schema": SCHEMA}],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "stop_sequences": ["x"],
    }
)


@given(st.integers(0, len(FULL)), st.binary(max_size=4), st.integers(0, 6))
def test_mutations_are_read_or_refused(at, new, cut):
    with contextlib.suppress(InvalidRequest):
        DIALECT.parse_request(FULL[:at] + new + FULL[at + cut :])


@pytest.mark.parametrize("depth", [100, 800, 990, 100_000])
def test_nesting_is_read_or_refused(depth):
    deep = b"[" * depth + b"]" * depth
    for body in (
        b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"x":'
        + deep
        + b"}",
        b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":' + deep + b"}]}",
    ):
        with contextlib.suppress(InvalidRequest):
            DIALECT.parse_request(body)
