"""Failures: types in the header, in the body, in a stream. And model ids in paths."""

import json
from typing import Any

import pytest
from botocore.utils import percent_encode  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.bedrock_converse.talk import dump

from understudy.chat.failure import Failure, Fault, Progress, Scope, Surface
from understudy.dialects.aws import (
    exception,
    parse_failure,
    quote,
    read_exception,
    render_failure,
)
from understudy.wire.eventstream import EventStreamDecoder, encode_message
from understudy.wire.http import ResponseHead, header

LONG = b"ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/"


def head(status: int = 400, **fields: bytes) -> ResponseHead:
    return ResponseHead(status, tuple((k.replace("_", "-").encode(), v) for k, v in fields.items()))


def failure(status: int | None, fault: Fault | None = None, **fields: Any) -> Failure:
    usual = Fault.CLIENT if status == 400 else Fault.UPSTREAM
    return Failure(
        "x", fault or usual, "host", Scope.HOST, Progress.SENT, "it failed", status=status, **fields
    )


def test_a_type_is_read_without_what_stands_around_it() -> None:
    body = dump({"message": "The provided model identifier is invalid."})
    signal = parse_failure(head(x_amzn_errortype=LONG), body)
    assert (signal.type, signal.status) == ("ValidationException", 400)
    assert signal.message == "The provided model identifier is invalid."
    named = dump({"__type": "com.amazon.coral.service#UnrecognizedClientException"})
    assert parse_failure(head(403), named).type == "UnrecognizedClientException"
    output = dump({"Output": {"__type": "a#UnknownOperationException"}, "Version": "1.0"})
    assert parse_failure(head(404), output).type == "UnknownOperationException"


@pytest.mark.parametrize("body", [b"", b"<html><title>Busy</title>", b"[1]", b"\xff", b"{"])
def test_any_body_is_a_signal(body: bytes) -> None:
    assert parse_failure(head(503, retry_after=b"7"), body).retry_after == 7


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "ValidationException"),
        (404, "ResourceNotFoundException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
        (418, "ValidationException"),
        (507, "InternalServerException"),
    ],
)
def test_a_status_has_its_exception(status: int, name: str) -> None:
    sent, headers, body = render_failure(failure(status))
    assert sent == status
    assert header(headers, b"x-amzn-errortype") == name.encode()
    assert parse_failure(ResponseHead(sent, headers), body).type == name


@pytest.mark.parametrize(
    ("seen", "sent", "name"),
    [
        (502, 500, "InternalServerException"),
        (504, 408, "ModelTimeoutException"),
        (422, 400, "ValidationException"),
        (529, 503, "ServiceUnavailableException"),
    ],
)
def test_an_exception_has_the_status_of_the_model(seen: int, sent: int, name: str) -> None:
    status, headers, _ = render_failure(failure(seen))
    assert (status, header(headers, b"x-amzn-errortype")) == (sent, name.encode())


def test_a_prompt_that_does_not_fit_is_said_as_bedrock_says_it() -> None:
    long = failure(400, Fault.CLIENT, code="context_length_exceeded")
    said = json.loads(render_failure(long)[2])["message"]
    assert said == "Input is too long for requested model: it failed"


def test_a_type_of_its_own_stays_and_anothers_does_not() -> None:
    assert (
        b"ModelNotReadyException"
        in dict(render_failure(failure(429, type="ModelNotReadyException"))[1]).values()
    )
    assert (
        b"ThrottlingException"
        in dict(render_failure(failure(429, type="rate_limit_error"))[1]).values()
    )


def test_a_callers_unknown_key_is_forbidden_as_aws_says_it() -> None:
    status, headers, _ = render_failure(failure(401, Fault.CLIENT, code="invalid_api_key"))
    assert (status, header(headers, b"x-amzn-errortype")) == (403, b"UnrecognizedClientException")
    status, headers, _ = render_failure(failure(403, Fault.CLIENT, code="invalid_signature"))
    assert (status, header(headers, b"x-amzn-errortype")) == (403, b"InvalidSignatureException")


@pytest.mark.parametrize(
    ("status", "event"),
    [
        (429, "throttlingException"),
        (400, "validationException"),
        (503, "serviceUnavailableException"),
        (424, "modelStreamErrorException"),
        (None, "internalServerException"),
    ],
)
def test_a_stream_ends_with_its_exception(status: int | None, event: str) -> None:
    (message,) = EventStreamDecoder().receive_data(exception(failure(status)))
    assert message.header(":message-type") == "exception"
    signal = read_exception(message)
    assert (signal.surface, signal.event, signal.message) == (Surface.STREAM, event, "it failed")


def test_an_error_that_nobody_modelled_is_read() -> None:
    headers = (
        (":message-type", "error"),
        (":error-code", "InternalFailure"),
        (":error-message", "m"),
    )
    (message,) = EventStreamDecoder().receive_data(encode_message(headers, b""))
    signal = read_exception(message)
    assert (signal.event, signal.type, signal.message) == (
        "internalFailure",
        "InternalFailure",
        "m",
    )


@given(st.text(max_size=60))
def test_a_model_is_written_as_botocore_writes_it(model: str) -> None:
    assert quote(model) == percent_encode(model)
