"""The dialect as the gateway sees it."""

import json

from tests.dialects.cohere_chat.talk import ENDPOINT, asked

from understudy.dialects.base import Edits
from understudy.dialects.cohere_chat import DIALECT
from understudy.wire.http import ResponseHead


def test_a_request_that_stays_keeps_its_bytes() -> None:
    body = asked(safety_mode="STRICT")
    assert DIALECT.edit_request(body, Edits("command-a-03-2025")) == body
    assert json.loads(DIALECT.edit_request(body, Edits("other")))["model"] == "other"
    assert DIALECT.path(ENDPOINT, stream=True) == "/v2/chat"
    assert DIALECT.chat_paths() == ("/v2/chat",)


def test_models_are_listed() -> None:
    listed = json.loads(DIALECT.render_models(["a", "b"]))
    assert [model["name"] for model in listed["models"]] == ["a", "b"]
    assert json.loads(DIALECT.render_model("b")) == listed["models"][1]


def test_nothing_is_skimmed() -> None:
    assert DIALECT.skim(ResponseHead(200, ()), b"{}") is None


def test_the_clients_name_goes_on() -> None:
    assert DIALECT.forwarded_headers() == frozenset({b"x-client-name"})
