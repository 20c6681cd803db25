"""Bytes to events: lines and whole bodies."""

import itertools

import pytest
from tests.dialects.kept import assert_kept
from tests.dialects.ollama_chat.talk import OK, end, events, flag, line, text

from understudy.chat.events import Failed, Finished, PartDelta, PartEnded, PartKind, PartStarted
from understudy.chat.response import fold
from understudy.dialects.ollama_chat import DIALECT
from understudy.wire.http import ResponseHead

CALL = {"function": {"name": "weather", "arguments": {"city": "Paris"}}}
FULL = b"".join(
    (
        line({"role": "assistant", "content": "", "thinking": "Hm\u00e9"}),
        text("The "),
        text("sky\u4f60"),
        line({"role": "assistant", "content": "", "tool_calls": [CALL]}),
        end(),
    )
)


def test_a_stream_says_thoughts_text_and_calls_in_order() -> None:
    response = fold(events(FULL))
    kinds = [piece.start.kind for piece in response.pieces]
    assert kinds == [PartKind.REASONING, PartKind.TEXT, PartKind.TOOL_CALL]
    assert [piece.text for piece in response.pieces][:2] == ["Hm\u00e9", "The sky\u4f60"]
    assert response.pieces[2].text == '{"city": "Paris"}'
    assert response.started.created == 1786082926


def test_any_two_cuts_give_the_same_and_keep_all_bytes() -> None:
    expected = events(FULL)
    for first, second in itertools.combinations(range(0, len(FULL), 7), 2):
        decoder = DIALECT.decoder(OK, stream=True)
        pieces = (FULL[:first], FULL[first:second], FULL[second:])
        items = [item for piece in pieces for item in decoder.receive_data(piece)]
        items += decoder.receive_eof()
        assert [event for item in items for event in item.events] == expected
        assert_kept(items, FULL)


def test_whatever_is_cut_off_it_is_no_answer() -> None:
    for at in range(len(FULL) - 2):
        last = events(FULL[:at])[-1]
        assert isinstance(last, Failed), at


def test_a_last_line_without_its_end_counts() -> None:
    assert isinstance(events(FULL.rstrip())[-1], Finished)


def test_plain_lines_go_on_the_short_way() -> None:
    said = events(text("a") + text("b") + text("") + end())
    assert said[1:5] == [
        PartStarted(0, PartKind.TEXT),
        PartDelta(0, "a"),
        PartDelta(0, "b"),
        PartEnded(0),
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b"<html><body>Sign in</body></html>", "html_body"),
        (b'{"error":"model not loaded"}\n', "error_object_in_200"),
        (text("a") + b'{"error":"an engine died"}\n', "error_object_in_data"),
        (text("a") + b"{oops}\n", "unparsable_chunk"),
        (text("a") + b"[1]\n", "unparsable_chunk"),
        (b'{"model":"m"}\n', "unparsable_chunk"),
        (text("a"), "eof_without_terminator"),
        (text("a") + text("b")[:-9], "eof_without_terminator"),
        (end(), "empty_200"),
    ],
)
def test_what_is_no_answer_is_a_failure(data: bytes, expected: str) -> None:
    assert flag(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b"<html>", "html_body"),
        (b'{"error":"no"}', "error_object_in_200"),
        (b'{"model":"m","message":{"content":"a"},"done":false}', "done_without_finish"),
        (b"[1]", "invalid_json_body"),
        (b'{"model":1,"done":true}', "invalid_json_body"),
        (end(), "empty_200"),
    ],
)
def test_a_body_that_is_no_answer_is_a_failure(data: bytes, expected: str) -> None:
    assert flag(data, stream=False) == expected


def test_a_page_is_known_by_its_type() -> None:
    head = ResponseHead(200, ((b"content-type", b"text/html"),))
    decoder = DIALECT.decoder(head, stream=True)
    decoder.receive_data(b"Sign in")
    (item,) = decoder.receive_eof()
    assert isinstance(item.events[0], Failed)


def test_nothing_is_read_behind_the_end() -> None:
    said = events(text("a") + end() + text("b"))
    assert sum(isinstance(event, Finished) for event in said) == 1
    assert isinstance(said[-1], Finished)
