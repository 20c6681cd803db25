"""The words of error bodies of any shape."""

import msgspec
import pytest

from understudy.chat.failure import Failure, Fault, Progress, Scope, Signal, Surface
from understudy.dialects.complaints import (
    MESSAGE_CHARS,
    hinted,
    named,
    plain,
    short,
    status_of,
    timed_out,
    waiting,
    word,
    worded,
)
from understudy.wire.http import ResponseHead


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


def failure(
    fault: Fault, status: int | None, kind: str = "x", wait: float | None = None
) -> Failure:
    return Failure(
        kind, fault, "host", Scope.HOST, Progress.SENT, "", status=status, retry_after=wait
    )


def test_a_field_of_the_head_wins_over_the_body() -> None:
    said = Signal(Surface.HTTP, retry_after=3.0)
    assert hinted(said, ResponseHead(429, ())).retry_after == 3.0
    found = hinted(said, ResponseHead(429, ((b"retry-after", b"7"),)))
    assert (found.status, found.retry_after) == (429, 7.0)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (failure(Fault.CLIENT, None), 400),
        (failure(Fault.CLIENT, 404), 404),
        (failure(Fault.UPSTREAM, None), 502),
        (failure(Fault.UPSTREAM, 200), 502),
        (failure(Fault.UPSTREAM, None, "any.transport.ttfb_timeout"), 504),
        (failure(Fault.UPSTREAM, None, "any.transport.idle_mid_stream"), 504),
        (failure(Fault.UPSTREAM, 408), 504),
        (failure(Fault.CLIENT, 408), 408),
        (failure(Fault.CLIENT, 403, "together.403.context"), 400),
        (failure(Fault.GATEWAY, None), 503),
        (failure(Fault.UPSTREAM, 400), 502),
        (failure(Fault.UPSTREAM, 401), 502),
        (failure(Fault.UPSTREAM, 529), 503),
        (failure(Fault.UPSTREAM, 429), 429),
    ],
)
def test_our_own_keys_trouble_is_not_the_clients(said: Failure, status: int) -> None:
    assert status_of(said) == status


def test_a_request_is_named_in_the_field_of_the_api() -> None:
    failed = failure(Fault.GATEWAY, 503)
    assert named(failed, b"request-id") == ()
    known = msgspec.structs.replace(failed, request_id="us-\u00e9")
    assert named(known, b"request-id") == ((b"request-id", b"us-?"),)


def test_nobody_is_called_back_too_soon() -> None:
    assert waiting(failure(Fault.UPSTREAM, 429)) == ()
    assert waiting(failure(Fault.UPSTREAM, 429, wait=3.2)) == ((b"retry-after", b"4"),)
    assert waiting(failure(Fault.UPSTREAM, 429, wait=0.1)) == ((b"retry-after", b"1"),)


def test_a_provider_that_says_too_late_is_believed() -> None:
    assert timed_out(failure(Fault.UPSTREAM, 504))
    assert not timed_out(failure(Fault.CLIENT, 408))
    assert not timed_out(failure(Fault.UPSTREAM, 500))


def test_what_does_not_fit_begins_as_the_api_has_it() -> None:
    long = msgspec.structs.replace(failure(Fault.CLIENT, 400, "x.context"), message="9 > 8 tokens")
    assert worded(long, "Too long") == "Too long: 9 > 8 tokens"
    same = msgspec.structs.replace(long, message="too long, by far")
    assert worded(same, "Too long") == "too long, by far"
    assert worded(msgspec.structs.replace(long, kind="x.y"), "Too long") == "9 > 8 tokens"
