"""Bodies are from Cohere's, Jina's and Voyage's API references (August 2026), shortened."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.kinds import Operation
from understudy.operations.rerank import Ranked, RerankTask
from understudy.wire.http import ResponseHead

JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
NAMES = ("cohere_rerank", "jina_rerank", "voyage_rerank")
REQUESTS = {
    "cohere_rerank": {"model": "m", "query": "q", "documents": ["a", "b"], "top_n": 1},
    "jina_rerank": {
        "model": "m",
        "query": "q",
        "documents": ["a", {"text": "b"}],
        "top_n": 1,
        "return_documents": True,
    },
    "voyage_rerank": {"model": "m", "query": "q", "documents": ["a", "b"], "top_k": 1},
}
ANSWERS = {
    "cohere_rerank": {
        "id": "x",
        "results": [{"index": 1, "relevance_score": 0.999071}],
        "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
    },
    "jina_rerank": {
        "object": "list",
        "results": [{"index": 1, "relevance_score": 0.5, "document": {"text": "b"}}],
        "model": "m",
        "usage": {"total_tokens": 7},
    },
    "voyage_rerank": {
        "object": "list",
        "data": [{"index": 1, "relevance_score": 0.5}],
        "model": "m",
        "usage": {"total_tokens": 7},
    },
}


def parsed(name: str, **more: object):
    return OPERATIONS[name].parse_request(json.dumps({**REQUESTS[name], **more}).encode())


def events_of(name: str, body: bytes):
    decoder = OPERATIONS[name].decoder(JSON, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


@pytest.mark.parametrize("name", NAMES)
def test_a_request_comes_back_as_it_was(name: str):
    request = parsed(name, strange=1)
    written, losses = OPERATIONS[name].build_request(request, Endpoint(name, "m", "/x", "p"))
    assert json.loads(written.body) == {**REQUESTS[name], "strange": 1}
    assert not losses
    glance = OPERATIONS[name].glance(json.dumps(REQUESTS[name]).encode())
    assert glance.operation is Operation.RERANK
    assert glance.expected is not None
    assert glance.expected.count == 2


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_comes_back_as_it_was(name: str):
    body = json.dumps(ANSWERS[name]).encode()
    events = events_of(name, body)
    assert isinstance(events[-1], Finished)
    encoder = OPERATIONS[name].encoder(parsed(name))
    assert json.loads(b"".join(encoder.send(event) for event in events)) == ANSWERS[name]
    assert not encoder.losses


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("other", NAMES)
def test_numbers_and_scores_are_the_same_in_every_spelling(name: str, other: str):
    events = events_of(name, json.dumps(ANSWERS[name]).encode())
    encoder = OPERATIONS[other].encoder(parsed(other))
    written = b"".join(encoder.send(event) for event in events)
    end = OPERATIONS[other].skim(JSON, written)
    assert isinstance(end, Finished)
    said, heard = events[-1], end.result
    assert isinstance(said, Finished)
    assert isinstance(said.result, Ranked)
    assert isinstance(heard, Ranked)
    assert [(rank.index, bytes(rank.score)) for rank in heard.ranks] == [
        (rank.index, bytes(rank.score)) for rank in said.result.ranks
    ]
    if name == "cohere_rerank" != other:
        assert "answer.meta" in {loss.path for loss in encoder.losses}


def test_documents_are_given_back_to_who_wants_them_whoever_ranked():
    events = events_of("cohere_rerank", json.dumps(ANSWERS["cohere_rerank"]).encode())
    encoder = OPERATIONS["jina_rerank"].encoder(parsed("jina_rerank", documents=["a", "b"]))
    body = json.loads(b"".join(encoder.send(event) for event in events))
    assert body["results"][0]["document"] == {"text": "b"}


def test_what_has_no_word_is_lost_aloud():
    request = parsed("cohere_rerank", max_tokens_per_doc=9)
    _, losses = OPERATIONS["voyage_rerank"].build_request(request, Endpoint("v", "m", "/x", "p"))
    assert [loss.path for loss in losses] == ["task.max_tokens"]
    assert request.task == RerankTask("q", ("a", "b"), top=1, max_tokens=9)


@pytest.mark.parametrize(
    "wrong", [{"documents": []}, {"documents": [1]}, {"query": None}, {"top_n": 0}, {"model": 3}]
)
def test_a_mistake_is_refused(wrong: dict):
    with pytest.raises(InvalidRequest):
        parsed("cohere_rerank", **wrong)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"results":[{"index":0}]}',
        b'{"results":[{"index":0,"relevance_score":"high"}]}',
        b'{"results":3}',
        b'{"results":[{"index":0,"relevance_score":1}],"usage":3}',
    ],
)
def test_what_is_no_answer_is_none(body: bytes):
    (event,) = events_of("jina_rerank", body)
    assert isinstance(event, Failed)
    assert event.signal.flag == "schema_violation"
