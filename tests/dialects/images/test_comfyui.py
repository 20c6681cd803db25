"""Bodies are as Comfy-Org/ComfyUI's `server.py` and `execution.py` say them, November 2026."""

import base64
import json

import msgspec
import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.chat.request import Request
from understudy.dialects.base import Edits
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.images import Drawn, ImageTask, Picture
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["comfyui_images"]
TARGET = Endpoint("comfyui_images", "sdxl.safetensors", "/prompt", "box")
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(17) + b"\x06").decode()
OWN = {"1": {"class_type": "Any", "inputs": {"text": "%prompt%", "steps": "%steps%"}}}


def written(task: ImageTask, target: Endpoint = TARGET) -> tuple[dict, list[str]]:
    request = Request("m", (), task=task)
    sent, losses = DIALECT.build_request(request, target)
    assert (sent.method, sent.path) == ("POST", "/prompt")
    return json.loads(sent.body), [loss.token for loss in losses]


def test_all_that_is_asked_is_in_the_workflow():
    task = ImageTask(
        "p",
        negative="n",
        count=2,
        size=(768, 512),
        seed=7,
        steps=30,
        guidance=5.5,
    )
    body, losses = written(task)
    nodes = {node["class_type"]: node["inputs"] for node in body["prompt"].values()}
    assert losses == []
    assert (body["files"], body["seeds"], body["seed"]) == ({}, [], 7)
    assert nodes["CheckpointLoaderSimple"] == {"ckpt_name": "sdxl.safetensors"}
    assert nodes["EmptyLatentImage"] == {"width": 768, "height": 512, "batch_size": 2}
    assert nodes["KSampler"].items() >= {"seed": 7, "steps": 30, "cfg": 5.5}.items()
    texts = {node["inputs"].get("text") for node in body["prompt"].values()}
    assert texts >= {"p", "n"}


def test_a_picture_goes_along_under_a_name_of_its_own():
    task = ImageTask("p", sources=(Picture(PNG), Picture("AAAA")), mask=Picture(PNG))
    body, losses = written(task)
    nodes = {node["class_type"]: node["inputs"] for node in body["prompt"].values()}
    (name,) = body["files"]
    assert name.startswith("understudy/")
    assert name.endswith(".png")
    assert body["files"][name] == PNG
    assert nodes["LoadImage"] == {"image": name}
    assert nodes["LoadImageMask"] == {"image": name, "channel": "alpha"}
    assert losses == ["task.sources"]
    grey = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
    body, _ = written(ImageTask("p", sources=(Picture(PNG),), mask=Picture(grey)))
    assert "red" in {node["inputs"].get("channel") for node in body["prompt"].values()}


@pytest.mark.parametrize(
    ("task", "lost"),
    [
        (ImageTask("p", size=(1001, 20)), ["~task.size"]),
        (ImageTask("p", quality="hd", style="vivid"), ["task.quality", "task.style"]),
        (
            ImageTask("p", background="transparent", partials=2),
            ["task.background", "task.partials"],
        ),
        (ImageTask("p", format="webp"), ["task.format"]),
        (ImageTask("p", strength=0.3), ["task.strength"]),
        (ImageTask("p", format="png", form="b64_json"), []),
    ],
)
def test_what_has_no_place_is_a_loss(task: ImageTask, lost: list[str]):
    assert written(task)[1] == lost


def test_a_workflow_of_ones_own_takes_what_it_has_places_for():
    data = json.dumps(OWN).encode()
    target = msgspec.structs.replace(TARGET, workflows={"draw": data})
    body, losses = written(ImageTask("p", steps=9, size=(64, 64), count=3, seed=1), target)
    assert body["prompt"]["1"]["inputs"] == {"text": "p", "steps": 9}
    assert sorted(losses) == ["task.seed", "task.size", "~task.count"]
    with pytest.raises(InvalidRequest, match="no workflow to edit"):
        written(ImageTask("p", sources=(Picture(PNG),)), target)


def test_an_answer_is_read_and_written():
    body = json.dumps({"id": "j", "images": [{"data": PNG, "seed": 7}, {"data": PNG}]}).encode()
    end = DIALECT.skim(JSON, body)
    assert isinstance(end, Finished)
    first, second = Picture(PNG, media="image/png", seed=7), Picture(PNG, media="image/png")
    assert end.result == Drawn((first, second))
    encoder = DIALECT.encoder(Request("m", (), task=ImageTask("p")))
    assert json.loads(encoder.send(end))["images"] == json.loads(body)["images"]


@pytest.mark.parametrize(
    "body", [b"{}", b'{"images":[{"data":"*"}]}', b'{"images":[3]}', b'{"images":[],"id":3}', b"["]
)
def test_what_is_no_answer(body: bytes):
    decoder = DIALECT.decoder(JSON, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    assert isinstance(items[-1].events[-1], Failed)


ERROR = {"type": "prompt_outputs_failed_validation", "message": "Prompt failed", "details": ""}
AT_NODE = {
    "errors": [{"type": "value_not_in_list", "message": "Value not in list", "details": "ckpt: x"}],
    "dependent_outputs": ["7"],
    "class_type": "CheckpointLoaderSimple",
}


@pytest.mark.parametrize(
    ("body", "code", "kind", "words"),
    [
        (
            {"error": ERROR, "node_errors": {"4": AT_NODE}},
            "value_not_in_list",
            "prompt_outputs_failed_validation",
            "CheckpointLoaderSimple (node 4): Value not in list: ckpt: x",
        ),
        (
            {"error": {**ERROR, "details": "d"}, "node_errors": []},
            None,
            "prompt_outputs_failed_validation",
            "Prompt failed: d",
        ),
        ({"error": "no prompt", "node_errors": []}, None, None, "no prompt"),
        ("404: Not Found", None, None, "404: Not Found"),
    ],
)
def test_an_error_says_which_node_is_wrong(body, code, kind, words):
    signal = DIALECT.parse_failure(ResponseHead(400, ()), json.dumps(body).encode())
    assert (signal.status, signal.code, signal.type) == (400, code, kind)
    assert words in signal.message


def test_nobody_asks_in_it():
    assert DIALECT.chat_paths() == ()
    for ask in (DIALECT.glance, DIALECT.parse_request):
        with pytest.raises(InvalidRequest):
            ask(b"{}")
    with pytest.raises(InvalidRequest):
        DIALECT.edit_request(b"{}", Edits("m"))
