import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.chat.failure import Failure, Fault, Progress, Quota, Scope, Surface
from understudy.dialects.complaints import MESSAGE_CHARS, status_of
from understudy.dialects.openai_errors import (
    error_body,
    parse_failure,
    read_error,
    render_failure,
)
from understudy.wire.http import ResponseHead


def read(body: object, status: int = 400, *headers: tuple[bytes, bytes]):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_failure(ResponseHead(status, headers), data)


def failure(fault: Fault, status: int | None = None, **fields) -> Failure:
    made = Failure("any.row", fault, "host", Scope.HOST, Progress.SENT, "boom", status=status)
    return msgspec.structs.replace(made, **fields)


@pytest.mark.parametrize(
    ("body", "code", "type_", "message"),
    [
        ({"error": {"message": "m", "type": "t", "param": None, "code": "c"}}, "c", "t", "m"),
        ({"error": {"message": "m", "type": None, "code": 429}}, "429", None, "m"),
        ({"error": {"message": "m"}, "user_id": "u"}, None, None, "m"),
        ({"object": "error", "message": "m", "type": "t", "code": "3505"}, "3505", "t", "m"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, None, None, "field required"),
        ({"detail": "Not Found"}, None, None, "Not Found"),
        ({"message": {"detail": [{"msg": "x"}]}, "type": "t"}, None, "t", "x"),
        ({"message": {"detail": []}}, None, None, ""),
        ({"error": "model not found"}, None, None, "model not found"),
        ({"code": "invalid-argument", "error": "bad key"}, "invalid-argument", None, "bad key"),
        ([{"error": {"code": 404, "message": "m"}}], "404", None, "m"),
        ({"statusCode": 404, "message": "Resource not found"}, "404", None, "Resource not found"),
        ({"error": "m", "error_type": "overloaded"}, None, "overloaded", "m"),
        ({"error": {"code": 400, "status": "BAD", "message": "m"}}, "400", "BAD", "m"),
        (
            {"error": {"status": "S", "details": [{"x": 1}, {"reason": "R"}, {"reason": "Q"}]}},
            "R",
            "S",
            "",
        ),
        ({"error": {"details": [5, None, {"reason": []}]}}, None, None, ""),
        ({"success": False, "errors": [{"code": 7, "message": "m"}]}, None, None, "m"),
        ({"fault": {"faultstring": "m", "detail": {"errorcode": "c"}}}, None, None, "m"),
        ({"detail": {"error": "m"}}, None, None, "m"),
        ("just text", None, None, "just text"),
        (b"upstream connect error", None, None, "upstream connect error"),
        (b"<html><title>No</title>", None, None, "expected JSON, found <html>: No"),
        (b"", None, None, ""),
        ({}, None, None, ""),
        (5, None, None, "5"),
        ([], None, None, "[]"),
        ({"error": {"message": 5, "type": 6, "code": True}}, None, "6", ""),
    ],
)
def test_every_shape_of_error_is_read(body, code, type_, message):
    signal = read(body)
    assert (signal.surface, signal.status) == (Surface.HTTP, 400)
    assert (signal.code, signal.type, signal.message) == (code, type_, message)


def test_hints_come_from_the_header():
    signal = read({}, 429, (b"retry-after", b"7"), (b"x-should-retry", b"false"))
    assert (signal.retry_after, signal.should_retry) == (7.0, False)


@pytest.mark.parametrize(
    "error", [{"code": 429}, {"status_code": 429, "code": "x"}, {"status": 429, "code": "y"}]
)
def test_a_body_may_claim_a_status(error):
    body = json.dumps({"error": error}).encode()
    assert read_error(body, Surface.STREAM).status == 429


def test_long_messages_are_cut():
    assert len(read({"error": "x" * 9999}).message) == MESSAGE_CHARS


@given(st.binary(max_size=100))
def test_no_body_breaks_the_reader(body):
    assert isinstance(read(body).message, str)


def test_a_body_nested_without_end_is_read():
    assert read(b'{"error":' * 100_000).surface is Surface.HTTP


@pytest.mark.parametrize(
    ("fault", "status", "kind", "told"),
    [
        (Fault.CLIENT, 404, "", 404),
        (Fault.CLIENT, None, "", 400),
        (Fault.CLIENT, 200, "", 400),
        (Fault.GATEWAY, 413, "", 413),
        (Fault.GATEWAY, None, "", 503),
        (Fault.GATEWAY, None, "gateway.client_deadline_expired", 504),
        (Fault.UPSTREAM, 400, "", 502),
        (Fault.UPSTREAM, 401, "", 502),
        (Fault.UPSTREAM, 402, "", 502),
        (Fault.UPSTREAM, 403, "", 502),
        (Fault.UPSTREAM, 408, "", 504),
        (Fault.UPSTREAM, 429, "", 429),
        (Fault.UPSTREAM, 500, "", 500),
        (Fault.UPSTREAM, 529, "", 503),
        (Fault.UPSTREAM, None, "any.transport.connect_refused", 502),
        (Fault.UPSTREAM, None, "any.transport.ttfb_timeout", 504),
    ],
)
def test_the_client_is_told_whose_trouble_it_is(fault, status, kind, told):
    assert status_of(failure(fault, status, kind=kind)) == told


@pytest.mark.parametrize(
    ("made", "type_", "code"),
    [
        (failure(Fault.CLIENT), "invalid_request_error", None),
        (failure(Fault.CLIENT, 401), "invalid_request_error", "invalid_api_key"),
        (failure(Fault.CLIENT, 404), "invalid_request_error", "model_not_found"),
        (failure(Fault.CLIENT, 413), "invalid_request_error", "request_too_large"),
        (failure(Fault.UPSTREAM, 429), "rate_limit_error", "rate_limit_exceeded"),
        (failure(Fault.UPSTREAM, 401), "server_error", "upstream_failed"),
        (failure(Fault.CLIENT, 400, code="c", type="t"), "invalid_request_error", "c"),
        (
            failure(Fault.CLIENT, 400, code="BAD", type="insufficient_quota"),
            "insufficient_quota",
            None,
        ),
        (failure(Fault.UPSTREAM, 503), "service_unavailable_error", "upstream_unavailable"),
        (
            failure(Fault.CLIENT, 400, kind="bedrock.ValidationException.context"),
            "invalid_request_error",
            "context_length_exceeded",
        ),
        (
            failure(Fault.CLIENT, 400, kind="any.http.content_policy"),
            "invalid_request_error",
            "content_policy_violation",
        ),
    ],
)
def test_errors_have_the_shape_that_clients_know(made, type_, code):
    status, headers, body = render_failure(made)
    assert json.loads(body) == {
        "error": {"message": "boom", "type": type_, "param": None, "code": code}
    }
    assert status == status_of(made)
    assert (b"content-type", b"application/json") in headers
    assert error_body(made) == body


@pytest.mark.parametrize(("wait", "said"), [(7.4, b"8"), (0.1, b"1"), (None, None)])
def test_a_wait_is_passed_on(wait, said):
    made = failure(Fault.UPSTREAM, 429, retry_after=wait)
    assert dict(render_failure(made)[1]).get(b"retry-after") == said


def test_what_is_rendered_is_read_again():
    status, headers, body = render_failure(failure(Fault.UPSTREAM, 429, retry_after=9.0))
    signal = parse_failure(ResponseHead(status, headers), body)
    assert (signal.status, signal.message, signal.retry_after) == (429, "boom", 9.0)


@pytest.mark.parametrize(
    ("said", "wait"),
    [("34s", 34.0), ("1.5s", 1.5), ("9999999s", 3600.0), ("34", None), ("-1s", None), (34, None)],
)
def test_googles_details_say_how_long_to_wait(said, wait):
    body = {"error": {"details": [{"reason": "R"}, {"retryDelay": said}, {"retryDelay": "7s"}]}}
    assert read(body).retry_after == (7.0 if wait is None else wait)
    assert read(body, 429, (b"retry-after", b"3")).retry_after == 3.0


@pytest.mark.parametrize(
    ("field", "type_"),
    [
        (b"ThrottlingException", "ThrottlingException"),
        (b"ValidationException:http://x.test/coral/", "ValidationException"),
        (b"com.x.coral#AccessDeniedException", "AccessDeniedException"),
        (b":", None),
    ],
)
def test_an_exception_is_named_by_its_header(field, type_):
    assert read({"message": "m"}, 400, (b"x-amzn-errortype", field)).type == type_


def test_a_request_has_its_id_in_the_head():
    headers = dict(render_failure(failure(Fault.UPSTREAM, 500, request_id="req-7"))[1])
    assert headers[b"x-request-id"] == b"req-7"


@pytest.mark.parametrize(("resets", "said"), [(0.2, b"1s"), (59.1, b"1m0s"), (360.0, b"6m0s")])
def test_a_limit_of_ours_is_said_in_the_apis_own_fields(resets, said):
    quota = Quota("requests", limit=60, remaining=0, resets=resets, at=0.0)
    headers = render_failure(failure(Fault.CLIENT, 429, retry_after=resets, quota=quota))[1]
    assert headers[-3:] == (
        (b"x-ratelimit-limit-requests", b"60"),
        (b"x-ratelimit-remaining-requests", b"0"),
        (b"x-ratelimit-reset-requests", said),
    )
