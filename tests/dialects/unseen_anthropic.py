"""Answers of Messages as Anthropic's documents and the types of its client describe them.

Sources: platform.claude.com/docs, "Streaming messages", "Extended thinking", "Web search tool",
"Code execution tool", "MCP connector", "Citations", "Handling stop reasons", "Fine-grained tool
streaming"; types of `anthropic` 2.13 (November 2026).
"""

from typing import Any

from tests.dialects.unseen import Case, dump
from tests.dialects.unseen_others import Break, named

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

NAME = "anthropic_messages"
USED: dict[str, Any] = {"input_tokens": 9, "output_tokens": 4}
PLAIN = Usage(9, 0, 0, 4)
CITY = {"city": "Oslo"}
PING = {"type": "ping"}
STOP = {"type": "message_stop"}


def begin(**more: Any) -> dict[str, Any]:
    """The start of a message, which counts the prompt, and the first token of the answer."""
    usage = {"input_tokens": 9, "output_tokens": 1, **more.pop("usage", {})}
    said = {"stop_reason": None, "stop_sequence": None, "usage": usage, **more}
    return {"type": "message_start", "message": {**message([]), **said}}


def message(content: list[Any], stop: str | None = None, **more: Any) -> dict[str, Any]:
    said = {"id": "msg_01", "type": "message", "role": "assistant", "model": "claude-x"}
    end = {"stop_reason": stop, "stop_sequence": None, "usage": USED}
    return {**said, "content": content, **end, **more}


def block(index: int, start: dict[str, Any], *deltas: Any) -> list[dict[str, Any]]:
    begun = {"type": "content_block_start", "index": index, "content_block": start}
    said = [{"type": "content_block_delta", "index": index, "delta": each} for each in deltas]
    return [begun, *said, {"type": "content_block_stop", "index": index}]


def text(index: int, *words: str, **start: Any) -> list[dict[str, Any]]:
    deltas = [{"type": "text_delta", "text": each} for each in words]
    return block(index, {"type": "text", "text": "", **start}, *deltas)


def thought(index: int, *words: str, signature: str = "c2ln") -> list[dict[str, Any]]:
    deltas = [{"type": "thinking_delta", "thinking": each} for each in words]
    sealed = {"type": "signature_delta", "signature": signature}
    return block(index, {"type": "thinking", "thinking": "", "signature": ""}, *deltas, sealed)


def call(index: int, *pieces: str, kind: str = "tool_use", **more: Any) -> list[dict[str, Any]]:
    start = {"type": kind, "id": f"toolu_{index}", "name": "w", "input": {}, **more}
    deltas = [{"type": "input_json_delta", "partial_json": each} for each in pieces]
    return block(index, start, *deltas)


def end(stop: str, sequence: str | None = None, **more: Any) -> list[dict[str, Any]]:
    """How it ended. Fields that begin with `d_` are the delta's."""
    delta = {name[2:]: each for name, each in more.items() if name.startswith("d_")}
    beside = {name: each for name, each in more.items() if not name.startswith("d_")}
    said = {"stop_reason": stop, "stop_sequence": sequence, **delta}
    return [{"type": "message_delta", "delta": said, "usage": {"output_tokens": 4}, **beside}, STOP]


def stream(id_: str, source: str, *events: Any, **told: Any) -> Case:
    flat = [each for event in events for each in (event if isinstance(event, list) else [event])]
    return Case(id_, NAME, named(*flat), source, **{"usage": PLAIN, **told})


def whole(id_: str, source: str, body: dict[str, Any], **told: Any) -> Case:
    return Case(id_, NAME, dump(body), source, stream=False, **{"usage": PLAIN, **told})


def sealed(words: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": words, "signature": "c2ln"}


def words(said: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": said, **more}


def used(number: int = 0, given: Any = None, **more: Any) -> dict[str, Any]:
    said = CITY if given is None else given
    return {"type": "tool_use", "id": f"toolu_{number}", "name": "w", "input": said, **more}


CALLS = {"calls": (("w", CITY),), "stop": StopReason.TOOL_CALLS}
HIDDEN = {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"}
THINKING = "Extended thinking"
STREAMING = "Streaming messages"
TOOLS = "Tool use with Claude"
STOPS = "Handling stop reasons"

THOUGHTS = [
    stream(
        "thinking, then text, with pings",
        THINKING,
        begin(),
        PING,
        thought(0, "Let me ", "see"),
        PING,
        text(1, "Rain", ""),
        end("end_turn"),
        thoughts="Let me see",
        text="Rain",
    ),
    stream(
        "thinking that is left out of the answer",
        "Extended thinking: display omitted",
        begin(),
        thought(0),
        text(1, "Rain"),
        end("end_turn"),
        text="Rain",
    ),
    stream(
        "redacted between thoughts",
        "Extended thinking: redacted",
        begin(),
        thought(0, "One"),
        block(1, HIDDEN),
        thought(2, "Two"),
        text(3, "Rain"),
        end("end_turn"),
        thoughts="OneTwo",
        text="Rain",
    ),
    stream(
        "interleaved thinking",
        "Extended thinking: interleaved",
        begin(),
        thought(0, "First"),
        text(1, "Looking"),
        call(2, "", '{"city"', ': "Oslo"}'),
        thought(3, "Then"),
        call(4, "", '{"city": "Rome"}'),
        end("tool_use"),
        thoughts="FirstThen",
        text="Looking",
        calls=(("w", CITY), ("w", {"city": "Rome"})),
        ids=("toolu_2", "toolu_4"),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "interleaved thinking",
        "Extended thinking: interleaved",
        message([sealed("A"), words("B"), used(), HIDDEN, sealed("C"), used(1)], "tool_use"),
        thoughts="AC",
        text="B",
        calls=(("w", CITY), ("w", CITY)),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "nothing but a redacted thought and a call",
        "Extended thinking: redacted",
        message([HIDDEN, used()], "tool_use"),
        **CALLS,
    ),
]

CALLED = [
    stream(
        "a call whose input never comes",
        STREAMING,
        begin(),
        call(0),
        end("tool_use"),
        calls=(("w", {}),),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "a call whose input comes in empty pieces",
        STREAMING,
        begin(),
        call(0, "", ""),
        end("tool_use"),
        calls=(("w", {}),),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "a call whose input its start gives whole",
        STREAMING,
        begin(),
        call(0, input=CITY),
        end("tool_use"),
        **CALLS,
    ),
    stream(
        "a call that a program made",
        "Programmatic tool calling",
        begin(),
        call(0, '{"city":"Oslo"}', caller={"type": "code_execution_20260120", "tool_id": "mark1"}),
        end("tool_use", d_container={"id": "mark2", "expires_at": "2026-11-25T00:00:00Z"}),
        **CALLS,
    ),
    stream(
        "a tool of a set",
        "types: ToolUseBlock.toolset_name",
        begin(),
        call(0, '{"city":"Oslo"}', toolset_name="markset"),
        end("tool_use"),
        **CALLS,
    ),
    stream(
        "an argument cut short",
        "Fine-grained tool streaming",
        begin(),
        call(0, '{"city": "Os'),
        end("max_tokens"),
        calls=(("w", '{"city": "Os'),),
        stop=StopReason.LENGTH,
    ),
    stream(
        "arguments that are no JSON",
        "Fine-grained tool streaming",
        begin(),
        call(0, '{"city": ', "Oslo}"),
        end("tool_use"),
        calls=(("w", '{"city": Oslo}'),),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "arguments of which the largest part is one string",
        "Fine-grained tool streaming",
        begin(),
        call(0, '{"city":"O', "s\\u00f8", "\\n", '","n":12345678901234567890,"f":1.50}'),
        end("tool_use"),
        calls=(("w", {"city": "Osø\n", "n": 12345678901234567890, "f": 1.5}),),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "an empty text before a call",
        TOOLS,
        begin(),
        text(0),
        call(1, '{"city":"Oslo"}'),
        end("tool_use"),
        **CALLS,
    ),
    whole(
        "an empty text before a call",
        TOOLS,
        message([words(""), used(), used(1, {})], "tool_use"),
        calls=(("w", CITY), ("w", {})),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "calls side by side",
        STREAMING,
        begin(),
        call(0, '{"city":"Oslo"}')[:2],
        call(1, '{"city":"Rome"}')[:2],
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_stop", "index": 1},
        end("tool_use"),
        calls=(("w", CITY), ("w", {"city": "Rome"})),
        stop=StopReason.TOOL_CALLS,
    ),
]

STOPPED = [
    stream(
        f"stopped: {native}",
        STOPS,
        begin(),
        text(0, "Rain"),
        end(native, d_stop_details=details),
        text="Rain",
        stop=stop,
    )
    for native, stop, details in (
        ("max_tokens", StopReason.LENGTH, None),
        ("model_context_window_exceeded", StopReason.LENGTH, None),
        ("pause_turn", StopReason.PAUSE, None),
        (
            "refusal",
            StopReason.REFUSAL,
            {"type": "refusal", "category": "markcyber", "explanation": "mark2why"},
        ),
        ("a_reason_of_the_future", StopReason.OTHER, None),
    )
] + [
    stream(
        "stopped: stop_sequence",
        STOPS,
        begin(),
        text(0, "Rain"),
        end("stop_sequence", "Human:"),
        text="Rain",
        stop=StopReason.STOP_SEQUENCE,
        stop_sequence="Human:",
    ),
    stream(
        "a refusal before the first word",
        STOPS,
        begin(),
        end("refusal", d_stop_details={"type": "refusal", "category": None, "explanation": None}),
        stop=StopReason.REFUSAL,
    ),
    whole("a refusal without a word", STOPS, message([], "refusal"), stop=StopReason.REFUSAL),
    whole("nothing to add", STOPS, message([], "end_turn")),
    stream("nothing to add", STOPS, begin(), end("end_turn")),
    stream("nothing but an empty text", STOPS, begin(), text(0, ""), end("end_turn")),
    stream(
        "no message_stop",
        "proxies before it",
        begin(),
        text(0, "Rain"),
        end("end_turn")[:1],
        text="Rain",
    ),
]


def broken(id_: str, said: list[Any], saw: dict[str, Any], words: str = "Ra") -> Break:
    return Break(stream(id_, "Errors", *said, text=words), saw)


def error(kind: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": "No"}, "request_id": "req_1"}


BROKEN = [
    broken("overloaded", [begin(), text(0, "Ra")[:2], error("overloaded_error")],
           {"type": "overloaded_error", "event": "error", "message": "No"}),
    broken("an error inside of arguments", [begin(), call(0, '{"ci')[:2], error("api_error")],
           {"type": "api_error", "event": "error"}, '{"ci'),
    broken("an error at once", [error("rate_limit_error")], {"type": "rate_limit_error"}, ""),
    broken("no end", [begin(), text(0, "Ra")], {"flag": "eof_without_terminator"}),
    broken("an end that gives no reason", [begin(), text(0, "Ra"), STOP],
           {"flag": "done_without_finish"}),
    broken("a block that never began", [begin(), text(0, "Ra"), text(1, "x")[1:]],
           {"flag": "duplicate_or_out_of_order"}),
]  # fmt: skip
