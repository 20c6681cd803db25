"""Bodies are from the web UI's own API page (1.10, August 2026), shortened."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.dialects.base import Edits
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.images import Drawn, ImageTask, Picture
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["automatic1111_images"]
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
TARGET = Endpoint("automatic1111_images", "sdxl.safetensors", "/sdapi/v1/{leaf}", "box")
SETTINGS = {"sd_model_checkpoint": "m", "CLIP_stop_at_last_layers": 2}
ASKED = {
    "prompt": "p",
    "negative_prompt": "n",
    "batch_size": 2,
    "width": 768,
    "height": 512,
    "seed": 7,
    "steps": 20,
    "cfg_scale": 6.5,
    "sampler_name": "Euler a",
    "override_settings": SETTINGS,
}


def test_a_request_comes_back_as_it_was_with_another_model():
    request = DIALECT.parse_request(json.dumps(ASKED).encode(), "/sdapi/v1/txt2img")
    assert request.model == "m"
    written, losses = DIALECT.build_request(request, TARGET)
    assert (written.path, losses) == ("/sdapi/v1/txt2img", ())
    settings = {**SETTINGS, "sd_model_checkpoint": "sdxl.safetensors"}
    assert json.loads(written.body) == {**ASKED, "override_settings": settings}
    edited = DIALECT.edit_request(json.dumps(ASKED).encode(), Edits("sdxl.safetensors"))
    assert json.loads(edited) == {**ASKED, "override_settings": settings}


def test_a_picture_to_change():
    body = {**ASKED, "init_images": ["AAAA"], "mask": "AAAA", "denoising_strength": 0.4}
    request = DIALECT.parse_request(json.dumps(body).encode(), "/sdapi/v1/img2img")
    assert isinstance(request.task, ImageTask)
    assert request.task.sources == (Picture("AAAA"),)
    written, _ = DIALECT.build_request(request, TARGET)
    assert written.path == "/sdapi/v1/img2img"
    assert json.loads(written.body)["init_images"] == ["AAAA"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sdapi/v1/txt2img", {"prompt": "p"}),
        ("/sdapi/v1/img2img", ASKED),
        ("/sdapi/v1/img2img", {**ASKED, "init_images": ["no base64"]}),
        ("/sdapi/v1/img2img", {**ASKED, "init_images": [3]}),
        ("/sdapi/v1/txt2img", {**ASKED, "batch_size": 1000}),
    ],
)
def test_a_mistake_is_refused(path: str, body: dict):
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(json.dumps(body).encode(), path)


def test_an_answer_comes_back_as_it_was():
    body = {
        "images": ["AAAA", "AAAB"],
        "parameters": {"prompt": "p"},
        "info": '{"all_seeds":[7,8]}',
    }
    end = DIALECT.skim(JSON, json.dumps(body).encode())
    assert isinstance(end, Finished)
    assert end.result == Drawn((Picture("AAAA", seed=7), Picture("AAAB", seed=8)))
    encoder = DIALECT.encoder(DIALECT.parse_request(json.dumps(ASKED).encode()))
    assert json.loads(encoder.send(end)) == body


@pytest.mark.parametrize("body", [b"{}", b'{"images":["*"]}', b'{"images":3}'])
def test_what_is_no_picture(body: bytes):
    decoder = DIALECT.decoder(JSON, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    assert isinstance(items[-1].events[-1], Failed)
