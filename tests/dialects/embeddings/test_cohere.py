"""Bodies are from Cohere's API reference, "Embed API (v2)" (August 2026), shortened."""

import json

import pytest

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.embeddings.common import task_of
from understudy.operations.embeddings import EmbedTask, Item, Purpose, Truncate
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["cohere_embeddings"]
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
TARGET = Endpoint("cohere_embeddings", "embed-v4.0", "/v2/embed", "cohere")


def parsed(**body: object):
    return DIALECT.parse_request(json.dumps({"model": "m", **body}).encode())


def events_of(body: bytes):
    decoder = DIALECT.decoder(JSON, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


def test_a_request_with_everything_in_it_comes_back():
    body = {
        "texts": ["a", "b"],
        "input_type": "search_query",
        "embedding_types": ["float", "int8"],
        "output_dimension": 256,
        "truncate": "START",
        "max_tokens": 100,
        "priority": 3,
    }
    request = parsed(**body)
    assert request.task == EmbedTask(
        (Item(("a",)), Item(("b",))),
        dimensions=256,
        dtypes=("float", "int8"),
        purpose=Purpose.QUERY,
        truncate=Truncate.START,
    )
    written, losses = DIALECT.build_request(request, TARGET)
    assert json.loads(written.body) == {**body, "model": "embed-v4.0"}
    assert not losses
    glance = DIALECT.glance(json.dumps({"model": "m", **body}).encode())
    assert glance.needs.capabilities == {Capability.DIMENSIONS, Capability.DTYPES}


def test_images_and_mixed_inputs():
    images = parsed(images=["data:image/png;base64,AA=="], input_type="image")
    assert json.loads(DIALECT.build_request(images, TARGET)[0].body)["images"]
    content = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]
    mixed = parsed(inputs=[{"content": content}], input_type="search_document")
    body = json.loads(DIALECT.build_request(mixed, TARGET)[0].body)
    assert body["inputs"] == [{"content": content}]


def test_the_purpose_that_is_demanded_is_said_aloud_where_nobody_said_it():
    request = OPERATIONS["openai_embeddings"].parse_request(b'{"model":"m","input":"a"}')
    written, losses = DIALECT.build_request(request, TARGET)
    assert json.loads(written.body)["input_type"] == "search_document"
    assert [loss.token for loss in losses] == ["~task.purpose"]


def test_tokens_are_never_taken_for_text():
    request = OPERATIONS["openai_embeddings"].parse_request(b'{"model":"m","input":[1,2]}')
    with pytest.raises(InvalidRequest):
        DIALECT.build_request(request, TARGET)


@pytest.mark.parametrize(
    "body",
    [
        {"texts": []},
        {},
        {"texts": ["a"], "images": ["b"]},
        {"texts": [1]},
        {"texts": ["a"], "truncate": "MIDDLE"},
        {"texts": ["a"], "embedding_types": ["half"]},
        {"inputs": [{}]},
    ],
)
def test_a_mistake_is_refused(body: dict):
    with pytest.raises(InvalidRequest):
        parsed(**body)


def test_an_answer_of_two_types_comes_back_as_it_was():
    body = {
        "id": "x",
        "embeddings": {"float": [[1.5, 2], [3, 4]], "int8": [[1, 2], [3, 4]]},
        "texts": ["a", "b"],
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 2}},
        "response_type": "embeddings_by_type",
    }
    events = events_of(json.dumps(body).encode())
    assert isinstance(events[-1], Finished)
    assert task_of(parsed(texts=["a"])).dtypes == ("float",)
    encoder = DIALECT.encoder(parsed(texts=["a", "b"], embedding_types=["float", "int8"]))
    assert json.loads(b"".join(encoder.send(event) for event in events)) == body


def test_columns_of_different_lengths_are_no_answer():
    (event,) = events_of(b'{"embeddings":{"float":[[1],[2]],"int8":[[1]]}}')
    assert isinstance(event, Failed)
