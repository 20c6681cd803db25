"""Streams of Responses as self-hosted servers say them, and those that end badly."""

from typing import Any

from tests.dialects.unseen import ANYHOW, Case, dump
from tests.dialects.unseen_events import (
    completed,
    created,
    event,
    item,
    speaking,
    stream,
)
from tests.dialects.unseen_responses import CALLS, PLAIN, REF, called, message, response, said

LLAMA = "llama.cpp, tools/server, to_json_oaicompat_resp"


def bare(id_: str, source: str, *events: dict[str, Any], **told: Any) -> Case:
    """Events without a name of their own and without numbers, and a [DONE]."""
    data = b"".join(b"data: %b\n\n" % dump(each) for each in events) + b"data: [DONE]\n\n"
    return Case(id_, "openai_responses", data, source, **{"usage": PLAIN, **told})


def thinking(text: str) -> dict[str, Any]:
    content = [{"type": "reasoning_text", "text": text}] if text else []
    return {"id": "rs_1", "type": "reasoning", "summary": [], "content": content}


def without_places(*events: dict[str, Any]) -> list[dict[str, Any]]:
    places = ("output_index", "content_index", "logprobs", "obfuscation")
    return [{name: each[name] for name in each if name not in places} for each in events]


SERVERS = [
    stream(
        "nothing says where an output stands",
        LLAMA,
        event("created", response={"id": "resp_1", "object": "response", "status": "in_progress"}),
        *without_places(
            item("added", 0, {**thinking(""), "encrypted_content": "", "status": "in_progress"}),
            event("reasoning_text.delta", delta="S", item_id="rs_1"),
            event("reasoning_text.delta", delta="o", item_id="rs_1"),
            item("done", 0, thinking("So")),
            *speaking(1, "Hi", "H", "i"),
            item("added", 2, called(arguments="", status="in_progress")),
            event("function_call_arguments.delta", delta='{"city":', item_id="fc_1"),
            event("function_call_arguments.delta", delta='"Oslo"}', item_id="fc_1"),
            item("done", 2, called()),
        ),
        completed(thinking("So"), said(), called()),
        text="Hi",
        thoughts="So",
        **CALLS,
    ),
    stream(
        "a call is known by its call_id alone",
        LLAMA + ", before 2026",
        event("created", response={"id": "resp_1", "object": "response", "status": "in_progress"}),
        *without_places(
            item(
                "added",
                0,
                {"type": "function_call", "call_id": "fc_7", "name": "w", "arguments": ""},
            ),
            event("function_call_arguments.delta", delta='{"city":"Oslo"}', item_id="fc_7"),
            item(
                "done",
                0,
                {
                    "type": "function_call",
                    "call_id": "fc_7",
                    "name": "w",
                    "arguments": '{"city":"Oslo"}',
                },
            ),
        ),
        completed(called(call_id="fc_7", id="fc_7")),
        ids=("fc_7",),
        **CALLS,
    ),
    bare(
        "no names, no numbers, and [DONE]",
        "vLLM, Responses API",
        created(),
        *speaking(0, "Hi"),
        completed(said()),
        text="Hi",
    ),
    bare(
        "begins with its first item",
        "LM Studio docs, Responses",
        *speaking(0, "Hi"),
        completed(said()),
        text="Hi",
    ),
    bare(
        "all is said at the end",
        "Self-hosted servers",
        created(),
        completed(thinking("So"), said(), called()),
        text="Hi",
        thoughts="So",
        **CALLS,
    ),
    bare(
        "a call that only the end mentions",
        "Self-hosted servers",
        created(),
        *speaking(0, "Hi"),
        completed(said(id_="msg_other"), called()),
        text="Hi",
        **CALLS,
    ),
    bare(
        "items that are never done",
        "Self-hosted servers",
        created(),
        *speaking(0, "Hi")[:3],
        completed(said()),
        text="Hi",
    ),
]

BROKEN = [
    stream(
        "failed",
        REF + "failed",
        created(),
        *speaking(0, "Hi")[:3],
        event(
            "failed",
            response=response(
                message(status="incomplete"),
                status="failed",
                error={"code": "server_error", "message": "no"},
            ),
        ),
        fails=ANYHOW,
    ),
    stream(
        "an error",
        REF + "error",
        created(),
        event("error", code="rate_limit_exceeded", message="slow down", param=None),
        fails=ANYHOW,
    ),
    stream(
        "an error in an envelope",
        "Azure OpenAI; openai/openai-python 2487",
        created(),
        event("error", error={"type": "server_error", "code": "x", "message": "no"}),
        fails=ANYHOW,
    ),
    stream(
        "cut off",
        "HTTP",
        created(),
        *speaking(0, "Hi"),
        fails="eof_without_terminator",
    ),
    stream(
        "nothing was said",
        REF + "completed",
        created(),
        completed(),
        fails="empty_200",
    ),
]

STREAMS = [*SERVERS, *BROKEN]
