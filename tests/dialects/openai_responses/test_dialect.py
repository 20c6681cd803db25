import json

import pytest
from tests.dialects.openai_responses.talk import ENDPOINT, dump

from understudy.dialects.base import Edits
from understudy.dialects.openai_responses import DIALECT
from understudy.dialects.openai_responses.decoder import StreamDecoder
from understudy.dialects.whole import WholeDecoder
from understudy.wire.http import ResponseHead


def head(kind: bytes) -> ResponseHead:
    return ResponseHead(200, ((b"content-type", kind),))


@pytest.mark.parametrize(
    ("kind", "stream", "made"),
    [
        (b"text/event-stream", True, StreamDecoder),
        (b"application/json", True, WholeDecoder),
        (b"text/html", True, WholeDecoder),
        (b"application/json", False, WholeDecoder),
    ],
)
def test_an_answer_is_decoded_as_what_it_is(kind, stream, made):
    assert isinstance(DIALECT.decoder(head(kind), stream=stream), made)


def test_only_the_model_is_edited():
    body = dump({"model": "a", "input": "hi", "x": 1})
    assert DIALECT.edit_request(body, Edits("b", ask_usage=True)) == body.replace(b'"a"', b'"b"')


def test_where_it_goes_and_comes_from():
    assert DIALECT.path(ENDPOINT, stream=True) == "/v1/responses"
    assert "/v1/responses" in DIALECT.chat_paths()
    assert DIALECT.skim(head(b"application/json"), b"{}") is None
    assert DIALECT.skim(head(b"text/html"), b"{}") is None


def test_models_are_listed():
    assert json.loads(DIALECT.render_models(["a"]))["data"][0]["id"] == "a"
    assert json.loads(DIALECT.render_model("a"))["object"] == "model"
