"""Lists of models as others publish them, cut down to what tells one from another."""

import json

MODELS_DEV = json.dumps(
    {
        "openai": {
            "id": "openai",
            "models": {
                "gpt-5-mini": {
                    "id": "gpt-5-mini",
                    "tool_call": True,
                    "reasoning": True,
                    "modalities": {"input": ["text", "image"], "output": ["text"]},
                    "cost": {"input": 0.2, "output": 1.6, "cache_read": 0.02},
                    "limit": {"context": 500000, "output": 128000},
                },
                "gpt-99": {
                    "id": "gpt-99",
                    "tool_call": True,
                    "structured_output": True,
                    "modalities": {"input": ["text", "pdf"], "output": ["text"]},
                    "cost": {"input": 3, "output": 9},
                    "limit": {"context": 2000000, "output": 64000},
                },
                "picture-1": {"modalities": {"input": ["text"], "output": ["image"]}},
            },
        },
        "nobody-we-know": {"models": {"x": {"limit": {"context": 9}}}},
    }
).encode()

LITELLM = json.dumps(
    {
        "sample_spec": {"litellm_provider": "one of https://...", "mode": "one of: chat, ..."},
        "groq/openai/gpt-oss-120b": {
            "litellm_provider": "groq",
            "mode": "chat",
            "max_tokens": 32766,
            "max_input_tokens": 131072,
            "max_output_tokens": 32766,
            "input_cost_per_token": 1e-07,
            "output_cost_per_token": 5e-07,
            "supports_function_calling": True,
            "deprecation_date": "2027-03-01",
        },
        "text-embedding-3-small": {"litellm_provider": "openai", "mode": "embedding"},
        "together_ai/new/one": {
            "litellm_provider": "together_ai",
            "mode": "chat",
            "max_tokens": 4096,
            "supports_vision": True,
        },
    }
).encode()

OPENROUTER = json.dumps(
    {
        "data": [
            {
                "id": "acme/big",
                "context_length": 163840,
                "pricing": {"prompt": "0.0000025", "completion": "0.00001"},
                "top_provider": {"max_completion_tokens": 32768},
                "architecture": {"input_modalities": ["text", "image"]},
                "supported_parameters": ["tools", "structured_outputs", "seed"],
                "expiration_date": "2027-01-31",
            }
        ]
    }
).encode()
