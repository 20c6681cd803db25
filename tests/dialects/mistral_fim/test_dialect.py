"""Asked as a completion, answered as a chat (docs.mistral.ai/api/endpoint/fim, November 2026)."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Finished
from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.response import fold
from understudy.dialects.base import Edits
from understudy.dialects.catalog import PLAIN
from understudy.wire.http import ResponseHead

FIM = PLAIN["mistral_fim"]
ENDPOINT = Endpoint(
    "mistral_fim",
    "codestral-latest",
    "/v1/fim/completions",
    "mistral",
    renames={"seed": "random_seed"},
)
OK = ResponseHead(200, ((b"content-type", b"application/json"),))
ASKED = {"model": "m", "prompt": "def f(", "suffix": "return x", "stream": True, "min_tokens": 2}
ANSWER = {
    "id": "447e3e0d",
    "object": "chat.completion",
    "created": 1717591211,
    "model": "codestral-latest",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "x):"},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 8, "completion_tokens": 9, "total_tokens": 17},
}


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_request_is_a_completions() -> None:
    body = dump(ASKED)
    glance = FIM.glance(body)
    assert (glance.model, glance.stream, glance.wants_usage) == ("m", True, True)
    assert json.loads(FIM.edit_request(body, Edits("c", ask_usage=True))) == {**ASKED, "model": "c"}
    request = FIM.parse_request(body)
    assert request.wants_usage
    written, losses = FIM.build_request(request, ENDPOINT)
    assert losses == ()
    assert json.loads(written.body) == {**ASKED, "model": "codestral-latest"}
    assert written.path == FIM.path(ENDPOINT, stream=True) == "/v1/fim/completions"
    with pytest.raises(InvalidRequest):
        FIM.glance(dump({"model": "m"}))


def test_an_answer_is_a_chats() -> None:
    decoder = FIM.decoder(OK, stream=False)
    decoder.receive_data(dump(ANSWER))
    (item,) = decoder.receive_eof()
    response = fold(item.events)
    assert response.text == "x):"
    assert FIM.skim(OK, dump(ANSWER)) == response.finished
    assert isinstance(item.events[-1], Finished)
    encoder = FIM.encoder(FIM.parse_request(dump({**ASKED, "stream": False})))
    said = json.loads(b"".join(encoder.send(event) for event in item.events))
    assert said["object"] == "chat.completion"
    assert said["choices"][0]["message"]["content"] == "x):"


def test_the_rest_is_the_chats_as_well() -> None:
    assert FIM.parse_failure(ResponseHead(422, ()), b'{"detail":"x"}').message == "x"
    failure = Failure("x", Fault.CLIENT, "request", Scope.NONE, Progress.SENT, "no", status=400)
    assert FIM.render_failure(failure)[0] == 400
    assert b'"a"' in FIM.render_models(["a"])
    assert b'"a"' in FIM.render_model("a")
    assert FIM.chat_paths() == ("/v1/fim/completions",)
    assert FIM.forwarded_headers() == frozenset()
