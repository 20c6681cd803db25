"""Errors, in and out."""

import json

import msgspec
import pytest
from tests.dialects.gemini_generate.talk import dump

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.dialects.gemini_generate.failure import parse_failure, render_failure
from understudy.wire.http import ResponseHead

DELAY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}
QUOTA = {"@type": "q", "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]}
LIMITED = {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}


def failure(fault: Fault, status: int | None, kind: str = "x", **fields: str) -> Failure:
    said = Failure(
        kind, fault, "host", Scope.HOST, Progress.SENT, "what happened", status=status,
        retry_after=3.2,
    )  # fmt: skip
    return msgspec.structs.replace(said, **fields)


def test_a_quota_says_how_long_to_wait_and_which_it_was() -> None:
    body = dump({"error": {**LIMITED, "details": [DELAY, QUOTA]}})
    signal = parse_failure(ResponseHead(429, ()), body)
    assert (signal.status, signal.type, signal.retry_after) == (429, "RESOURCE_EXHAUSTED", 34.4)
    assert signal.message == "slow down (GenerateRequestsPerDayPerProjectPerModel)"


def test_the_first_reason_is_the_code() -> None:
    details = [{"@type": "x"}, {"reason": "API_KEY_INVALID"}]
    error = {"code": 400, "message": "m", "status": "INVALID_ARGUMENT", "details": details}
    signal = parse_failure(ResponseHead(400, ()), dump({"error": error}))
    assert (signal.code, signal.type) == ("API_KEY_INVALID", "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (dump([{"error": {"message": "in an array"}}]), "in an array"),
        (b'{"error":"bare"}', "bare"),
        (b"upstream gone", "upstream gone"),
        (b"[1]", "[1]"),
        (b"[]", "[]"),
        (b"", ""),
        (b'{"error":{"details":7}}', ""),
    ],
)
def test_errors_of_other_shapes_are_read_for_their_words(body: bytes, message: str) -> None:
    assert parse_failure(ResponseHead(404, ()), body).message == message


@pytest.mark.parametrize(
    ("said", "status", "word"),
    [
        (failure(Fault.CLIENT, None), 400, "INVALID_ARGUMENT"),
        (failure(Fault.CLIENT, 404), 404, "NOT_FOUND"),
        (failure(Fault.UPSTREAM, None), 502, "INTERNAL"),
        (failure(Fault.UPSTREAM, None, "any.transport.ttfb_timeout"), 504, "DEADLINE_EXCEEDED"),
        (failure(Fault.UPSTREAM, 401), 502, "INTERNAL"),
        (failure(Fault.UPSTREAM, 529), 503, "UNAVAILABLE"),
        (failure(Fault.UPSTREAM, 429), 429, "RESOURCE_EXHAUSTED"),
        (failure(Fault.CLIENT, 422), 400, "INVALID_ARGUMENT"),
        (failure(Fault.CLIENT, 400, type="BAD"), 400, "INVALID_ARGUMENT"),
        (failure(Fault.CLIENT, 400, type="FAILED_PRECONDITION"), 400, "FAILED_PRECONDITION"),
        (failure(Fault.CLIENT, 400, type="invalid_request_error"), 400, "INVALID_ARGUMENT"),
    ],
)
def test_the_status_for_a_client(said: Failure, status: int, word: str) -> None:
    found, headers, body = render_failure(said)
    error = json.loads(body)["error"]
    assert found == error["code"] == status
    assert (error["status"], error["message"]) == (word, "what happened")
    assert (dict(headers).get(b"retry-after") == b"4") is (status in {429, 503})


def test_what_is_rendered_is_read_again() -> None:
    said = failure(Fault.CLIENT, 429, code="RATE_LIMIT_EXCEEDED")
    status, _, body = render_failure(said)
    signal = parse_failure(ResponseHead(status, ()), body)
    assert (signal.code, signal.retry_after) == ("RATE_LIMIT_EXCEEDED", 4.0)


def test_a_prompt_that_does_not_fit_is_said_as_google_says_it() -> None:
    said = render_failure(failure(Fault.CLIENT, 400, code="context_length_exceeded"))
    message = json.loads(said[2])["error"]["message"]
    assert message.startswith(
        "The input token count exceeds the maximum number of tokens allowed: "
    )
