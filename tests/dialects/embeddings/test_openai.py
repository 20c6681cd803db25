"""Bodies are from OpenAI's, Voyage's and Mistral's API references (August 2026), shortened."""

import json

import msgspec
import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Finished
from understudy.dialects.base import Edits
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.embeddings.common import task_of
from understudy.operations.embeddings import Embedded, EmbedTask, Item, Purpose, Truncate
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["openai_embeddings"]
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
VOYAGE = Endpoint(
    "openai_embeddings",
    "voyage-4",
    "/v1/embeddings",
    "voyage",
    renames={"dimensions": "output_dimension"},
    accepts=frozenset({"task.purpose", "task.truncate"}),
)
PLAIN = Endpoint("openai_embeddings", "e", "/v1/embeddings", "p")


def parsed(path: str = "/v1/embeddings", **body: object):
    return DIALECT.parse_request(json.dumps({"model": "m", "input": "a", **body}).encode(), path)


def built(request, endpoint: Endpoint):
    written, losses = DIALECT.build_request(request, endpoint)
    return json.loads(written.body), [loss.token for loss in losses]


def test_a_request_with_everything_in_it():
    request = parsed(
        input=["a", "b"],
        dimensions=256,
        encoding_format="base64",
        user="u",
        input_type="query",
        truncation=True,
    )
    assert request.task == EmbedTask(
        (Item(("a",)), Item(("b",))),
        dimensions=256,
        dtypes=("base64",),
        purpose=Purpose.QUERY,
        truncate=Truncate.END,
    )
    assert request.user == "u"
    assert not request.extensions


def test_what_another_host_calls_otherwise_is_called_so():
    request = parsed(dimensions=256, input_type="document", truncation=False)
    assert built(request, VOYAGE) == (
        {
            "model": "voyage-4",
            "input": "a",
            "output_dimension": 256,
            "input_type": "document",
            "truncation": False,
        },
        [],
    )


def test_what_a_host_does_not_take_is_lost_aloud():
    request = parsed(input_type="query", truncation=True)
    assert built(request, PLAIN) == (
        {"model": "e", "input": "a"},
        ["task.purpose", "task.truncate"],
    )


def test_integers_packed_or_not_are_asked_for_as_they_were():
    request = parsed(output_dtype="int8", encoding_format="base64")
    assert task_of(request).dtypes == ("int8",)
    body, losses = built(request, VOYAGE)
    assert (body["output_dtype"], body["encoding_format"], losses) == ("int8", "base64", [])


def test_azures_older_path_names_the_model():
    path = "/openai/deployments/my-embed/embeddings?api-version=2024-10-21"
    assert DIALECT.glance(b'{"input":"a"}', path).model == "my-embed"
    assert DIALECT.edit_request(b'{"input":"a"}', Edits("x")) == b'{"model":"x","input":"a"}'


def test_a_model_is_put_in_and_every_other_byte_stays():
    body = b'{ "input" : ["a"],\n "model":"m", "x": 1.50 }'
    assert DIALECT.edit_request(body, Edits("n")) == body.replace(b'"m"', b'"n"')


@pytest.mark.parametrize(
    "body", [{"model": ""}, {"encoding_format": "hex"}, {"output_dtype": "int3"}, {"input": None}]
)
def test_a_mistake_is_refused(body: dict):
    with pytest.raises(InvalidRequest):
        parsed(**body)


def test_answers_out_of_order_are_put_in_order():
    body = b'{"data":[{"index":1,"embedding":[2]},{"index":0,"embedding":[1]}],"model":"m"}'
    end = DIALECT.skim(JSON, body)
    assert isinstance(end, Finished)
    assert isinstance(end.result, Embedded)
    assert [vector["float"] for vector in end.result.vectors] == [
        msgspec.Raw(b"[1]"),
        msgspec.Raw(b"[2]"),
    ]


def test_voyages_usage_stays_voyages():
    body = (
        b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],'
        b'"model":"m","usage":{"total_tokens":7}}'
    )
    end = DIALECT.skim(JSON, body)
    assert isinstance(end, Finished)
    assert end.usage is not None
    assert end.usage.input_tokens == 7
    decoder = DIALECT.decoder(JSON, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    encoder = DIALECT.encoder(parsed())
    assert b"".join(encoder.send(e) for item in items for e in item.events) == body
