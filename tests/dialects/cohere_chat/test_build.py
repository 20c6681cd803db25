"""Requests of other dialects, written for one endpoint."""

import pytest
from msgspec import Raw
from msgspec.structs import replace
from tests.dialects.cohere_chat.talk import ENDPOINT, built

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.parts import CacheHint, Text
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    Message,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Role,
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.cohere_chat.turns import OPENING

HELLO = (Message(Role.USER, (Text("hello"),)),)
TOOLS = (Tool("f"), Tool("g", strict=True))


def say(endpoint: Endpoint = ENDPOINT, **fields: object) -> tuple[dict, list[str]]:
    body, losses = built(replace(Request("m", HELLO), **fields), endpoint)
    return body, sorted(loss.token for loss in losses)


def test_the_least_request() -> None:
    assert say() == (
        {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "hello"}]},
        [],
    )
    assert say(stream=True)[0]["stream"] is True


def test_tools_always_have_a_schema_and_are_strict_together() -> None:
    body, losses = say(tools=(*TOOLS, HostedTool("x", "web_search", None, Raw(b"1"))))
    assert body["tools"][0] == {
        "type": "function",
        "function": {"name": "f", "parameters": {"type": "object", "properties": {}}},
    }
    assert body["strict_tools"] is True
    assert losses == ["tools[2]"]
    mixed = (Tool("f", strict=False), Tool("g", strict=True))
    assert say(tools=mixed)[1] == ["~tools"]


def test_one_tool_is_demanded_by_offering_no_other() -> None:
    body, losses = say(tools=TOOLS, tool_choice=ToolChoice(Choice.NAMED, "g"))
    assert body["tool_choice"] == "REQUIRED"
    assert [tool["function"]["name"] for tool in body["tools"]] == ["g"]
    assert losses == ["tools[0]", "~tool_choice"]


def test_choices() -> None:
    assert say(tools=TOOLS, tool_choice=ToolChoice(Choice.NONE))[0]["tool_choice"] == "NONE"
    assert "tool_choice" not in say(tools=TOOLS, tool_choice=ToolChoice(Choice.AUTO))[0]
    assert say(tool_choice=ToolChoice(Choice.REQUIRED))[1] == ["tool_choice"]
    missing = ToolChoice(Choice.NAMED, "h")
    assert say(tools=TOOLS, tool_choice=missing)[1] == ["tool_choice"]
    raw = ToolChoice(Choice.AUTO, dialect="x", raw=Raw(b"1"))
    assert say(tools=TOOLS, tool_choice=raw)[1] == ["tool_choice"]
    old = replace(ENDPOINT, rejects=frozenset({"tool_choice"}))
    required = ToolChoice(Choice.REQUIRED)
    assert say(old, tools=TOOLS, tool_choice=required)[1] == ["tool_choice"]
    assert say(tools=TOOLS, parallel_tool_calls=False)[1] == ["parallel_tool_calls"]


def test_formats() -> None:
    schema = Raw(b'{"type":"object"}')
    form = ResponseFormat(Format.SCHEMA, "n", "d", schema, strict=False)
    body, losses = say(response_format=form)
    assert body["response_format"] == {"type": "json_object", "json_schema": {"type": "object"}}
    assert losses == [
        "response_format.description",
        "response_format.name",
        "~response_format.strict",
    ]
    plain = replace(ENDPOINT, capabilities=frozenset())
    assert say(plain, response_format=form)[1] == ["response_format"]


def test_thinking() -> None:
    wanted = ReasoningConfig(effort="high", budget_tokens=5, summary="auto")
    body, losses = say(reasoning=wanted)
    assert body["thinking"] == {"type": "enabled", "token_budget": 5}
    assert losses == ["reasoning.summary", "~reasoning.effort"]
    off = ReasoningConfig(effort="none")
    assert say(reasoning=off)[0]["thinking"] == {"type": "disabled"}
    plain = replace(ENDPOINT, capabilities=frozenset())
    assert say(plain, reasoning=off)[1] == []
    assert say(plain, reasoning=wanted)[1] == ["reasoning", "reasoning.summary"]
    assert Capability.REASONING not in plain.capabilities


@pytest.mark.parametrize(
    ("frequency", "presence", "left", "lost"),
    [
        (0.2, 0.5, {"frequency_penalty": 0.2}, ["sampling.presence_penalty"]),
        (0.0, 0.5, {"presence_penalty": 0.5}, []),
        (0.2, 0.0, {"frequency_penalty": 0.2}, []),
    ],
)
def test_one_penalty_is_said(frequency, presence, left, lost) -> None:
    sampling = Sampling(frequency_penalty=frequency, presence_penalty=presence)
    body, losses = say(sampling=sampling)
    assert {name: value for name, value in body.items() if "penalty" in name} == left
    assert losses == lost


def test_messages_that_say_nothing_are_left_out() -> None:
    user, empty = Message(Role.USER, (Text("q"),)), Message(Role.ASSISTANT, (Text(""),))
    body, losses = say(messages=(user, empty, user))
    assert [message["role"] for message in body["messages"]] == ["user", "user"]
    assert losses == []
    body, losses = say(messages=(Message(Role.USER, ()),))
    assert body["messages"] == [{"role": "user", "content": OPENING}]
    assert losses == ["~messages"]


def test_numbers_stay_in_their_bounds() -> None:
    sampling = Sampling(
        temperature=1.5,
        top_p=1.0,
        top_k=900,
        min_p=0.1,
        frequency_penalty=-1,
        presence_penalty=0.5,
        n=2,
        top_logprobs=3,
    )
    body, losses = say(sampling=sampling)
    assert (
        body.items()
        >= {
            "temperature": 1.5,
            "p": 0.99,
            "k": 500,
            "presence_penalty": 0.5,
        }.items()
    )
    assert losses == [
        "sampling.min_p",
        "sampling.n",
        "sampling.top_logprobs",
        "~sampling.frequency_penalty",
        "~sampling.top_k",
        "~sampling.top_p",
    ]


def test_limits() -> None:
    endpoint = replace(ENDPOINT, max_output_tokens=10, renames={"max_tokens": "max_out"})
    stop = tuple("abcdef")
    body, losses = say(endpoint, stop=stop, max_output_tokens=11)
    assert body["stop_sequences"] == list("abcde")
    assert body["max_out"] == 10
    assert losses == ["stop[5]", "~max_output_tokens"]
    refused = replace(ENDPOINT, rejects=frozenset({"stop", "sampling.temperature"}))
    assert say(refused, stop=stop, sampling=Sampling(1.0))[1] == ["sampling.temperature", "stop"]


def test_what_has_no_word_is_a_loss() -> None:
    _, losses = say(
        user="u",
        metadata={"a": "b"},
        cache=CacheHint(),
        modalities=("text", "audio"),
        extensions={"x": {"y": Raw(b"1")}, "cohere_chat": {"safety_mode": Raw(b'"OFF"')}},
    )
    assert losses == ["cache", "extensions.x.y", "metadata", "modalities", "user"]
    refuses = replace(ENDPOINT, rejects=frozenset({"extensions.cohere_chat.safety_mode"}))
    own = {"cohere_chat": {"safety_mode": Raw(b'"OFF"'), "thinking.mood": Raw(b"1")}}
    assert say(refuses, extensions=own)[1] == [
        "extensions.cohere_chat.safety_mode",
        "extensions.cohere_chat.thinking.mood",
    ]
