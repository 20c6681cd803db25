"""Responses of OpenAI's newer API as its documents and its library's types describe them."""

from typing import Any

from tests.dialects.unseen import ANYHOW, Case, dump

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

PLAIN = Usage(9, 0, 0, 4)
CITY = {"city": "Oslo"}


def counted(prompt: int = 9, output: int = 4, read: int = 0, reasoning: int = 0) -> dict[str, Any]:
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": read, "cache_write_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": prompt + output,
    }


def response(*output: object, status: str = "completed", **fields: Any) -> dict[str, Any]:
    """A response object; counts are the usual ones unless given."""
    return {
        "id": "resp_0123456789abcdef",
        "object": "response",
        "created_at": 1760000000,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "model": "m-1",
        "output": list(output),
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": counted(),
        "user": None,
        **fields,
    }


def said(text: str = "Hi", *notes: object, id_: str = "msg_1", **fields: Any) -> dict[str, Any]:
    """A message that says a text."""
    part = {"type": "output_text", "text": text, "annotations": list(notes), "logprobs": []}
    return message(part, id_=id_, **fields)


def message(*parts: object, id_: str = "msg_1", **fields: Any) -> dict[str, Any]:
    mine = {"id": id_, "type": "message", "role": "assistant", "status": "completed"}
    return {**mine, "content": list(parts), **fields}


def called(name: str = "w", arguments: str = '{"city":"Oslo"}', **fields: Any) -> dict[str, Any]:
    call = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "status": "completed"}
    return {**call, "name": name, "arguments": arguments, **fields}


def whole(id_: str, source: str, *output: object, **told: Any) -> Case:
    """A whole answer. Fields of the response begin with `r_`, all others say what it says."""
    fields = {name[2:]: each for name, each in told.items() if name.startswith("r_")}
    mine = {name: each for name, each in told.items() if not name.startswith("r_")}
    body = dump(response(*output, **fields))
    usual = {"usage": PLAIN} if "usage" not in fields and not mine.get("fails") else {}
    return Case(id_, "openai_responses", body, source, stream=False, **{**usual, **mine})


REF = "OpenAI API reference, Responses; "
CALLS: dict[str, Any] = {"calls": (("w", CITY),), "stop": StopReason.TOOL_CALLS}
REASONING = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [
        {"type": "summary_text", "text": "**So**"},
        {"type": "summary_text", "text": " on"},
    ],
    "encrypted_content": "marksealed",
    "status": None,
}
URL = {
    "type": "url_citation",
    "url": "https://mark1.example",
    "title": "T",
    "start_index": 0,
    "end_index": 2,
}
FILE = {"type": "file_citation", "file_id": "file-mark2", "filename": "mark2.pdf", "index": 1}
BOX = {
    "type": "container_file_citation",
    "container_id": "cntr_mark3",
    "file_id": "cfile_1",
    "filename": "mark3.png",
    "start_index": 0,
    "end_index": 2,
}


def hosted(kind: str, **fields: Any) -> Case:
    """The work of a tool that the provider runs, before what the model says of it."""
    item = {"id": "item_1", "type": kind, "status": "completed", **fields}
    return whole(f"hosted: {kind}", f"{REF}{kind}", item, said(), text="Hi")


HOSTED = [
    hosted(
        "web_search_call",
        action={
            "type": "search",
            "query": "mark1",
            "sources": [{"type": "url", "url": "https://a.example"}],
        },
    ),
    hosted(
        "file_search_call",
        queries=["mark1"],
        results=[
            {"file_id": "f", "filename": "a", "score": 0.5, "text": "mark2", "attributes": {}}
        ],
    ),
    hosted(
        "code_interpreter_call",
        code="print('mark1')",
        container_id="cntr_1",
        outputs=[{"type": "logs", "logs": "mark2"}],
    ),
    hosted("image_generation_call", result="aGkmark1", revised_prompt="a cat", size="1024x1024"),
    hosted(
        "mcp_list_tools",
        server_label="mark1",
        tools=[{"name": "t", "input_schema": {}, "annotations": None}],
        error=None,
    ),
    hosted(
        "mcp_call",
        server_label="s",
        name="t",
        arguments='{"a":1}',
        output="mark1",
        error=None,
        approval_request_id=None,
    ),
    hosted("mcp_approval_request", server_label="s", name="mark1", arguments="{}"),
    hosted(
        "computer_call",
        call_id="call_1",
        action={"type": "click", "button": "left", "x": 1, "y": 2},
        pending_safety_checks=[{"id": "mark1", "code": "malicious", "message": "hm"}],
    ),
    hosted(
        "local_shell_call",
        call_id="call_1",
        action={"type": "exec", "command": ["ls", "mark1"], "env": {}},
    ),
    hosted(
        "shell_call",
        call_id="call_1",
        action={"commands": ["mark1"], "timeout_ms": None, "max_output_length": None},
        environment=None,
    ),
    hosted(
        "shell_call_output",
        call_id="call_1",
        max_output_length=None,
        output=[
            {"stdout": "mark1", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}},
        ],
    ),
    hosted(
        "apply_patch_call",
        call_id="call_1",
        operation={"type": "update_file", "path": "a.py", "diff": "mark1"},
    ),
    hosted("tool_search_call", call_id=None, execution="server", arguments={"paths": ["mark1"]}),
    hosted("compaction", encrypted_content="mark1"),
    hosted("something_of_the_future", new_field={"deep": ["mark1"]}),
]

WHOLE = [
    whole(
        "everything that a text has beside it",
        REF + "output_text",
        message(
            {
                "type": "output_text",
                "text": "Hi",
                "annotations": [URL, FILE, BOX],
                "logprobs": [
                    {"token": "mark4", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}
                ],
            },
            phase="final_answer",
        ),
        text="Hi",
        r_service_tier="markflex",
        r_tool_usage={"web_search": {"num_requests": 1}, "note": "mark5"},
        r_usage=counted(20, 9, 8, 5),
        usage=Usage(12, 8, 0, 9, 5),
    ),
    whole(
        "thoughts, shown and sealed, and a call",
        REF + "reasoning",
        REASONING,
        said("Let me see", phase="commentary"),
        called(namespace="mark1ns", caller={"type": "direct"}),
        called(id="fc_2", call_id="call_2", name="x", arguments="{}"),
        text="Let me see",
        thoughts="**So** on",
        calls=(("w", CITY), ("x", {})),
        ids=("call_1", "call_2"),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "thoughts as they were",
        "OpenAI, gpt-oss: How to handle the raw chain of thought",
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [],
            "content": [{"type": "reasoning_text", "text": "So"}],
            "encrypted_content": "",
        },
        said(),
        text="Hi",
        thoughts="So",
    ),
    whole(
        "sealed thoughts only",
        REF + "reasoning",
        {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "marksealed"},
        said(),
        text="Hi",
    ),
    whole(
        "a custom tool",
        REF + "custom_tool_call",
        {
            "id": "ctc_1",
            "type": "custom_tool_call",
            "status": "completed",
            "call_id": "call_1",
            "name": "sh",
            "input": "ls -l",
        },
        calls=(("sh", "ls -l"),),
        ids=("call_1",),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "a refusal",
        REF + "refusal",
        message({"type": "refusal", "refusal": "I cannot"}),
        text="I cannot",
        stop=StopReason.REFUSAL,
    ),
    whole(
        "two messages, one of two parts",
        REF + "message",
        message(
            {"type": "output_text", "text": "A", "annotations": []},
            {"type": "output_text", "text": "B", "annotations": []},
            phase="commentary",
        ),
        said("C", id_="msg_2", phase="final_answer"),
        text="ABC",
    ),
    whole(
        "cut by the limit",
        REF + "incomplete_details",
        said(status="incomplete"),
        text="Hi",
        stop=StopReason.LENGTH,
        r_status="incomplete",
        r_incomplete_details={"reason": "max_output_tokens"},
    ),
    whole(
        "cut by the limit while thinking",
        REF + "incomplete_details; BerriAI/litellm 37710",
        {**REASONING, "encrypted_content": None, "status": "incomplete"},
        thoughts="**So** on",
        stop=StopReason.LENGTH,
        r_status="incomplete",
        r_incomplete_details={"reason": "max_output_tokens"},
    ),
    whole(
        "filtered",
        REF + "incomplete_details",
        said(),
        text="Hi",
        stop=StopReason.CONTENT_FILTER,
        r_status="incomplete",
        r_incomplete_details={"reason": "content_filter"},
    ),
    whole(
        "steered away",
        REF + "incomplete_details",
        said(),
        text="Hi",
        stop=StopReason.OTHER,
        r_status="incomplete",
        r_incomplete_details={"reason": "steered"},
    ),
    whole(
        "waiting in the background",
        REF + "status; OpenAI guides, Background mode",
        stop=StopReason.PAUSE,
        usage=None,
        r_status="queued",
        r_background=True,
        r_usage=None,
    ),
    whole(
        "failed",
        REF + "error",
        r_status="failed",
        r_error={"code": "server_error", "message": "no"},
        fails=ANYHOW,
        r_usage=None,
    ),
    whole(
        "nobody counted",
        "Self-hosted servers",
        said(),
        text="Hi",
        usage=None,
        r_usage=None,
    ),
    whole(
        "arguments as a value, no ids",
        "Self-hosted servers",
        {"type": "function_call", "call_id": "call_1", "name": "w", "arguments": CITY},
        **CALLS,
    ),
    whole(
        "content as text",
        "Self-hosted servers; the input's short form",
        {"type": "message", "role": "assistant", "content": "Hi"},
        text="Hi",
    ),
]
WHOLES = [*HOSTED, *WHOLE]
