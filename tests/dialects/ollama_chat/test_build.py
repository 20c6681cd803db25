"""What cannot be asked for here is a loss, with its path."""

import msgspec
import pytest
from tests.dialects.ollama_chat.talk import ENDPOINT, built

from understudy.chat.endpoint import Capability
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

ASKED = Request("m", (Message(Role.USER, (Text("hi"),)),), stream=True)
TOOL = Tool("f", schema=msgspec.Raw(b'{"type":"object"}'))


def lost(**fields: object) -> list[str]:
    return [loss.token for loss in built(msgspec.structs.replace(ASKED, **fields))[1]]


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({"user": "u"}, ["user"]),
        ({"metadata": {"a": "b"}}, ["metadata"]),
        ({"cache": CacheHint()}, ["cache"]),
        ({"modalities": ("audio",)}, ["modalities"]),
        ({"modalities": ("text",)}, []),
        ({"parallel_tool_calls": False}, ["parallel_tool_calls"]),
        ({"sampling": Sampling(n=2)}, ["sampling.n"]),
        ({"sampling": Sampling(n=1, temperature=0.1)}, []),
        ({"tools": (HostedTool("x", "search", None, msgspec.Raw(b"{}")),)}, ["tools[0]"]),
        ({"tools": (msgspec.structs.replace(TOOL, strict=True),)}, ["tools[0].strict"]),
        ({"tools": (TOOL,), "tool_choice": ToolChoice(Choice.REQUIRED)}, ["tool_choice"]),
        ({"tools": (TOOL,), "tool_choice": ToolChoice(Choice.NONE)}, ["~tool_choice", "tools"]),
        ({"tools": (TOOL,), "tool_choice": ToolChoice(Choice.AUTO)}, []),
        ({"response_format": ResponseFormat(Format.SCHEMA, "n", schema=msgspec.Raw(b"{}"))},
         ["response_format.name"]),
        ({"reasoning": ReasoningConfig(budget_tokens=5)}, ["reasoning.budget_tokens"]),
        ({"reasoning": ReasoningConfig(effort="xhigh")}, ["~reasoning.effort"]),
        ({"extensions": {"x": {"y": msgspec.Raw(b"1")}}}, ["extensions.x.y"]),
    ],
)  # fmt: skip
def test_losses(fields: dict[str, object], tokens: list[str]) -> None:
    assert lost(**fields) == tokens


def test_no_tool_is_offered_where_none_may_be_called() -> None:
    choice = ToolChoice(Choice.NONE)
    body, _ = built(msgspec.structs.replace(ASKED, tools=(TOOL,), tool_choice=choice))
    assert "tools" not in body


def test_a_target_gets_no_more_than_it_can_do() -> None:
    plain = msgspec.structs.replace(
        ENDPOINT,
        capabilities=frozenset({Capability.STREAMING}),
        rejects=frozenset({"sampling.temperature"}),
        max_output_tokens=10,
    )
    request = msgspec.structs.replace(
        ASKED,
        response_format=ResponseFormat(Format.JSON),
        reasoning=ReasoningConfig(enabled=True),
        sampling=Sampling(temperature=1.0),
        max_output_tokens=99,
    )
    body, losses = built(request, plain)
    assert {loss.token for loss in losses} == {
        "response_format",
        "reasoning",
        "sampling.temperature",
        "~max_output_tokens",
    }
    assert body["options"] == {"num_predict": 10}
    assert not {"format", "think"} & body.keys()


def test_a_level_of_thinking_is_said_to_models_that_know_levels() -> None:
    request = msgspec.structs.replace(ASKED, reasoning=ReasoningConfig(True, "high"))
    body, losses = built(request, msgspec.structs.replace(ENDPOINT, model="gpt-oss:20b"))
    assert (body["think"], losses) == ("high", [])
    body, losses = built(request, msgspec.structs.replace(ENDPOINT, model="qwen3:8b"))
    assert (body["think"], [loss.token for loss in losses]) == (True, ["~reasoning.effort"])
