"""The dialect as the gateway sees it."""

import json

from tests.dialects.openai_completions.talk import ENDPOINT, asked

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.dialects.base import Edits
from understudy.dialects.openai_completions import DIALECT
from understudy.wire.http import ResponseHead


def test_a_request_that_stays_keeps_its_bytes() -> None:
    body = asked(prompt=[[1, 2], [3]], logprobs=5)
    assert DIALECT.edit_request(body, Edits("m")) == body
    edited = json.loads(DIALECT.edit_request(body, Edits("other", ask_usage=True)))
    assert edited == {
        "model": "other",
        "prompt": [[1, 2], [3]],
        "logprobs": 5,
        "stream_options": {"include_usage": True},
    }
    assert DIALECT.path(ENDPOINT, stream=True) == "/v1/completions"
    assert "/v1/completions" in DIALECT.chat_paths()


def test_models_are_listed() -> None:
    listed = json.loads(DIALECT.render_models(["a", "b"]))
    assert [model["id"] for model in listed["data"]] == ["a", "b"]
    assert json.loads(DIALECT.render_model("b")) == listed["data"][1]


def test_errors_are_openais() -> None:
    signal = DIALECT.parse_failure(ResponseHead(429, ()), b'{"error":{"message":"m","code":"c"}}')
    assert (signal.status, signal.code) == (429, "c")
    failure = Failure("x", Fault.CLIENT, "request", Scope.NONE, Progress.SENT, "no", status=400)
    status, _, body = DIALECT.render_failure(failure)
    assert (status, json.loads(body)["error"]["message"]) == (400, "no")
    assert DIALECT.skim(ResponseHead(200, ()), b"{}") is None
    assert DIALECT.forwarded_headers() == frozenset()
