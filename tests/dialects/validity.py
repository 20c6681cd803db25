"""What a provider would accept, as far as its documents say: asserts, for bodies of each dialect.

Sources: Claude API reference, "Messages"; OpenAI API reference, "Chat Completions" (2026).
"""

import re
from typing import Any

from tests.dialects.manners import (
    SEEN,
    Said,
    answered,
    enforced,
    few_marks,
    marks,
    named,
    noted,
    once,
    takes_object,
    within,
)

ANTHROPIC_FIELDS = frozenset(
    {
        "model",
        "messages",
        "max_tokens",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "stop_sequences",
        "temperature",
        "top_p",
        "top_k",
        "metadata",
        "stream",
        "cache_control",
        "service_tier",
        "container",
        "mcp_servers",
        "context_management",
        "inference_geo",
    }
)
ANTHROPIC_BLOCKS = {
    "user": {"text", "image", "document", "tool_result"},
    "assistant": {"text", "thinking", "redacted_thinking", "tool_use"},
}
OPENAI_FIELDS = frozenset(
    {
        "model",
        "messages",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "temperature",
        "top_p",
        "frequency_penalty",
        "presence_penalty",
        "seed",
        "n",
        "logprobs",
        "top_logprobs",
        "logit_bias",
        "stop",
        "max_tokens",
        "max_completion_tokens",
        "reasoning_effort",
        "user",
        "metadata",
        "modalities",
        "stream",
        "stream_options",
        "functions",
        "function_call",
        "cache_control",
    }
)
OPENAI_PARTS = {"text", "image_url", "file", "input_audio", "refusal"}
CALL_ID = re.compile(r"[a-zA-Z0-9_-]+")


def valid_anthropic(body: dict[str, Any]) -> None:
    """Assert that the Messages API could take a body."""
    assert body.keys() <= ANTHROPIC_FIELDS, body.keys() - ANTHROPIC_FIELDS
    assert isinstance(body["model"], str)
    assert isinstance(body["max_tokens"], int)
    messages = body["messages"]
    assert messages
    assert messages[0]["role"] == "user"
    called: set[str] = set()
    said: list[Said] = []
    for number, message in enumerate(messages):
        assert message.keys() == {"role", "content"}
        assert message["role"] == ("user", "assistant")[number % 2]
        assert message["content"]
        blocks = message["content"]
        if isinstance(blocks, str):
            blocks = [{"type": "text", "text": blocks}]
        called |= _valid_blocks(message["role"], blocks, called)
        said += _said(message["role"], blocks)
    answered(said)
    last = messages[-1]["content"]
    if messages[-1]["role"] == "assistant":
        text = last if isinstance(last, str) else str(last[-1].get("text", "x"))
        assert text == text.rstrip()
    for tool in body.get("tools", []):
        named([tool["name"]])
        assert tool["input_schema"]["type"] == "object"
        takes_object(tool["input_schema"])
    thinking = body.get("thinking", {})
    if thinking.get("type") == "enabled":
        assert 1024 <= thinking["budget_tokens"] < body["max_tokens"]
        assert body.get("tool_choice", {}).get("type") not in {"any", "tool"}
    if thinking.get("type") in {"enabled", "adaptive"}:
        assert body.get("temperature", 1) == 1
        assert "top_k" not in body
        assert messages[-1]["role"] == "user"
        if "budget_tokens" in thinking:
            _thought_through(messages)
    assert not {"temperature", "top_p"} <= body.keys()
    _valid_rest(body)
    assert all(stop.strip() for stop in body.get("stop_sequences", []))
    assert "tool_choice" not in body or body["tools"]


CLAUDES = {"allOf", "default", "minItems"}


def _valid_rest(body: dict[str, Any]) -> None:
    within(body, temperature=(0, 1), top_p=(0, 1), top_k=(0, 2**31), max_tokens=(1, 10**6))
    order = ("tools", "system", "messages")
    found = [mark for name in order for mark in marks(body.get(name), "cache_control")]
    few_marks(found + ([body["cache_control"]] if "cache_control" in body else []))
    assert len(body.get("metadata", {}).get("user_id", "")) <= 256
    tools = [tool for tool in body.get("tools", []) if "input_schema" in tool]
    once(tool["name"] for tool in tools)
    assert body.get("tool_choice", {}).get("name") in {None, *(tool["name"] for tool in tools)}
    for schema in [tool["input_schema"] for tool in tools if tool.get("strict")]:
        enforced(schema, CLAUDES, all_required=False)
    form = body.get("output_config", {}).get("format")
    if form is not None:
        enforced(form["schema"], CLAUDES, all_required=False)


def _thought_through(messages: list[dict[str, Any]]) -> None:
    """With a budget, a last turn of calls begins with thoughts ("Extended thinking")."""
    if not str(messages[-1]["content"]).startswith("[{'type': 'tool_result'"):
        return
    turns = [each for each in messages if "'tool_result'" not in str(each["content"])]
    last = max(n for n, each in enumerate(turns) if each["role"] == "user")
    assert turns[last + 1]["content"][0]["type"] in {"thinking", "redacted_thinking"}


def _valid_blocks(role: str, blocks: list[dict[str, Any]], called: set[str]) -> set[str]:
    """Assert that a turn is in order; returns the ids that it calls."""
    kinds = [block["type"] for block in blocks]
    assert set(kinds) <= ANTHROPIC_BLOCKS[role], kinds
    results = kinds.count("tool_result")
    assert kinds[:results] == ["tool_result"] * results
    calls = set()
    for block in blocks:
        if block["type"] == "text":
            assert block["text"].strip()
        if block["type"] == "image" and block["source"]["type"] == "base64":
            assert block["source"]["media_type"] in SEEN
        if block["type"] == "tool_result":
            assert CALL_ID.fullmatch(block["tool_use_id"])
        if block["type"] == "tool_use":
            assert CALL_ID.fullmatch(block["id"])
            assert isinstance(block["input"], dict)
            assert block["id"] not in calls
            calls.add(block["id"])
    return calls


def _said(role: str, blocks: list[dict[str, Any]]) -> list[Said]:
    """What a turn says to the one before: its results, first of all; then its calls."""
    results = [("result", b["tool_use_id"]) for b in blocks if b["type"] == "tool_result"]
    calls = [("call", b["id"]) for b in blocks if b["type"] == "tool_use"]
    return results + [("", "")] * (role == "assistant" or not results) + calls


def valid_openai(body: dict[str, Any]) -> None:
    """Assert that the Chat Completions API could take a body."""
    assert body.keys() <= OPENAI_FIELDS, body.keys() - OPENAI_FIELDS
    assert isinstance(body["model"], str)
    assert body["messages"]
    for message in body["messages"]:
        role = message["role"]
        assert role in {"system", "developer", "user", "assistant", "tool"}
        content = message.get("content")
        if isinstance(content, list):
            assert content
            assert {part["type"] for part in content} <= OPENAI_PARTS
        elif content is None:
            assert role == "assistant"
        if role == "tool":
            assert message["tool_call_id"]
        for call in message.get("tool_calls", []):
            assert call["id"]
            assert call["type"] in {"function", "custom"}
            said = call.get("function", {}).get("arguments", call.get("custom", {}).get("input"))
            assert isinstance(said, str)
    for tool in body.get("tools", []):
        assert tool["type"] == "function"
        named([tool["function"]["name"]])
        takes_object(tool["function"].get("parameters", {}))
    answered(_told(body["messages"]))
    _valid_options(body)


def _valid_options(body: dict[str, Any]) -> None:
    if "tools" not in body and "functions" not in body:
        assert not {"tool_choice", "parallel_tool_calls"} & body.keys()
    assert body.get("logprobs") or not body.get("top_logprobs")
    if body.get("response_format", {}).get("type") == "json_object":
        assert "json" in str(body["messages"]).lower()
    assert len(body.get("stop", [])) <= 4
    valid_numbers(body)
    noted(body.get("metadata", {}), 16, 64, 512)
    functions = [tool["function"] for tool in body.get("tools", [])]
    valid_functions(functions)
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and "function" in choice:
        assert choice["function"]["name"] in {each["name"] for each in functions}
    if body.get("response_format", {}).get("type") == "json_schema":
        valid_form(body["response_format"]["json_schema"])


OPENAIS = {"pattern", "multipleOf", "minimum", "maximum", "exclusiveMinimum"} | {
    *("exclusiveMaximum", "minItems", "maxItems", "minLength", "maxLength"),
}
DRAWINGS = re.compile(r"data:image/svg")


def valid_numbers(body: dict[str, Any]) -> None:
    """Assert what both of OpenAI's dialects say of numbers, and of pictures."""
    signed = (-2, 2)
    within(body, temperature=(0, 2), top_p=(0, 1), n=(1, 128), top_logprobs=(0, 20))
    within(body, frequency_penalty=signed, presence_penalty=signed, seed=(-(2**63), 2**63 - 1))
    assert not DRAWINGS.search(str(body))
    efforts = {"none", "low", "medium", "high"}
    assert body.get("reasoning_effort", "low") in efforts
    assert body.get("reasoning", {}).get("effort", "low") in efforts


def valid_functions(functions: list[dict[str, Any]]) -> None:
    once(each["name"] for each in functions)
    for function in functions:
        if function.get("strict"):
            enforced(function["parameters"], OPENAIS, all_required=True)
        assert "{'type': 'array'}" not in str(function.get("parameters"))


def valid_form(form: dict[str, Any]) -> None:
    """Assert that an answer's shape is one of an object, with a name that is taken."""
    named([form["name"]])
    assert form["schema"].get("type") == "object"
    if form.get("strict"):
        enforced(form["schema"], OPENAIS, all_required=True)


def _told(messages: list[dict[str, Any]]) -> list[Said]:
    said: list[Said] = []
    for message in messages:
        if message["role"] == "tool":
            said.append(("result", message["tool_call_id"]))
        else:
            said.append(("", ""))
            said += [("call", call["id"]) for call in message.get("tool_calls", [])]
    return said


VALID = {"anthropic_messages": valid_anthropic, "openai_chat": valid_openai}
