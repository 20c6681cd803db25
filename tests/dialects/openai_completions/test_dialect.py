"""The dialect as the gateway sees it."""

import json

from msgspec.structs import replace
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


def test_a_limit_keeps_its_name_whatever_the_hosts_chat_calls_it() -> None:
    renames = {"max_tokens": "max_completion_tokens", "seed": "random_seed"}
    edited = DIALECT.edit_request(asked(max_tokens=5, seed=1), Edits("m", renames=renames))
    assert json.loads(edited).keys() == {"model", "prompt", "max_tokens", "random_seed"}
    request = DIALECT.parse_request(asked(max_tokens=5))
    written, _ = DIALECT.build_request(request, replace(ENDPOINT, renames=renames))
    assert json.loads(written.body)["max_tokens"] == 5


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
