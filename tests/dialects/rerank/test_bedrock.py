"""Bodies of rerank through InvokeModel are written by hand from the user guide's examples."""

import json
from typing import Any

import msgspec
import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Finished, Started, StopReason
from understudy.dialects.base import Edits
from understudy.dialects.rerank.bedrock import BedrockRerank
from understudy.operations.rerank import Rank, Ranked, RerankTask
from understudy.wire.http import ResponseHead

DIALECT = BedrockRerank()
PATH = "/model/{model}/invoke"
COHERE = Endpoint(DIALECT.name, "cohere.rerank-v3-5:0", PATH, "aws")
AMAZON = Endpoint(DIALECT.name, "amazon.rerank-v1:0", PATH, "aws")
ASKED: dict[str, Any] = {"query": "q", "documents": ["a", "b", "c"], "top_n": 2}


def test_the_model_is_in_the_path_and_the_version_where_it_is_demanded() -> None:
    request = DIALECT.parse_request(
        json.dumps({**ASKED, "api_version": 2}).encode(), "/model/r/invoke"
    )
    assert request.model == "r"
    written, losses = DIALECT.build_request(request, COHERE)
    assert written.path == "/model/cohere.rerank-v3-5%3A0/invoke"
    assert json.loads(written.body) == {**ASKED, "api_version": 2}
    assert not losses
    assert json.loads(DIALECT.build_request(request, AMAZON)[0].body) == ASKED
    assert DIALECT.edit_request(b"{}", Edits("m")) == b"{}"


def test_a_model_in_the_body_is_a_mistake() -> None:
    with pytest.raises(InvalidRequest, match="in the path"):
        DIALECT.parse_request(json.dumps({**ASKED, "model": "m"}).encode(), "/model/r/invoke")


def test_an_answer_says_no_more_than_ranks() -> None:
    body = json.dumps({"results": [{"index": 2, "relevance_score": 0.25}]}).encode()
    end = DIALECT.skim(ResponseHead(200, ()), body)
    assert isinstance(end, Finished)
    assert isinstance(end.result, Ranked)
    assert [(rank.index, bytes(rank.score)) for rank in end.result.ranks] == [(2, b"0.25")]
    request = DIALECT.parse_request(json.dumps(ASKED).encode(), "/model/r/invoke")
    assert isinstance(request.task, RerankTask)
    ranks = tuple(Rank(index, msgspec.Raw(b"0.5"), None) for index in (2, 0, 1))
    encoder = DIALECT.encoder(request)
    said = encoder.send(Started("id", "m"))
    said += encoder.send(Finished(StopReason.END, result=Ranked(ranks)))
    rows = [{"index": index, "relevance_score": 0.5} for index in (2, 0)]
    assert json.loads(said) == {"results": rows}
