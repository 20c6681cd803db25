"""OpenAI Chat Completions, as the `openai` package hears it."""

from typing import Any

import httpx2
import openai
from tests.dialects.recordings import exchanges
from tests.dialects.tongues.heard import ASKED, Heard, Player, Tongue, expected, loads, used
from tests.dialects.validity import valid_openai

from understudy.chat.events import StopReason
from understudy.chat.response import Response

HOSTS = frozenset(
    {"openai", "azure", "groq", "xai", "mistral", "deepseek", "openrouter", "together"}
)
STOPS = {
    StopReason.END: "stop",
    StopReason.LENGTH: "length",
    StopReason.STOP_SEQUENCE: "stop",
    StopReason.TOOL_CALLS: "tool_calls",
    StopReason.REFUSAL: "content_filter",
    StopReason.CONTENT_FILTER: "content_filter",
}

PLAYER = Player()
CLIENT = openai.OpenAI(
    api_key="none",
    max_retries=0,
    http_client=httpx2.Client(transport=httpx2.MockTransport(PLAYER.new)),
)


def hear(kind: str, body: bytes, stream: bool) -> Heard:
    PLAYER.plays(kind, body)
    completions = CLIENT.chat.completions
    if stream:
        return _joined(list(completions.create(model="m", messages=ASKED, stream=True)))
    whole: Any = completions.create(model="m", messages=ASKED)
    message = whole.choices[0].message
    return Heard(
        text=(message.content or "") + (message.refusal or "") + _spoken(message),
        thoughts=getattr(message, "reasoning_content", None) or "",
        calls=[
            (each.id, each.function.name, loads(each.function.arguments))
            if each.type == "function"
            else (each.id, each.custom.name, {"input": each.custom.input})
            for each in message.tool_calls or []
        ],
        stop=whole.choices[0].finish_reason,
        usage=_counted(whole.usage),
    )


def _joined(chunks: list[Any]) -> Heard:
    """Put a stream's chunks together, as an application does."""
    text, thoughts, stop, usage = "", "", None, None
    calls: dict[int, list[str]] = {}
    customs: set[int] = set()
    for chunk in chunks:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            if choice.index:  # one of further answers
                continue
            delta = choice.delta
            text += (delta.content or "") + (delta.refusal or "") + _spoken(delta)
            thoughts += getattr(delta, "reasoning_content", None) or ""
            stop = choice.finish_reason or stop
            for each in delta.tool_calls or []:
                call = calls.setdefault(each.index, ["", "", ""])
                call[0] += each.id or ""
                if each.function is not None:
                    call[1] += each.function.name or ""
                    call[2] += each.function.arguments or ""
                else:
                    customs.add(each.index)
                    call[1] += each.custom.get("name", "")
                    call[2] += each.custom["input"]
    found = [
        (id_, name, {"input": given} if index in customs else loads(given))
        for index, (id_, name, given) in calls.items()
    ]
    return Heard(text, thoughts, found, stop, _counted(usage))


def _spoken(said: Any) -> str:
    """The words of what was said aloud. Deltas of it are not among the client's types."""
    audio = getattr(said, "audio", None) or {}
    found = audio.get("transcript") if isinstance(audio, dict) else audio.transcript
    return found or ""


def _counted(usage: Any) -> dict[str, int | None]:
    if usage is None:  # nobody counted
        return dict.fromkeys(("prompt", "read", "output", "total"), 0)
    return {
        "prompt": usage.prompt_tokens,
        "read": usage.prompt_tokens_details.cached_tokens,
        "output": usage.completion_tokens,
        "total": usage.total_tokens,
    }


def expect(response: Response) -> Heard:
    usage = used(response)
    counts: dict[str, int | None] = {
        "prompt": usage.prompt_tokens,
        "read": usage.cache_read_tokens,
        "output": usage.output_tokens,
        "total": usage.prompt_tokens + usage.output_tokens,
    }
    return expected(response, STOPS, counts)


TONGUE = Tongue(
    "openai_chat",
    hear,
    expect,
    valid_openai,
    "/v1/chat/completions",
    exchanges("chat", HOSTS),
)
