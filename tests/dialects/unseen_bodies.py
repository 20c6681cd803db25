"""Whole answers of Chat Completions as its hosts' documents describe them."""

from typing import Any

from tests.dialects.unseen import Case, dump
from tests.dialects.unseen_chunks import CALLS, CITY, PLAIN, counted, function

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

WHOLE = '{"city":"Oslo"}'


def body(message: object, finish: str | None = "stop", **beside: Any) -> dict[str, Any]:
    """A body of one choice. Fields of the choice begin with `c_`, others are the body's."""
    choice = {name[2:]: each for name, each in beside.items() if name.startswith("c_")}
    top = {name: each for name, each in beside.items() if not name.startswith("c_")}
    return {
        "id": "chatcmpl-7",
        "object": "chat.completion",
        "created": 1760000000,
        "model": "m-1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, **choice}],
        "usage": counted(),
        **top,
    }


def says(**fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": "Hi", **fields}


def whole(id_: str, source: str, value: object, before: bytes = b"", **told: Any) -> Case:
    usual: dict[str, Any] = {} if told.get("fails") else {"usage": PLAIN}
    return Case(id_, "openai_chat", before + dump(value), source, stream=False, **{**usual, **told})


def call(id_: object, name: str, arguments: object, **beside: Any) -> dict[str, Any]:
    return {"id": id_, **function(name, arguments), **beside}


REF = "OpenAI API reference, The chat completion object"
NOTE = {"url": "https://mark1.example", "title": "T", "start_index": 0, "end_index": 2}
TWO: Any = (("w", CITY), ("x", {}))

OPENAI = [
    whole(
        "everything at once",
        REF,
        body(
            says(
                refusal=None,
                annotations=[{"type": "url_citation", "url_citation": NOTE}],
                audio=None,
                function_call=None,
                tool_calls=None,
            ),
            c_logprobs={
                "content": [{"token": "mark2", "logprob": -0.1, "bytes": None, "top_logprobs": []}],
                "refusal": None,
            },
            service_tier="markflex",
            system_fingerprint="markfp",
            usage=counted(
                20,
                9,
                prompt_tokens_details={"cached_tokens": 8, "audio_tokens": 2},
                completion_tokens_details={
                    "reasoning_tokens": 5,
                    "audio_tokens": 1,
                    "accepted_prediction_tokens": 1,
                    "rejected_prediction_tokens": 0,
                },
            ),
        ),
        text="Hi",
        usage=Usage(12, 8, 0, 9, 5, 2, 1),
    ),
    whole(
        "a refusal",
        REF,
        body(says(content=None, refusal="I cannot")),
        text="I cannot",
        stop=StopReason.REFUSAL,
    ),
    whole(
        "calls, and no text",
        REF,
        body(
            says(content=None, tool_calls=[call("call_1", "w", WHOLE), call("call_2", "x", "{}")]),
            "tool_calls",
        ),
        calls=TWO,
        ids=("call_1", "call_2"),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "a custom tool",
        REF,
        body(
            says(
                content=None,
                tool_calls=[
                    {"id": "call_1", "type": "custom", "custom": {"name": "sh", "input": "ls -l"}}
                ],
            ),
            "tool_calls",
        ),
        calls=(("sh", "ls -l"),),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "legacy function call",
        REF,
        body(says(content=None, function_call={"name": "w", "arguments": WHOLE}), "function_call"),
        **CALLS,
    ),
    whole(
        "a function that was demanded ends with stop",
        "OpenAI API reference, tool_choice",
        body(says(content=None, tool_calls=[call("call_1", "w", WHOLE)])),
        **CALLS,
    ),
    whole(
        "speech",
        "OpenAI guides, Audio",
        body(
            says(
                content=None,
                audio={
                    "id": "audio_mark1",
                    "expires_at": 1760003600,
                    "data": "UklGRg==",
                    "transcript": "Hello",
                },
            )
        ),
        text="Hello",
    ),
    whole(
        "two choices",
        "OpenAI API reference, n",
        {
            **body(None),
            "choices": [
                {"index": 1, "message": says(content="marktwo"), "finish_reason": "length"},
                {"index": 0, "message": says(content="A"), "finish_reason": "stop"},
            ],
        },
        text="A",
    ),
    whole(
        "nothing but the limit",
        "OpenAI guides, Reasoning, incomplete",
        body(
            says(content=""),
            "length",
            usage=counted(completion_tokens_details={"reasoning_tokens": 4}),
        ),
        stop=StopReason.LENGTH,
        usage=Usage(9, 0, 0, 4, 4),
    ),
]

WHOLES = OPENAI
