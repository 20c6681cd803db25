"""Bodies are from Google Cloud's "Generate images | Imagen" (2026), shortened."""

import json
from typing import Any

import msgspec
import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.request import Request
from understudy.dialects.images.common import task_of
from understudy.dialects.operation import Answer, Flawed
from understudy.dialects.vertex_predict.images import PredictImages
from understudy.operations.images import Drawn, ImageTask, Picture

DIALECT = PredictImages()
PATH = "/v1/publishers/google/models/imagen-4.0-generate-001:predict"
TARGET = Endpoint("vertex_predict", "imagen-4.0-generate-001", PATH, "vertex")
ASKED: dict[str, Any] = {
    "instances": [{"prompt": "a cat"}],
    "parameters": {
        "sampleCount": 2,
        "aspectRatio": "16:9",
        "outputOptions": {"mimeType": "image/jpeg"},
        "addWatermark": False,
        "seed": 3,
    },
}
PICTURE = {"bytesBase64Encoded": "aGk=", "mimeType": "image/png"}


def answer(**fields: Any) -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(json.dumps(fields), type=dict[str, msgspec.Raw])


def test_a_request_comes_back() -> None:
    request = DIALECT.parse_request(json.dumps(ASKED).encode(), PATH)
    task = task_of(request)
    assert (task.prompt, task.count, task.format) == ("a cat", 2, "jpeg")
    written, losses = DIALECT.write_request(request, TARGET)
    assert (json.loads(written), losses) == (ASKED, [])


def test_labels_stay_beside_the_instances() -> None:
    asked = {**ASKED, "labels": {"team": "a"}}
    request = DIALECT.parse_request(json.dumps(asked).encode(), PATH)
    assert json.loads(DIALECT.write_request(request, TARGET)[0]) == asked


def test_pictures_may_lie_in_a_bucket() -> None:
    kept = {"gcsUri": "gs://b/a.png", "mimeType": "image/jpeg"}
    found = DIALECT.read_answer(answer(predictions=[kept, {"raiFilteredReason": "one was bad"}]))
    assert found.result == Drawn((Picture(url="gs://b/a.png", media="image/jpeg"),))
    request = DIALECT.parse_request(json.dumps(ASKED).encode(), PATH)
    written, losses = DIALECT.write_answer(request, found)
    assert (json.loads(written), losses) == ({"predictions": [kept]}, [])


def test_what_imagen_cannot_do_is_said() -> None:
    task = ImageTask("x", count=9, size=(1920, 1080), seed=3, quality="hd", format="webp")
    written, losses = DIALECT.write_request(Request("m", (), task=task), TARGET)
    parameters = json.loads(written)["parameters"]
    assert parameters == {"sampleCount": 4, "aspectRatio": "16:9"}
    assert sorted(loss.path.removeprefix("task.") for loss in losses) == [
        "count",
        "format",
        "quality",
        "seed",
        "size",
    ]
    edit = ImageTask("x", sources=(Picture("aGk="),))
    with pytest.raises(InvalidRequest):
        DIALECT.write_request(Request("m", (), task=edit), TARGET)


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [{"prompt": "a"}, {"prompt": "b"}]},
        {"instances": [{"prompt": "a"}], "parameters": {"aspectRatio": "2:1"}},
        {"instances": [{"prompt": "a"}], "parameters": {"sampleCount": 99}},
        {"instances": [{}]},
    ],
)
def test_what_is_no_request_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(json.dumps(body).encode(), PATH)


def test_an_answer_is_read_and_written() -> None:
    read = DIALECT.read_answer(answer(predictions=[PICTURE, {"raiFilteredReason": "no"}]))
    assert isinstance(read.result, Drawn)
    assert read.result.pictures == (Picture("aGk=", media="image/png"),)
    request = DIALECT.parse_request(json.dumps(ASKED).encode(), PATH)
    body, losses = DIALECT.write_answer(request, Answer(read.result))
    assert (json.loads(body), losses) == ({"predictions": [PICTURE]}, [])
    elsewhere = Answer(Drawn((Picture(url="https://example.com/a.png"),)))
    assert [loss.path for loss in DIALECT.write_answer(request, elsewhere)[1]] == [
        "answer.images[0]"
    ]


@pytest.mark.parametrize(
    ("predictions", "flag"),
    [
        ([], "content_filter_error_annotation"),
        ([{"raiFilteredReason": "no"}], "content_filter_error_annotation"),
        ([{"bytesBase64Encoded": "?"}], "schema_violation"),
        ([{"bytesBase64Encoded": 3}], "schema_violation"),
    ],
)
def test_what_is_no_picture_is_a_failure(predictions: list[Any], flag: str) -> None:
    with pytest.raises(Flawed) as caught:
        DIALECT.read_answer(answer(predictions=predictions))
    assert caught.value.flag == flag
