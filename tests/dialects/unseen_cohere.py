"""Answers of Cohere's chat as its documents and the types of its client describe them.

Sources: docs.cohere.com/reference/chat and chat-stream, "Reasoning", "Tool use: streaming",
"RAG citations"; types of `cohere` 7.3 (November 2026).
"""

from typing import Any

from tests.dialects.unseen import Case, dump
from tests.dialects.unseen_others import Break, named

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

NAME = "cohere_chat"
COUNTS = {
    "billed_units": {"input_tokens": 3, "output_tokens": 4},
    "tokens": {"input_tokens": 9, "output_tokens": 5},
}
PLAIN = Usage(9, 0, 0, 5)
CITY = {"city": "Oslo"}
CHAT = "API reference, Chat (v2)"
STREAM = "API reference, Chat with Streaming (v2)"
DONE = b"data: [DONE]\n\n"
EMPTY = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
BEGIN = {"type": "message-start", "id": "c1", "delta": {"message": EMPTY}}


def said(kind: str, index: int | None, message: Any, **more: Any) -> dict[str, Any]:
    place = {} if index is None else {"index": index}
    return {"type": kind, **place, "delta": {"message": message}, **more}


def block(index: int, *words: str, kind: str = "text", **more: Any) -> list[dict[str, Any]]:
    start = {"type": kind, kind: ""}
    return [
        said("content-start", index, {"content": start}),
        *(said("content-delta", index, {"content": {kind: each}}, **more) for each in words),
        {"type": "content-end", "index": index},
    ]


def plan(*words: str) -> list[dict[str, Any]]:
    return [said("tool-plan-delta", None, {"tool_plan": each}) for each in words]


def call(index: int, *pieces: str, name: str = "w") -> list[dict[str, Any]]:
    start = {"id": f"w_{index}", "type": "function", "function": {"name": name, "arguments": ""}}
    return [
        said("tool-call-start", index, {"tool_calls": start}),
        *(
            said("tool-call-delta", index, {"tool_calls": {"function": {"arguments": each}}})
            for each in pieces
        ),
        {"type": "tool-call-end", "index": index},
    ]


def cite(index: int, citation: dict[str, Any]) -> list[dict[str, Any]]:
    start = said("citation-start", index, {"citations": citation})
    return [start, {"type": "citation-end", "index": index}]


def end(reason: str = "COMPLETE", **more: Any) -> dict[str, Any]:
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": COUNTS, **more}}


def stream(id_: str, *events: Any, done: bytes = DONE, **told: Any) -> Case:
    flat = [each for event in events for each in (event if isinstance(event, list) else [event])]
    return Case(id_, NAME, named(*flat, end=done), STREAM, **{"usage": PLAIN, **told})


def whole(id_: str, message: dict[str, Any], reason: str = "COMPLETE", **more: Any) -> Case:
    """A whole answer. Fields that begin with `b_` are the body's."""
    body = {name[2:]: each for name, each in more.items() if name.startswith("b_")}
    told = {name: each for name, each in more.items() if not name.startswith("b_")}
    message = {"role": "assistant", **message}
    answer = {"id": "c1", "finish_reason": reason, "message": message, "usage": COUNTS, **body}
    return Case(id_, NAME, dump(answer), CHAT, stream=False, **{"usage": PLAIN, **told})


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def used(number: int = 0, arguments: str = '{"city":"Oslo"}') -> dict[str, Any]:
    function = {"name": "w", "arguments": arguments}
    return {"id": f"w_{number}", "type": "function", "function": function}


CALLED = StopReason.TOOL_CALLS
SOURCES = [
    {"type": "document", "id": "doc:0", "document": {"id": "doc:0", "title": "marktitle"}},
    {"type": "tool", "id": "tool:0", "tool_output": {"content": "marktool"}},
]
CITATION = {"start": 0, "end": 2, "text": "It", "sources": SOURCES, "type": "TEXT_CONTENT"}

TALK = [
    stream("text in pieces", BEGIN, block(0, "Ra", "", "in"), end(), text="Rain"),
    stream(
        "thoughts, then text",
        BEGIN,
        block(0, "Let me ", "see", kind="thinking"),
        block(1, "Rain"),
        end(),
        thoughts="Let me see",
        text="Rain",
    ),
    whole(
        "thoughts, then text",
        {"content": [{"type": "thinking", "thinking": "Hm"}, words("Rain"), words("!")]},
        thoughts="Hm",
        text="Rain!",
    ),
    stream(
        "a plan, then calls",
        BEGIN,
        plan("I will ", "look"),
        call(0, '{"city"', ': "Oslo"}'),
        call(1, '{"city": "Rome"}'),
        end("TOOL_CALL"),
        thoughts="I will look",
        calls=(("w", CITY), ("w", {"city": "Rome"})),
        ids=("w_0", "w_1"),
        stop=CALLED,
    ),
    whole(
        "a plan, then calls",
        {"tool_plan": "I will look", "tool_calls": [used(), used(1, "{}"), used(2, "null")]},
        "TOOL_CALL",
        thoughts="I will look",
        calls=(("w", CITY), ("w", {}), ("w", {})),
        stop=CALLED,
    ),
    stream(
        "thoughts, then a call without arguments",
        BEGIN,
        block(0, "Hm", kind="thinking"),
        call(0),
        end("TOOL_CALL"),
        thoughts="Hm",
        calls=(("w", {}),),
        stop=CALLED,
    ),
    stream(
        "text and a call",
        BEGIN,
        block(0, "See: "),
        call(0, '{"city":"Oslo"}'),
        end("TOOL_CALL"),
        text="See: ",
        calls=(("w", CITY),),
        stop=CALLED,
    ),
    stream(
        "arguments cut short",
        BEGIN,
        call(0, '{"city": "Os'),
        end("MAX_TOKENS"),
        calls=(("w", '{"city": "Os'),),
        stop=StopReason.LENGTH,
    ),
    stream(
        "a start that says the first word",
        BEGIN,
        [said("content-start", 0, {"content": words("Ra")}), *block(0, "in")[1:]],
        end(),
        text="Rain",
    ),
    stream(
        "calls side by side",
        BEGIN,
        call(0, '{"city":')[:2],
        call(1, '{"city":"Rome"}')[:2],
        said("tool-call-delta", 0, {"tool_calls": {"function": {"arguments": '"Oslo"}'}}}),
        {"type": "tool-call-end", "index": 0},
        {"type": "tool-call-end", "index": 1},
        end("TOOL_CALL"),
        calls=(("w", CITY), ("w", {"city": "Rome"})),
        stop=CALLED,
    ),
    stream("no [DONE]", BEGIN, block(0, "Rain"), end(), done=b"", text="Rain"),
    stream(
        "events of the future",
        {"type": "debug", "prompt": "x"},
        BEGIN,
        {"type": "weather", "rain": True},
        block(0, "Rain"),
        end(),
        text="Rain",
    ),
]

CITED = [
    stream(
        "cited while it goes on",
        BEGIN,
        block(0, "It ", "rains")[:-1],
        cite(0, {**CITATION, "content_index": 0}),
        cite(1, {"start": 3, "end": 8, "text": "rains", "sources": SOURCES[1:]}),
        {"type": "content-end", "index": 0},
        end(),
        text="It rains",
    ),
    stream(
        "cited behind its end, and thoughts as well",
        BEGIN,
        block(0, "Hm", kind="thinking"),
        cite(0, {**CITATION, "type": "THINKING_CONTENT", "content_index": 0, "text": "markhm"}),
        block(1, "It rains"),
        cite(1, {**CITATION, "content_index": 1, "text": "markit"}),
        end(),
        thoughts="Hm",
        text="It rains",
    ),
    stream(
        "a plan that is cited",
        BEGIN,
        plan("I will look"),
        cite(0, {**CITATION, "type": "PLAN", "text": "markplan"}),
        call(0, '{"city":"Oslo"}'),
        end("TOOL_CALL"),
        thoughts="I will look",
        calls=(("w", CITY),),
        stop=CALLED,
    ),
    whole(
        "cited",
        {"content": [words("It rains")],
         "citations": [CITATION, {**CITATION, "text": "marksecond", "content_index": 0}]},
        text="It rains",
    ),
    whole(
        "cited where there is nothing to cite",
        {"tool_calls": [used()], "citations": [{**CITATION, "text": "markstray"}]},
        "TOOL_CALL",
        calls=(("w", CITY),),
        stop=CALLED,
    ),
]  # fmt: skip

COUNTED = [
    stream(
        "log probabilities",
        BEGIN,
        block(0, "Ra", "in", logprobs={"text": "markra", "token_ids": [1], "logprobs": [-0.1]}),
        end(),
        text="Rain",
    ),
    whole(
        "log probabilities, and a field of the future",
        {"content": [words("Rain")], "mood": "markmood"},
        b_logprobs=[{"text": "markrain", "token_ids": [1, 2], "logprobs": [-0.1, -0.2]}],
        b_weather="markweather",
        text="Rain",
    ),
    stream(
        "all counts",
        BEGIN,
        block(0, "Rain"),
        end(usage={
            "billed_units": {"input_tokens": 3, "output_tokens": 4, "search_units": 1},
            "tokens": {"input_tokens": 506, "output_tokens": 5},
            "cached_tokens": 400,
        }),
        text="Rain",
        usage=Usage(106, 400, 0, 5),
    ),
    whole("only what is billed", {"content": [words("Rain")]}, text="Rain",
          b_usage={"billed_units": {"input_tokens": 3.0, "output_tokens": 4.0}},
          usage=Usage(3, 0, 0, 4)),
    whole("nobody counted", {"content": [words("Rain")]}, text="Rain", b_usage=None, usage=None),
]  # fmt: skip

STOPPED = [
    stream(f"stopped: {native}", BEGIN, block(0, "Rain"), end(native), text="Rain", stop=stop)
    for native, stop in (
        ("MAX_TOKENS", StopReason.LENGTH),
        ("STOP_SEQUENCE", StopReason.STOP_SEQUENCE),
        ("ERROR_TOXIC", StopReason.CONTENT_FILTER),
        ("OF_THE_FUTURE", StopReason.OTHER),
    )
] + [
    whole("nothing, up to the limit", {"content": []}, "MAX_TOKENS", stop=StopReason.LENGTH),
    stream(
        "thoughts alone, up to the limit",
        BEGIN,
        block(0, "Hm", kind="thinking"),
        end("MAX_TOKENS"),
        thoughts="Hm",
        stop=StopReason.LENGTH,
    ),
]


def broken(id_: str, *events: Any, words: str = "Ra", **saw: Any) -> Break:
    return Break(stream(id_, *events, done=b"", text=words), saw)


RA = block(0, "Ra")[:2]
BROKEN = [
    broken("an error at the end", BEGIN, RA, end("ERROR", error="No", usage=None), message="No"),
    broken("out of time", BEGIN, RA, end("TIMEOUT", usage=None), finish="TIMEOUT"),
    broken("no end", BEGIN, RA, flag="eof_without_terminator"),
    broken("an error for an event", BEGIN, RA, 'data: {"message":"No"}\n\n',
           message="No", flag="error_object_in_data"),
]  # fmt: skip
