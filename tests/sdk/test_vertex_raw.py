"""AnthropicVertex through the gateway, to simulated Vertex AI and back by failover."""

from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.system.processes import Simulators, gateway, simulators
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

SECRET = "caller-secret-0123456789-abcdef"
BASE = "/v1/projects/p/locations/us-east5"
CONFIG = f"""
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
[journal]
enabled = false
[keys.shop]
key = "env:CALLER"
[providers.claude]
kind = "vertex-anthropic"
base_url = "CLAUDE{BASE}/publishers/anthropic"
key = "env:TOKEN"
[providers.broken]
kind = "vertex-anthropic"
base_url = "BROKEN{BASE}/publishers/anthropic"
key = "env:TOKEN"
host = "broken"
[providers.mistral]
kind = "vertex-mistral"
base_url = "MISTRAL{BASE}/publishers/mistralai"
key = "env:TOKEN"
[providers.open]
kind = "vertex-openai"
base_url = "OPEN/v1"
key = "env:TOKEN"
[routes.claude]
targets = ["claude/claude-sonnet-4-5@20250929"]
[routes.mistral]
targets = ["broken/claude-sonnet-4-5@20250929", "mistral/mistral-medium-3"]
[routes.open]
targets = ["open/meta/llama-3.3-70b-instruct-maas"]
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulators, str]]:
    folder = tmp_path_factory.mktemp("vertex")
    names = (
        "claude=vertex_anthropic:0",
        "broken=vertex_anthropic:0",
        "mistral=vertex_mistral:0",
        "open=openai_chat:0",
    )
    with simulators(folder, *names) as providers:
        providers.fault("broken", "status(503)")
        text = CONFIG
        for name, url in providers.urls.items():
            text = text.replace(f'"{name.upper()}', f'"{url}')
        environment = {"CALLER": SECRET, "TOKEN": "ya29.canary"}
        with gateway(folder / "understudy.toml", text, environment) as running:
            yield providers, running.url


@pytest.fixture
def client(world: tuple[Simulators, str]) -> Iterator[anthropic.AnthropicVertex]:
    with anthropic.AnthropicVertex(
        base_url=f"{world[1]}/v1",
        region="us-east5",
        project_id="any",
        access_token=SECRET,
        max_retries=0,
        timeout=15,
    ) as opened:
        yield opened


def expected(text: str) -> str:
    body = b'{"model":"m","messages":[{"role":"user","content":"%b"}]}' % text.encode()
    return expected_answer(DIALECTS["openai_chat"], body)


@pytest.mark.parametrize("route", ["claude", "mistral", "open"])
def test_anthropics_client_reaches_every_publisher(
    client: anthropic.AnthropicVertex, route: str
) -> None:
    text = f"vertex by way of {route} [tokens=9]"
    prompt: Any = [{"role": "user", "content": text}]
    whole = client.messages.create(model=route, max_tokens=4096, messages=prompt)
    with client.messages.stream(model=route, max_tokens=4096, messages=prompt) as stream:
        streamed = stream.get_final_text()
    assert whole.content[0].type == "text"
    assert whole.content[0].text == streamed == expected(text)


def test_tokens_are_counted_by_who_can_and_guessed_else(
    world: tuple[Simulators, str], client: anthropic.AnthropicVertex
) -> None:
    prompt: Any = [{"role": "user", "content": "how many tokens are in this request?"}]
    for route, is_guess in (("claude", None), ("open", "true")):
        answer = client.messages.with_raw_response.count_tokens(model=route, messages=prompt)
        assert answer.headers.get("x-understudy-estimate") == is_guess
        assert answer.parse().input_tokens > 5
    seen = world[0].seen("claude", "how many tokens")[-1]
    assert seen["path"].endswith("/publishers/anthropic/models/count-tokens:rawPredict")


def test_google_is_asked_in_its_envelope(world: tuple[Simulators, str]) -> None:
    providers, url = world
    with openai.OpenAI(base_url=f"{url}/v1", api_key=SECRET, max_retries=0, timeout=15) as asking:
        prompt: Any = [{"role": "user", "content": "in an envelope"}]
        said = asking.chat.completions.create(model="claude", messages=prompt)
    assert said.choices[0].message.content == expected("in an envelope")
    (seen,) = providers.seen("claude", "in an envelope")
    assert seen["path"].endswith(
        "/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict"
    )
