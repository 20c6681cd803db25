"""Failures, read and written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.anthropic_messages.talk import dump

from understudy.chat.failure import Failure, Fault, Progress, Quota, Scope, Surface
from understudy.dialects.anthropic_messages.failure import (
    parse_failure,
    read_error,
    render_failure,
)
from understudy.wire.http import ResponseHead, header


def failure(fault: Fault = Fault.UPSTREAM, kind: str = "k", **fields) -> Failure:
    return Failure(kind, fault, "host", Scope.HOST, Progress.SENT, "it broke", **fields)


def test_an_error_is_read_with_its_hints():
    error = {
        "type": "rate_limit_error",
        "message": "slow down",
        "details": {"error_code": "enforced_spend_limit_reached"},
    }
    headers = ((b"retry-after", b"7"), (b"x-should-retry", b"true"))
    signal = parse_failure(ResponseHead(429, headers), dump({"type": "error", "error": error}))
    assert (signal.surface, signal.status) == (Surface.HTTP, 429)
    assert (signal.type, signal.message) == ("rate_limit_error", "slow down")
    assert signal.code == "enforced_spend_limit_reached"
    assert (signal.retry_after, signal.should_retry) == (7.0, True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", ""),
        (b"upstream connect error", "upstream connect error"),
        (b"<html>", "expected JSON, found <html>"),
        (b'{"error":"no"}', "no"),
        (b'{"message":"no"}', "no"),
        (b'{"detail":"no"}', "no"),
        (b'["no"]', '["no"]'),
        (b'{"error":{"message":{"a":1}}}', ""),
    ],
)
def test_errors_of_other_shapes_are_read_for_their_words(body, message):
    assert read_error(body, Surface.HTTP).message == message


@given(st.binary(max_size=60))
def test_reading_never_raises(body):
    read_error(body, Surface.HTTP)


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        (failure(Fault.CLIENT), 400, "invalid_request_error"),
        (failure(Fault.CLIENT, status=401), 401, "authentication_error"),
        (failure(Fault.CLIENT, status=403), 403, "permission_error"),
        (
            failure(Fault.CLIENT, status=404, type="invalid_request_error"),
            404,
            "not_found_error",
        ),
        (failure(Fault.CLIENT, status=413), 413, "request_too_large"),
        (failure(Fault.CLIENT, status=422, type="odd"), 422, "invalid_request_error"),
        (failure(status=429), 429, "rate_limit_error"),
        (failure(status=401), 502, "api_error"),
        (failure(status=500), 500, "api_error"),
        (failure(status=502), 502, "api_error"),
        (failure(status=503), 529, "overloaded_error"),
        (failure(status=529), 529, "overloaded_error"),
        (failure(status=504), 504, "timeout_error"),
        (failure(), 529, "overloaded_error"),
        (failure(kind="any.transport.connect_timeout"), 504, "timeout_error"),
        (failure(Fault.GATEWAY), 529, "overloaded_error"),
        (failure(status=200), 529, "overloaded_error"),
    ],
)
def test_a_failure_is_said_in_the_words_of_this_dialect(said, status, kind):
    found, headers, body = render_failure(said)
    assert found == status
    assert header(headers, b"content-type") == b"application/json"
    error = json.loads(body)
    assert error["type"] == "error"
    assert error["error"] == {"type": kind, "message": "it broke"}


def test_a_wait_is_said_in_whole_seconds():
    _, headers, _ = render_failure(failure(status=429, retry_after=1.2))
    assert header(headers, b"retry-after") == b"2"
    assert header(render_failure(failure(status=400, retry_after=1.2))[1], b"retry-after") is None


def test_a_code_stands_among_the_details():
    _, _, body = render_failure(failure(status=429, code="c"))
    assert json.loads(body)["error"]["details"] == {"error_code": "c"}


def test_a_prompt_that_does_not_fit_is_said_as_claude_says_it() -> None:
    said = render_failure(failure(Fault.CLIENT, code="context_length_exceeded"))
    assert json.loads(said[2])["error"]["message"] == "prompt is too long: it broke"


def test_a_request_has_its_id_in_the_head() -> None:
    headers = render_failure(failure(status=500, request_id="req-7"))[1]
    assert header(headers, b"request-id") == b"req-7"


def test_a_limit_of_ours_is_said_in_the_apis_own_fields():
    quota = Quota("tokens", limit=1000, remaining=0, resets=2.5, at=1_764_072_000.2)
    headers = render_failure(failure(Fault.CLIENT, status=429, retry_after=2.5, quota=quota))[1]
    assert headers[-4:] == (
        (b"retry-after", b"3"),
        (b"anthropic-ratelimit-tokens-limit", b"1000"),
        (b"anthropic-ratelimit-tokens-remaining", b"0"),
        (b"anthropic-ratelimit-tokens-reset", b"2025-11-25T12:00:01Z"),
    )
