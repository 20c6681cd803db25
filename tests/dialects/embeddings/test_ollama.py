"""Bodies are from Ollama's API documentation, "Generate Embeddings" (August 2026)."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.embeddings import EmbedTask, Item, Truncate
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["ollama_embeddings"]
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
TARGET = Endpoint("ollama_embeddings", "nomic-embed-text", "/api/{leaf}", "ollama")
NEW = b'{"model":"m","input":["a","b"],"truncate":false,"dimensions":8,"keep_alive":"5m"}'
OLD = b'{"model":"m","prompt":"a","options":{}}'


def test_the_newer_form_and_back():
    request = DIALECT.parse_request(NEW, "/api/embed")
    assert request.task == EmbedTask(
        (Item(("a",)), Item(("b",))), dimensions=8, truncate=Truncate.NONE
    )
    written, losses = DIALECT.build_request(request, TARGET)
    assert (written.path, losses) == ("/api/embed", ())
    assert json.loads(written.body) == {**json.loads(NEW), "model": "nomic-embed-text"}


def test_the_older_form_and_back():
    request = DIALECT.parse_request(OLD, "/api/embeddings")
    written, losses = DIALECT.build_request(request, TARGET)
    assert (written.path, losses) == ("/api/embeddings", ())
    assert json.loads(written.body) == {**json.loads(OLD), "model": "nomic-embed-text"}
    assert DIALECT.glance(OLD, "/api/embeddings?x=1").leaf == "embeddings"


@pytest.mark.parametrize(
    ("path", "request_body", "body"),
    [
        (
            "/api/embed",
            NEW,
            b'{"model":"m","embeddings":[[1],[2]],"total_duration":7,"prompt_eval_count":2}',
        ),
        ("/api/embeddings", OLD, b'{"embedding":[1.5,2]}'),
    ],
)
def test_an_answer_comes_back_as_it_was(path: str, request_body: bytes, body: bytes):
    decoder = DIALECT.decoder(JSON, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    events = [event for item in items for event in item.events]
    assert isinstance(events[-1], Finished)
    encoder = DIALECT.encoder(DIALECT.parse_request(request_body, path))
    assert json.loads(b"".join(encoder.send(event) for event in events)) == json.loads(body)


def test_what_it_has_no_word_for_is_lost_aloud():
    body = b'{"model":"m","input":"a","user":"u","input_type":"query"}'
    request = OPERATIONS["openai_embeddings"].parse_request(body)
    _, losses = DIALECT.build_request(request, TARGET)
    assert [loss.path for loss in losses] == ["task.purpose", "user"]
