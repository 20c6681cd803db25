"""Streams of which one event says what an official SDK types: each as a vocabulary of that event,
and what makes a whole stream of it.
"""

import json
from collections.abc import Callable
from typing import Any

from anthropic import types as claude
from openai.types import chat, responses
from tests.dialects.vocabularies import ANSWERS, NEEDS, USUAL
from tests.dialects.vocabulary import Leaf, Record, Vocabulary, modelled

Framed = Callable[[Any], bytes]

_END = {"id": "c", "object": "chat.completion.chunk", "created": 3, "model": "m"}
_STOP = {**_END, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
_CALL = {"index": 0, "id": "i", "function": {"name": "f", "arguments": "{}"}}

_SAID = {"input_tokens": 1, "output_tokens": 1}
_MESSAGE = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m"}
_START = {"type": "message_start", "message": {**_MESSAGE, "stop_reason": None, "usage": _SAID}}
_BLOCK = {"type": "content_block_stop", "index": 0}
_LAST = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": _SAID}
_OPENED: dict[str, dict[str, Any]] = {
    "text_delta": {"type": "text", "text": ""},
    "citations_delta": {"type": "text", "text": ""},
    "input_json_delta": {"type": "tool_use", "id": "t", "name": "f", "input": {}},
    "thinking_delta": {"type": "thinking", "thinking": "", "signature": ""},
    "signature_delta": {"type": "thinking", "thinking": "", "signature": ""},
}

_ITEM = {"id": "a", "type": "message", "role": "assistant", "status": "completed"}
_TEXT = {**_ITEM, "content": [{"type": "output_text", "text": "QzA", "annotations": []}]}
_RESPONSE = {"id": "r", "object": "response", "created_at": 1, "model": "m", "output": [_TEXT]}


def _events(*events: Any) -> bytes:
    """Server-sent events, named by their type where they have one."""
    return b"".join(
        (f"event: {each['type']}\n" if "type" in each else "").encode()
        + f"data: {json.dumps(each)}\n\n".encode()
        for each in events
    )


def _claudes(*events: Any) -> bytes:
    """A stream of Claude's with something to say besides."""
    block = {"type": "text", "text": "x"}
    more = {"type": "content_block_start", "index": 1, "content_block": block}
    return _events(_START, *events, more, {**_BLOCK, "index": 1}, _LAST, {"type": "message_stop"})


def _delta(said: Any) -> bytes:
    block = _OPENED[said["delta"]["type"]]
    return _claudes(
        {"type": "content_block_start", "index": 0, "content_block": block}, said, _BLOCK
    )


def _item(said: Any) -> bytes:
    begun = {**said, "type": "response.output_item.added"}
    over = {"type": "response.completed", "response": {**_RESPONSE, "status": "completed"}}
    text = {"type": "response.output_item.done", "output_index": 0, "item": _TEXT}
    created = {"type": "response.created", "response": {**_RESPONSE, "output": []}}
    return _events(created, {**text, "type": "response.output_item.added"}, text, begun, said, over)


def _vocabulary(kind: Any, needs: dict[str, dict[str, Any]] | None = None) -> Vocabulary:
    return Vocabulary(Record("root", modelled(kind)), USUAL, {**NEEDS, **(needs or {})})


_CHUNK = _vocabulary(
    chat.ChatCompletionChunk,
    {
        "ChoiceDelta": {"content": "QzA"},
        "ChoiceDeltaToolCall": _CALL,
        "ChoiceDeltaToolCallFunction": {"name": "f"},
        "ChoiceDeltaFunctionCall": {"name": "f", "arguments": "{}"},
        "Choice": {"index": 0, "finish_reason": None, "delta": {"content": "QzA"}},
    },
)
_DONE = Record(
    "root",
    {
        "type": (Leaf(["response.output_item.done"]), True),
        "output_index": (Leaf([1]), True),
        "item": (responses.ResponseOutputItem, True),
    },
)

STREAMS: dict[str, tuple[str, Vocabulary, Framed]] = {
    "chat chunk": (
        "openai_chat",
        _CHUNK,
        lambda said: _events(said, _STOP) + b"data: [DONE]\n\n",
    ),
    "gemini chunk": ("gemini_generate", ANSWERS["gemini_generate"][1], _events),
    "claude block": (
        "anthropic_messages",
        _vocabulary(claude.RawContentBlockStartEvent),
        lambda said: _claudes(said, _BLOCK),
    ),
    "claude delta": ("anthropic_messages", _vocabulary(claude.RawContentBlockDeltaEvent), _delta),
    "responses item": ("openai_responses", Vocabulary(_DONE, USUAL, NEEDS), _item),
}
"""By what is said, its dialect, the event's vocabulary, and the stream around it."""
