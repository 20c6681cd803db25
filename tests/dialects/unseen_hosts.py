"""More streams of Chat Completions: what self-hosted servers and smaller hosts do differently."""

from typing import Any

from tests.dialects.unseen import Case
from tests.dialects.unseen_chunks import (
    CALLS,
    CITY,
    HI,
    PLAIN,
    ROLE,
    STOP,
    TEXT,
    USAGE,
    bare,
    called,
    chunk,
    counted,
    function,
    stream,
)

from understudy.chat.events import StopReason


def calling(id_: str, source: str, *frames: object, **told: Any) -> Case:
    """A stream of one call or more, which ends as they say."""
    said = {**CALLS, **told}
    return stream(id_, source, ROLE, *frames, chunk({}, "tool_calls"), **said)


TWO: Any = (("w", CITY), ("x", {}))
WHOLE = '{"city":"Oslo"}'

TOOLS = [
    calling(
        "a call whole in one chunk, without an index",
        "ollama/ollama issue 7881",
        chunk(called(id="call_1", **function("w", WHOLE))),
        ids=("call_1",),
    ),
    calling(
        "two calls without an index",
        "ollama/ollama issue 7881",
        chunk(called(id="call_1", **function("w", WHOLE))),
        chunk(called(id="call_2", **function("x", "{}"))),
        calls=TWO,
        ids=("call_1", "call_2"),
    ),
    calling(
        "a call that goes on without index, id and name",
        "vLLM and Continue, as AstrBot 6692 describes them",
        chunk(called(id="call_1", **function("w", ""))),
        chunk(called(id=None, index=None, **function(None, '{"city":'))),
        chunk(called(id="", **function("", '"Oslo"}'))),
    ),
    calling(
        "two calls in one list without an index",
        "Gemini API docs, OpenAI compatibility",
        chunk(
            {
                "tool_calls": [
                    {"id": "call_1", **function("w", WHOLE)},
                    {"id": "call_2", **function("x", "{}")},
                ]
            }
        ),
        calls=TWO,
        ids=("call_1", "call_2"),
    ),
    calling(
        "every call is number 0, with an id of its own",
        "Gemini API docs, OpenAI compatibility",
        chunk(called(index=0, id="call_1", **function("w", WHOLE))),
        chunk(called(index=0, id="call_2", **function("x", "{}"))),
        calls=TWO,
    ),
    calling(
        "every call is number 0, and none has an id",
        "Gemini API docs, OpenAI compatibility",
        chunk(called(index=0, id="", **function("w", WHOLE))),
        chunk(called(index=0, id="", **function("x", "{}"))),
        calls=TWO,
    ),
    calling(
        "arguments as an object",
        "Hugging Face Text Generation Inference, Messages API",
        chunk(called(index=0, id="0", **function("w", CITY))),
    ),
    calling(
        "calls as one object",
        "Hugging Face Text Generation Inference 1.4, ToolCall of a delta",
        chunk({"tool_calls": {"index": 0, "id": "", **function("w", "")}}),
        chunk({"tool_calls": {"index": 0, "id": "", **function("", WHOLE)}}),
    ),
    calling(
        "name and id again with every chunk",
        "vLLM before 0.6, streamed calls",
        chunk(called(index=0, id="call_1", **function("w", '{"city"'))),
        chunk(called(index=0, id="call_1", **function("w", ':"Oslo"}'))),
        ids=("call_1",),
    ),
    calling(
        "an index that is text",
        "JSON made by scripts",
        chunk(called(index="0", id="call_1", **function("w", '{"city"'))),
        chunk(called(index="0", **function(None, ':"Oslo"}'))),
    ),
    stream(
        "calls that end with stop",
        "Ollama docs, OpenAI compatibility",
        chunk(
            {"role": "assistant", "content": "", **called(index=0, id="c", **function("w", WHOLE))}
        ),
        chunk({"role": "assistant", "content": ""}, "stop"),
        USAGE,
        usage=PLAIN,
        **CALLS,
    ),
    stream(
        "text, thoughts and calls in one chunk",
        "Mistral API, Chat; BerriAI/litellm issue 18238",
        chunk(
            {
                "role": "assistant",
                "reasoning_content": "So",
                "content": "Hi",
                **called(index=0, id="D681PevKs", **function("w", WHOLE)),
            },
            "tool_calls",
            usage=counted(),
        ),
        text="Hi",
        thoughts="So",
        usage=PLAIN,
        ids=("D681PevKs",),
        **CALLS,
    ),
]

MISTRAL = [
    stream(
        "thoughts and text as lists",
        "Mistral API, Chat, ThinkChunk",
        chunk({"role": "assistant", "content": ""}, p="abcd"),
        chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "S"}]}]}),
        chunk(
            {
                "content": [
                    {
                        "type": "thinking",
                        "thinking": [{"type": "text", "text": "o"}],
                        "closed": True,
                        "signature": "marksigned",
                    }
                ]
            }
        ),
        chunk({"content": [TEXT]}),
        chunk({"content": " you"}, "stop", usage=counted(prompt_audio_seconds={})),
        text="Hi you",
        thoughts="So",
        usage=PLAIN,
    ),
    stream(
        "references within the text",
        "Mistral docs, Citations",
        ROLE,
        chunk(
            {"content": [TEXT, {"type": "reference", "reference_ids": [1, "mark2"]}, {**TEXT}]},
        ),
        chunk({"content": "!"}),
        chunk({"content": ""}, "stop"),
        text="HiHi!",
    ),
    stream(
        "longer than the model",
        "Mistral API, Chat, finish_reason",
        ROLE,
        HI,
        chunk({"content": ""}, "model_length"),
        text="Hi",
        stop=StopReason.LENGTH,
    ),
    stream(
        "an error without a wrapper",
        "Mistral API, errors; vLLM before 0.10",
        ROLE,
        HI,
        {"object": "error", "message": "no", "type": "invalid_request_error", "code": 3000},
        fails="error_object_in_data",
    ),
]

LOCAL = [
    stream(
        "stop sequence beside the reason",
        "vLLM, OpenAI-compatible server, stop_reason",
        chunk({"role": "assistant", "content": ""}, c_logprobs=None, usage=None),
        chunk({"content": "Hi"}, c_token_ids=None, usage=counted(9, 1)),
        chunk({"content": ""}, "stop", c_stop_reason="END", usage=counted(9, 4)),
        bare(usage=counted(9, 4)),
        text="Hi",
        stop=StopReason.STOP_SEQUENCE,
        stop_sequence="END",
        usage=PLAIN,
    ),
    stream(
        "a stop token",
        "vLLM, OpenAI-compatible server, stop_reason",
        ROLE,
        HI,
        chunk({}, "stop", c_stop_reason=151645),
        text="Hi",
    ),
    stream(
        "what matched",
        "SGLang, OpenAI APIs, matched_stop",
        ROLE,
        HI,
        chunk({}, "stop", c_matched_stop="END"),
        text="Hi",
        stop=StopReason.STOP_SEQUENCE,
        stop_sequence="END",
    ),
    stream(
        "aborted",
        "vLLM and SGLang, finish_reason",
        ROLE,
        HI,
        chunk({}, "abort"),
        fails="eof_without_terminator",
    ),
    stream(
        "timings and progress",
        "llama.cpp, tools/server README",
        chunk({}, prompt_progress={"total": 9, "cache": 4, "processed": 9, "time_ms": 3}),
        chunk({"role": "assistant", "content": None}),
        HI,
        STOP,
        bare(usage=counted(), timings={"prompt_n": 9, "note": "mark1"}),
        text="Hi",
        usage=PLAIN,
    ),
    stream(
        "an error of the server",
        "llama.cpp, tools/server README",
        ROLE,
        HI,
        {"error": {"code": 500, "message": "no slot", "type": "server_error"}},
        fails="error_object_in_data",
    ),
    stream(
        "reasons in capitals",
        "Gemini API docs, OpenAI compatibility; HKUDS/Vibe-Trading 308",
        ROLE,
        HI,
        chunk({}, "PROHIBITED_CONTENT"),
        text="Hi",
        stop=StopReason.CONTENT_FILTER,
    ),
    stream(
        "reasons with a reason",
        "Gemini API docs, OpenAI compatibility",
        ROLE,
        HI,
        chunk({}, "content_filter: RECITATION"),
        text="Hi",
        stop=StopReason.CONTENT_FILTER,
    ),
    stream(
        "the network broke",
        "Zhipu AI, Chat completions, finish_reason",
        ROLE,
        HI,
        chunk({}, "network_error"),
        fails="eof_without_terminator",
    ),
    stream(
        "a reason that is empty until the end",
        "Together AI, Fireworks AI",
        chunk({"role": "assistant", "content": "Hi"}, "", c_seed=None),
        chunk({"content": "", "token_id": 1}, "eos", c_seed=7, usage=counted()),
        text="Hi",
        usage=PLAIN,
    ),
    stream(
        "windows line ends, comments, no end",
        "WHATWG HTML, server-sent events",
        ": hello\r\n\r\n",
        'data: {"id":"x","choices":[{"delta":{"content":"Hi"}}]}\r\n\r\n',
        'event: message\r\nid: 3\r\nretry: 10\r\ndata: {"choices":[{"delta":{},\r\n'
        'data: "finish_reason":"stop"}]}\r\n\r\n',
        done=False,
        text="Hi",
    ),
]

STREAMS = [*TOOLS, *MISTRAL, *LOCAL]
