"""Streams of Chat Completions as its hosts' documents describe them, written by hand."""

from tests.dialects.unseen_chunks import (
    CALLS,
    CITY,
    HI,
    PLAIN,
    ROLE,
    STOP,
    USAGE,
    bare,
    called,
    chunk,
    counted,
    function,
    stream,
)

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

FILTERS = {"hate": {"filtered": False, "severity": "marksafe"}}

OPENAI = [
    stream(
        "everything at once",
        "OpenAI API reference, The chat completion chunk object",
        chunk(
            {"role": "assistant", "content": "", "refusal": None},
            service_tier="markflex",
            system_fingerprint="markfp",
            usage=None,
            obfuscation="abc",
        ),
        chunk(
            {"content": "Hi"},
            c_logprobs={
                "content": [
                    {"token": "mark1hi", "logprob": -0.1, "bytes": [72], "top_logprobs": []}
                ],
                "refusal": None,
            },
            service_tier="markflex",
            system_fingerprint="markfp",
            usage=None,
            obfuscation="xyzz",
        ),
        chunk(
            {"content": " you"},
            c_logprobs={"content": [{"token": "mark2you", "logprob": -0.2, "bytes": None}]},
            usage=None,
        ),
        chunk({}, "stop", usage=None),
        bare(
            usage=counted(
                20,
                9,
                prompt_tokens_details={"cached_tokens": 8, "audio_tokens": 0},
                completion_tokens_details={
                    "reasoning_tokens": 5,
                    "audio_tokens": 0,
                    "accepted_prediction_tokens": 1,
                    "rejected_prediction_tokens": 0,
                },
            )
        ),
        text="Hi you",
        usage=Usage(12, 8, 0, 9, 5),
    ),
    stream(
        "a refusal",
        "OpenAI API reference, The chat completion chunk object",
        chunk({"role": "assistant", "content": None, "refusal": ""}),
        chunk({"refusal": "I can"}),
        chunk({"refusal": "not"}),
        STOP,
        USAGE,
        text="I cannot",
        stop=StopReason.REFUSAL,
        usage=PLAIN,
    ),
    stream(
        "legacy function call",
        "OpenAI API reference, function_call (deprecated)",
        chunk({"role": "assistant", "content": None, "function_call": {"name": "w"}}),
        chunk({"function_call": {"arguments": '{"city"'}}),
        chunk({"function_call": {"arguments": ':"Oslo"}'}}),
        chunk({}, "function_call"),
        **CALLS,
    ),
    stream(
        "a custom tool",
        "OpenAI API reference, custom tool calls",
        ROLE,
        chunk(called(index=0, id="call_1", type="custom", custom={"name": "sh", "input": ""})),
        chunk(called(index=0, custom={"input": "ls "})),
        chunk(called(index=0, custom={"input": "-l"})),
        chunk({}, "tool_calls"),
        calls=(("sh", "ls -l"),),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "speech",
        "OpenAI guides, Audio",
        chunk({"role": "assistant", "audio": {"id": "audio_mark1"}, "content": None}),
        chunk({"audio": {"transcript": "Hel"}}),
        chunk({"audio": {"data": "UklGRg=="}}),
        chunk({"audio": {"transcript": "lo"}}),
        chunk({"audio": {"expires_at": 1760003600}}),
        STOP,
        bare(
            usage=counted(
                9, 40, completion_tokens_details={"audio_tokens": 30, "reasoning_tokens": 0}
            )
        ),
        text="Hello",
        usage=Usage(9, 0, 0, 40, 0, 0, 30),
    ),
    stream(
        "citations of the web",
        "OpenAI guides, Web search",
        chunk({"role": "assistant", "content": "It rains."}),
        chunk(
            {
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {
                            "url": "https://mark1.example",
                            "title": "T",
                            "start_index": 0,
                            "end_index": 9,
                        },
                    }
                ]
            }
        ),
        STOP,
        text="It rains.",
    ),
    stream(
        "two calls that grow in turn, after text",
        "OpenAI guides, Function calling, Streaming",
        chunk({"role": "assistant", "content": "Let me see"}),
        chunk(called(index=0, id="call_a", **function("w", ""))),
        chunk(called(index=0, function={"arguments": '{"city":'})),
        chunk(called(index=1, id="call_b", **function("w", ""))),
        chunk(called(index=0, function={"arguments": '"Oslo"}'})),
        chunk(called(index=1, function={"arguments": '{"city":"Rome"}'})),
        chunk({}, "tool_calls"),
        USAGE,
        text="Let me see",
        calls=(("w", CITY), ("w", {"city": "Rome"})),
        ids=("call_a", "call_b"),
        stop=StopReason.TOOL_CALLS,
        usage=PLAIN,
    ),
    stream(
        "a call of nothing",
        "OpenAI guides, Function calling",
        ROLE,
        chunk(called(index=0, id="call_a", **function("now", ""))),
        chunk({}, "tool_calls"),
        calls=(("now", {}),),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "two choices in one chunk",
        "OpenAI API reference, n",
        {
            **ROLE,
            "choices": [
                {"index": i, "delta": {"role": "assistant", "content": said}, "finish_reason": None}
                for i, said in enumerate(("A", "marktwo"))
            ],
        },
        {
            **ROLE,
            "choices": [{"index": i, "delta": {}, "finish_reason": "stop"} for i in (1, 0)],
        },
        text="A",
    ),
    stream(
        "cut by the limit",
        "OpenAI API reference, finish_reason",
        ROLE,
        HI,
        chunk({}, "length"),
        USAGE,
        text="Hi",
        stop=StopReason.LENGTH,
        usage=PLAIN,
    ),
    stream(
        "an error in mid-stream",
        "OpenAI guides, Error codes",
        ROLE,
        HI,
        {"error": {"message": "The server had an error", "type": "server_error", "code": None}},
        fails="error_object_in_data",
    ),
    stream(
        "broken off",
        "HTTP",
        ROLE,
        HI,
        done=False,
        fails="eof_without_terminator",
    ),
]

AZURE = [
    stream(
        "filters in chunks of their own",
        "Azure OpenAI, Content filtering, asynchronous filter",
        {
            "id": "",
            "object": "",
            "created": 0,
            "model": "",
            "choices": [],
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": FILTERS}],
        },
        ROLE,
        chunk({"content": "Hi"}, c_content_filter_results=FILTERS),
        chunk({}, "stop", c_content_filter_results={}),
        {
            "id": "",
            "object": "",
            "created": 0,
            "model": "",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": None,
                    "content_filter_results": {"hate": {"filtered": False, "severity": "markok"}},
                    "content_filter_offsets": {"check_offset": 44, "start_offset": 44},
                }
            ],
        },
        USAGE,
        text="Hi",
        usage=PLAIN,
    ),
    stream(
        "filtered in the midst",
        "Azure OpenAI, Content filtering",
        ROLE,
        HI,
        chunk(
            None,
            "content_filter",
            c_content_filter_results={"violence": {"filtered": True, "severity": "markhigh"}},
        ),
        text="Hi",
        stop=StopReason.CONTENT_FILTER,
    ),
    stream(
        "on your data",
        "Azure OpenAI, On Your Data API reference",
        chunk({"role": "assistant", "context": {"citations": [{"content": "mark1"}]}}),
        chunk({"content": "Hi"}, c_end_turn=False),
        chunk({}, "stop", c_end_turn=True),
        text="Hi",
    ),
]

HOSTS = [
    stream(
        "usage in the choice",
        "Moonshot AI, Chat completion API, streaming",
        ROLE,
        HI,
        chunk({}, "stop", c_usage=counted(19, 13, cached_tokens=4)),
        text="Hi",
        usage=Usage(15, 4, 0, 13),
    ),
    stream(
        "usage of its own",
        "Groq API reference, x_groq",
        chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_mark1"}),
        chunk({"reasoning": "So", "channel": "analysis"}),
        HI,
        chunk({}, "stop", x_groq={"id": "req_mark1", "usage": counted(9, 4, total_time=0.1)}),
        text="Hi",
        thoughts="So",
        usage=PLAIN,
    ),
    stream(
        "stopped early",
        "Groq's library, ChatCompletionChunk.x_groq.error",
        ROLE,
        HI,
        chunk({}, "stop", x_groq={"id": "req_1", "error": "over capacity"}),
        fails="error_object_in_data",
    ),
    stream(
        "keep-alives, thoughts, and counts of the cache",
        "DeepSeek API docs, Rate limit; Create chat completion",
        ": keep-alive\n\n",
        chunk({"role": "assistant", "content": None, "reasoning_content": ""}),
        chunk({"content": None, "reasoning_content": "So"}),
        ": keep-alive\n\n",
        chunk({"content": "Hi", "reasoning_content": None}),
        chunk(
            {"content": "", "reasoning_content": None},
            "stop",
            usage=counted(
                20,
                9,
                prompt_cache_hit_tokens=16,
                prompt_cache_miss_tokens=4,
                completion_tokens_details={"reasoning_tokens": 3},
            ),
        ),
        text="Hi",
        thoughts="So",
        usage=Usage(4, 16, 0, 9, 3),
    ),
    stream(
        "out of resources",
        "DeepSeek API docs, Create chat completion, finish_reason",
        ROLE,
        HI,
        chunk({}, "insufficient_system_resource"),
        fails="eof_without_terminator",
    ),
    stream(
        "reasoning counted beside",
        "xAI docs, Reasoning",
        chunk({"role": "assistant", "reasoning_content": "So"}),
        HI,
        STOP,
        bare(
            usage={
                "prompt_tokens": 30,
                "completion_tokens": 4,
                "total_tokens": 134,
                "prompt_tokens_details": {"text_tokens": 30, "cached_tokens": 6},
                "completion_tokens_details": {"reasoning_tokens": 100},
                "num_sources_used": 0,
            },
            citations=["https://mark1.example"],
        ),
        text="Hi",
        thoughts="So",
        usage=Usage(24, 6, 0, 104, 100),
    ),
    stream(
        "the message so far beside each delta",
        "Perplexity API reference, Streaming",
        chunk(
            {"role": "assistant", "content": "Hi"},
            c_message={"role": "assistant", "content": "Hi"},
            citations=["https://mark1.example"],
            search_results=[{"title": "mark2", "url": "https://a.example", "date": None}],
            usage=counted(9, 1, search_context_size="low"),
        ),
        chunk(
            {"content": " you"},
            "stop",
            c_message={"role": "assistant", "content": "Hi you"},
            citations=["https://mark1.example"],
            usage=counted(9, 4, reasoning_tokens=3, citation_tokens=7, num_search_queries=2),
        ),
        done=False,
        text="Hi you",
        usage=Usage(9, 0, 0, 4, 3),
    ),
]

STREAMS = [*OPENAI, *AZURE, *HOSTS]
