"""Answers of Mistral's fill-in-the-middle as its reference describes them.

Source: docs.mistral.ai/api, "Fim": FIMCompletionResponse, CompletionChunk (November 2026).
"""

from typing import Any

from tests.dialects.unseen import Case, dump, sse

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

NAME = "mistral_fim"
SOURCE = "Fim Completion"
USED = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
PLAIN = Usage(9, 0, 0, 4)


def chunk(content: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    said = {"id": "f1", "object": "chat.completion.chunk", "created": 1760000000, "model": "m"}
    choice = {"index": 0, "delta": {"role": "assistant", "content": content}}
    return {**said, "choices": [{**choice, "finish_reason": finish}], **more}


def stream(id_: str, *chunks: Any, **told: Any) -> Case:
    return Case(id_, NAME, sse(*chunks), SOURCE, **{"usage": PLAIN, **told})


def whole(id_: str, message: dict[str, Any], finish: str, **told: Any) -> Case:
    said = {"id": "f1", "object": "chat.completion", "created": 1760000000, "model": "m"}
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    body = {**said, "choices": [choice], "usage": USED}
    return Case(id_, NAME, dump(body), SOURCE, stream=False, **{"usage": PLAIN, **told})


FILLED = [
    stream(
        "filled in",
        chunk(""),
        chunk("  return"),
        chunk(" a\n"),
        chunk("", "stop", usage=USED),
        text="  return a\n",
    ),
    stream(
        "up to the limit",
        chunk("  ret"),
        chunk(None, "length", usage=USED, p="abcdef"),
        text="  ret",
        stop=StopReason.LENGTH,
    ),
    stream(
        "up to the model's limit, and partly cached",
        chunk("  ret", "model_length", usage={**USED, "prompt_tokens_details": {
            "cached_tokens": 5}}),
        text="  ret",
        stop=StopReason.LENGTH,
        usage=Usage(4, 5, 0, 4),
    ),
    whole("filled in", {"content": "  return a\n", "tool_calls": None, "prefix": False}, "stop",
          text="  return a\n"),
    whole("in pieces", {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
          "length", text="ab", stop=StopReason.LENGTH),
]  # fmt: skip
