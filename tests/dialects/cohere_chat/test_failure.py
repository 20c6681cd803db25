"""Errors, in and out (docs.cohere.com/reference/errors, November 2026)."""

import json

import msgspec
import pytest
from msgspec import Raw

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.dialects.cohere_chat.failure import parse_failure, render_failure, short_of
from understudy.wire.http import ResponseHead


def failure(fault: Fault, status: int | None) -> Failure:
    return Failure(
        "x",
        fault,
        "host",
        Scope.HOST,
        Progress.SENT,
        "what happened",
        status=status,
        retry_after=3.2,
        request_id="req-1",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"id":"1","message":"invalid api token"}', "invalid api token"),
        (b'{"message":"model \'x\' not found, make sure the correct model ID was used"}',
         "model 'x' not found, make sure the correct model ID was used"),
        (b'{"data":"too many requests"}', "too many requests"),
        (b'{"error":{"message":"busy","type":"t","code":7}}', "busy"),
        (b'{"error":"busy"}', "busy"),
        (b'{"detail":"nope"}', "nope"),
        (b"upstream gone", "upstream gone"),
        (b"[1]", "[1]"),
        (b'{"message":1}', '{"message":1}'),
        (b"", ""),
    ],
)  # fmt: skip
def test_errors_are_read_for_their_words(body: bytes, message: str) -> None:
    signal = parse_failure(ResponseHead(429, ((b"retry-after", b"7"),)), body)
    assert (signal.status, signal.message, signal.retry_after) == (429, message, 7.0)


def test_codes_of_other_surfaces_are_kept() -> None:
    signal = parse_failure(
        ResponseHead(500, ()), b'{"error":{"message":"m","type":"t","code":"c"}}'
    )
    assert (signal.type, signal.code) == ("t", "c")


@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        (Fault.CLIENT, 404, 404),
        (Fault.CLIENT, None, 400),
        (Fault.UPSTREAM, None, 503),
        (Fault.UPSTREAM, 401, 503),
        (Fault.UPSTREAM, 429, 429),
    ],
)
def test_the_answer_to_a_client(fault: Fault, status: int | None, expected: int) -> None:
    found, headers, body = render_failure(failure(fault, status))
    assert found == expected
    assert json.loads(body) == {"id": "req-1", "message": "what happened"}
    assert (dict(headers).get(b"retry-after") == b"4") is (expected in {429, 503})


@pytest.mark.parametrize(
    ("raw", "words"),
    [(None, ""), (b'"died"', "died"), (b'{"message":"died"}', "died"), (b"{}", ""), (b"1", "")],
)
def test_an_error_inside_an_answer_has_words(raw: bytes | None, words: str) -> None:
    assert short_of(None if raw is None else Raw(raw)) == words


def test_a_prompt_that_does_not_fit_is_said_as_cohere_says_it() -> None:
    long = msgspec.structs.replace(failure(Fault.CLIENT, 400), code="context_length_exceeded")
    _, headers, body = render_failure(long)
    assert json.loads(body)["message"] == "too many tokens: what happened"
    assert dict(headers)[b"x-debug-trace-id"] == b"req-1"
