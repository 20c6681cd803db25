"""Bytes to events: streams and whole bodies (docs.cohere.com/docs/streaming, November 2026)."""

import itertools

import msgspec
import pytest
from tests.dialects.cohere_chat.talk import (
    DONE,
    OK,
    USAGE,
    block,
    call,
    dump,
    end,
    events,
    flag,
    said,
    start,
    stop,
    words,
)
from tests.dialects.kept import assert_kept

from understudy.chat.events import Failed, Finished, PartDelta, PartKind, StopReason
from understudy.chat.response import fold
from understudy.dialects.cohere_chat import DIALECT
from understudy.wire.http import ResponseHead

CITED = {"start": 0, "end": 3, "text": "The", "sources": [], "type": "TEXT_CONTENT"}
FULL = b"".join(
    (
        start(),
        said("tool-plan-delta", tool_plan="I will"),
        said("tool-plan-delta", tool_plan=" look."),
        block("thinking", 0),
        words("Hm\u00e9", 0, "thinking"),
        stop(0),
        block("text", 1),
        words("The ", 1),
        words("sky\u4f60", 1),
        said("citation-start", 0, citations={**CITED, "content_index": 1}),
        b'event: citation-end\ndata: {"type":"citation-end","index":0}\n\n',
        stop(1),
        call(0, "weather_1", "weather", '{"city":', ' "Paris"}'),
        call(1, "time_2", "time"),
        end("TOOL_CALL"),
        DONE,
    )
)


def test_an_answer_that_said_nothing_ends_with_its_last_frame() -> None:
    decoder = DIALECT.decoder(ResponseHead(200, ()), stream=True)
    *items, last = decoder.receive_data(start() + end() + b"data: [DONE]\n\n")
    assert all(not isinstance(event, Failed) for item in items for event in item.events)
    assert isinstance(last.events[-1], Failed)
    assert last.raw == b"data: [DONE]\n\n"


def test_a_stream_says_plan_thoughts_text_and_calls_in_order() -> None:
    response = fold(events(FULL))
    assert [piece.start.kind for piece in response.pieces] == [
        PartKind.REASONING,
        PartKind.REASONING,
        PartKind.TEXT,
        PartKind.TOOL_CALL,
        PartKind.TOOL_CALL,
    ]
    assert [piece.text for piece in response.pieces] == [
        "I will look.",
        "Hm\u00e9",
        "The sky\u4f60",
        '{"city": "Paris"}',
        "",
    ]
    assert response.pieces[0].start.field == "tool_plan"
    assert len(response.pieces[2].citations) == 1
    assert response.stop is StopReason.TOOL_CALLS
    assert response.usage is not None
    assert response.usage.prompt_tokens == 71
    assert response.usage.cache_read_tokens == 16


def test_any_two_cuts_give_the_same_and_keep_all_bytes() -> None:
    expected = events(FULL)
    for first, second in itertools.combinations(range(0, len(FULL), 23), 2):
        decoder = DIALECT.decoder(OK, stream=True)
        pieces = (FULL[:first], FULL[first:second], FULL[second:])
        items = [item for piece in pieces for item in decoder.receive_data(piece)]
        items += decoder.receive_eof()
        assert [event for item in items for event in item.events] == expected
        assert_kept(items, FULL)


def test_whatever_is_cut_off_it_is_no_answer() -> None:
    for at in range(len(FULL) - len(DONE) - len("\n\n")):
        last = events(FULL[:at])[-1]
        assert isinstance(last, Failed), at


def test_a_stream_without_the_last_frame_is_whole() -> None:
    assert isinstance(events(FULL.removesuffix(DONE))[-1], Finished)
    assert isinstance(events(FULL.removesuffix(b"\n\n" + DONE))[-1], Finished)


def test_a_citation_behind_the_end_of_its_block_belongs_to_it() -> None:
    late = said("citation-start", 0, citations={**CITED, "content_index": 0})
    response = fold(events(start() + block() + words("The sky") + stop() + late + end()))
    assert [citation.start for citation in response.pieces[0].citations] == [0]


def test_a_citation_that_belongs_to_nothing_is_kept() -> None:
    lone = said("citation-start", 0, citations=CITED)
    body = start() + lone + block() + words("a") + end()
    (last,) = [each for each in events(body) if isinstance(each, Finished)]
    assert last.fields is not None
    assert msgspec.json.decode(last.fields["cohere_chat.citations"]) == [CITED]


def test_plain_deltas_go_on_the_short_way() -> None:
    heard = events(start() + block() + words("a") + words("") + words("b") + stop() + end())
    assert [each for each in heard if isinstance(each, PartDelta)] == [
        PartDelta(0, "a"),
        PartDelta(0, "b"),
    ]


def test_probabilities_stay_with_their_text() -> None:
    one = {"text": "a", "token_ids": [1], "logprobs": [-0.5]}
    delta = (
        b"event: content-delta\ndata: "
        + dump(
            {
                "type": "content-delta",
                "index": 0,
                "delta": {"message": {"content": {"text": "a"}}},
                "logprobs": one,
            }
        )
        + b"\n\n"
    )
    response = fold(events(start() + block() + delta + stop() + end()))
    fields = response.pieces[0].fields
    assert fields is not None
    assert msgspec.json.decode(fields["cohere_chat.logprobs"]) == [one]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b"<html><body>Sign in</body></html>", "html_body"),
        (b'{"message":"invalid api token"}', "error_object_in_200"),
        (b'{"id":"1","message":{"content":[]},"finish_reason":"COMPLETE"}', "unparsable_chunk"),
        (start() + b"data: {oops}\n\n", "unparsable_chunk"),
        (start() + b"data: [1]\n\n", "unparsable_chunk"),
        (start() + b'data: {"message":"an engine died"}\n\n', "error_object_in_data"),
        (start() + b'event: error\ndata: {"error":"dead"}\n\n', "error_object_in_data"),
        (start() + block() + words("a"), "eof_without_terminator"),
        (start() + block() + words("a") + DONE, "done_without_finish"),
        (start() + end(), "empty_200"),
        (start() + block() + words("a") + end("ERROR", error="died"), "error_object_in_data"),
        (start() + block() + words("a") + end("TIMEOUT"), "error_object_in_data"),
        (start() + block() + words("a") + end(""), "done_without_finish"),
        (start() + said("tool-call-delta", 0, tool_calls={}), "unparsable_chunk"),
    ],
)
def test_what_is_no_answer_is_a_failure(data: bytes, expected: str) -> None:
    assert flag(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b"<html>", "html_body"),
        (b'{"message":"invalid request"}', "error_object_in_200"),
        (b'{"error":{"message":"busy"}}', "error_object_in_200"),
        (b"[1]", "invalid_json_body"),
        (b'{"id":"1"}', "invalid_json_body"),
        (b'{"id":"1","message":{"content":[{"type":"text","text":"a"}]}}', "done_without_finish"),
        (dump({"message": {}, "finish_reason": "COMPLETE", "usage": USAGE}), "empty_200"),
        (dump({"message": {}, "finish_reason": "ERROR"}), "error_object_in_200"),
    ],
)
def test_a_body_that_is_no_answer_is_a_failure(data: bytes, expected: str) -> None:
    assert flag(data, stream=False) == expected


def test_a_page_and_a_body_are_known_by_their_type() -> None:
    for kind, body in ((b"text/html", b"Sign in"), (b"application/json", b'{"message":"no"}')):
        decoder = DIALECT.decoder(ResponseHead(200, ((b"content-type", kind),)), stream=True)
        decoder.receive_data(body)
        (item,) = decoder.receive_eof()
        assert isinstance(item.events[0], Failed)


def test_nothing_is_read_behind_the_end() -> None:
    heard = events(start() + block() + words("a") + end() + words("b"))
    assert isinstance(heard[-1], Finished)
