"""Bytes to events: streams and whole bodies (OpenAI API reference, "Completions", 2026)."""

import itertools

import pytest
from tests.dialects.kept import assert_kept
from tests.dialects.openai_completions.talk import (
    DONE,
    OK,
    USAGE,
    body,
    choice,
    chunk,
    dump,
    events,
    flag,
)

from understudy.chat.events import Failed, Finished, PartDelta, StopReason
from understudy.chat.response import fold
from understudy.dialects.openai_completions import DIALECT
from understudy.wire.http import ResponseHead

FULL = b"".join(
    (
        chunk(choice("This ")),
        chunk(choice("is\u4f60")),
        chunk(choice("That", index=1)),
        chunk(choice(" too", "length", index=1)),
        chunk(choice("", "stop")),
        chunk(usage=USAGE),
        DONE,
    )
)


def test_a_stream_says_its_texts_each_in_its_choice() -> None:
    response = fold(events(FULL))
    assert [(piece.start.choice, piece.text) for piece in response.pieces] == [
        (0, "This is\u4f60"),
        (1, "That too"),
    ]
    assert response.stop is StopReason.END
    assert [(end.choice, end.stop) for end in response.ends] == [(1, StopReason.LENGTH)]
    assert response.usage is not None
    assert response.usage.output_tokens == 7
    assert response.started.created == 1589478378


def test_any_two_cuts_give_the_same_and_keep_all_bytes() -> None:
    expected = events(FULL)
    for first, second in itertools.combinations(range(0, len(FULL), 17), 2):
        decoder = DIALECT.decoder(OK, stream=True)
        pieces = (FULL[:first], FULL[first:second], FULL[second:])
        items = [item for piece in pieces for item in decoder.receive_data(piece)]
        items += decoder.receive_eof()
        assert [event for item in items for event in item.events] == expected
        assert_kept(items, FULL)


def test_whatever_is_cut_off_before_the_last_finish_it_is_no_answer() -> None:
    for at in range(FULL.rindex(b'"stop"') + len('"stop"}]}')):
        assert isinstance(events(FULL[:at])[-1], Failed), at


def test_a_stream_without_the_last_frame_is_whole() -> None:
    decoder = DIALECT.decoder(OK, stream=True)
    items = [*decoder.receive_data(FULL.removesuffix(DONE)), *decoder.receive_eof()]
    assert items[-1].raw == DONE
    assert isinstance(items[-1].events[-1], Finished)


def test_usage_that_nobody_asked_for_is_hidden() -> None:
    decoder = DIALECT.decoder(OK, stream=True, hide_usage=True)
    items = decoder.receive_data(chunk(choice("a", "stop")) + chunk(usage=USAGE) + DONE)
    assert [item.is_hidden for item in items] == [False, True, False]


def test_plain_chunks_go_on_the_short_way() -> None:
    said = events(chunk(choice("a")) + chunk(choice("b")) + chunk(choice("", "stop")) + DONE)
    assert [each for each in said if isinstance(each, PartDelta)] == [
        PartDelta(0, "a"),
        PartDelta(0, "b"),
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b"<html><body>Sign in</body></html>", "html_body"),
        (b'{"error":{"message":"no"}}', "error_object_in_200"),
        (dump(body(choice("a", "stop"))), "unparsable_chunk"),
        (chunk(choice("a")) + b"data: {oops}\n\n", "unparsable_chunk"),
        (chunk(choice("a")) + b"data: [1]\n\n", "unparsable_chunk"),
        (b'data: {"value":"Sure"}\n\n', "unparsable_chunk"),
        (chunk(choice("a")) + b'data: {"error":{"message":"dead"}}\n\n', "error_object_in_data"),
        (chunk(choice("a")) + b'event: error\ndata: {"message":"x"}\n\n', "error_object_in_data"),
        (chunk(choice("a")), "eof_without_terminator"),
        (chunk(choice("a")) + DONE, "done_without_finish"),
        (chunk(choice("a")) + chunk(choice("", "abort")) + DONE, "eof_without_terminator"),
        (chunk(choice("", "stop")) + DONE, "empty_200"),
    ],
)
def test_what_is_no_answer_is_a_failure(data: bytes, expected: str) -> None:
    assert flag(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b"<html>", "html_body"),
        (b'{"error":{"message":"no"}}', "error_object_in_200"),
        (b'{"detail":"Not Found"}', "error_object_in_200"),
        (b"[1]", "invalid_json_body"),
        (b'{"id":"1"}', "invalid_json_body"),
        (dump(body()), "empty_200"),
        (dump(body(choice("a"))), "done_without_finish"),
        (dump({"choices": [1]}), "invalid_json_body"),
    ],
)
def test_a_body_that_is_no_answer_is_a_failure(data: bytes, expected: str) -> None:
    assert flag(data, stream=False) == expected


def test_a_page_and_a_body_are_known_by_their_type() -> None:
    for kind, data in ((b"text/html", b"Sign in"), (b"application/json", b'{"error":"no"}')):
        decoder = DIALECT.decoder(ResponseHead(200, ((b"content-type", kind),)), stream=True)
        decoder.receive_data(data)
        (item,) = decoder.receive_eof()
        assert isinstance(item.events[0], Failed)


def test_nothing_is_read_behind_the_end() -> None:
    assert isinstance(events(FULL + chunk(choice("b")))[-1], Finished)
