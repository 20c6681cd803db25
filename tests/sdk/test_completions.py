"""OpenAI's official client asks for legacy completions: of a target that has them, and of one that
knows chat alone.
"""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.sdk.setting import KEY
from tests.system.processes import Gateway, Simulators, free_port, gateway, simulators
from understudy.dialects.catalog import SPOKEN
from understudy.sim.provider import expected_answer

ENVIRONMENT = {"BASE_KEY": "canary-base-5f1d", "CHAT_KEY": "sk-canary-77ab", "CALLER_KEY": KEY}
CONFIG = """
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:ADMIN"
log_format = "json"

[journal]
path = "journal.db"

[keys.tests]
key = "env:CALLER_KEY"

[providers.base]
kind = "openai-compatible"
dialect = "openai_completions"
base_url = "BASE/v1"
key = "env:BASE_KEY"
models.m = { capabilities = ["prefill", "streaming"] }

[providers.chat]
kind = "openai-compatible"
base_url = "CHAT/v1"
key = "env:CHAT_KEY"
models.m = { capabilities = ["tools", "prefill", "streaming"] }

[defaults]
deadline = 15

[routes.text]
targets = ["base/m", "chat/m"]
[routes.other]
targets = ["chat/m"]
[routes.strict]
targets = ["chat/m"]
on_loss = "reject"
[routes.resumed]
targets = ["base/m", "chat/m"]
on_break = "resume"
"""
BOTH = pytest.mark.parametrize("model", ["text", "other"], ids=["own", "translated"])


class World:
    """The gateway and its two providers while they run."""

    def __init__(self, providers: Simulators, running: Gateway) -> None:
        self.providers = providers
        self.url = running.url


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("completions")
    with simulators(folder, "base=openai_completions:0", "chat=openai_chat:0") as providers:
        text = CONFIG.replace("ADMIN", str(free_port()))
        text = text.replace('"BASE/', f'"{providers.urls["base"]}/')
        text = text.replace('"CHAT/', f'"{providers.urls["chat"]}/')
        with gateway(folder / "understudy.toml", text, ENVIRONMENT) as running:
            yield World(providers, running)


@pytest.fixture
def client(world: World) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{world.url}/v1", api_key=KEY, max_retries=0, timeout=15) as made:
        yield made


def expected(prompt: str) -> str:
    body = {"model": "m", "prompt": prompt}
    return expected_answer(SPOKEN["openai_completions"], json.dumps(body).encode())


@BOTH
def test_a_whole_answer(client: openai.OpenAI, model: str) -> None:
    said = client.completions.create(model=model, prompt="a whole answer")
    (choice,) = said.choices
    assert choice.text == expected("a whole answer")
    assert choice.finish_reason == "stop"
    assert said.object == "text_completion"
    assert said.usage is not None
    assert said.usage.completion_tokens == len(choice.text) // 4


@BOTH
@pytest.mark.parametrize("asks", [True, False], ids=["with usage", "without"])
def test_a_stream(client: openai.OpenAI, model: str, *, asks: bool) -> None:
    options: Any = {"stream_options": {"include_usage": True}} if asks else {}
    chunks = list(client.completions.create(model=model, prompt="a stream", stream=True, **options))
    texts = [choice.text for chunk in chunks for choice in chunk.choices]
    assert "".join(texts) == expected("a stream")
    assert len(chunks) > 30
    finishes = [each.finish_reason for chunk in chunks for each in chunk.choices]
    assert [finish for finish in finishes if finish] == ["stop"]
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    assert len(usages) == asks


def test_every_field_reaches_its_own_kind_as_it_was(world: World, client: openai.OpenAI) -> None:
    asked: Any = {
        "prompt": ["every field 4811"],
        "suffix": "end",
        "logprobs": 2,
        "echo": True,
        "best_of": 2,
        "n": 1,
        "logit_bias": {"50256": -100},
    }
    client.completions.create(model="text", **asked)
    (seen,) = world.providers.seen("base", "every field 4811")
    assert json.loads(seen["body"]) == {"model": "m", **asked}
    assert seen["path"] == "/v1/completions"


def test_to_a_chat_a_prompt_is_one_message(world: World, client: openai.OpenAI) -> None:
    made = client.completions.with_raw_response.create(
        model="other", prompt="in a chat 4812", suffix="end", max_tokens=400
    )
    assert "extensions.openai_completions.suffix" in made.headers["x-understudy-loss"]
    (seen,) = world.providers.seen("chat", "in a chat 4812")
    body = json.loads(seen["body"])
    assert body["messages"] == [{"role": "user", "content": "in a chat 4812"}]
    with pytest.raises(openai.BadRequestError):
        client.completions.create(model="strict", prompt="x", suffix="end")


@pytest.mark.parametrize("prompt", [["a", "b"], [1, 2, 3], [[1, 2], [3]]])
def test_what_only_a_completion_can_be_asked_is_refused_by_a_chat(
    client: openai.OpenAI, prompt: Any
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model="other", prompt=prompt)
    assert caught.value.body is not None
    assert "prompt" in str(caught.value)
    assert "only targets that speak this API" in str(caught.value)


@pytest.mark.parametrize("fault", ["row(openai.503.slow_down)", "drop"])
@pytest.mark.parametrize("is_stream", [True, False], ids=["streamed", "whole"])
def test_a_chat_answers_where_completions_fail(
    world: World, client: openai.OpenAI, fault: str, *, is_stream: bool
) -> None:
    prompt = f"plan B {fault} {is_stream}"
    world.providers.fault("base", fault)
    try:
        if is_stream:
            chunks = list(client.completions.create(model="text", prompt=prompt, stream=True))
            text = "".join(choice.text for chunk in chunks for choice in chunk.choices)
        else:
            text = client.completions.create(model="text", prompt=prompt).choices[0].text
    finally:
        world.providers.fault("base", "")
    assert text == expected(prompt)


def test_a_broken_stream_goes_on_elsewhere(world: World, client: openai.OpenAI) -> None:
    prompt = "goes on [tokens=40]"
    world.providers.fault("base", "cut(after=12)")
    try:
        chunks = list(client.completions.create(model="resumed", prompt=prompt, stream=True))
    finally:
        world.providers.fault("base", "")
    text = "".join(choice.text for chunk in chunks for choice in chunk.choices)
    assert text == expected(prompt)


def test_mistakes_are_told_in_its_own_shape(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.completions.create(model="nobody", prompt="x")
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model="text", prompt={})
    assert "prompt" in str(caught.value)


def test_a_chat_client_is_answered_by_completions(world: World) -> None:
    with openai.OpenAI(base_url=f"{world.url}/v1", api_key=KEY, max_retries=0) as client:
        said = client.chat.completions.create(
            model="text", messages=[{"role": "user", "content": "the other way 4813"}]
        )
    assert said.choices[0].message.content
    seen = [*world.providers.seen("base", "4813"), *world.providers.seen("chat", "4813")]
    assert len(seen) == 1
