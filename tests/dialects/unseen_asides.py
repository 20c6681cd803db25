"""Answers that go another way than most: allowed by the vendors' types, and rarely sent.

Sources: types of `openai` 2.50, `anthropic` 2.13 and `google-genai` 2.34 (November 2026), and what
servers of these dialects were seen to send.
"""

from typing import Any

from tests.dialects.unseen import Case
from tests.dialects.unseen_anthropic import begin, block, end
from tests.dialects.unseen_anthropic import stream as claude
from tests.dialects.unseen_anthropic import text as said
from tests.dialects.unseen_chunks import CALLS, HI, ROLE, STOP, bare, called, chunk, counted
from tests.dialects.unseen_chunks import stream as chat
from tests.dialects.unseen_events import completed, created, event, speaking
from tests.dialects.unseen_events import stream as response
from tests.dialects.unseen_gemini import called as function_call
from tests.dialects.unseen_gemini import chunk as part
from tests.dialects.unseen_gemini import last, words
from tests.dialects.unseen_gemini import stream as gemini
from tests.dialects.unseen_responses import said as spoken

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

TYPES = "types of openai, ChatCompletionChunk"
COUNTED = bare(usage=counted())
PLAIN = Usage(9, 0, 0, 4)
TWO: dict[str, Any] = {
    "stop": StopReason.TOOL_CALLS,
    "calls": (("f", {"a": 1}), ("g", {"b": 2})),
}


def calling(index: int, arguments: str, **more: Any) -> dict[str, Any]:
    """A piece of a call. Without more it goes on."""
    name = {"name": more.pop("name")} if "name" in more else {}
    return called(index=index, function={**name, "arguments": arguments}, **more)


OPENAI: list[Case] = [
    chat(
        "two choices that call in turn, both with number 0",
        TYPES,
        ROLE,
        chunk({"role": "assistant"}, c_index=1),
        chunk(calling(0, "", id="a", name="w")),
        chunk(calling(0, "", id="b", name="mark1"), c_index=1),
        chunk(calling(0, '{"city":')),
        chunk(calling(0, '{"of":"mark2"}'), c_index=1),
        chunk(calling(0, '"Oslo"}')),
        chunk({}, "tool_calls"),
        chunk({}, "length", c_index=1),
        COUNTED,
        ids=("a",),
        usage=PLAIN,
        **CALLS,
    ),
    chat(
        "two calls that grow in turn, the second whole first",
        TYPES,
        chunk(calling(0, "", id="a", name="f")),
        chunk(calling(1, "", id="b", name="g")),
        chunk(calling(1, '{"b":2}')),
        chunk(calling(0, '{"a":1}')),
        chunk({}, "tool_calls"),
        ids=("a", "b"),
        **TWO,
    ),
    chat(
        "a delta that is null, then none at all",
        "llama.cpp and Azure, seen 2025",
        {**chunk(), "choices": [{"index": 0, "delta": None, "finish_reason": None}]},
        HI,
        {**chunk(), "choices": [{"index": 0, "finish_reason": "stop"}]},
        text="Hi",
    ),
    chat(
        "everything null that may be",
        TYPES,
        chunk(dict.fromkeys(("content", "refusal", "tool_calls", "function_call", "audio"))),
        chunk({"content": "Hi", "tool_calls": [], "reasoning_content": None}, c_logprobs=None),
        chunk({"content": None}, "stop", usage=None, service_tier=None, system_fingerprint=None),
        text="Hi",
    ),
    chat(
        "one thought under both names",
        "vLLM, reasoning outputs: reasoning beside reasoning_content (2026)",
        chunk({"reasoning": "So", "reasoning_content": "So"}),
        chunk({"reasoning": " far", "reasoning_content": " far"}),
        HI,
        STOP,
        thoughts="So far",
        text="Hi",
    ),
    chat("counts before the end", TYPES, HI, COUNTED, STOP, text="Hi", usage=PLAIN),
    chat(
        "all in one chunk", TYPES,
        chunk({"role": "assistant", "content": "Hi"}, "stop", usage=counted()),
        text="Hi", usage=PLAIN,
    ),
    chat(
        "said to end twice", TYPES, HI, STOP, {**STOP, "usage": counted()}, text="Hi", usage=PLAIN,
    ),
    chat("words behind the end", TYPES, HI, STOP, chunk({"content": "!"}), text="Hi!"),
    chat(
        "a call whose name and arguments are null in turn", TYPES,
        chunk(called(index=0, id="a", type=None, function={"name": "w", "arguments": None})),
        chunk(called(index=0, id=None, function={"name": None, "arguments": '{"city":"Oslo"}'})),
        chunk({}, "tool_calls"),
        ids=("a",), **CALLS,
    ),
    chat(
        "a call that goes on with empty names", "seen of several hosts, 2025",
        chunk(calling(0, "", id="a", type="function", name="w")),
        chunk(calling(0, '{"city":', id="", type="", name="")),
        chunk(calling(0, '"Oslo"}', id="", name="")),
        chunk({}, "tool_calls"),
        ids=("a",), **CALLS,
    ),
    chat(
        "a first call with number 1, that ends with stop", "seen of several hosts, 2025",
        chunk(calling(1, '{"city":"Oslo"}', id="a", name="w")),
        STOP,
        ids=("a",), **CALLS,
    ),
    chat(
        "sources beside the choices", "docs.perplexity.ai, Chat Completions",
        {**HI, "citations": ["https://mark1.example"], "search_results": [{"title": "mark2"}]},
        STOP,
        text="Hi",
    ),
    chat(
        "chances of two choices", TYPES,
        chunk({"content": "Hi"}, c_logprobs={"content": [{"token": "mark1", "logprob": -1.0}]}),
        chunk({"content": "Ho"}, c_index=1, c_logprobs={"content": [{"token": "mark2"}]}),
        STOP,
        chunk({}, "length", c_index=1),
        text="Hi",
    ),
    response(
        "spoken aloud", "types of openai, ResponseAudioDeltaEvent",
        created(),
        event("audio.delta", delta="c291bmQ="),
        event("audio.transcript.delta", delta="Hel"),
        event("audio.transcript.delta", delta="lo"),
        event("audio.done"),
        event("audio.transcript.done"),
        completed(),
        text="Hello",
    ),
    response(
        "spoken aloud beside a text", "types of openai, ResponseAudioDeltaEvent",
        created(),
        *speaking(0, "Hi"),
        event("audio.delta", delta="c291"),
        completed(spoken("Hi")),
        text="Hi",
    ),
]  # fmt: skip

OTHERS: list[Case] = [
    claude(
        "a ping before the start, and a text that its start begins", "Streaming messages",
        {"type": "ping"}, begin(), said(0, "i", text="H"), end("end_turn"),
        text="Hi",
    ),
    claude(
        "two deltas of the message, the first without a reason", "types of anthropic",
        begin(), said(0, "Hi"),
        {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {"output_tokens": 2}},
        end("end_turn"),
        text="Hi",
    ),
    claude(
        "calls that grow in turn, the second whole first", "types of anthropic",
        begin(),
        block(0, {"type": "tool_use", "id": "toolu_a", "name": "f", "input": {}})[0],
        *block(
            1, {"type": "tool_use", "id": "toolu_b", "name": "g", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"b":2}'},
        ),
        *block(0, {}, {"type": "input_json_delta", "partial_json": '{"a":1}'})[1:],
        end("tool_use"),
        ids=("toolu_a", "toolu_b"), **TWO,
    ),
    gemini(
        "two answers in turn, of which the second calls", "API reference, Candidate",
        part(words("H")),
        part(words("mark1"), index=1),
        part(function_call({"of": "mark2"}, name="mark3"), index=1, finish="STOP"),
        last(words("i")),
        text="Hi",
    ),
    gemini(
        "parts and candidates that are null", "types of google-genai",
        {"candidates": None, "responseId": "r1"},
        {"candidates": [{"content": {"role": "model", "parts": None}}]},
        last(words("Hi")),
        text="Hi",
    ),
    gemini(
        "a call whose arguments are null", "types of google-genai",
        last({"functionCall": {"name": "w", "args": None}}),
        calls=(("w", {}),), stop=StopReason.TOOL_CALLS,
    ),
]  # fmt: skip
