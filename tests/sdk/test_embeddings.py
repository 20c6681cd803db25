"""Official clients ask for embeddings; the first target fails, one of another dialect answers."""

import base64
from array import array
from collections.abc import Iterator
from typing import Any

import cohere
import httpx
import ollama
import openai
import pytest
from google import genai
from google.genai import types
from mistralai.client import Mistral

from tests.system.processes import Gateway, Simulators, gateway, simulators
from understudy.operations.embeddings import Item
from understudy.sim.tasks import DIMENSION, numbers

KEY = "us-caller-key-0123456789abcdef"
PATHS = {
    "openai": "/v1/embeddings",
    "gemini": "/v1beta/models/{model}:{leaf}",
    "cohere": "/v2/embed",
    "ollama": "/api/{leaf}",
}
HEAD = """
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
[journal]
path = "journal.db"
[keys.tests]
key = "env:CALLER_KEY"
"""
PROVIDER = """
[providers.{name}]
kind = "openai-compatible"
base_url = "{url}"
auth = "none"
host = "{name}"
[providers.{name}.operations.embeddings]
dialect = "{dialect}_embeddings"
path = "{path}"
capabilities = ["dimensions", "dtypes", "token_input", "vision"]
accepts = ["task.purpose", "task.truncate"]
[providers.{name}.models.m]
space = "m"
dimension = {dimension}
"""


class Running:
    def __init__(self, providers: Simulators, running: Gateway) -> None:
        self.providers = providers
        self.gateway = running
        self.url = running.url


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A route for every pair of client and provider: what stands first in it is always broken."""
    folder = tmp_path_factory.mktemp("embeddings")
    names = (*PATHS, "broken")
    spoken = [f"{name}={'openai' if name == 'broken' else name}_embeddings:0" for name in names]
    with simulators(folder, *spoken) as providers:
        providers.fault("broken", "status(status=503)")
        text = HEAD
        for name in PATHS:
            text += table(name, name, providers.urls[name])
            for client in PATHS:
                route = f"{client}-{name}"
                text += table(f"broken-{route}", "openai", providers.urls["broken"])
                text += f'[routes.{route}]\noperation = "embeddings"\n'
                text += f'targets = ["broken-{route}/m", "{name}/m"]\n'
        text += table("long", "openai", providers.urls["openai"], dimension=128)
        text += '[routes.long]\noperation = "embeddings"\ntargets = ["long/m"]\n'
        text += table("two", "openai", providers.urls["openai"]).replace(
            "capabilities", "batch = 2\ncapabilities"
        )
        text += '[routes.portions]\noperation = "embeddings"\ntargets = ["two/m", "cohere/m"]\n'
        text += '[routes.well]\noperation = "embeddings"\ntargets = ["openai/m"]\n'
        text += '[providers.talk]\nkind = "openai-compatible"\nauth = "none"\n'
        text += f'base_url = "{providers.urls["openai"]}/v1"\n'
        text += '[routes.talk]\ntargets = ["talk/m"]\n'
        with gateway(folder / "understudy.toml", text, {"CALLER_KEY": KEY}) as running:
            earn(running.url)
            yield Running(providers, running)


def earn(url: str) -> None:
    """Let requests succeed, so that the budget of further attempts covers every pair."""
    body = {"model": "well", "input": "well"}
    with httpx.Client(headers={"authorization": f"Bearer {KEY}"}) as client:
        for _ in range(100):
            assert client.post(f"{url}/v1/embeddings", json=body).status_code == 200


def table(name: str, dialect: str, url: str, dimension: int = DIMENSION) -> str:
    path = PATHS[dialect]
    return PROVIDER.format(name=name, dialect=dialect, url=url, path=path, dimension=dimension)


def vector(text: str, dimension: int = DIMENSION) -> list[float]:
    return numbers("m", Item((text,)), dimension)


def openai_client(running: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0, timeout=15)


def gemini_client(running: Running) -> genai.Client:
    return genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=running.url))


def ask(client: str, running: Running, route: str, texts: list[str]) -> list[list[float]]:
    said: Any
    if client == "openai":
        with openai_client(running) as opened:
            said = opened.embeddings.create(model=route, input=texts)
        return [list(each.embedding) for each in said.data]
    if client == "gemini":
        contents: Any = [*texts]
        with gemini_client(running) as google:
            said = google.models.embed_content(model=route, contents=contents)
        return [list(each.values) for each in said.embeddings]
    if client == "cohere":
        with httpx.Client() as wire:
            said = cohere.ClientV2(api_key=KEY, base_url=running.url, httpx_client=wire).embed(
                model=route, input_type="search_query", texts=texts, embedding_types=["float"]
            )
        return [list(each) for each in said.embeddings.float_]
    headers = {"authorization": f"Bearer {KEY}"}
    local = ollama.Client(host=running.url, headers=headers)
    said = local.embed(model=route, input=texts)
    local._client.close()
    return [list(each) for each in said.embeddings]


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("client", PATHS)
def test_every_client_gets_every_providers_vectors_when_the_first_target_fails(
    client: str, name: str, running: Running
) -> None:
    texts = [f"{client} asks {name}", "second text", "dritter Text: ü"]
    assert ask(client, running, f"{client}-{name}", texts) == [vector(text) for text in texts]


@pytest.mark.parametrize("name", PATHS)
def test_base64_and_numbers_are_the_same_vectors_and_the_receipt_names_their_space(
    name: str, running: Running
) -> None:
    with openai_client(running) as client:
        for packing in ("base64", "float"):
            said = client.embeddings.with_raw_response.create(
                model=f"openai-{name}", input="one text", encoding_format=packing, dimensions=16
            )
            body = said.http_response.json()
            found = body["data"][0]["embedding"]
            if packing == "base64":
                assert isinstance(found, str)
                found = array("f", base64.b64decode(found)).tolist()
            assert found == vector("one text", 16)
            assert body["usage"]["prompt_tokens"] == 2
            assert said.headers["x-understudy-space"] == "m;dimension=16"
            assert said.headers["x-understudy-target"] == f"{name}/m"


@pytest.mark.parametrize("client", PATHS)
def test_more_inputs_than_a_target_takes_go_in_portions(client: str, running: Running) -> None:
    texts = [f"{client} number {k}" for k in range(11)]
    assert ask(client, running, "portions", texts) == [vector(text) for text in texts]


def test_tokens_go_where_tokens_are_taken(running: Running) -> None:
    with openai_client(running) as client:
        said = client.embeddings.create(model="openai-openai", input=[[1, 2, 3], [4]])
    assert [each.embedding for each in said.data] == [
        numbers("m", Item(tokens=tokens), DIMENSION) for tokens in ((1, 2, 3), (4,))
    ]


def test_mistrals_client_reads_them(running: Running) -> None:
    with Mistral(api_key=KEY, server_url=running.url) as client:
        said = client.embeddings.create(model="openai-cohere", inputs=["a", "b"])
    assert [each.embedding for each in said.data] == [vector("a"), vector("b")]


def test_vectors_of_another_length_are_nobodys_answer(running: Running) -> None:
    with openai_client(running) as client, pytest.raises(openai.InternalServerError) as caught:
        client.embeddings.create(model="long", input="text")
    assert "expected vectors of dimension 128, found 64" in str(caught.value)


def test_a_route_serves_one_operation(running: Running) -> None:
    with openai_client(running) as client:
        with pytest.raises(openai.BadRequestError, match="serves embeddings, not chat"):
            client.chat.completions.create(
                model="long", messages=[{"role": "user", "content": "a"}]
            )
        with pytest.raises(openai.BadRequestError, match="serves chat, not embeddings"):
            client.embeddings.create(model="talk", input="text")


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/v1/embeddings", b'{"model":"long"}', "input: expected a string or an array"),
        ("/v1/embeddings", b'{"model":"long","input":[]}', "expected at least one input"),
        ("/v1/embeddings", b'{"model":"long","input":[1,"a"]}', "array of strings or of integers"),
        ("/v1/embeddings", b'{"model":"long","input":"a","dimensions":-1}', "positive number"),
        ("/v2/embed", b'{"model":"long","texts":[3]}', "texts[0]: expected a string"),
        ("/api/embed", b'{"model":"long"}', "input: expected a string"),
        ("/v1beta/models/long:batchEmbedContents", b"{}", "expected an array of requests"),
        ("/v1beta/models/none:embedContent", b'{"content":{"parts":[{"text":"a"}]}}', "no route"),
    ],
)
def test_a_mistake_is_told_in_the_callers_dialect(
    path: str, body: bytes, words: str, running: Running
) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    answer = httpx.post(f"{running.url}{path}", content=body, headers=headers)
    assert answer.status_code in {400, 404}
    said: Any = answer.json()
    if path == "/v2/embed":
        message = said["message"]
    elif path == "/api/embed":
        message = said["error"]
    else:
        message = said["error"]["message"]
    assert words in message
