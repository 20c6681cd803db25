"""Every recorded exchange of rerank: read, written again, and told to the other spellings."""

import json
from urllib.parse import urlsplit

import pytest
from tests.dialects.recordings import Exchange, exchanges, require

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.rerank import Ranked, RerankTask

ALL = exchanges("rerank", frozenset({"cohere", "voyage"}))
each = pytest.mark.parametrize("exchange", ALL, ids=lambda exchange: exchange.id)
pytestmark = pytest.mark.recordings


def name_of(exchange: Exchange) -> str:
    if exchange.provider == "voyage":
        return "voyage_rerank"
    return "jina_rerank" if "/v1/" in exchange.path else "cohere_rerank"


def test_there_are_recordings():
    require(ALL, "rerank")
    assert len(ALL) == 7


@each
def test_it_is_read_written_again_and_told_to_the_others(exchange: Exchange):
    name = name_of(exchange)
    dialect = OPERATIONS[name]
    request = dialect.parse_request(exchange.request, urlsplit(exchange.path).path)
    written, losses = dialect.build_request(request, Endpoint(name, request.model, "/x", "p"))
    assert not losses
    assert dialect.parse_request(written.body) == request
    end = dialect.skim(exchange.head, exchange.response)
    assert isinstance(end, Finished)
    decoder = dialect.decoder(exchange.head, stream=False)
    items = [*decoder.receive_data(exchange.response), *decoder.receive_eof()]
    events = [event for item in items for event in item.events]
    encoder = dialect.encoder(request)
    assert json.loads(b"".join(encoder.send(e) for e in events)) == json.loads(exchange.response)
    assert isinstance(end.result, Ranked)
    for other_name in ("cohere_rerank", "jina_rerank", "voyage_rerank"):
        other = OPERATIONS[other_name]
        sent, _ = other.build_request(request, Endpoint(other_name, request.model, "/x", "p"))
        task, heard = request.task, other.parse_request(sent.body).task
        assert isinstance(task, RerankTask)
        assert isinstance(heard, RerankTask)
        assert (heard.query, heard.documents, heard.top) == (task.query, task.documents, task.top)
        encoder = other.encoder(request)
        said = other.skim(exchange.head, b"".join(encoder.send(event) for event in events))
        assert isinstance(said, Finished)
        assert isinstance(said.result, Ranked)
        assert [(r.index, bytes(r.score)) for r in said.result.ranks] == [
            (r.index, bytes(r.score)) for r in end.result.ranks
        ]
