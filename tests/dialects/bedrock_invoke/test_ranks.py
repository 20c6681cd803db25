"""Rerank through InvokeModel."""

import json

import pytest
from tests.dialects.bedrock_invoke.bodies import DIALECT

from understudy.chat.events import Finished
from understudy.operations.kinds import Operation
from understudy.operations.rerank import Ranked
from understudy.wire.http import ResponseHead

ASKED = {"query": "which?", "documents": ["a", "b"], "top_n": 1}
RESULT = {"tokenCount": 1, "outputText": "a", "completionReason": "FINISH"}
PATH = "/model/amazon.rerank-v1%3A0/invoke"


@pytest.mark.parametrize("more", [{}, {"api_version": 2}])
def test_it_is_told_by_a_query_and_documents(more: dict[str, object]) -> None:
    glance = DIALECT.glance(json.dumps({**ASKED, **more}).encode(), PATH)
    assert (glance.operation, glance.model) == (Operation.RERANK, "amazon.rerank-v1:0")
    assert glance.is_foreign
    assert glance.expected is not None
    assert glance.expected.count == 2


def test_an_answer_is_read_and_said_again() -> None:
    request = DIALECT.parse_request(json.dumps(ASKED).encode(), PATH)
    body = b'{"results":[{"index":1,"relevance_score":0.87}]}'
    decoder = DIALECT.decoder(ResponseHead(200, ()), stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    events = [event for item in items for event in item.events]
    assert isinstance(events[-1], Finished)
    assert isinstance(events[-1].result, Ranked)
    encoder = DIALECT.encoder(request)
    assert b"".join(encoder.send(event) for event in events) == body


def test_texts_that_say_results_are_no_ranks() -> None:
    body = json.dumps({"inputTextTokenCount": 1, "results": [RESULT]})
    decoder = DIALECT.decoder(ResponseHead(200, ()), stream=False)
    items = [*decoder.receive_data(body.encode()), *decoder.receive_eof()]
    last = items[-1].events[-1]
    assert isinstance(last, Finished)
    assert last.result is None
