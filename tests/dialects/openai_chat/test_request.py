import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.openai_chat.talk import asked, parsed

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import CacheHint
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.openai_chat.request import parse_request

FUNCTION = {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True}

TTL = {"ttl": "1h"}


def kept(request: Request) -> dict[str, bytes]:
    return {name: bytes(raw) for name, raw in request.extensions.get("openai_chat", {}).items()}


def refused(**fields) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parsed(**fields)
    return caught.value


def test_sampling_is_read():
    values = {
        "temperature": 0.5, "top_p": 1, "top_k": 40, "min_p": 0.1, "frequency_penalty": 0.2,
        "presence_penalty": -0.2, "repetition_penalty": 1.1, "seed": 3, "n": 2, "logprobs": True,
        "top_logprobs": 5,
    }  # fmt: skip
    assert parsed(**values).sampling == msgspec.convert(values, Sampling)
    assert parsed(random_seed=3).sampling == Sampling(seed=3)
    assert parsed(logprobs=4).sampling == Sampling(logprobs=True, top_logprobs=4)
    assert parsed(logprobs=0).sampling == Sampling(logprobs=False)
    assert refused(logprobs="4").path == "logprobs"
    bias = parsed(logit_bias={"5": -100}).sampling.logit_bias
    assert bias is not None
    assert bytes(bias) == b'{"5":-100}'


def test_nulls_say_nothing():
    fields = dict.fromkeys(
        ["temperature", "stop", "tools", "tool_choice", "user", "n", "max_tokens", "stream", "foo"]
    )
    assert parsed(**fields) == parsed()


@pytest.mark.parametrize(("stop", "stops"), [("a", ("a",)), (["a", "b"], ("a", "b")), ([], ())])
def test_stop_is_one_or_many(stop, stops):
    assert parsed(stop=stop).stop == stops


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 6}, 6),
        ({"max_tokens": 6, "max_completion_tokens": 6}, 6),
    ],
)
def test_both_limits_are_read(fields, limit):
    request = parsed(**fields)
    assert request.max_output_tokens == limit
    assert kept(request) == {}


def test_limits_that_differ_are_both_kept():
    request = parsed(max_tokens=5, max_completion_tokens=6)
    assert (request.max_output_tokens, kept(request)) == (6, {"max_tokens": b"5"})


def test_tools_are_read():
    custom = {"type": "custom", "custom": {"name": "sh"}}
    request = parsed(
        tools=[
            {
                "type": "function",
                "function": {**FUNCTION, "odd": 1},
                "cache_control": {"ttl": "1h"},
            },
            custom,
            {"type": "web_search"},
        ]
    )
    tool, hosted, search = request.tools
    assert isinstance(tool, Tool)
    assert (tool.name, tool.description, tool.strict, tool.cache) == (
        "f",
        "d",
        True,
        CacheHint("1h"),
    )
    assert tool.schema is not None
    assert bytes(tool.schema) == b'{"type":"object"}'
    assert tool.extensions["openai_chat"].keys() == {"function.odd"}
    assert isinstance(hosted, HostedTool)
    assert isinstance(search, HostedTool)
    assert (hosted.kind, hosted.name, search.kind, search.name) == (
        "custom",
        "sh",
        "web_search",
        None,
    )


@pytest.mark.parametrize(
    ("sent", "choice"),
    [
        ("auto", ToolChoice(Choice.AUTO)),
        ("none", ToolChoice(Choice.NONE)),
        ("required", ToolChoice(Choice.REQUIRED)),
        ("any", ToolChoice(Choice.REQUIRED)),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice(Choice.NAMED, "f")),
    ],
)
def test_tool_choice_is_read(sent, choice):
    assert parsed(tool_choice=sent).tool_choice == choice


@pytest.mark.parametrize(
    ("sent", "mode", "name"),
    [
        ({"type": "allowed_tools", "allowed_tools": {"mode": "required"}}, Choice.REQUIRED, None),
        ({"type": "custom", "custom": {"name": "sh"}}, Choice.NAMED, "sh"),
        ({"type": "web_search"}, Choice.REQUIRED, None),
    ],
)
def test_choices_without_a_neutral_word_are_kept_whole(sent, mode, name):
    choice = parsed(tool_choice=sent).tool_choice
    assert choice is not None
    assert choice.raw is not None
    assert (choice.mode, choice.name, msgspec.json.decode(choice.raw)) == (mode, name, sent)


def test_legacy_functions_are_tools():
    request = parsed(functions=[FUNCTION], function_call={"name": "f"})
    assert request.legacy_functions
    assert isinstance(request.tools[0], Tool)
    assert request.tools[0].name == "f"
    assert request.tool_choice == ToolChoice(Choice.NAMED, "f")
    assert parsed(functions=[FUNCTION], function_call="none").tool_choice == ToolChoice(Choice.NONE)


@pytest.mark.parametrize(
    ("sent", "made"),
    [
        ({"type": "text"}, ResponseFormat(Format.TEXT)),
        ({"type": "json_object"}, ResponseFormat(Format.JSON)),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": True}},
            ResponseFormat(Format.SCHEMA, "n", None, msgspec.Raw(b"{}"), True),
        ),
    ],
)
def test_response_formats_are_read(sent, made):
    found = parsed(response_format=sent).response_format
    assert msgspec.json.encode(found) == msgspec.json.encode(made)


@pytest.mark.parametrize(
    "sent",
    [
        {"type": "grammar", "grammar": "g"},
        {"type": "text", "json_schema": {"name": "n"}},
        {"type": "json_object", "odd": 1},
        {"type": "json_schema", "json_schema": {"name": "n", "odd": 1}},
    ],
)
def test_formats_with_more_in_them_are_kept_whole(sent):
    assert msgspec.json.decode(kept(parsed(response_format=sent))["response_format"]) == sent


@pytest.mark.parametrize(
    ("fields", "made", "rest"),
    [
        ({"reasoning_effort": "low"}, ReasoningConfig(effort="low"), {}),
        ({"reasoning": {"enabled": True}}, ReasoningConfig(enabled=True), {}),
        (
            {"reasoning": {"max_tokens": 9, "exclude": True}},
            ReasoningConfig(budget_tokens=9),
            {"reasoning.exclude": b"true"},
        ),
        ({"thinking": {"type": "disabled"}}, ReasoningConfig(enabled=False), {}),
        (
            {"thinking": {"type": "enabled", "clear_thinking": False}},
            ReasoningConfig(enabled=True),
            {"thinking.clear_thinking": b"false"},
        ),
        ({}, None, {}),
    ],
)
def test_reasoning_is_read_in_every_spelling(fields, made, rest):
    request = parsed(**fields)
    assert request.reasoning == made
    assert kept(request) == rest


def test_usage_of_a_stream_is_wanted_on_demand():
    assert parsed().wants_usage
    assert not parsed(stream=True).wants_usage
    asks = parsed(stream=True, stream_options={"include_usage": True, "include_obfuscation": False})
    assert asks.wants_usage
    assert kept(asks) == {"stream_options.include_obfuscation": b"false"}


def test_everything_else_is_kept():
    request = parsed(
        user="u",
        metadata={"a": "b"},
        parallel_tool_calls=False,
        modalities=["text"],
        store=True,
        service_tier="flex",
        prompt_cache_key="k",
        vendor={"x": [1]},
    )
    assert (request.user, request.metadata, request.parallel_tool_calls, request.modalities) == (
        "u", {"a": "b"}, False, ("text",),
    )  # fmt: skip
    assert kept(request) == {
        "store": b"true",
        "service_tier": b'"flex"',
        "prompt_cache_key": b'"k"',
        "vendor": b'{"x":[1]}',
    }


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"temperature": "hot"}, "temperature"),
        ({"top_k": 1.5}, "top_k"),
        ({"stop": 5}, "stop"),
        ({"stop": ["a", 5]}, "stop[1]"),
        ({"max_tokens": -5}, "max_tokens"),
        ({"max_completion_tokens": -5}, "max_completion_tokens"),
        ({"tools": [5]}, "tools[0]"),
        ({"tools": [{}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": "x"}}]},
            "tools[0].function.parameters",
        ),
        ({"functions": [{}]}, "functions[0].name"),
        ({"tool_choice": "maybe"}, "tool_choice"),
        ({"tool_choice": 5}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.function"),
        ({"response_format": {}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": 1}}},
            "response_format.json_schema.schema",
        ),
        ({"metadata": ["a"]}, "metadata"),
        ({"modalities": [1]}, "modalities[0]"),
        ({"stream_options": 1}, "stream_options"),
        ({"reasoning": "high"}, "reasoning"),
        ({"user": 5}, "user"),
    ],
)
def test_what_is_wrong_is_refused_with_its_path(fields, path):
    assert refused(**fields).path == path


def test_metadata_of_any_kind_is_kept_for_whoever_takes_it():
    request = parsed(metadata={"a": 1})
    assert request.metadata is None
    assert json.loads(kept(request)["metadata"]) == {"a": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "text", "auto", "function"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "role", "content", "name", "function"]), inner)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["messages", "tools", "tool_choice", "functions", "function_call", "response_format", "stop",
     "reasoning", "thinking", "stream_options", "metadata", "modalities", "seed", "cache_control"]
)  # fmt: skip


@given(st.dictionaries(FIELDS, JSON, max_size=4))
def test_any_fields_are_read_or_refused(fields):
    with suppress(InvalidRequest):
        parsed(**fields)


@given(st.binary(max_size=100), st.integers(0, 50), st.integers(0, 5))
def test_any_bytes_are_read_or_refused(junk, at, length):
    body = asked()
    for data in (junk, body[:at] + junk[:5] + body[at + length :]):
        with suppress(InvalidRequest):
            parse_request(data)
