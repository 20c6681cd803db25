"""Whole answers, and events in an order that the vendor does not promise."""

import msgspec
from msgspec import Raw
from tests.dialects.cohere_chat.talk import (
    USAGE,
    block,
    call,
    dump,
    end,
    events,
    said,
    start,
    words,
)

from understudy.chat.events import PartKind, Started, StopReason
from understudy.chat.response import fold

DOCUMENT = {"id": "doc:0", "title": "Tall penguins", "text": "Emperors are tallest."}
CITED = {
    "start": 4,
    "end": 12,
    "text": "penguins",
    "sources": [{"type": "document", "id": "doc:0", "document": DOCUMENT}],
    "type": "TEXT_CONTENT",
    "content_index": 1,
}
WHOLE = {
    "id": "c14c80c3",
    "finish_reason": "COMPLETE",
    "message": {
        "role": "assistant",
        "tool_plan": "I will look.",
        "content": [
            {"type": "thinking", "thinking": "Hm."},
            {"type": "text", "text": "The penguins."},
        ],
        "citations": [CITED],
        "tool_calls": [
            {"id": "a_1", "type": "function", "function": {"name": "a", "arguments": "null"}},
            {"id": "b_2", "type": "function", "function": {"name": "b", "arguments": '{"x":1}'}},
        ],
    },
    "usage": USAGE,
    "logprobs": [{"text": "The", "token_ids": [1]}],
}


def test_a_whole_answer_says_all_of_its_parts() -> None:
    response = fold(events(dump(WHOLE), stream=False))
    assert [piece.text for piece in response.pieces] == [
        "I will look.",
        "Hm.",
        "The penguins.",
        "",
        '{"x":1}',
    ]
    assert response.started == Started("c14c80c3", "")
    (citation,) = response.pieces[2].citations
    assert (citation.title, citation.quote) == ("Tall penguins", "Emperors are tallest.")
    assert (citation.start, citation.end) == (4, 12)
    assert response.stop is StopReason.END
    assert response.finished.fields is not None
    assert msgspec.json.decode(response.finished.fields["cohere_chat.logprobs"])[0]["text"] == "The"


def test_unknown_fields_are_kept_for_this_dialect() -> None:
    message = {"content": [{"type": "text", "text": "a", "mood": 1}], "extra": 2}
    body = {"message": message, "finish_reason": "COMPLETE", "region": "eu"}
    response = fold(events(dump(body), stream=False))
    assert response.started.fields == {"cohere_chat.extra": Raw(b"2")}
    assert response.pieces[0].fields == {"cohere_chat.mood": Raw(b"1")}
    assert response.finished.fields == {"cohere_chat.region": Raw(b'"eu"')}
    assert response.usage is None


def test_a_block_that_goes_on_after_another_is_a_part_of_its_own() -> None:
    heard = events(start() + block() + words("a") + call(0, "x", "f", "{}") + words("b") + end())
    response = fold(heard)
    assert [(piece.start.kind, piece.text) for piece in response.pieces] == [
        (PartKind.TEXT, "a"),
        (PartKind.TOOL_CALL, "{}"),
        (PartKind.TEXT, "b"),
    ]


def test_a_plan_that_goes_on_after_a_call_is_not_lost() -> None:
    plan = said("tool-plan-delta", tool_plan="p")
    response = fold(events(start() + plan + call(0, "x", "f") + plan + end("TOOL_CALL")))
    assert [piece.text for piece in response.pieces] == ["p", "", "p"]


def test_a_stream_that_does_not_say_its_start_has_one() -> None:
    response = fold(events(block() + words("a") + end("MAX_TOKENS")))
    assert response.started == Started("", "")
    assert response.stop is StopReason.LENGTH
