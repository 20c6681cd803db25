"""Bodies are from the Amazon Bedrock user guide, "Amazon Titan Embeddings G1 - Text" (2026)."""

import json
from typing import Any

import pytest

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Failed, Finished
from understudy.dialects.base import Edits
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.embeddings.bedrock import BedrockEmbeddings
from understudy.operations.embeddings import Embedded
from understudy.wire.http import ResponseHead

DIALECT = BedrockEmbeddings()
PATH = "/model/{model}/invoke"
TITAN = Endpoint("bedrock_embeddings", "amazon.titan-embed-text-v2:0", PATH, "aws")
COHERE = Endpoint("bedrock_embeddings", "us.cohere.embed-v4:0", PATH, "aws")
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))


def events_of(body: dict[str, Any]) -> list[Event]:
    decoder = DIALECT.decoder(JSON, stream=False)
    data = json.dumps(body).encode()
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


def openai(**body: object):
    asked = json.dumps({"model": "m", **body}).encode()
    return OPERATIONS["openai_embeddings"].parse_request(asked)


def test_titan_is_asked_for_one_text() -> None:
    written, losses = DIALECT.build_request(openai(input="a", dimensions=256), TITAN)
    assert written.path == "/model/amazon.titan-embed-text-v2%3A0/invoke"
    assert json.loads(written.body) == {"inputText": "a", "dimensions": 256}
    assert losses == ()
    with pytest.raises(InvalidRequest, match="one at a time"):
        DIALECT.build_request(openai(input=["a", "b"]), TITAN)


def test_cohere_is_asked_without_a_model() -> None:
    written, losses = DIALECT.build_request(openai(input=["a", "b"]), COHERE)
    asked = json.loads(written.body)
    assert (asked["texts"], asked["input_type"]) == (["a", "b"], "search_document")
    assert "model" not in asked
    assert [loss.path for loss in losses] == ["task.purpose"]


def test_a_request_comes_back_with_what_only_titan_has() -> None:
    body = {"inputText": "a", "normalize": False, "dimensions": 512, "embeddingTypes": ["float"]}
    request = DIALECT.parse_request(json.dumps(body).encode(), "/model/m/invoke")
    assert DIALECT.needs(request) == {Capability.DIMENSIONS}
    written, _ = DIALECT.build_request(request, TITAN)
    assert json.loads(written.body) == {"inputText": "a", "normalize": False, "dimensions": 512}
    losses = OPERATIONS["openai_embeddings"].build_request(request, TITAN)[1]
    assert "extensions.bedrock_embeddings.normalize" in [loss.path for loss in losses]
    assert DIALECT.edit_request(b"{}", Edits("m")) == b"{}"


@pytest.mark.parametrize(
    "body",
    [
        {"inputText": 3},
        {"inputText": "a", "embeddingTypes": ["binary"]},
        {"inputText": "a", "dimensions": 0},
        {"texts": ["a"], "input_type": "search_query", "model": "m"},
        {"texts": []},
    ],
)
def test_what_nobody_could_answer_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(json.dumps(body).encode(), "/model/m/invoke")


def test_answers_of_both_forms_are_read() -> None:
    for body in (
        {"embedding": [0.5, 0.25], "inputTextTokenCount": 4},
        {"embeddingsByType": {"float": [0.5, 0.25]}, "inputTextTokenCount": 4},
    ):
        end = events_of(body)[-1]
        assert isinstance(end, Finished)
        assert isinstance(end.result, Embedded)
        assert end.result.dimension == 2
        assert end.usage is not None
        assert end.usage.input_tokens == 4
    end = events_of({"embeddings": [[0.5], [0.25]], "id": "x"})[-1]
    assert isinstance(end, Finished)
    assert isinstance(end.result, Embedded)
    assert len(end.result.vectors) == 2


@pytest.mark.parametrize("body", [{"embedding": ["a"]}, {"embeddingsByType": {}}, {"other": 1}])
def test_what_is_no_vector_is_a_failure(body: dict[str, Any]) -> None:
    assert isinstance(events_of(body)[-1], Failed)


def test_titans_one_input_is_not_split() -> None:
    body = b'{"inputText":"a"}'
    assert DIALECT.split(body, "/model/m/invoke", 1) == [body]
    assert DIALECT.join(body, "/model/m/invoke", [b"{}"]) == (b"{}", [])
