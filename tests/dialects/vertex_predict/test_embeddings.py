"""Bodies are from Google Cloud's "Text embeddings API" (2026), shortened."""

import json
from typing import Any

import msgspec
import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.embeddings.common import task_of
from understudy.dialects.operation import Answer, Flawed
from understudy.dialects.vertex_predict.embeddings import PredictEmbeddings
from understudy.operations.embeddings import Embedded, EmbedTask, Item, Purpose, Truncate

DIALECT = PredictEmbeddings()
PATH = "/v1/publishers/google/models/text-embedding-005:predict"
TARGET = Endpoint(
    "vertex_predict", "text-embedding-005", PATH, "vertex", accepts=frozenset({"task.purpose"})
)
ASKED: dict[str, Any] = {
    "instances": [
        {"content": "a", "task_type": "RETRIEVAL_DOCUMENT", "title": "t"},
        {"content": "b", "task_type": "RETRIEVAL_DOCUMENT"},
    ],
    "parameters": {"outputDimensionality": 256, "autoTruncate": False},
}


def answer(**fields: Any) -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(json.dumps(fields), type=dict[str, msgspec.Raw])


def test_a_request_comes_back() -> None:
    request = DIALECT.parse_request(json.dumps(ASKED).encode(), PATH)
    assert request.model == "text-embedding-005"
    assert request.task == EmbedTask(
        (Item(("a",), title="t"), Item(("b",))),
        dimensions=256,
        purpose=Purpose.DOCUMENT,
        truncate=Truncate.NONE,
    )
    written, losses = DIALECT.write_request(request, TARGET)
    assert (json.loads(written), losses) == (ASKED, [])


def test_what_else_an_instance_says_is_kept_for_this_api() -> None:
    first, second = ASKED["instances"]
    instances = [{**first, "mimeType": "text/plain"}, second]
    body = json.dumps({**ASKED, "instances": instances}).encode()
    request = DIALECT.parse_request(body, PATH)
    assert json.loads(DIALECT.write_request(request, TARGET)[0])["instances"] == instances
    other = OPERATIONS["openai_embeddings"]
    lost = other.build_request(request, Endpoint(other.name, "m", "/v1/embeddings", "p"))[1]
    assert "extensions.vertex_predict.instances" in [loss.path for loss in lost]


def test_what_has_no_word_is_a_loss() -> None:
    body = {"model": "m", "texts": ["a"], "input_type": "search_query", "truncate": "START"}
    request = OPERATIONS["cohere_embeddings"].parse_request(json.dumps(body).encode())
    assert task_of(request).purpose is Purpose.QUERY
    written, losses = DIALECT.write_request(request, TARGET)
    assert json.loads(written)["instances"] == [{"content": "a", "task_type": "RETRIEVAL_QUERY"}]
    assert [loss.path for loss in losses] == ["task.truncate"]


@pytest.mark.parametrize(
    "instances",
    [
        [{"content": "a", "task_type": "x"}],
        [{"content": "a", "task_type": "CLUSTERING"}, {"content": "b"}],
        [{"content": 3}],
        [],
    ],
)
def test_what_is_no_request_is_refused(instances: list[Any]) -> None:
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(json.dumps({"instances": instances}).encode(), PATH)


def test_an_answer_is_read_and_written() -> None:
    said = {"values": [0.5, 0.25], "statistics": {"truncated": False, "token_count": 4}}
    read = DIALECT.read_answer(answer(predictions=[{"embeddings": said}]))
    assert isinstance(read.result, Embedded)
    assert read.usage is not None
    assert (read.result.dimension, read.usage.input_tokens) == (2, 4)
    request = DIALECT.parse_request(json.dumps(ASKED).encode(), PATH)
    body, losses = DIALECT.write_answer(request, Answer(read.result, read.usage))
    assert (json.loads(body), losses) == ({"predictions": [{"embeddings": said}]}, [])
    with pytest.raises(Flawed):
        DIALECT.read_answer(answer(predictions=[{"embeddings": {"values": ["a"]}}]))
    with pytest.raises(Flawed):
        DIALECT.read_answer(answer(predictions=[{"embeddings": 3}]))
