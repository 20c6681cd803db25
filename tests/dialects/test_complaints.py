"""The words of error bodies of any shape."""

import pytest

from understudy.dialects.complaints import MESSAGE_CHARS, plain, short, word


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), ("", None), (429, "429"), (True, None), (None, None), ({}, None), (1.5, None)],
)
def test_a_code_is_a_word_or_a_whole_number(value: object, expected: str | None) -> None:
    assert word(value) == expected


def test_a_page_is_described_and_other_text_is_quoted() -> None:
    page = b"<html><head><title>Sign in</title></head></html>"
    assert plain(page) == "expected JSON, found <html>: Sign in"
    assert plain(b"  upstream connect error\n") == "upstream connect error"
    assert plain(b"\xff") == "\ufffd"


def test_a_message_is_cut_and_shows_that_it_was() -> None:
    assert short("x" * MESSAGE_CHARS) == "x" * MESSAGE_CHARS
    assert short("x" * 9999) == "x" * (MESSAGE_CHARS - 1) + "\u2026"
    assert len(plain(b"x" * 99_999)) == MESSAGE_CHARS
