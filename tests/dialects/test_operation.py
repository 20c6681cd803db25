"""What all dialects of operations do alike, seen through one of them."""

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Failed, Finished, Started
from understudy.chat.grammar import Grammar
from understudy.dialects.catalog import CHATS, OPERATIONS, SPOKEN
from understudy.dialects.operation import foreign_extensions, own_extensions
from understudy.operations.kinds import Operation
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["openai_embeddings"]
REQUEST = b'{"model":"m","input":["a","b"],"strange":1}'
ANSWER = (
    b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.5,2]},'
    b'{"object":"embedding","index":1,"embedding":[3,4]}],"model":"m",'
    b'"usage":{"prompt_tokens":2,"total_tokens":2}}'
)
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
PAGE = ResponseHead(200, ((b"content-type", b"text/html"),))


def decoded(body: bytes, head: ResponseHead = JSON):
    decoder = DIALECT.decoder(head, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


def test_no_operation_is_a_dialect_of_chat():
    assert not set(CHATS) & set(OPERATIONS)
    assert set(SPOKEN) == set(CHATS) | set(OPERATIONS)
    assert all(name == dialect.name for name, dialect in OPERATIONS.items())


def test_a_glance_names_the_operation_and_what_to_expect():
    glance = DIALECT.glance(REQUEST)
    assert (glance.model, glance.stream, glance.operation) == ("m", False, Operation.EMBEDDINGS)
    assert glance.expected is not None
    assert glance.expected.count == 2


def test_an_answer_is_one_result_and_comes_back_as_it_was():
    events = decoded(ANSWER)
    grammar = Grammar()
    for event in events:
        grammar.receive(event)
    assert grammar.complete
    assert [type(event) for event in events] == [Started, Finished]
    assert DIALECT.skim(JSON, ANSWER) == events[-1]
    encoder = DIALECT.encoder(DIALECT.parse_request(REQUEST))
    assert b"".join(encoder.send(event) for event in events) == ANSWER
    assert not encoder.losses


@pytest.mark.parametrize("end", range(len(ANSWER)))
def test_half_an_answer_is_none(end: int):
    (event,) = decoded(ANSWER[:end])
    assert isinstance(event, Failed)
    assert DIALECT.skim(JSON, ANSWER[:end]) is None


@pytest.mark.parametrize(
    ("body", "flag"),
    [
        (b"", "empty_200"),
        (b"<html>", "html_body"),
        (b"[]", "invalid_json_body"),
        (b'{"error":{"message":"no"}}', "error_object_in_200"),
        (b'{"object":"list"}', "schema_violation"),
        (b'{"data":[{"embedding":["x"]}]}', "schema_violation"),
        (b'{"data":[{"embedding":[1],"index":1}]}', "schema_violation"),
        (b'{"data":3}', "schema_violation"),
    ],
)
def test_what_is_no_answer_says_why(body: bytes, flag: str):
    (event,) = decoded(body)
    assert isinstance(event, Failed)
    assert event.signal.flag == flag


def test_a_page_is_no_answer_whatever_it_looks_like():
    (event,) = decoded(ANSWER, PAGE)
    assert isinstance(event, Failed)
    assert DIALECT.skim(PAGE, ANSWER) is None


def test_fields_of_ones_own_come_back_and_others_are_lost_aloud():
    request = DIALECT.parse_request(REQUEST)
    assert bytes(own_extensions(request, DIALECT.name)["strange"]) == b"1"
    assert not foreign_extensions(request, DIALECT.name)
    endpoint = Endpoint("ollama_embeddings", "x", "/api/{leaf}", "p")
    written, losses = OPERATIONS["ollama_embeddings"].build_request(request, endpoint)
    assert written.path == "/api/embed"
    assert [loss.path for loss in losses] == ["extensions.openai_embeddings.strange"]
