"""OpenAI's client asks for pictures, new and changed; the first target fails."""

import base64
from collections.abc import Iterator

import openai
import pytest

from tests.sdk.operations import KEY, Offer, Running, broken_first, post

OFFERS = {
    "openai": Offer("openai_images", "/v1/images/{leaf}", '["edits"]'),
    "stability": Offer("stability_images", "/v2beta/stable-image/generate/{leaf}", '["edits"]'),
    "webui": Offer("automatic1111_images", "/sdapi/v1/{leaf}", '["edits"]'),
}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with broken_first(tmp_path_factory.mktemp("images"), "images", OFFERS) as running:
        yield running


@pytest.fixture
def client(running: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("name", OFFERS)
def test_a_picture_is_drawn_wherever_it_can_be(
    name: str, client: openai.OpenAI, running: Running
) -> None:
    raw = client.images.with_raw_response.generate(
        model=name, prompt="a cat", size="1024x1024", response_format="b64_json"
    )
    said = raw.parse()
    assert said.data is not None
    picture = base64.b64decode(said.data[0].b64_json or "")
    assert picture.startswith(b"\x89PNG")
    assert raw.headers["x-understudy-target"] == f"{name}/m"
    (seen,) = running.providers.seen(name, "a cat")
    assert seen["path"].rpartition("/")[2] in {"generations", "sd3", "txt2img"}
    lost = raw.headers.get("x-understudy-loss", "")
    assert ("~task.size" in lost) == (name == "stability")


@pytest.mark.parametrize("name", OFFERS)
def test_a_picture_is_changed_wherever_it_can_be(
    name: str, client: openai.OpenAI, running: Running
) -> None:
    said = client.images.edit(model=name, image=("a.png", PNG, "image/png"), prompt="with a hat")
    assert said.data is not None
    changed = base64.b64decode(said.data[0].b64_json or "")
    (seen,) = running.providers.seen(name, "with a hat")
    assert seen["path"].rpartition("/")[2] in {"edits", "sd3", "img2img"}
    drawn = client.images.generate(model=name, prompt="with a hat")
    assert drawn.data is not None
    assert changed != base64.b64decode(drawn.data[0].b64_json or "")


def test_an_address_is_wanted_and_the_bytes_are_there(client: openai.OpenAI) -> None:
    said = client.images.generate(model="webui", prompt="a dog", n=2, response_format="url")
    assert said.data is not None
    assert [(each.url or "")[:22] for each in said.data] == ["data:image/png;base64,"] * 2


def test_a_clients_bytes_go_on_as_they_are(client: openai.OpenAI, running: Running) -> None:
    client.images.edit(
        model="openai",
        image=[("a.png", PNG, "image/png"), ("b.png", PNG, "image/png")],
        mask=("m.png", PNG, "image/png"),
        prompt="exactly so",
        extra_body={"strange": "field"},
    )
    (seen,) = running.providers.seen("openai", "exactly so")
    assert seen["body"].count("IHDR") == 3
    assert 'name="strange"' in seen["body"]


def test_a_stable_diffusion_ui_can_be_the_client(running: Running) -> None:
    body = {"prompt": "a bird", "override_settings": {"sd_model_checkpoint": "stability"}}
    answer = post(running, "/sdapi/v1/txt2img", body)
    assert base64.b64decode(answer.json()["images"][0]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/v1/images/generations", {"model": "openai"}, "prompt: expected a string"),
        ("/v1/images/generations", {"model": "openai", "prompt": "a", "n": 99}, "expected 1 to"),
        ("/v1/images/generations", {"model": "openai", "prompt": "a", "size": "big"}, "1024x1024"),
        ("/v1/images/edits", {"model": "openai", "prompt": "a"}, "expected a picture to edit"),
        ("/sdapi/v1/txt2img", {"prompt": "a"}, "sd_model_checkpoint"),
    ],
)
def test_a_mistake_is_told(path: str, body: object, words: str, running: Running) -> None:
    answer = post(running, path, body)
    assert answer.status_code == 400
    said = answer.json()
    message = said["detail"] if "detail" in said else said["error"]["message"]
    assert words in message
