"""The dialect as the gateway sees it."""

import json

from tests.dialects.ollama_chat.talk import ENDPOINT, asked

from understudy.dialects.base import Edits
from understudy.dialects.ollama_chat import DIALECT
from understudy.wire.http import ResponseHead


def test_a_request_that_stays_keeps_its_bytes() -> None:
    body = asked(keep_alive="5m")
    assert DIALECT.edit_request(body, Edits("llama3.2")) == body
    assert json.loads(DIALECT.edit_request(body, Edits("other")))["model"] == "other"
    assert DIALECT.path(ENDPOINT, stream=True) == "/api/chat"
    assert DIALECT.chat_paths() == ("/api/chat",)


def test_models_are_listed_as_tags() -> None:
    listed = json.loads(DIALECT.render_models(["a", "b"]))
    assert [model["name"] for model in listed["models"]] == ["a", "b"]
    assert json.loads(DIALECT.render_model("b")) == listed["models"][1]


def test_nothing_is_skimmed_and_nothing_forwarded() -> None:
    assert DIALECT.skim(ResponseHead(200, ()), b"{}") is None
    assert DIALECT.forwarded_headers() == frozenset()
