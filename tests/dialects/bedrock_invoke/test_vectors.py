"""Embeddings through InvokeModel."""

import json
from typing import Any

import msgspec
import pytest
from tests.dialects.bedrock_invoke.bodies import DIALECT

from understudy.chat.events import Event, Finished, Started, StopReason
from understudy.chat.usage import Usage
from understudy.dialects.base import Splits
from understudy.operations.embeddings import Embedded
from understudy.operations.kinds import Operation

ROWS = [[0.5, 0.25], [0.25, 0.5]]
COHERE: dict[str, Any] = {"texts": ["a", "b"], "input_type": "search_query"}


def said(asked: dict[str, Any], *rows: list[float], model: str = "m") -> dict[str, Any]:
    request = DIALECT.parse_request(json.dumps(asked).encode(), f"/model/{model}/invoke")
    encoder = DIALECT.encoder(request)
    vectors = ({"float": msgspec.Raw(json.dumps(row).encode())} for row in rows)
    events: list[Event] = [
        Started("id-1", "m"),
        Finished(StopReason.END, Usage(input_tokens=3), result=Embedded(tuple(vectors))),
    ]
    body = b"".join(encoder.send(event) for event in events)
    assert (b"x-amzn-bedrock-input-token-count", b"3") in encoder.head()
    read: dict[str, Any] = json.loads(body)
    return read


@pytest.mark.parametrize(
    ("model", "asked", "count"),
    [
        ("embed", {"inputText": "a"}, 1),
        ("m", {"inputText": "a", "normalize": True, "dimensions": 256}, 1),
        ("m", COHERE, 2),
    ],
)
def test_bodies_of_vectors_are_known(model: str, asked: dict[str, Any], count: int) -> None:
    glance = DIALECT.glance(json.dumps(asked).encode(), f"/model/{model}/invoke")
    assert (glance.operation, glance.model) == (Operation.EMBEDDINGS, model)
    assert glance.expected is not None
    assert (glance.expected.count, glance.is_foreign) == (count, True)


def test_a_text_is_not_taken_for_one() -> None:
    body = json.dumps({"inputText": "a", "textGenerationConfig": {}}).encode()
    assert DIALECT.glance(body, "/model/m/invoke").operation is Operation.CHAT


def test_answers_are_in_the_words_of_who_asked() -> None:
    titan = said({"inputText": "a"}, ROWS[0], model="embed")
    assert titan == {
        "embedding": ROWS[0],
        "embeddingsByType": {"float": ROWS[0]},
        "inputTextTokenCount": 3,
    }
    assert said(COHERE, *ROWS)["embeddings"] == ROWS
    typed = said({**COHERE, "embedding_types": ["float"]}, *ROWS)
    assert typed["embeddings"] == {"float": ROWS}
    assert said(COHERE, *ROWS, model="cohere.embed-v4:0")["embeddings"] == {"float": ROWS}


def test_many_inputs_go_in_portions() -> None:
    body, path = json.dumps(COHERE).encode(), "/model/m/invoke"
    assert isinstance(DIALECT, Splits)
    portions = DIALECT.split(body, path, 1)
    assert [json.loads(each)["texts"] for each in portions] == [["a"], ["b"]]
    answers = [json.dumps({"embeddings": {"float": [row]}, "id": "x"}).encode() for row in ROWS]
    joined, losses = DIALECT.join(body, path, answers)
    assert json.loads(joined)["embeddings"] == ROWS
    assert losses == []
