import json

import pytest
from tests.dialects.openai_chat.talk import asked, built, parsed

from understudy.dialects.base import Dialect, Edits
from understudy.dialects.openai_chat import DIALECT
from understudy.dialects.openai_chat.decoder import StreamDecoder
from understudy.dialects.openai_chat.encoder import StreamEncoder
from understudy.dialects.openai_chat.whole import WholeEncoder
from understudy.dialects.whole import WholeDecoder
from understudy.wire.http import ResponseHead


def head(kind: bytes) -> ResponseHead:
    return ResponseHead(200, ((b"content-type", kind),))


def test_it_is_a_dialect():
    dialect: Dialect = DIALECT
    assert dialect.name == "openai_chat"
    assert "/v1/chat/completions" in dialect.chat_paths()
    assert b"openai-beta" in dialect.forwarded_headers()


@pytest.mark.parametrize(
    ("kind", "stream", "made"),
    [
        (b"text/event-stream; charset=utf-8", True, StreamDecoder),
        (b"", True, StreamDecoder),
        (b"text/plain", True, StreamDecoder),
        (b"application/json", True, WholeDecoder),
        (b"text/html", True, WholeDecoder),
        (b"application/json", False, WholeDecoder),
        (b"text/html", False, WholeDecoder),
    ],
)
def test_the_decoder_fits_the_answer(kind, stream, made):
    assert isinstance(DIALECT.decoder(head(kind), stream=stream), made)


def test_the_encoder_fits_the_request():
    assert isinstance(DIALECT.encoder(parsed(stream=True)), StreamEncoder)
    assert isinstance(DIALECT.encoder(parsed()), WholeEncoder)


def test_requests_are_glanced_at_edited_read_and_written():
    body = asked(stream=True)
    assert DIALECT.glance(body).model == "m"
    assert json.loads(DIALECT.edit_request(body, Edits("n")))["model"] == "n"
    assert built(DIALECT.parse_request(body))[0]["model"] == "target-model"


def test_models_are_listed():
    listed = json.loads(DIALECT.render_models(["a", "b"]))
    assert listed["object"] == "list"
    assert [(model["id"], model["object"]) for model in listed["data"]] == [
        ("a", "model"),
        ("b", "model"),
    ]


def test_one_model_is_as_in_the_list() -> None:
    page = json.loads(DIALECT.render_models(["a", "b"]))
    assert json.loads(DIALECT.render_model("b")) == page["data"][1]
