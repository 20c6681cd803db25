"""Bodies are from ai.google.dev/api/embeddings (August 2026), shortened."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Finished
from understudy.dialects.base import Edits
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.embeddings.common import task_of
from understudy.operations.embeddings import Purpose
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["gemini_embeddings"]
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
ONE = "/v1beta/models/gemini-embedding-001:embedContent"
MANY = "/v1beta/models/gemini-embedding-001:batchEmbedContents"
TARGET = Endpoint("gemini_embeddings", "g", "/v1beta/models/{model}:{leaf}", "google")
BATCH = (
    b'{"requests": [{"model":"models/a", "content":{"parts":[{"text":"models/a"}]},'
    b'"taskType":"RETRIEVAL_QUERY"},{"model":"models/a","content":{"parts":[{"text":"b"}]},'
    b'"title":"T","taskType":"RETRIEVAL_QUERY"}]}'
)


def test_one_and_several():
    single = DIALECT.parse_request(b'{"content":{"parts":[{"text":"a"}]}}', ONE)
    assert single.model == "gemini-embedding-001"
    assert not task_of(single).is_list
    several = task_of(DIALECT.parse_request(BATCH, MANY))
    assert several.is_list
    assert several.purpose is Purpose.QUERY
    assert [item.title for item in several.items] == [None, "T"]


def test_one_part_may_stand_alone():
    lone = DIALECT.parse_request(b'{"content":{"parts":{"text":"a"}}}', ONE)
    assert [item.texts for item in task_of(lone).items] == [("a",)]


def test_the_way_there_and_back_says_the_same():
    request = DIALECT.parse_request(BATCH, MANY)
    written, losses = DIALECT.build_request(request, TARGET)
    assert written.path == "/v1beta/models/g:batchEmbedContents"
    assert not losses
    assert DIALECT.parse_request(written.body, MANY).task == request.task
    assert {each["model"] for each in json.loads(written.body)["requests"]} == {"models/g"}


def test_the_model_is_put_in_wherever_it_stands_and_nowhere_else():
    edited = DIALECT.edit_request(BATCH, Edits("g"))
    assert edited == BATCH.replace(b'"model":"models/a"', b'"model":"models/g"')
    assert DIALECT.edit_request(b'{"content":{}}', Edits("g")) == b'{"content":{}}'
    glance = DIALECT.glance(BATCH, MANY)
    path = DIALECT.path(TARGET, stream=False).replace("{leaf}", glance.leaf)
    assert path == "/v1beta/models/g:batchEmbedContents"


def test_media_go_inline_or_by_address():
    parts = [
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"file_data": {"file_uri": "https://a.example/b"}},
    ]
    body = json.dumps({"content": {"parts": parts}}).encode()
    request = DIALECT.parse_request(body, ONE)
    assert task_of(request).items[0].media == ("data:image/png;base64,AAAA", "https://a.example/b")
    written, _ = DIALECT.build_request(request, TARGET)
    assert DIALECT.parse_request(written.body, ONE).task == request.task


@pytest.mark.parametrize(
    "body",
    [
        b'{"content":{"parts":[]}}',
        b'{"content":{"parts":[{"other":1}]}}',
        b'{"content":{"parts":[{"text":"a"}]},"outputDimensionality":0}',
    ],
)
def test_a_mistake_is_refused(body: bytes):
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(body, ONE)


def test_a_batch_of_different_wishes_is_refused_rather_than_half_heard():
    body = BATCH.replace(b'"T","taskType":"RETRIEVAL_QUERY"', b'"T","taskType":"CLUSTERING"')
    with pytest.raises(InvalidRequest, match="differ in content and title only"):
        DIALECT.parse_request(body, MANY)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ONE, b'{"embedding":{"values":[1.5]},"usageMetadata":{"promptTokenCount":3}}'),
        (MANY, b'{"embeddings":[{"values":[1.5],"statistics":{"tokenCount":1}},{"values":[2]}]}'),
    ],
)
def test_an_answer_comes_back_as_it_was(path: str, body: bytes):
    request = BATCH if path == MANY else b'{"content":{"parts":[{"text":"a"}]}}'
    decoder = DIALECT.decoder(JSON, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    events = [event for item in items for event in item.events]
    assert isinstance(events[-1], Finished)
    encoder = DIALECT.encoder(DIALECT.parse_request(request, path))
    assert json.loads(b"".join(encoder.send(event) for event in events)) == json.loads(body)


def test_a_host_without_batches_gets_one_at_a_time():
    host = Endpoint(
        "gemini_embeddings", "g", "/x/{model}:{leaf}", "vertex", accepts=frozenset({"single"})
    )
    asked = b'{"model":"m","input":["a"]}'
    request = OPERATIONS["openai_embeddings"].parse_request(asked)
    written, _ = DIALECT.build_request(request, host)
    assert written.path == "/x/g:embedContent"
    assert json.loads(written.body)["content"] == {"parts": [{"text": "a"}]}
    assert DIALECT.build_request(request, TARGET)[0].path.endswith(":batchEmbedContents")
