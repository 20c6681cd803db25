"""Streams of Chat Completions as those say them who stand before other providers."""

from tests.dialects.unseen_chunks import HI, PLAIN, ROLE, STOP, TEXT, bare, chunk, counted, stream

from understudy.chat.usage import Usage

STREAMS = [
    stream(
        "processing, and thoughts in detail",
        "OpenRouter docs, Streaming; Reasoning tokens",
        ": OPENROUTER PROCESSING\n\n",
        chunk(
            {
                "role": "assistant",
                "content": "",
                "reasoning": "So",
                "reasoning_details": [
                    {
                        "type": "reasoning.text",
                        "text": "So",
                        "format": "anthropic-claude-v1",
                        "index": 0,
                    }
                ],
            },
            provider="mark1host",
        ),
        chunk(
            {
                "content": "",
                "reasoning": None,
                "reasoning_details": [
                    {"type": "reasoning.text", "signature": "marksigned", "index": 0}
                ],
            },
            provider="mark1host",
        ),
        chunk({"content": "Hi"}, provider="mark1host"),
        chunk({"content": ""}, "stop", c_native_finish_reason="mark2end_turn"),
        bare(
            usage=counted(
                9,
                4,
                cost=0.1,
                is_byok=False,
                cost_details={"upstream_inference_cost": None},
                prompt_tokens_details={"cached_tokens": 2, "cache_write_tokens": 3},
            )
        ),
        text="Hi",
        thoughts="So",
        usage=Usage(4, 2, 3, 4),
    ),
    stream(
        "sealed thoughts and a summary",
        "OpenRouter docs, Reasoning tokens",
        chunk(
            {
                "reasoning_details": [
                    {"type": "reasoning.summary", "summary": "So", "id": "rs_1", "index": 0},
                    {"type": "reasoning.encrypted", "data": "marksealed", "id": "rs_1", "index": 1},
                ]
            }
        ),
        HI,
        STOP,
        text="Hi",
        thoughts="So",
    ),
    stream(
        "a picture and no word",
        "OpenRouter docs, Image generation",
        chunk(
            {
                "role": "assistant",
                "content": "",
                "images": [
                    {
                        "type": "image_url",
                        "image_url": {"url": "data:image/png;base64,mark1"},
                        "index": 0,
                    }
                ],
            }
        ),
        STOP,
    ),
    stream(
        "an error beside a choice",
        "OpenRouter docs, Errors, mid-stream",
        ROLE,
        HI,
        chunk({"content": ""}, "error", error={"code": 502, "message": "upstream broke"}),
        fails="error_object_in_data",
    ),
    stream(
        "an error inside a choice",
        "OpenRouter docs, Errors, choices[].error",
        ROLE,
        HI,
        chunk({"content": ""}, "error", c_error={"code": 502, "message": "upstream broke"}),
        fails="error_object_in_data",
    ),
    stream(
        "thoughts as an item of the content",
        "Databricks docs, Query reasoning models",
        chunk(
            {
                "role": "assistant",
                "content": [
                    {
                        "type": "reasoning",
                        "summary": [
                            {"type": "summary_text", "text": "So", "signature": ""},
                        ],
                    }
                ],
            }
        ),
        chunk(
            {
                "content": [
                    {
                        "type": "reasoning",
                        "summary": [
                            {"type": "summary_text", "text": "", "signature": "marksigned"}
                        ],
                    }
                ]
            }
        ),
        chunk({"content": [TEXT]}),
        chunk({"content": ""}, "stop", usage=counted()),
        text="Hi",
        thoughts="So",
        usage=PLAIN,
    ),
]
