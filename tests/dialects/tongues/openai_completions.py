"""OpenAI's legacy completions, as the `openai` package hears them: text, and nothing else."""

from typing import Any

import httpx2
import openai
from tests.dialects.recordings import Exchange, exchanges
from tests.dialects.tongues.heard import Heard, Player, Tongue, expected, used

from understudy.chat.events import StopReason
from understudy.chat.response import Response

FIELDS = frozenset(
    {
        "model",
        "prompt",
        "suffix",
        "max_tokens",
        "temperature",
        "top_p",
        "n",
        "stream",
        "stream_options",
        "logprobs",
        "echo",
        "stop",
        "presence_penalty",
        "frequency_penalty",
        "best_of",
        "logit_bias",
        "user",
        "seed",
    }
)
"""Source: OpenAI API reference, "Completions (legacy)" (2026)."""

OTHERS = frozenset({"safety_model"})
"""What a host of this dialect takes besides; it comes from its own clients only."""

STOPS = {
    **dict.fromkeys(StopReason, "stop"),
    StopReason.LENGTH: "length",
    StopReason.CONTENT_FILTER: "content_filter",
}

PLAYER = Player()
CLIENT = openai.OpenAI(
    api_key="x",
    base_url="http://127.0.0.1:1/v1",
    max_retries=0,
    http_client=httpx2.Client(transport=httpx2.MockTransport(PLAYER.new)),
)


def hear(kind: str, body: bytes, stream: bool) -> Heard:
    PLAYER.plays(kind, body)
    asked: Any = {"model": "m", "prompt": "hello"}
    made = CLIENT.completions.create(stream=stream, **asked)
    chunks: list[Any] = list(made) if stream else [made]
    choices = [choice for chunk in chunks for choice in chunk.choices if choice.index == 0]
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    return Heard(
        text="".join(choice.text or "" for choice in choices),
        thoughts="",
        calls=[],
        stop=next((each.finish_reason for each in choices if each.finish_reason), None),
        usage=_usage(usages[-1] if usages else None),
    )


def _usage(usage: Any) -> dict[str, int | None]:
    prompt = getattr(usage, "prompt_tokens_details", None)
    output = getattr(usage, "completion_tokens_details", None)
    return {
        "prompt": usage.prompt_tokens if usage else 0,
        "output": usage.completion_tokens if usage else 0,
        "cached": (prompt and prompt.cached_tokens) or 0,
        "reasoning": (output and output.reasoning_tokens) or 0,
    }


def expect(response: Response) -> Heard:
    usage = used(response)
    counts: dict[str, int | None] = {
        "prompt": usage.prompt_tokens,
        "output": usage.output_tokens,
        "cached": usage.cache_read_tokens,
        "reasoning": usage.reasoning_tokens,
    }
    found = expected(response, STOPS, counts)
    return Heard(found.text, found.thoughts, [], found.stop, found.usage)


def valid(body: dict[str, Any]) -> None:
    """Assert that the API could take a body."""
    assert body.keys() <= FIELDS | OTHERS, body.keys() - FIELDS
    assert isinstance(body["prompt"], str)
    assert len(body.get("stop", [])) <= 4


def asks_stream(chat: Exchange) -> bool:
    return chat.is_stream


TONGUE = Tongue(
    "openai_completions",
    hear,
    expect,
    valid,
    "/v1/completions",
    exchanges("completions", frozenset({"openai", "local", "together"})),
    asks_stream,
)
