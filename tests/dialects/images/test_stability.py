"""Bodies are from platform.stability.ai/docs/api-reference (August 2026)."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.images.common import task_of
from understudy.operations.images import Drawn, Picture
from understudy.wire.http import ResponseHead
from understudy.wire.multipart import Part, read_form, write_form

DIALECT, OPENAI = OPERATIONS["stability_images"], OPERATIONS["openai_images"]
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
PATH = "/v2beta/stable-image/generate/{leaf}"


def target(model: str) -> Endpoint:
    return Endpoint("stability_images", model, PATH, "stability")


def fields(body: bytes) -> dict[str, str]:
    return {part.name: part.text for part in read_form(body) if part.filename is None}


@pytest.mark.parametrize(
    ("model", "service"),
    [("stable-image-core", "core"), ("stable-image-ultra", "ultra"), ("sd3.5-large", "sd3")],
)
def test_the_model_says_which_service_draws(model: str, service: str):
    request = OPENAI.parse_request(b'{"prompt":"p","size":"1536x1024","n":2}')
    written, losses = DIALECT.build_request(request, target(model))
    assert written.path == f"/v2beta/stable-image/generate/{service}"
    assert (b"accept", b"application/json") in written.headers
    said = fields(written.body)
    assert said["aspect_ratio"] == "3:2"
    assert said.get("model") == (model if service == "sd3" else None)
    assert [loss.token for loss in losses] == ["~task.count", "~task.size"]


def test_a_picture_to_start_from():
    form, _ = write_form([Part("prompt", b"p"), Part("image", b"\x89PNGx", "a.png")])
    request = OPENAI.parse_request(form, "/v1/images/edits")
    written, _ = DIALECT.build_request(request, target("sd3.5-large"))
    assert fields(written.body)["mode"] == "image-to-image"
    assert fields(written.body)["strength"] == "0.7"
    assert [p.data for p in read_form(written.body) if p.filename] == [b"\x89PNGx"]
    with pytest.raises(InvalidRequest):
        DIALECT.build_request(request, target("stable-image-core"))


def test_its_own_request_comes_back():
    form, _ = write_form(
        [
            Part("prompt", b"p"),
            Part("negative_prompt", b"n"),
            Part("model", b"sd3.5-medium"),
            Part("aspect_ratio", b"21:9"),
            Part("seed", b"7"),
            Part("cfg_scale", b"4.5"),
        ]
    )
    request = DIALECT.parse_request(form, "/v2beta/stable-image/generate/sd3")
    assert request.model == "sd3.5-medium"
    assert (task_of(request).seed, task_of(request).guidance) == (7, 4.5)
    written, losses = DIALECT.build_request(request, target("sd3.5-medium"))
    assert not losses
    assert fields(written.body) == fields(form)


def test_a_filtered_picture_is_no_picture():
    body = b'{"image":"AAAA","finish_reason":"CONTENT_FILTERED","seed":1}'
    decoder = DIALECT.decoder(JSON, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    (event,) = items[-1].events
    assert isinstance(event, Failed)


def test_an_answer_comes_back_as_it_was():
    body = {"image": "AAAA", "finish_reason": "SUCCESS", "seed": 343940597}
    end = DIALECT.skim(JSON, json.dumps(body).encode())
    assert isinstance(end, Finished)
    assert end.result == Drawn((Picture("AAAA", seed=343940597),))
    encoder = DIALECT.encoder(OPENAI.parse_request(b'{"prompt":"p"}'))
    assert json.loads(encoder.send(end)) == body


def test_errors_are_sentences():
    said = b'{"id":"a","name":"payload_too_large","errors":["too big"]}'
    signal = DIALECT.parse_failure(ResponseHead(413, ()), said)
    assert (signal.type, signal.message) == ("payload_too_large", "too big")
