"""Whole answers of Chat Completions as hosts other than OpenAI say them."""

from tests.dialects.unseen import ANYHOW
from tests.dialects.unseen_bodies import TWO, WHOLE, body, call, says, whole
from tests.dialects.unseen_chunks import CALLS, CITY, TEXT, counted

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

WHOLES = [
    whole(
        "filters everywhere",
        "Azure OpenAI, Content filtering",
        body(
            says(),
            c_content_filter_results={"hate": {"filtered": False, "severity": "mark1"}},
            prompt_filter_results=[{"prompt_index": 0, "note": "mark2"}],
        ),
        text="Hi",
    ),
    whole(
        "filtered, and no message",
        "Azure OpenAI, Content filtering",
        body(
            {"role": "assistant"},
            "content_filter",
            c_content_filter_results={"sexual": {"filtered": True, "severity": "mark1"}},
        ),
        stop=StopReason.CONTENT_FILTER,
    ),
    whole(
        "blank lines first, and thoughts",
        "DeepSeek API docs, Rate limit; Thinking mode",
        body(
            says(reasoning_content="So"),
            usage=counted(20, 9, prompt_cache_hit_tokens=16, prompt_cache_miss_tokens=4),
        ),
        before=b"\n\n\n",
        text="Hi",
        thoughts="So",
        usage=Usage(4, 16, 0, 9),
    ),
    whole(
        "reasoning beside, sources",
        "xAI docs, Live search",
        body(
            says(reasoning_content="So", refusal=None),
            citations=["https://mark1.example"],
            usage={
                "prompt_tokens": 30,
                "completion_tokens": 4,
                "total_tokens": 134,
                "completion_tokens_details": {"reasoning_tokens": 100},
                "num_sources_used": 1,
            },
        ),
        text="Hi",
        thoughts="So",
        usage=Usage(30, 0, 0, 104, 100),
    ),
    whole(
        "tools that the host ran",
        "Groq docs, Compound; executed_tools",
        body(
            says(
                reasoning="So",
                executed_tools=[{"index": 0, "type": "search", "arguments": "mark1"}],
            ),
            x_groq={"id": "req_mark2"},
            usage_breakdown=None,
        ),
        text="Hi",
        thoughts="So",
    ),
    whole(
        "thoughts in a list, and what was read",
        "Mistral API, Chat; Citations",
        body(
            says(
                content=[
                    {"type": "thinking", "thinking": [TEXT], "signature": None, "closed": True},
                    {**TEXT, "text": "It rains"},
                    {"type": "reference", "reference_ids": ["mark1", 2]},
                    {**TEXT, "text": "."},
                ],
                prefix=False,
                tool_calls=None,
            )
        ),
        text="It rains.",
        thoughts="Hi",
    ),
    whole(
        "ids of nine letters, and an index",
        "Mistral API, Function calling",
        body(says(content="", tool_calls=[call("D681PevKs", "w", WHOLE, index=0)]), "tool_calls"),
        ids=("D681PevKs",),
        **CALLS,
    ),
    whole(
        "arguments as an object, no ids",
        "Hugging Face Text Generation Inference, Messages API",
        body(
            says(content=None, tool_calls=[call(0, "w", CITY), call(None, "x", None)]),
            "tool_calls",
        ),
        calls=TWO,
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "fields of a server",
        "vLLM, OpenAI-compatible server",
        body(
            says(reasoning_content=None, tool_calls=[], reasoning=None),
            c_stop_reason="END",
            c_token_ids=None,
            prompt_logprobs=None,
            kv_transfer_params={"note": "mark1"},
            usage=counted(prompt_tokens_details=None),
        ),
        text="Hi",
        stop=StopReason.STOP_SEQUENCE,
        stop_sequence="END",
    ),
    whole(
        "thoughts in detail, and a picture",
        "OpenRouter docs, Reasoning tokens; Image generation",
        body(
            says(
                content="",
                reasoning="So",
                reasoning_details=[
                    {"type": "reasoning.text", "text": "So", "signature": "marksigned"}
                ],
                images=[{"type": "image_url", "image_url": {"url": "data:image/png;base64,mark1"}}],
            ),
            c_native_finish_reason="STOP",
            provider="mark2host",
            usage=counted(cost=0.01, cost_details={"upstream_inference_cost": None}),
        ),
        thoughts="So",
    ),
    whole(
        "thoughts as an item of the content",
        "Databricks docs, Query reasoning models",
        body(
            says(
                content=[
                    {
                        "type": "reasoning",
                        "summary": [
                            {"type": "summary_text", "text": "So", "signature": "marksigned"}
                        ],
                    },
                    TEXT,
                ]
            )
        ),
        text="Hi",
        thoughts="So",
    ),
    whole(
        "found on the web",
        "Perplexity API reference, Chat completions",
        body(
            says(),
            citations=["https://mark1.example"],
            search_results=[{"title": "mark2", "url": "https://a.example", "date": "2025-01-01"}],
            images=[],
            related_questions=["mark3?"],
            usage=counted(
                search_context_size="low",
                citation_tokens=7,
                reasoning_tokens=3,
                cost={"total_cost": 0.1},
            ),
        ),
        text="Hi",
        usage=Usage(9, 0, 0, 4, 3),
    ),
    whole(
        "counts of another kind",
        "SambaNova, Cerebras: performance beside the counts",
        body(
            says(),
            time_info={"queue_time": 0.1, "note": "mark1"},
            usage=counted(acceptance_rate=0.5, is_last_response=True),
        ),
        text="Hi",
    ),
    whole(
        "nobody counted",
        "Self-hosted servers",
        body(says(), usage=None),
        text="Hi",
        usage=None,
    ),
    whole(
        "capitals",
        "Gemini API docs, OpenAI compatibility; BerriAI/litellm 20357",
        body(says(), "MAX_TOKENS"),
        text="Hi",
        stop=StopReason.LENGTH,
    ),
    whole(
        "filtered, for a reason, without a message",
        "Gemini API docs, OpenAI compatibility, as many who use it report",
        {
            **body(None),
            "choices": [{"index": 0, "finish_reason": "content_filter: PROHIBITED_CONTENT"}],
            "usage": counted(9, 0),
        },
        stop=StopReason.CONTENT_FILTER,
        usage=Usage(9),
    ),
    whole(
        "a call that could not be read",
        "Gemini API docs, OpenAI compatibility, as many who use it report",
        body({"role": "assistant"}, "function_call_filter: MALFORMED_FUNCTION_CALL"),
        fails="eof_without_terminator",
    ),
    whole(
        "a call with a signature beside it",
        "Gemini API docs, OpenAI compatibility, Thought signatures",
        body(
            {
                "role": "assistant",
                "tool_calls": [
                    call(
                        "function-call-1",
                        "w",
                        WHOLE,
                        extra_content={"google": {"thought_signature": "marksigned"}},
                    )
                ],
            },
            "tool_calls",
        ),
        ids=("function-call-1",),
        **CALLS,
    ),
    whole(
        "an error under 200",
        "OpenRouter docs, Errors",
        {"error": {"code": 502, "message": "upstream broke", "metadata": {"provider_name": "x"}}},
        fails="error_object_in_200",
    ),
    whole(
        "an error inside the choice",
        "OpenRouter docs, Errors, choices[].error",
        body(says(content=""), "error", c_error={"code": 502, "message": "upstream broke"}),
        fails="error_object_in_200",
    ),
    whole("no choices", "Self-hosted servers", {**body(None), "choices": []}, fails=ANYHOW),
]
