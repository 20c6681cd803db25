"""Ollama's own chat, as the `ollama` package hears it (which reads no ids of calls)."""

from typing import Any

import httpx
import ollama
from tests.dialects.recordings import Exchange, exchanges
from tests.dialects.tongues.heard import ASKED, Heard, Player, Tongue, expected, used

from understudy.chat.events import StopReason
from understudy.chat.response import Response

FIELDS = frozenset(
    {
        "model",
        "messages",
        "tools",
        "format",
        "options",
        "stream",
        "think",
        "keep_alive",
        "logprobs",
        "top_logprobs",
    }
)
"""Source: Ollama's API reference, "Generate a chat message" (2026)."""

STOPS = dict.fromkeys(StopReason, "stop") | {StopReason.LENGTH: "length"}

PLAYER = Player()
CLIENT = ollama.Client(transport=httpx.MockTransport(PLAYER.old))


def hear(kind: str, body: bytes, stream: bool) -> Heard:
    PLAYER.plays(kind, body)
    chunks = list(CLIENT.chat("m", ASKED, stream=True)) if stream else [CLIENT.chat("m", ASKED)]
    messages = [chunk.message for chunk in chunks]
    calls = [call.function for message in messages for call in message.tool_calls or []]
    last = chunks[-1]
    return Heard(
        text="".join(message.content or "" for message in messages),
        thoughts="".join(message.thinking or "" for message in messages),
        calls=[("", call.name, dict(call.arguments)) for call in calls],
        stop=last.done_reason,
        usage={"prompt": last.prompt_eval_count or 0, "output": last.eval_count or 0},
    )


def expect(response: Response) -> Heard:
    usage = used(response)
    counts: dict[str, int | None] = {"prompt": usage.prompt_tokens, "output": usage.output_tokens}
    return expected(response, STOPS, counts, lambda _: "")


def valid(body: dict[str, Any]) -> None:
    """Assert that the server could take a body."""
    assert body.keys() <= FIELDS, body.keys() - FIELDS
    assert body["messages"]
    for message in body["messages"]:
        assert message["role"] in {"system", "user", "assistant", "tool"}
        assert isinstance(message.get("content", ""), str)
        for call in message.get("tool_calls", []):
            assert isinstance(call["function"]["arguments"], dict)
    for tool in body.get("tools", []):
        ollama.Tool.model_validate(tool)


def asks_stream(chat: Exchange) -> bool:
    return chat.content_type == "application/x-ndjson"


TONGUE = Tongue(
    "ollama_chat",
    hear,
    expect,
    valid,
    "/api/chat",
    exchanges("api_chat", frozenset({"ollama"})),
    asks_stream,
)
