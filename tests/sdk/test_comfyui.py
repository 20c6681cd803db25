"""OpenAI's client asks for pictures, and ComfyUI draws them: queued, looked after, fetched."""

import base64
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

from tests.sdk.comfyui import CHECKPOINT, Comfy
from tests.sdk.operations import HEAD, KEY, Offer, provider_table
from tests.system.processes import Gateway, gateway, simulators

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
OPENAI = Offer("openai_images", "/v1/images/{leaf}", '["edits"]')
COMFY = '[providers.{name}]\nkind = "comfyui"\nbase_url = "{url}"\nhost = "{name}"\n'
ROUTE = '[routes.{name}]\noperation = "images"\ndeadline = {deadline}\ntargets = {targets}\n'
OWN = f"""
[providers.good.models.own]
upstream = "{CHECKPOINT}"
workflows = {{draw = "own.json"}}
"""
WORKFLOW = {
    "a": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "%model%"}},
    "b": {"class_type": "CLIPTextEncode", "inputs": {"text": "oil, %prompt%", "clip": ["a", 1]}},
    "c": {
        "class_type": "EmptyLatentImage",
        "inputs": {"width": "%width:832%", "height": "%height:1216%", "batch_size": 1},
    },
    "d": {
        "class_type": "KSampler",
        "inputs": {
            "model": ["a", 0],
            "positive": ["b", 0],
            "negative": ["b", 0],
            "latent_image": ["c", 0],
            "seed": "%seed%",
            "steps": 8,
            "cfg": 1.5,
            "sampler_name": "dpmpp_2m",
            "scheduler": "karras",
            "denoise": 1,
        },
    },
    "e": {"class_type": "VAEDecode", "inputs": {"samples": ["d", 0], "vae": ["a", 2]}},
    "f": {"class_type": "SaveImage", "inputs": {"images": ["e", 0], "filename_prefix": "own"}},
    "g": {"class_type": "PreviewImage", "inputs": {"images": ["e", 0]}},
}
SERVERS = ("good", "failing", "dying", "restarted", "held")
ROUTES = {
    "draw": [f"good/{CHECKPOINT}"],
    "after": ["broken/m", f"good/{CHECKPOINT}"],
    "own": ["good/own", "openai/m"],
    "unknown": ["good/missing.safetensors", "openai/m"],
    "alone": ["good/missing.safetensors"],
    "failing": [f"failing/{CHECKPOINT}", "openai/m"],
    "dying": [f"dying/{CHECKPOINT}", "openai/m"],
    "restarted": [f"restarted/{CHECKPOINT}", "openai/m"],
    "held": [f"held/{CHECKPOINT}"],
    "late": [f"held/{CHECKPOINT}"],
}


class World:
    def __init__(self, servers: dict[str, Comfy], running: Gateway) -> None:
        self.servers = servers
        self.gateway = running

    def client(self, timeout: float = 20.0) -> openai.OpenAI:
        url = f"{self.gateway.url}/v1"
        return openai.OpenAI(base_url=url, api_key=KEY, max_retries=0, timeout=timeout)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("comfyui")
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(Comfy()) for name in SERVERS}
        spoken = ("openai=openai_images:0", "broken=openai_images:0")
        providers = stack.enter_context(simulators(folder, *spoken))
        providers.fault("broken", "status(status=503)")
        text = HEAD
        for name in ("openai", "broken"):
            text += provider_table(name, "images", OPENAI, providers.urls[name])
        for name, server in servers.items():
            text += COMFY.format(name=name, url=server.url)
        text += OWN
        (folder / "own.json").write_text(json.dumps(WORKFLOW))
        for name, targets in ROUTES.items():
            deadline = 1 if name == "late" else 15
            text += ROUTE.format(name=name, deadline=deadline, targets=targets)
        running = gateway(folder / "understudy.toml", text, {"CALLER_KEY": KEY})
        yield World(servers, stack.enter_context(running))


def until(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.02)


def inputs(graph: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = (node["inputs"] for node in graph.values() if node["class_type"] == kind)
    return found


def test_a_picture_is_drawn(world: World) -> None:
    with world.client() as client:
        raw = client.images.with_raw_response.generate(
            model="draw", prompt="a cat", size="1024x768", n=2, quality="high"
        )
    said = raw.parse()
    assert said.data is not None
    pictures = [base64.b64decode(each.b64_json or "") for each in said.data]
    assert all(each.startswith(b"\x89PNG") for each in pictures)
    assert len(set(pictures)) == 2
    assert raw.headers["x-understudy-target"] == f"good/{CHECKPOINT}"
    assert "task.quality" in raw.headers["x-understudy-loss"]
    assert "task.size" not in raw.headers["x-understudy-loss"]
    graph = world.servers["good"].graphs[-1]
    assert inputs(graph, "CheckpointLoaderSimple") == {"ckpt_name": CHECKPOINT}
    sides = {"width": 1024, "height": 768, "batch_size": 2}
    assert inputs(graph, "EmptyLatentImage") == sides


def test_the_same_words_are_drawn_anew(world: World) -> None:
    with world.client() as client:
        first, second = (client.images.generate(model="draw", prompt="a dog") for _ in range(2))
    assert first.data != second.data


def test_a_picture_is_changed_where_its_mask_says(world: World) -> None:
    server = world.servers["good"]
    picture = ("a.png", PNG + b"a", "image/png")
    with world.client() as client:
        said = client.images.edit(
            model="draw",
            image=picture,
            mask=("m.png", PNG + b"m", "image/png"),
            prompt="with a hat",
            size="512x512",
            n=2,
        )
    assert said.data is not None
    assert len(said.data) == 2
    graph = server.graphs[-1]
    assert server.inputs[inputs(graph, "LoadImage")["image"]] == PNG + b"a"
    mask = inputs(graph, "LoadImageMask")
    assert server.inputs[mask["image"]] == PNG + b"m"
    assert mask["channel"] == "alpha"
    assert inputs(graph, "KSampler")["denoise"] == 0.75


def test_a_workflow_of_ones_own_is_filled(world: World) -> None:
    with world.client() as client:
        raw = client.images.with_raw_response.generate(model="own", prompt="a hen", n=2)
        edited = client.images.with_raw_response.edit(
            model="own", prompt="a hen", image=("a.png", PNG, "image/png")
        )
    said = raw.parse()
    assert said.data is not None
    assert len(said.data) == 1  # the one that it saves, not the one that it shows
    assert raw.headers["x-understudy-target"] == "good/own"
    assert "~task.count" in raw.headers["x-understudy-loss"]
    graph = world.servers["good"].graphs[-1]
    assert inputs(graph, "CLIPTextEncode")["text"] == "oil, a hen"
    sides = {"width": 832, "height": 1216, "batch_size": 1}
    assert inputs(graph, "EmptyLatentImage") == sides
    assert isinstance(inputs(graph, "KSampler")["seed"], int)
    assert edited.headers["x-understudy-target"] == "openai/m"


def test_a_picture_that_was_to_be_streamed_is_told_at_once(world: World) -> None:
    with world.client() as client:
        stream = client.images.generate(
            model="draw", prompt="an eel", stream=True, partial_images=2
        )
        kinds = [event.type for event in stream]
    assert kinds == ["image_generation.completed"]


def test_it_stands_in_for_openai(world: World) -> None:
    with world.client() as client:
        raw = client.images.with_raw_response.generate(model="after", prompt="a bird")
    assert raw.headers["x-understudy-target"] == f"good/{CHECKPOINT}"
    assert raw.headers["x-understudy-attempts"] == "2"


def test_an_unknown_checkpoint_is_asked_for_elsewhere(world: World) -> None:
    with world.client() as client:
        raw = client.images.with_raw_response.generate(model="unknown", prompt="a fox")
        assert raw.headers["x-understudy-target"] == "openai/m"
        with pytest.raises(openai.APIStatusError, match=r"CheckpointLoaderSimple.*not in list"):
            client.images.generate(model="alone", prompt="a fox")


def test_a_node_that_fails_is_followed_by_the_next_target(world: World) -> None:
    server = world.servers["failing"]
    server.raises = ("RuntimeError", "expected scalar type Half")
    with world.client() as client:
        raw = client.images.with_raw_response.generate(model="failing", prompt="an owl")
    assert raw.headers["x-understudy-target"] == "openai/m"
    assert not [each for each in server.log if each in {"POST /queue", "POST /interrupt"}]


def test_a_server_that_dies_over_a_job_is_followed_by_the_next(world: World) -> None:
    server = world.servers["dying"]
    server.held.clear()
    with world.client() as client:
        asked = _beside(lambda: client.images.generate(model="dying", prompt="an ox"))
        assert server.started.wait(10)
        server.kill()
        assert asked() is not None


def test_a_server_that_was_restarted_knows_nothing_of_the_job(world: World) -> None:
    server = world.servers["restarted"]
    server.held.clear()
    with world.client() as client:
        asked = _beside(lambda: client.images.generate(model="restarted", prompt="an elk"))
        assert server.started.wait(10)
        server.forget()
        assert asked() is not None


def test_a_job_that_never_ends_is_stopped_at_the_deadline(world: World) -> None:
    server = world.servers["held"]
    server.held.clear()
    with world.client() as client, pytest.raises(openai.APIStatusError) as caught:
        client.images.generate(model="late", prompt="a sloth")
    assert caught.value.status_code == 504
    until(lambda: server.queue == {"running": [], "pending": []})
    assert server.log[-3:] == ["POST /queue", "GET /queue", "POST /interrupt"]


def test_a_client_that_leaves_takes_its_job_with_it_and_no_other(world: World) -> None:
    server = world.servers["held"]
    server.held.clear()
    server.started.clear()
    with world.client() as stayer, world.client(1.0) as leaver:
        asked = _beside(lambda: stayer.images.generate(model="held", prompt="a snail"))
        assert server.started.wait(10)
        with pytest.raises(openai.APITimeoutError):
            leaver.images.generate(model="held", prompt="a hare")
        assert "a hare" in json.dumps(server.graphs[-1])
        until(lambda: not server.queue["pending"])
        assert len(server.queue["running"]) == 1
        assert "POST /interrupt" not in server.log[-2:]
        server.held.set()
        assert asked() is not None


def _beside(ask: Callable[[], Any]) -> Callable[[], Any]:
    """Ask in a thread; returns what waits for the answer."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(ask)
    return lambda: future.result(20)
