"""Cohere's chat, as the `cohere` package (ClientV2) hears it."""

import re
from typing import Any

import cohere
import httpx
from tests.dialects.manners import Said, answered, named, once, takes_object, within
from tests.dialects.recordings import Exchange, exchanges
from tests.dialects.tongues.heard import ASKED, Heard, Player, Tongue, expected, loads, used

from understudy.chat.events import StopReason
from understudy.chat.response import Response

FIELDS = frozenset(
    {
        "model",
        "messages",
        "stream",
        "tools",
        "strict_tools",
        "tool_choice",
        "documents",
        "citation_options",
        "response_format",
        "safety_mode",
        "max_tokens",
        "stop_sequences",
        "temperature",
        "seed",
        "frequency_penalty",
        "presence_penalty",
        "k",
        "p",
        "logprobs",
        "thinking",
        "priority",
    }
)
"""Source: API reference, "Chat (v2)" (November 2026)."""

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

BLOCKS = {
    "system": {"text"},
    "user": {"text", "image_url"},
    "assistant": {"text", "thinking"},
    "tool": {"text", "document"},
}

STOPS = {
    **dict.fromkeys(StopReason, "COMPLETE"),
    StopReason.LENGTH: "MAX_TOKENS",
    StopReason.STOP_SEQUENCE: "STOP_SEQUENCE",
    StopReason.TOOL_CALLS: "TOOL_CALL",
    StopReason.CONTENT_FILTER: "ERROR_TOXIC",
}

PLAYER = Player()
CLIENT = cohere.ClientV2(
    "x",
    base_url="http://127.0.0.1:1",
    httpx_client=httpx.Client(transport=httpx.MockTransport(PLAYER.old)),
)


def hear(kind: str, body: bytes, stream: bool) -> Heard:
    PLAYER.plays(kind, body)
    messages: Any = ASKED
    if stream:
        return _streamed(list(CLIENT.chat_stream(model="m", messages=messages)))
    said = CLIENT.chat(model="m", messages=messages)
    content = said.message.content or []
    return Heard(
        text="".join(block.text for block in content if block.type == "text"),
        thoughts=(said.message.tool_plan or "")
        + "".join(block.thinking for block in content if block.type == "thinking"),
        calls=[_call(call) for call in said.message.tool_calls or []],
        stop=said.finish_reason,
        usage=_usage(said.usage),
    )


def _streamed(events: list[Any]) -> Heard:
    text, thoughts = "", ""
    calls: list[list[str]] = []
    stop, usage = None, None
    for event in events:
        match event.type:
            case "content-start" | "content-delta":
                text += event.delta.message.content.text or ""
                thoughts += event.delta.message.content.thinking or ""
            case "tool-plan-delta":
                thoughts += event.delta.message.tool_plan
            case "tool-call-start":
                call = event.delta.message.tool_calls
                assert event.index == len(calls)
                calls.append([call.id, call.function.name, call.function.arguments])
            case "tool-call-delta":
                calls[event.index][2] += event.delta.message.tool_calls.function.arguments
            case "message-end":
                assert event.delta.error is None
                stop, usage = event.delta.finish_reason, event.delta.usage
    heard = [(id_, name, loads(arguments)) for id_, name, arguments in calls]
    return Heard(text, thoughts, heard, stop, _usage(usage))


def _call(call: Any) -> tuple[str, str, Any]:
    return call.id, call.function.name, loads(call.function.arguments)


def _usage(usage: Any) -> dict[str, int | None]:
    tokens = None if usage is None else usage.tokens
    return {
        "prompt": int(tokens.input_tokens) if tokens else 0,
        "output": int(tokens.output_tokens) if tokens else 0,
        "cached": int(usage.cached_tokens or 0) if usage else 0,
    }


def expect(response: Response) -> Heard:
    usage = used(response)
    counts: dict[str, int | None] = {
        "prompt": usage.prompt_tokens,
        "output": usage.output_tokens,
        "cached": usage.cache_read_tokens,
    }
    return expected(response, STOPS, counts)


def valid(body: dict[str, Any]) -> None:
    """Assert that the API could take a body."""
    assert body.keys() <= FIELDS, body.keys() - FIELDS
    assert body["messages"]
    said: list[Said] = []
    for message in body["messages"]:
        _valid_message(message)
        if message["role"] == "tool":
            said.append(("result", message["tool_call_id"]))
        else:
            said.append(("", ""))
            said += [("call", call["id"]) for call in message.get("tool_calls", [])]
    answered(said)
    for tool in body.get("tools", []):
        named([tool["function"]["name"]], NAME)
        takes_object(tool["function"]["parameters"])
        cohere.ToolV2.model_validate(tool)
        assert isinstance(tool["function"]["parameters"], dict)
    assert body.get("tool_choice") in {None, "REQUIRED", "NONE"}
    assert "tools" in body or "tool_choice" not in body
    assert len(body.get("stop_sequences", [])) <= 5
    assert 0.01 <= body.get("p", 0.5) <= 0.99
    assert 0 <= body.get("k", 0) <= 500
    for name in ("frequency_penalty", "presence_penalty"):
        assert 0 <= body.get(name, 0) <= 1
    within(body, temperature=(0, 1), seed=(0, 2**64 - 1), max_tokens=(1, 10**6))
    assert not {"frequency_penalty", "presence_penalty"} <= body.keys()
    once(tool["function"]["name"] for tool in body.get("tools", []))
    assert all(
        each["role"] == "tool" or each.get("content") != "" or len(each) > 2
        for each in body["messages"]
    )
    assert "data:image/svg" not in str(body["messages"])
    form = body.get("response_format", {"type": "text"})
    assert form["type"] in {"text", "json_object"}
    assert form.keys() <= {"type", "json_schema"}
    for document in body.get("documents", []):
        assert isinstance(document, str) or isinstance(document["data"], dict)


def _valid_message(message: dict[str, Any]) -> None:
    role = message["role"]
    content = message.get("content")
    for block in content if isinstance(content, list) else []:
        assert block["type"] in BLOCKS[role], (role, block["type"])
    if role == "assistant":
        for call in message.get("tool_calls", []):
            assert call["id"]
            assert call["type"] == "function"
            assert isinstance(loads(call["function"]["arguments"]), dict)
        assert content or message.get("tool_calls") or message.get("tool_plan") or content == ""
    else:
        assert isinstance(content, str | list)
    assert ("tool_call_id" in message) == (role == "tool")


def asks_stream(chat: Exchange) -> bool:
    return chat.is_stream


TONGUE = Tongue(
    "cohere_chat",
    hear,
    expect,
    valid,
    "/v2/chat",
    exchanges("chat_v2", frozenset({"cohere"})),
    asks_stream,
)
