"""Chat Completions that bend the rules: odd types, odd orders, odd words."""

from tests.dialects.unseen_bodies import WHOLE, body, call, says, whole
from tests.dialects.unseen_chunks import (
    CALLS,
    CITY,
    HI,
    PLAIN,
    ROLE,
    STOP,
    TEXT,
    bare,
    called,
    chunk,
    counted,
    function,
    stream,
)

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

NOTE = {"url": "https://mark1.example", "title": None, "start_index": 0.0, "end_index": 9.5}

STREAMS = [
    stream(
        "thinks again between its words",
        "Moonshot AI docs, Thinking; interleaved",
        chunk({"role": "assistant", "reasoning_content": "A"}),
        chunk({"content": "b"}),
        chunk({"reasoning_content": "C"}),
        chunk({"content": "d"}),
        chunk(called(index=0, id="call_1", **function("w", WHOLE))),
        chunk({"content": "e"}),
        chunk({}, "tool_calls"),
        text="bde",
        thoughts="AC",
        **CALLS,
    ),
    stream(
        "two calls that go on without index or id, in one chunk each",
        "SamSaffron/term-llm 314",
        ROLE,
        chunk({"tool_calls": [{"id": "a", **function("w", "")}, {"id": "b", **function("x", "")}]}),
        chunk(
            {
                "tool_calls": [
                    {"function": {"arguments": '{"city":'}},
                    {"function": {"arguments": "{"}},
                ]
            }
        ),
        chunk(
            {
                "tool_calls": [
                    {"function": {"arguments": '"Oslo"}'}},
                    {"function": {"arguments": "}"}},
                ]
            }
        ),
        chunk({}, "tool_calls"),
        calls=(("w", CITY), ("x", {})),
        ids=("a", "b"),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "all is a message in the last chunk",
        "MiniMax API, Chat completion v2, streaming",
        {**chunk(), "choices": [{"index": 0, "message": says(), "finish_reason": "stop"}]},
        text="Hi",
    ),
    stream(
        "the last chunk says all again",
        "MiniMax API, Chat completion v2, streaming",
        HI,
        {
            **chunk(usage=counted()),
            "object": "chat.completion",
            "choices": [{"index": 0, "message": says(), "finish_reason": "stop"}],
        },
        text="Hi",
        usage=PLAIN,
    ),
    stream(
        "notes with odd numbers",
        "Self-hosted gateways",
        HI,
        chunk({"annotations": [{"type": "url_citation", "url_citation": NOTE}, "mark2"]}),
        STOP,
        text="Hi",
    ),
    stream(
        "thoughts that are no text",
        "Self-hosted gateways",
        chunk({"role": "assistant", "reasoning": {"note": "mark1"}, "refusal": False}),
        HI,
        STOP,
        text="Hi",
    ),
    stream(
        "details that are odd",
        "Self-hosted gateways",
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": ["mark1"]}, "mark2"]}),
        HI,
        STOP,
        text="Hi",
    ),
    stream(
        "pieces that are bare strings, numbers that are text",
        "Self-hosted gateways",
        {**chunk({"content": ["H", TEXT]}), "created": "2026-01-01", "id": 7, "model": None},
        STOP,
        bare(usage={"prompt_tokens": 9.0, "completion_tokens": 4.0, "total_tokens": None}),
        text="HHi",
        usage=PLAIN,
    ),
    stream(
        "signs of all alphabets, and line ends of Unicode",
        "ECMA-404; RFC 8259",
        chunk({"content": "a\u2028b\u0085\r\n\t\x00"}),
        chunk({"content": "\U0001f600e\u0301\\n"}),
        chunk(
            called(index=0, id="call_1", **function("w", '{"city":"Osl\\u00f8 \\ud83d\\ude00"}'))
        ),
        chunk({}, "tool_calls"),
        text="a\u2028b\u0085\r\n\t\x00\U0001f600e\u0301\\n",
        calls=(("w", {"city": "Osl\u00f8 \U0001f600"}),),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "arguments cut by the limit",
        "OpenAI API reference, finish_reason",
        ROLE,
        chunk(called(index=0, id="call_1", **function("w", '{"city":"Os'))),
        chunk({}, "length"),
        calls=(("w", '{"city":"Os'),),
        stop=StopReason.LENGTH,
    ),
    stream(
        "counts that contradict each other",
        "Self-hosted gateways",
        HI,
        STOP,
        bare(
            usage=counted(
                9,
                4,
                prompt_tokens_details={"cached_tokens": 12},
                completion_tokens_details={"reasoning_tokens": 7},
            )
        ),
        text="Hi",
        usage=Usage(0, 9, 0, 4, 4),
    ),
]

WHOLES = [
    whole(
        "arguments that are a list, a number, null",
        "vllm-project/vllm, tool parsers",
        body(
            says(
                content=None,
                tool_calls=[call("a", "w", "[1]"), call("b", "x", "7"), call("c", "y", "null")],
            ),
            "tool_calls",
        ),
        calls=(("w", [1]), ("x", 7), ("y", None)),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "two calls of one id",
        "Self-hosted gateways",
        body(
            says(content="", tool_calls=[call("a", "w", WHOLE), call("a", "x", "{}")]), "tool_calls"
        ),
        calls=(("w", CITY), ("x", {})),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "notes before text, and of files",
        "OpenRouter docs, PDF inputs, annotations",
        body(
            says(
                annotations=[
                    {"type": "file", "file": {"hash": "mark1", "name": "a.pdf", "content": []}}
                ]
            )
        ),
        text="Hi",
    ),
]
