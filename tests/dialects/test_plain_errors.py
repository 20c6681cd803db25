import json

import pytest

from understudy.dialects.plain_errors import (
    COHERE_ERRORS,
    parse_failure,
    render_detail,
    render_errors,
    render_exception,
)
from understudy.sim.provider import refusal
from understudy.wire.http import ResponseHead

HEAD = ResponseHead(429, ((b"retry-after", b"7"),))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"message":"too many"}', "too many"),
        (b'{"detail":"no such model"}', "no such model"),
        (b'{"detail":[{"loc":["body","input"],"msg":"field required"}]}', "field required"),
        (b'{"errors":["first","second"],"name":"bad_request"}', "first"),
        (b'{"error":{"message":"inner"}}', "inner"),
        (b"plain words", "plain words"),
        (b"[]", "[]"),
        (b"", ""),
    ],
)
def test_whatever_the_name_the_words_are_found(body: bytes, message: str):
    signal = parse_failure(HEAD, body)
    assert (signal.status, signal.retry_after, signal.message) == (429, 7.0, message)


def test_errors_are_one_sentence():
    failure = refusal(429, None, None, "slowly", retry_after=3)
    assert json.loads(COHERE_ERRORS.render(failure)[2]) == {"id": "", "message": "slowly"}
    status, headers, body = render_detail(failure)
    assert (status, json.loads(body)) == (429, {"detail": "slowly"})
    assert (b"retry-after", b"3") in headers


def test_an_exception_says_its_words_twice():
    body = json.loads(render_exception(refusal(400, None, None, "no"))[2])
    assert (body["error"], body["detail"], body["errors"]) == ("HTTPException", "no", "no")


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "bad_request"),
        (413, "payload_too_large"),
        (429, "rate_limit_exceeded"),
        (503, "internal_error"),
    ],
)
def test_a_list_of_errors_has_a_name(status: int, name: str):
    body = json.loads(render_errors(refusal(status, None, None, "no"))[2])
    assert (body["name"], body["errors"]) == (name, ["no"])
