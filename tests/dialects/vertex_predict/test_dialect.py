"""One path: an instance tells which operation it is. Sockets: `tests/sdk/test_vertex_predict`."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Finished
from understudy.dialects.base import Edits, Splits
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.paths import Paths
from understudy.operations.embeddings import Embedded
from understudy.operations.images import Drawn
from understudy.operations.kinds import Operation
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["vertex_predict"]
PATH = "/v1/projects/p/locations/l/publishers/google/models/m:predict"
WORDS = b'{"instances":[{"content":"a"},{"content":"b"}]}'
PROMPT = b'{"instances":[{"prompt":"a"}],"parameters":{"sampleCount":2}}'


def test_a_glance_says_which_operation_it_is() -> None:
    assert Paths({DIALECT.name: DIALECT}).find(PATH.encode()) is DIALECT
    found = [DIALECT.glance(body, PATH) for body in (WORDS, PROMPT)]
    assert [each.operation for each in found] == [Operation.EMBEDDINGS, Operation.IMAGES]
    assert [each.expected.count for each in found if each.expected] == [2, 2]
    with pytest.raises(InvalidRequest):
        DIALECT.glance(b"{}", PATH)


def test_requests_and_answers_go_to_their_own() -> None:
    endpoint = Endpoint("vertex_predict", "x", "/models/{model}:predict", "vertex")
    for body in (WORDS, PROMPT):
        request = DIALECT.parse_request(body, PATH)
        written, _ = DIALECT.build_request(request, endpoint)
        assert written.path == "/models/x:predict"
        assert json.loads(written.body)["instances"] == json.loads(body)["instances"]
    assert DIALECT.edit_request(WORDS, Edits("x")) == WORDS
    answers = (
        (b'{"predictions":[{"embeddings":{"values":[0.5]}}]}', Embedded),
        (b'{"predictions":[{"bytesBase64Encoded":"aGk="}]}', Drawn),
    )
    for said, kind in answers:
        decoder = DIALECT.decoder(ResponseHead(200, ()), stream=False)
        end = [*decoder.receive_data(said), *decoder.receive_eof()][-1].events[-1]
        assert isinstance(end, Finished)
        assert isinstance(end.result, kind)
        encoder = DIALECT.encoder(
            DIALECT.parse_request(WORDS if kind is Embedded else PROMPT, PATH)
        )
        assert b"predictions" in encoder.send(end)


def test_words_go_in_portions() -> None:
    assert isinstance(DIALECT, Splits)
    portions = DIALECT.split(WORDS, PATH, 1)
    assert [json.loads(each)["instances"] for each in portions] == [
        [{"content": "a"}],
        [{"content": "b"}],
    ]
    said = b'{"predictions":[{"embeddings":{"values":[0.5]}}]}'
    joined, losses = DIALECT.join(WORDS, PATH, [said, said])
    assert len(json.loads(joined)["predictions"]) == 2
    assert losses == []
