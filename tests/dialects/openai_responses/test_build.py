import msgspec
import pytest
from tests.dialects.openai_responses.talk import ENDPOINT, asks, build, parse

from understudy.chat.endpoint import Capability
from understudy.chat.parts import CacheHint, Text
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    Message,
    ReasoningConfig,
    ResponseFormat,
    Role,
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.openai_responses import DIALECT
from understudy.dialects.openai_responses.schema import Raw

USER = Message(Role.USER, (Text("hi"),))
TOOL = Tool("f", "d", Raw(b'{"type":"object"}'))


def said(**fields):
    return build(asks(USER, **fields))


def test_instructions_are_those_that_come_first():
    body, lost = build(asks(Message(Role.SYSTEM, (Text("be brief"),)), USER))
    assert body["instructions"] == "be brief"
    assert body["input"] == [{"role": "user", "content": "hi"}]
    assert lost == []
    body, _ = build(asks(Message(Role.SYSTEM, (Text("alone"),))))
    assert body["input"] == [{"role": "system", "content": "alone"}]


def test_tools():
    body, lost = said(tools=(TOOL,), tool_choice=ToolChoice(Choice.NAMED, "f"))
    assert body["tools"] == [
        {
            "type": "function",
            "name": "f",
            "description": "d",
            "parameters": {"type": "object"},
            "strict": False,
        }
    ]
    assert body["tool_choice"] == {"type": "function", "name": "f"}
    assert lost == []
    body, lost = said(
        tools=(HostedTool("x", "search", None, Raw(b"{}")),), tool_choice=ToolChoice(Choice.AUTO)
    )
    assert "tools" not in body
    assert lost == ["tools[0]", "tool_choice"]


def test_formats():
    form = ResponseFormat(Format.SCHEMA, "n", "d", Raw(b"{}"), strict=True)
    body, _ = said(response_format=form)
    assert body["text"]["format"] == {
        "type": "json_schema",
        "name": "n",
        "description": "d",
        "schema": {},
        "strict": True,
    }
    weak = msgspec.structs.replace(ENDPOINT, capabilities=frozenset({Capability.JSON_MODE}))
    body, lost = build(asks(USER, response_format=form), weak)
    assert body["text"] == {"format": {"type": "json_object"}}
    assert lost == ["~response_format.schema"]


def test_sampling():
    body, lost = said(
        sampling=Sampling(temperature=0.5, top_k=3, seed=1, n=1, logprobs=True, top_logprobs=2),
        stop=("END",),
    )
    assert (body["temperature"], body["top_logprobs"]) == (0.5, 2)
    assert body["include"] == ["message.output_text.logprobs"]
    assert lost == ["sampling.top_k", "sampling.seed", "stop"]


@pytest.mark.parametrize(
    ("wanted", "reasoning", "lost"),
    [
        (ReasoningConfig(effort="low", summary="auto"), {"effort": "low", "summary": "auto"}, []),
        (ReasoningConfig(enabled=False), {"effort": "none"}, []),
        (ReasoningConfig(enabled=True), None, ["reasoning.enabled"]),
        (ReasoningConfig(budget_tokens=4000), {"effort": "medium"}, ["~reasoning.budget_tokens"]),
        (
            ReasoningConfig(effort="low", budget_tokens=4000),
            {"effort": "low"},
            ["reasoning.budget_tokens"],
        ),
    ],
)
def test_reasoning(wanted, reasoning, lost):
    body, losses = said(reasoning=wanted)
    assert body.get("reasoning") == reasoning
    assert losses == lost


def test_a_model_that_does_not_think_is_not_asked_to():
    weak = msgspec.structs.replace(ENDPOINT, capabilities=frozenset())
    assert build(asks(USER, reasoning=ReasoningConfig(effort="low")), weak)[1] == ["reasoning"]
    assert build(asks(USER, reasoning=ReasoningConfig(effort="none")), weak)[1] == []


def test_limits_and_the_rest():
    body, lost = said(max_output_tokens=5, user="u", metadata={"a": "b"}, cache=CacheHint())
    assert (body["max_output_tokens"], body["user"]) == (16, "u")
    assert lost == ["~max_output_tokens", "cache"]
    assert said(modalities=("text", "audio"))[1] == ["modalities"]


def test_nothing_is_stored_that_nobody_asked_for():
    assert said()[0]["store"] is False
    assert "store" not in build(parse("x"))[0]


def test_own_fields_go_out_where_they_were():
    body, lost = build(
        parse(
            "x",
            text={"format": {"type": "text", "x": 1}, "verbosity": "low"},
            reasoning={"effort": "low", "mode": "m"},
            prompt_cache_key="k",
            include=["a"],
        )
    )
    assert body["text"] == {"format": {"type": "text", "x": 1}, "verbosity": "low"}
    assert body["reasoning"] == {"effort": "low", "mode": "m"}
    assert (body["prompt_cache_key"], body["include"]) == ("k", ["a"])
    assert lost == []


def test_what_the_target_refuses_or_calls_otherwise():
    other = msgspec.structs.replace(
        ENDPOINT,
        rejects=frozenset({"sampling.temperature"}),
        renames={"max_output_tokens": "max_tokens"},
    )
    request = asks(USER, sampling=Sampling(temperature=1.0), max_output_tokens=20)
    body, lost = build(request, other)
    assert body["max_tokens"] == 20
    assert lost == ["sampling.temperature"]


def test_a_stream_is_asked_for_as_one():
    written, _ = DIALECT.build_request(asks(USER, stream=True), ENDPOINT)
    assert (b"accept", b"text/event-stream") in written.headers
    assert written.path == "/v1/responses"
