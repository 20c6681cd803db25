"""Errors, in and out."""

import json

import pytest

from understudy.chat.failure import Failure, Fault, Progress, Scope, Surface
from understudy.dialects.ollama_chat.failure import parse_failure, read_error, render_failure
from understudy.wire.http import ResponseHead


def failure(fault: Fault, status: int | None, kind: str = "x") -> Failure:
    said = "what happened"
    return Failure(
        kind, fault, "host", Scope.HOST, Progress.SENT, said, status=status, retry_after=3.2
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":"model \\"x\\" not found, try pulling it first"}',
         'model "x" not found, try pulling it first'),
        (b'{"error":{"message":"busy","type":"api_error","code":7}}', "busy"),
        (b"upstream gone", "upstream gone"),
        (b"[1]", "[1]"),
        (b"", ""),
    ],
)  # fmt: skip
def test_errors_are_read_for_their_words(body: bytes, message: str) -> None:
    signal = parse_failure(ResponseHead(404, ()), body)
    assert (signal.status, signal.message) == (404, message)


def test_codes_of_other_surfaces_are_kept() -> None:
    signal = read_error(b'{"error":{"message":"m","type":"t","code":"c"}}', Surface.HTTP)
    assert (signal.type, signal.code) == ("t", "c")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (failure(Fault.CLIENT, None), 400),
        (failure(Fault.CLIENT, 404), 404),
        (failure(Fault.UPSTREAM, None), 502),
        (failure(Fault.UPSTREAM, None, "any.transport.ttfb_timeout"), 504),
        (failure(Fault.UPSTREAM, 401), 502),
        (failure(Fault.UPSTREAM, 529), 503),
        (failure(Fault.UPSTREAM, 429), 429),
    ],
)
def test_the_status_for_a_client(said: Failure, status: int) -> None:
    found, headers, body = render_failure(said)
    assert found == status
    assert json.loads(body) == {"error": "what happened"}
    assert (dict(headers).get(b"retry-after") == b"4") is (status in {429, 503})
