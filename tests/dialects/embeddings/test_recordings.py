"""Every recorded exchange of embeddings: read, written again, and told to the other dialects."""

import json
from urllib.parse import urlsplit

import msgspec
import pytest
from tests.dialects.recordings import Exchange, exchanges, require

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.chat.failure import Surface
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.embeddings.common import task_of
from understudy.operations.embeddings import Embedded, Truncate
from understudy.operations.vectors import as_asked

PROVIDERS = frozenset(
    ("openai", "azure", "mistral", "voyage", "local", "gemini", "vertex", "cohere", "ollama")
)
WHERE = {
    "openai_embeddings": "/v1/embeddings",
    "gemini_embeddings": "/v1beta/models/{model}:{leaf}",
    "cohere_embeddings": "/v2/embed",
    "ollama_embeddings": "/api/{leaf}",
}
SPEAKS = {
    "gemini": "gemini_embeddings",
    "vertex": "gemini_embeddings",
    "cohere": "cohere_embeddings",
    "ollama": "ollama_embeddings",
}
ACCEPTED = frozenset({"task.purpose", "task.truncate"})
ANOTHER_API = {"3cae8764a135"}
"""Vertex's older `:predict`, which is not spoken here."""

ALL = [
    exchange
    for endpoint in ("embeddings", "embedContent", "embed", "api_embed")
    for exchange in exchanges(endpoint, PROVIDERS)
    if exchange.id not in ANOTHER_API
]
each = pytest.mark.parametrize("exchange", ALL, ids=lambda exchange: exchange.id)
pytestmark = pytest.mark.recordings


def dialect_of(exchange: Exchange):
    return OPERATIONS[SPEAKS.get(exchange.provider, "openai_embeddings")]


def path_of(exchange: Exchange) -> str:
    parts = urlsplit(exchange.path)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def decoded(exchange: Exchange, cut: int):
    decoder = dialect_of(exchange).decoder(exchange.head, stream=False)
    body = exchange.response
    items = [*decoder.receive_data(body[:cut]), *decoder.receive_data(body[cut:])]
    items += decoder.receive_eof()
    assert b"".join(item.raw for item in items) == body
    return [event for item in items for event in item.events]


def test_there_are_recordings():
    require(ALL, "embeddings")
    assert len(ALL) >= 60


@each
def test_answers_are_read_and_written_again(exchange: Exchange):
    dialect = dialect_of(exchange)
    if exchange.status >= 400:
        signal = dialect.parse_failure(exchange.head, exchange.response)
        assert signal.surface is Surface.HTTP
        assert signal.message
        return
    events = decoded(exchange, len(exchange.response) // 2)
    assert isinstance(events[-1], Finished)
    assert events[-1] == dialect.skim(exchange.head, exchange.response)
    if not exchange.request:
        return
    request = dialect.parse_request(exchange.request, path_of(exchange))
    encoder = dialect.encoder(request)
    written = json.loads(b"".join(encoder.send(event) for event in events))
    said = json.loads(exchange.response)
    assert written.pop("usage", None) == said.pop("usage", written.get("usage"))
    assert written == said
    assert not encoder.losses


@each
def test_requests_survive_in_their_own_dialect_and_say_what_others_miss(exchange: Exchange):
    if not exchange.request or exchange.status >= 400:
        return
    dialect = dialect_of(exchange)
    request = dialect.parse_request(exchange.request, path_of(exchange))
    for name, path in WHERE.items():
        accepts = ACCEPTED if name == dialect.name else frozenset()
        endpoint = Endpoint(name, request.model, path, "p", accepts=accepts)
        other = OPERATIONS[name]
        try:
            written, losses = other.build_request(request, endpoint)
        except InvalidRequest as error:
            assert "several texts" in str(error) or "tokens" in str(error)  # noqa: PT017
            continue
        again = other.parse_request(written.body, written.path)
        if name == dialect.name:
            assert not losses
            assert again == request
            continue
        lost = {loss.path.partition("[")[0] for loss in losses}
        task, heard = task_of(request), task_of(again)
        assert [item.texts for item in heard.items] == [item.texts for item in task.items]
        assert heard.dimensions == task.dimensions
        assert heard.purpose == task.purpose or "task.purpose" in lost
        is_refused_anyway = name == "openai_embeddings" and task.truncate is Truncate.NONE
        assert heard.truncate == task.truncate or "task.truncate" in lost or is_refused_anyway


@each
def test_answers_say_the_same_vectors_in_every_dialect(exchange: Exchange):
    if exchange.status >= 400 or not exchange.request:
        return
    dialect = dialect_of(exchange)
    events = decoded(exchange, 1)
    assert isinstance(events[-1], Finished)
    result, usage = events[-1].result, events[-1].usage
    assert isinstance(result, Embedded)
    for name, other in OPERATIONS.items():
        if not name.endswith("_embeddings") or name == dialect.name:
            continue
        count = len(result.vectors)
        body: dict = {"model": "m", "input": ["a"] * count}
        asked = OPERATIONS["openai_embeddings"].parse_request(json.dumps(body).encode())
        encoder = other.encoder(asked)
        written = b"".join(encoder.send(event) for event in events)
        end = other.skim(exchange.head, written)
        assert isinstance(end, Finished)
        assert isinstance(end.result, Embedded)
        assert [floats(each) for each in end.result.vectors] == [
            floats(each) for each in result.vectors
        ]
        if usage is not None:
            assert end.usage is not None
            assert end.usage.prompt_tokens == usage.prompt_tokens
        assert all(loss.path.startswith("answer.") for loss in encoder.losses)


def floats(vector: dict) -> list[float]:
    raw = as_asked(vector, "float")
    assert raw is not None
    return msgspec.json.decode(raw, type=list[float])


def test_a_failed_answer_is_no_finish():
    for exchange in ALL[:5]:
        for cut in range(0, len(exchange.response) - 1, 97):
            decoder = dialect_of(exchange).decoder(exchange.head, stream=False)
            items = [*decoder.receive_data(exchange.response[:cut]), *decoder.receive_eof()]
            assert isinstance(items[-1].events[-1], Failed)
