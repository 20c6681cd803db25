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


def words(*pieces: str, **at: Any) -> list[dict[str, Any]]:
    """Text of a message, in deltas alone."""
    return [event("output_text.delta", delta=piece, **at) for piece in pieces]


LITELLM = "BerriAI/litellm issue "
ORPHAN = {"item_id": "msg_1", "output_index": 0, "content_index": 0}

UNANNOUNCED = [
    bare(
        "words first, and the answer beside the name of its end",
        LITELLM + "22102",
        *words("H", "i", **ORPHAN),
        event("completed", **response(said())),
        text="Hi",
    ),
    bare(
        "words without a place",
        "Oaklight/llm-rosetta issue 56",
        created(),
        *words("H", "i"),
        completed(),
        text="Hi",
    ),
    bare(
        "words at their end only",
        "Sophomoresty/gemini-web2api pull request 57",
        created(),
        event("output_text.done", text="Hi"),
        completed(said()),
        text="Hi",
    ),
    bare(
        "words behind a thought, where the thought stood",
        LITELLM + "41185",
        created(),
        item("added", 0, thinking("")),
        item("done", 0, thinking("So")),
        *words("H", "i", **ORPHAN),
        item("added", 1, called(arguments="", status="in_progress")),
        item("done", 1, called()),
        completed(thinking("So"), said(), called()),
        text="Hi",
        thoughts="So",
        **CALLS,
    ),
    bare(
        "a message and a call of one number",
        "teabranch/open-responses-server pull request 63",
        created(),
        *speaking(0, "Hi")[:-1],
        item("added", 0, called(arguments="", status="in_progress")),
        event("function_call_arguments.delta", delta='{"city":', item_id="fc_1", output_index=0),
        event("function_call_arguments.delta", delta='"Oslo"}', item_id="fc_1", output_index=0),
        item("done", 0, called()),
        item("done", 0, said()),
        completed(said(), called()),
        text="Hi",
        **CALLS,
    ),
    bare(
        "numbers from one, and places that go on behind a thought",
        "sgl-project/sglang issue 12644; vllm-project/vllm issue 45742",
        created(),
        item("added", 1, thinking("")),
        event("reasoning_text.delta", delta="So", output_index=1, item_id="rs_1", content_index=0),
        item("done", 1, thinking("So")),
        *({**each, "content_index": 1} for each in speaking(2, "Hi", "H", "i")),
        completed(thinking("So"), said()),
        text="Hi",
        thoughts="So",
    ),
]

BROKEN = [
    stream(
        "begun anew by a proxy",
        "as many who retry behind their clients' backs",
        created(),
        *speaking(0, "Hi"),
        created(),
        *speaking(0, "Hi", id_="msg_2"),
        completed(said()),
        fails="duplicate_or_out_of_order",
    ),
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

STREAMS = [*SERVERS, *UNANNOUNCED, *BROKEN]
