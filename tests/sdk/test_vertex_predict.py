"""Official clients reach `:predict` on simulated Vertex AI; `google-genai` speaks it, too."""

import base64
from collections.abc import Iterator

import openai
import pytest
from google import genai
from google.genai import types

from tests.system.processes import gateway, simulators
from understudy.operations.embeddings import Item
from understudy.sim.tasks import DIMENSION, numbers

BASE = "/v1/projects/p/locations/us-east5/publishers/google"
MODEL = "text-embedding-005"
CONFIG = f"""
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
[journal]
enabled = false
[providers.google]
kind = "vertex-predict"
base_url = "GOOGLE{BASE}"
key = "env:TOKEN"
[providers.google.operations.embeddings]
dialect = "vertex_predict"
path = "/models/{{model}}:predict"
batch = 2
[providers.google.models.{MODEL}]
space = "m"
dimension = {DIMENSION}
[providers.broken]
kind = "vertex-predict"
base_url = "BROKEN{BASE}"
key = "env:TOKEN"
host = "broken"
[routes.embed]
targets = ["google/{MODEL}"]
[providers.drawing]
kind = "gemini"
base_url = "DRAWING"
key = "env:TOKEN"
[routes.draw]
operation = "images"
targets = ["broken/imagen-4.0-generate-001", "drawing/gemini-2.5-flash-image"]
[routes.imagen]
targets = ["google/imagen-4.0-generate-001"]
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("predict")
    names = ("google=vertex_predict:0", "broken=vertex_predict:0", "drawing=gemini_images:0")
    with simulators(folder, *names) as providers:
        providers.fault("broken", "status(503)")
        text = CONFIG
        for name, address in providers.urls.items():
            text = text.replace(f'"{name.upper()}', f'"{address}')
        with gateway(folder / "understudy.toml", text, {"TOKEN": "ya29.canary"}) as running:
            yield running.url


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0, timeout=15) as opened:
        yield opened


def test_texts_go_in_portions(client: openai.OpenAI) -> None:
    raw = client.embeddings.with_raw_response.create(model="embed", input=["a", "b", "c"])
    assert raw.headers["x-understudy-portions"] == "2"
    said = [list(each.embedding) for each in raw.parse().data]
    assert said == [numbers(MODEL, Item((text,)), DIMENSION) for text in "abc"]


def test_pictures_are_drawn_by_who_is_well(client: openai.OpenAI) -> None:
    raw = client.images.with_raw_response.generate(model="draw", prompt="a cat", size="1024x1024")
    (picture,) = raw.parse().data or []
    assert picture.b64_json
    assert raw.headers["x-understudy-target"] == "drawing/gemini-2.5-flash-image"


def test_pictures_are_changed(client: openai.OpenAI) -> None:
    png = base64.b64decode("iVBORw0KGgo=")
    said = client.images.edit(model="draw", prompt="blue", image=("a.png", png, "image/png"))
    assert said.data
    assert said.data[0].b64_json


@pytest.mark.filterwarnings("ignore:The generate_images method is deprecated")
@pytest.mark.parametrize("route", ["draw", "imagen"])
def test_googles_own_client_draws(url: str, route: str) -> None:
    options = types.HttpOptions(base_url=url, api_version="v1beta1")
    google = genai.Client(vertexai=True, api_key="x", http_options=options)
    config = types.GenerateImagesConfig(number_of_images=1, aspect_ratio="16:9")
    said = google.models.generate_images(
        model=f"publishers/google/models/{route}", prompt="a cat", config=config
    )
    assert len(said.generated_images or []) == 1
