import msgspec
import pytest
from tests.dialects.openai_chat.talk import built, endpoint, parsed, request

from understudy.chat.endpoint import Capability
from understudy.chat.parts import CacheHint
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    ReasoningConfig,
    ResponseFormat,
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.openai_chat import DIALECT
from understudy.wire.http import header

RAW = msgspec.Raw(b'{"type":"object"}')
TOOL = Tool("f", "d", RAW, strict=True)


def said(body: dict) -> dict:
    """What was said beside the model and the messages."""
    return {name: value for name, value in body.items() if name not in ("model", "messages")}


def test_the_target_gives_model_path_and_headers():
    target = endpoint(headers=((b"api-version", b"1"),))
    written, losses = DIALECT.build_request(request(stream=True), target)
    assert (written.method, written.path) == ("POST", "/v1/chat/completions")
    assert header(written.headers, b"content-type") == b"application/json"
    assert header(written.headers, b"accept") == b"text/event-stream"
    assert header(written.headers, b"api-version") == b"1"
    assert b'"model":"target-model"' in written.body
    assert losses == ()


def test_a_stream_always_says_its_usage():
    body, _ = built(request(stream=True, wants_usage=False))
    assert said(body) == {"stream": True, "stream_options": {"include_usage": True}}
    body, losses = built(request(stream=True), endpoint(rejects=frozenset({"wants_usage"})))
    assert said(body) == {"stream": True}
    assert losses == set()
    kept = parsed(stream=True, stream_options={"include_obfuscation": False})
    assert built(kept)[0]["stream_options"] == {"include_obfuscation": False, "include_usage": True}


def test_tools_and_their_choice_are_said():
    choice = ToolChoice(Choice.NAMED, "f")
    body, losses = built(request(tools=(TOOL,), tool_choice=choice, parallel_tool_calls=False))
    function = {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True}
    assert said(body) == {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
    }
    assert losses == set()


@pytest.mark.parametrize("mode", [Choice.AUTO, Choice.NONE, Choice.REQUIRED])
def test_modes_of_choice_are_words(mode):
    assert built(request(tool_choice=ToolChoice(mode)))[0]["tool_choice"] == mode.value


def test_tools_of_another_dialect_are_lost():
    foreign = HostedTool("other", "search", None, RAW)
    own = HostedTool("openai_chat", "web_search", None, RAW)
    choice = ToolChoice(Choice.AUTO, dialect="other", raw=RAW)
    body, losses = built(request(tools=(foreign, own), tool_choice=choice))
    assert said(body) == {"tools": [{"type": "object"}], "tool_choice": "auto"}
    assert losses == {"tools[0]", "~tool_choice"}


def test_a_choice_of_ours_goes_out_as_it_came():
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
    assert built(parsed(tool_choice=allowed))[0]["tool_choice"] == allowed


def test_legacy_functions_stay_functions():
    function = {"name": "f", "parameters": {"type": "object"}}
    for choice in ("auto", {"name": "f"}):
        body, losses = built(parsed(functions=[function], function_call=choice))
        assert said(body) == {"functions": [function], "function_call": choice}
        assert losses == set()


def test_a_target_without_tools_gets_none():
    target = endpoint(capabilities=frozenset())
    body, losses = built(request(tools=(TOOL,), tool_choice=ToolChoice(Choice.AUTO)), target)
    assert said(body) == {}
    assert losses == {"tools"}


SCHEMA = ResponseFormat(Format.SCHEMA, "n", "d", RAW, strict=True)
FULL = {"name": "n", "description": "d", "schema": {"type": "object"}, "strict": True}


@pytest.mark.parametrize(
    ("wanted", "can", "written", "lost"),
    [
        (ResponseFormat(Format.TEXT), set(), {"type": "text"}, set()),
        (ResponseFormat(Format.JSON), {Capability.JSON_MODE}, {"type": "json_object"}, set()),
        (ResponseFormat(Format.JSON), set(), None, {"response_format"}),
        (SCHEMA, {Capability.JSON_SCHEMA}, {"type": "json_schema", "json_schema": FULL}, set()),
        (SCHEMA, {Capability.JSON_MODE}, {"type": "json_object"}, {"~response_format.schema"}),
        (SCHEMA, set(), None, {"response_format"}),
        (
            ResponseFormat(Format.SCHEMA),
            {Capability.JSON_SCHEMA},
            {"type": "json_schema", "json_schema": {"name": "answer"}},
            set(),
        ),
    ],
)
def test_formats_are_said_as_well_as_the_target_can(wanted, can, written, lost):
    target = endpoint(capabilities=frozenset(can))
    body, losses = built(request(response_format=wanted), target)
    assert (body.get("response_format"), losses) == (written, lost)


@pytest.mark.parametrize(
    ("can", "is_whole"), [({Capability.JSON_SCHEMA}, True), ({Capability.JSON_MODE}, False)]
)
def test_what_is_kept_of_a_format_is_said_where_the_target_is_held_to_that(can, is_whole):
    whole = {"type": "json_schema", "json_schema": {**FULL, "odd": 1}}
    asked = parsed(messages=[{"role": "user", "content": "x"}], response_format=whole)
    body, losses = built(asked, endpoint(capabilities=frozenset(can)))
    assert (body["response_format"] == whole) is is_whole
    assert ("extensions.openai_chat.response_format" in losses) is not is_whole


ALL = Sampling(0.5, 0.9, 40, 0.1, 0.2, 0.3, 1.1, 7, 2, logprobs=True, top_logprobs=3)


def test_sampling_beyond_the_standard_is_lost():
    body, losses = built(request(sampling=ALL))
    assert losses == {"sampling.top_k", "sampling.min_p", "sampling.repetition_penalty"}
    assert said(body) == {
        "temperature": 0.5, "top_p": 0.9, "frequency_penalty": 0.2, "presence_penalty": 0.3,
        "seed": 7, "n": 2, "logprobs": True, "top_logprobs": 3,
    }  # fmt: skip


def test_a_host_may_take_more_or_less():
    target = endpoint(
        accepts=frozenset({"sampling.top_k", "sampling.min_p", "sampling.repetition_penalty"}),
        rejects=frozenset({"sampling.temperature", "stop", "user"}),
        renames={"seed": "random_seed", "max_tokens": "max_completion_tokens"},
    )
    wanted = request(sampling=ALL, stop=("a",), user="u", max_output_tokens=9)
    body, losses = built(wanted, target)
    assert losses == {"sampling.temperature", "stop", "user"}
    assert (body["top_k"], body["random_seed"], body["max_completion_tokens"]) == (40, 7, 9)
    assert {"temperature", "stop", "user", "seed", "max_tokens"} & body.keys() == set()


def test_four_stop_sequences_can_be_said():
    body, losses = built(request(stop=tuple("abcde")))
    assert (body["stop"], losses) == (list("abcd"), {"~stop"})


@pytest.mark.parametrize(
    ("wanted", "accepts", "written", "lost"),
    [
        (ReasoningConfig(effort="high"), (), {"reasoning_effort": "high"}, set()),
        (
            ReasoningConfig(enabled=True, budget_tokens=1024),
            (),
            {"reasoning_effort": "low"},
            {"~reasoning.budget_tokens"},
        ),
        (
            ReasoningConfig(budget_tokens=4096),
            (),
            {"reasoning_effort": "medium"},
            {"~reasoning.budget_tokens"},
        ),
        (
            ReasoningConfig(effort="low", budget_tokens=32000, summary="auto"),
            (),
            {"reasoning_effort": "low"},
            {"reasoning.budget_tokens", "reasoning.summary"},
        ),
        (ReasoningConfig(enabled=False), (), {}, {"reasoning.enabled"}),
        (
            ReasoningConfig(True, "high", 99, "auto"),
            ("reasoning",),
            {"reasoning": {"enabled": True, "effort": "high", "max_tokens": 99, "summary": "auto"}},
            set(),
        ),
        (ReasoningConfig(False), ("thinking",), {"thinking": {"type": "disabled"}}, set()),
        (ReasoningConfig(True), ("thinking",), {"thinking": {"type": "enabled"}}, set()),
    ],
)
def test_reasoning_is_said_as_the_host_spells_it(wanted, accepts, written, lost):
    body, losses = built(request(reasoning=wanted), endpoint(accepts=frozenset(accepts)))
    assert (said(body), losses) == (written, lost)


def test_a_target_that_does_not_reason_is_not_asked_to():
    target = endpoint(capabilities=frozenset())
    body, losses = built(request(reasoning=ReasoningConfig(effort="high")), target)
    assert (said(body), losses) == ({}, {"reasoning.effort"})


def test_the_rest_is_said():
    wanted = request(user="u", metadata={"a": "b"}, modalities=("text",), cache=CacheHint("1h"))
    body, losses = built(wanted)
    assert said(body) == {"user": "u", "metadata": {"a": "b"}, "modalities": ["text"]}
    assert losses == {"cache"}
    body, losses = built(wanted, endpoint(accepts=frozenset({"cache"})))
    assert (body["cache_control"], losses) == ({"type": "ephemeral", "ttl": "1h"}, set())


def test_fields_of_another_dialect_are_lost_one_by_one():
    extensions = {"other": {"a": RAW, "b": RAW}, "openai_chat": {"store": msgspec.Raw(b"true")}}
    tool = msgspec.structs.replace(TOOL, extensions={"other": {"c": RAW}})
    body, losses = built(request(extensions=extensions, tools=(tool,)))
    assert body["store"] is True
    assert losses == {"extensions.other.a", "extensions.other.b", "tools[0].extensions.other.c"}


def test_fields_of_ours_go_out_unless_the_target_refuses_them():
    wanted = parsed(store=True, thinking={"type": "enabled", "clear_thinking": True})
    target = endpoint(accepts=frozenset({"thinking"}), rejects=frozenset({"store"}))
    body, losses = built(wanted, target)
    assert said(body) == {"thinking": {"type": "enabled", "clear_thinking": True}}
    assert losses == {"extensions.openai_chat.store"}
