"""Streams of OpenAI's Responses, event by event as its library's types describe them."""

import itertools
from typing import Any

from tests.dialects.unseen import Case, dump
from tests.dialects.unseen_responses import (
    BOX,
    CALLS,
    CITY,
    PLAIN,
    REASONING,
    REF,
    URL,
    called,
    counted,
    message,
    response,
    said,
)

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

AT: dict[str, Any] = {"item_id": "msg_1", "output_index": 0}
PART = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind if kind == "error" else f"response.{kind}", **fields}


def stream(id_: str, source: str, *events: dict[str, Any], **told: Any) -> Case:
    """Events with their names and numbers."""
    numbers = itertools.count()
    frames = [
        b"event: %b\ndata: %b\n\n"
        % (each["type"].encode(), dump({**each, "sequence_number": next(numbers)}))
        for each in events
    ]
    usual = {} if told.get("fails") else {"usage": PLAIN}
    return Case(id_, "openai_responses", b"".join(frames), source, **{**usual, **told})


def created(**fields: Any) -> dict[str, Any]:
    return event("created", response=response(status="in_progress", usage=None, **fields))


def completed(*output: object, **fields: Any) -> dict[str, Any]:
    return event("completed", response=response(*output, **fields))


def item(kind: str, output: int, value: dict[str, Any]) -> dict[str, Any]:
    return event(f"output_item.{kind}", output_index=output, item=value)


def speaking(output: int, text: str, *pieces: str, id_: str = "msg_1") -> list[dict[str, Any]]:
    """A message, from its beginning to its end."""
    at: dict[str, Any] = {"item_id": id_, "output_index": output, "content_index": 0}
    begun = message(id_=id_, status="in_progress")
    grown = [
        event("output_text.delta", **at, delta=piece, logprobs=[], obfuscation="xyz")
        for piece in pieces or (text,)
    ]
    return [
        item("added", output, begun),
        event("content_part.added", **at, part=PART),
        *grown,
        event("output_text.done", **at, text=text, logprobs=[]),
        event("content_part.done", **at, part={**PART, "text": text}),
        item("done", output, said(text, id_=id_)),
    ]


def working(kind: str, final: dict[str, Any], *steps: dict[str, Any]) -> Case:
    """A tool that the provider runs, step by step, and then a text."""
    fresh = {"id": "item_1", "type": kind, "status": "in_progress"}
    done = {**fresh, "status": "completed", **final}
    at: dict[str, Any] = {"item_id": "item_1", "output_index": 0}
    return stream(
        f"hosted, step by step: {kind}",
        f"{REF}{kind}",
        created(),
        item("added", 0, fresh),
        *({**each, **at} for each in steps),
        item("done", 0, done),
        *speaking(1, "Hi"),
        completed(done, said()),
        text="Hi",
    )


HOSTED = [
    working(
        "web_search_call",
        {"action": {"type": "search", "query": "mark1"}},
        event("web_search_call.in_progress"),
        event("web_search_call.searching"),
        event("web_search_call.completed"),
    ),
    working(
        "file_search_call",
        {"queries": ["mark1"], "results": None},
        event("file_search_call.in_progress"),
        event("file_search_call.searching"),
        event("file_search_call.completed"),
    ),
    working(
        "code_interpreter_call",
        {"code": "mark1()", "container_id": "cntr_1", "outputs": None},
        event("code_interpreter_call.in_progress"),
        event("code_interpreter_call_code.delta", delta="mark1", obfuscation="x"),
        event("code_interpreter_call_code.done", code="mark1()"),
        event("code_interpreter_call.interpreting"),
        event("code_interpreter_call.completed"),
    ),
    working(
        "image_generation_call",
        {"result": "aGkmark1"},
        event("image_generation_call.in_progress"),
        event("image_generation_call.generating"),
        event("image_generation_call.partial_image", partial_image_index=0, partial_image_b64="aG"),
        event("image_generation_call.completed"),
    ),
    working(
        "mcp_call",
        {"name": "t", "server_label": "s", "arguments": "{}", "error": {"mark1": "down"}},
        event("mcp_call.in_progress"),
        event("mcp_call_arguments.delta", delta="{}"),
        event("mcp_call_arguments.done", arguments="{}"),
        event("mcp_call.failed"),
    ),
    working(
        "mcp_list_tools",
        {"server_label": "s", "tools": [], "error": "mark1"},
        event("mcp_list_tools.in_progress"),
        event("mcp_list_tools.failed"),
    ),
    working(
        "shell_call",
        {"call_id": "c", "action": {"commands": ["ls mark1"]}},
        event("shell_call_command.added", command_index=0, command=""),
        event("shell_call_command.delta", command_index=0, delta="ls mark1"),
        event("shell_call_command.done", command_index=0, command="ls mark1"),
    ),
    working(
        "shell_call_output",
        {"call_id": "c", "output": [{"stdout": "mark1"}]},
        event("shell_call_output_content.delta", command_index=0, delta={"stdout": "mark1"}),
        event("shell_call_output_content.done", command_index=0, output=[{"stdout": "mark1"}]),
    ),
]

TEXTS = [
    stream(
        "queued, kept alive, then said bit by bit",
        REF + "Streaming events",
        event("queued", response=response(status="queued", usage=None)),
        created(),
        {"type": "keepalive"},
        event("in_progress", response=response(status="in_progress", usage=None)),
        *speaking(0, "Hi you", "Hi", " you"),
        completed(said("Hi you"), usage=counted(20, 9, 8, 5)),
        text="Hi you",
        usage=Usage(12, 8, 0, 9, 5),
    ),
    stream(
        "chances of tokens, and notes",
        REF + "output_text.annotation.added",
        created(),
        item("added", 0, message(status="in_progress", phase="final_answer")),
        event("content_part.added", **AT, content_index=0, part=PART),
        event(
            "output_text.delta",
            **AT,
            content_index=0,
            delta="Hi",
            logprobs=[{"token": "mark5", "logprob": -0.1, "top_logprobs": []}],
        ),
        *(
            event(
                "output_text.annotation.added",
                **AT,
                content_index=0,
                annotation_index=number,
                annotation=note,
            )
            for number, note in enumerate((URL, BOX))
        ),
        event("output_text.done", **AT, content_index=0, text="Hi"),
        event(
            "content_part.done",
            **AT,
            content_index=0,
            part={**PART, "text": "Hi", "annotations": [URL, BOX]},
        ),
        item("done", 0, said("Hi", URL, BOX, phase="final_answer")),
        completed(said("Hi", URL, BOX, phase="final_answer")),
        text="Hi",
    ),
    stream(
        "a refusal",
        REF + "refusal.delta",
        created(),
        item("added", 0, message(status="in_progress")),
        event("content_part.added", **AT, content_index=0, part={"type": "refusal", "refusal": ""}),
        event("refusal.delta", **AT, content_index=0, delta="I can"),
        event("refusal.delta", **AT, content_index=0, delta="not"),
        event("refusal.done", **AT, content_index=0, refusal="I cannot"),
        item("done", 0, message({"type": "refusal", "refusal": "I cannot"})),
        completed(message({"type": "refusal", "refusal": "I cannot"})),
        text="I cannot",
        stop=StopReason.REFUSAL,
    ),
    stream(
        "two messages",
        REF + "message",
        created(),
        *speaking(0, "A"),
        *speaking(1, "B", id_="msg_2"),
        completed(said("A"), said("B", id_="msg_2")),
        text="AB",
    ),
    stream(
        "cut by the limit",
        REF + "incomplete",
        created(),
        *speaking(0, "Hi")[:-3],
        event(
            "incomplete",
            response=response(
                said(status="incomplete"),
                status="incomplete",
                incomplete_details={"reason": "max_output_tokens"},
            ),
        ),
        text="Hi",
        stop=StopReason.LENGTH,
    ),
    stream(
        "steered in vain",
        REF + "steer.failed",
        created(),
        event("steer.accepted", steer={"id": "s_1", "previous_response_id": "resp_1"}),
        event(
            "steer.failed",
            error={"code": "expired", "message": "too late", "type": "invalid_request_error"},
            steer={"previous_response_id": "resp_1"},
        ),
        *speaking(0, "Hi"),
        completed(said()),
        text="Hi",
    ),
]

CALLED = [
    stream(
        "thoughts, shown and sealed, and calls that grow in turn",
        REF + "reasoning_summary_text.delta; function_call_arguments.delta",
        created(),
        item("added", 0, {**REASONING, "summary": [], "encrypted_content": "early"}),
        *(
            each
            for number, text in enumerate(("**So**", " on"))
            for each in (
                event(
                    "reasoning_summary_part.added",
                    item_id="rs_1",
                    output_index=0,
                    summary_index=number,
                    part={"type": "summary_text", "text": ""},
                ),
                event(
                    "reasoning_summary_text.delta",
                    item_id="rs_1",
                    output_index=0,
                    summary_index=number,
                    delta=text,
                    obfuscation="x",
                ),
                event(
                    "reasoning_summary_text.done",
                    item_id="rs_1",
                    output_index=0,
                    summary_index=number,
                    text=text,
                ),
                event(
                    "reasoning_summary_part.done",
                    item_id="rs_1",
                    output_index=0,
                    summary_index=number,
                    part={"type": "summary_text", "text": text},
                ),
            )
        ),
        item("done", 0, REASONING),
        item("added", 1, called(arguments="", status="in_progress", namespace="mark1ns")),
        event("function_call_arguments.delta", item_id="fc_1", output_index=1, delta='{"city"'),
        item("added", 2, called("x", "", id="fc_2", call_id="call_2", status="in_progress")),
        event("function_call_arguments.delta", item_id="fc_2", output_index=2, delta="{}"),
        event("function_call_arguments.delta", item_id="fc_1", output_index=1, delta=':"Oslo"}'),
        event(
            "function_call_arguments.done",
            item_id="fc_1",
            output_index=1,
            name="w",
            arguments='{"city":"Oslo"}',
        ),
        item("done", 1, called(namespace="mark1ns")),
        item("done", 2, called("x", "{}", id="fc_2", call_id="call_2")),
        completed(REASONING, called(), called("x", "{}", id="fc_2", call_id="call_2")),
        thoughts="**So** on",
        calls=(("w", CITY), ("x", {})),
        ids=("call_1", "call_2"),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "arguments at the end only",
        REF + "function_call_arguments.done",
        created(),
        item("added", 0, called(arguments="", status="in_progress")),
        item("done", 0, called()),
        completed(called()),
        **CALLS,
    ),
    stream(
        "a custom tool",
        REF + "custom_tool_call_input.delta",
        created(),
        item("added", 0, called("sh", type="custom_tool_call", input="")),
        event("custom_tool_call_input.delta", item_id="fc_1", output_index=0, delta="ls "),
        event("custom_tool_call_input.delta", item_id="fc_1", output_index=0, delta="-l"),
        event("custom_tool_call_input.done", item_id="fc_1", output_index=0, input="ls -l"),
        item("done", 0, called("sh", type="custom_tool_call", input="ls -l")),
        completed(called("sh", type="custom_tool_call", input="ls -l")),
        calls=(("sh", "ls -l"),),
        stop=StopReason.TOOL_CALLS,
    ),
]

STREAMS = [*HOSTED, *TEXTS, *CALLED]
