"""A whole answer says nothing until it has ended."""

import json

from tests.dialects.cohere_chat.test_encoder import ANSWER

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.request import Request
from understudy.dialects.cohere_chat import DIALECT


def test_nothing_is_said_before_the_end() -> None:
    encoder = DIALECT.encoder(Request("m", ()))
    assert [encoder.send(event) for event in ANSWER[:-1]] == [b""] * (len(ANSWER) - 1)
    body = json.loads(encoder.send(ANSWER[-1]))
    assert body["message"]["tool_plan"] == "I will"
    assert [block["type"] for block in body["message"]["content"]] == ["thinking", "text"]
    assert body["usage"]["tokens"] == {"input_tokens": 10, "output_tokens": 5}
    assert body["usage"]["cached_tokens"] == 3
    assert dict(encoder.head())[b"content-type"] == b"application/json"
    assert encoder.remark(b"x") == b""


def test_a_failure_is_an_error_object() -> None:
    failure = Failure("x", Fault.UPSTREAM, "host", Scope.HOST, Progress.SENT, "gone")
    assert json.loads(DIALECT.encoder(Request("m", ())).abort(failure))["message"] == "gone"
