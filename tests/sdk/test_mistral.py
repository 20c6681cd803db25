"""Mistral's official client against the real gateway: of a target of Mistral's kind, of OpenAI's,
and of one that speaks another dialect.
"""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

from tests.sdk.setting import KEY
from tests.system.processes import Gateway, Simulators, free_port, gateway, simulators
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

ENVIRONMENT = {
    "MISTRAL_KEY": "canary-mistral-5f1d",
    "OPENAI_KEY": "sk-canary-77ab",
    "CLAUDE_KEY": "sk-ant-canary-91cc",
    "CALLER_KEY": KEY,
}
CONFIG = """
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:ADMIN"
log_format = "json"

[journal]
path = "journal.db"

[keys.tests]
key = "env:CALLER_KEY"

[providers.mistral]
kind = "mistral"
base_url = "MISTRAL/v1"
key = "env:MISTRAL_KEY"

[providers.openai]
kind = "openai"
base_url = "OPENAI/v1"
key = "env:OPENAI_KEY"
models.m = { capabilities = ["tools", "vision", "json_mode", "json_schema", "streaming"] }

[providers.claude]
kind = "anthropic"
base_url = "CLAUDE"
key = "env:CLAUDE_KEY"
models.m = { capabilities = ["tools", "vision", "documents", "reasoning", "streaming"] }

[providers.middle]
kind = "mistral"
dialect = "mistral_fim"
base_url = "MIDDLE/v1"
key = "env:MISTRAL_KEY"

[defaults]
deadline = 15

[routes.own]
targets = ["mistral/mistral-large-2512", "openai/m"]
[routes.alike]
targets = ["openai/m"]
[routes.code]
targets = ["middle/codestral-latest", "claude/m"]
[routes.translated]
targets = ["claude/m"]
"""
ALL = pytest.mark.parametrize("model", ["own", "alike", "translated"])

TOOL: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Knows it.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


class World:
    """The gateway and its providers while they run."""

    def __init__(self, providers: Simulators, running: Gateway) -> None:
        self.providers = providers
        self.url = running.url

    def client(self, key: str = KEY) -> Mistral:
        return Mistral(api_key=key, server_url=self.url, timeout_ms=15_000)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[World]:
    names = (
        "mistral=openai_chat:0",
        "middle=mistral_fim:0",
        "openai=openai_chat:0",
        "claude=anthropic_messages:0",
    )
    with simulators(folder, *names) as providers:
        text = CONFIG.replace("ADMIN", str(free_port()))
        for name, url in providers.urls.items():
            text = text.replace(f'"{name.upper()}', f'"{url}')
        with gateway(folder / "understudy.toml", text, ENVIRONMENT) as running:
            yield World(providers, running)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serving(tmp_path_factory.mktemp("mistral")) as made:
        yield made


@pytest.fixture
def client(world: World) -> Iterator[Mistral]:
    with world.client() as made:
        yield made


@pytest.fixture
def troubled(tmp_path: Path) -> Iterator[World]:
    """A world of one test, which leaves nobody else with what it broke."""
    with serving(tmp_path) as made:
        yield made


@pytest.fixture
def plan_b(troubled: World) -> Iterator[Mistral]:
    with troubled.client() as made:
        yield made


def user(text: str) -> Any:
    return [{"role": "user", "content": text}]


def expected(prompt: str) -> str:
    body = {"model": "m", "messages": user(prompt)}
    return expected_answer(DIALECTS["openai_chat"], json.dumps(body).encode())


@ALL
def test_a_whole_answer(client: Mistral, model: str) -> None:
    said: Any = client.chat.complete(model=model, messages=user("a whole answer"))
    assert said.choices[0].message.content == expected("a whole answer")
    assert said.choices[0].finish_reason == "stop"
    assert said.usage.completion_tokens == len(expected("a whole answer")) // 4
    assert said.usage.total_tokens > said.usage.completion_tokens


@ALL
def test_a_stream(client: Mistral, model: str) -> None:
    with client.chat.stream(model=model, messages=user("a stream")) as stream:
        chunks: list[Any] = [event.data for event in stream]
    texts = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(texts) == expected("a stream")
    assert len(chunks) > 30
    finishes = [each.finish_reason for chunk in chunks for each in chunk.choices]
    assert [finish for finish in finishes if finish] == ["stop"]


@ALL
def test_asynchronous_answers(world: World, model: str) -> None:
    async def scene() -> None:
        async with world.client() as client:

            async def one(k: int) -> None:
                prompt = f"asynchronous {k}"
                said: Any = await client.chat.complete_async(model=model, messages=user(prompt))
                assert said.choices[0].message.content == expected(prompt)

            await asyncio.gather(*(one(k) for k in range(8)))

    asyncio.run(scene())


@ALL
def test_tools_are_called_and_answered(client: Mistral, model: str) -> None:
    said: Any = client.chat.complete(
        model=model, messages=user("look [tool=weather]"), tools=[TOOL], tool_choice="any"
    )
    (call,) = said.choices[0].message.tool_calls
    assert said.choices[0].finish_reason == "tool_calls"
    call_id, name, arguments = call.id, call.function.name, str(call.function.arguments)
    assert name == "weather"
    assert set(json.loads(arguments)) == {"city"}
    function = {"name": name, "arguments": json.loads(arguments)}  # an object is taken as well
    turns: Any = [
        *user("look [tool=weather]"),
        {"role": "assistant", "content": "", "tool_calls": [{"id": call_id, "function": function}]},
        {"role": "tool", "name": name, "tool_call_id": call_id, "content": "blue"},
    ]
    after: Any = client.chat.complete(model=model, messages=turns, tools=[TOOL])
    assert after.choices[0].message.content


def test_every_field_reaches_its_own_kind_as_it_was(world: World, client: Mistral) -> None:
    asked: Any = {
        "temperature": 0.2,
        "random_seed": 7,
        "safe_prompt": True,
        "prompt_mode": "reasoning",
        "metadata": {"a": 1},
        "max_tokens": 500,
        "n": 1,
    }
    content: Any = [
        {"type": "text", "text": "every field 4811"},
        {"type": "image_url", "image_url": "data:image/png;base64,iVBORw0KGgo="},
    ]
    messages: Any = [{"role": "user", "content": content}]
    client.chat.complete(model="own", messages=messages, **asked)
    (seen,) = world.providers.seen("mistral", "every field 4811")
    body = json.loads(seen["body"])
    assert body == {
        "model": "mistral-large-2512",
        "messages": messages,
        "stream": False,
        **asked,
    }


def test_what_only_one_lab_knows_is_not_sent_to_another(world: World, client: Mistral) -> None:
    client.chat.complete(
        model="alike",
        messages=user("elsewhere 4812"),
        random_seed=7,
        safe_prompt=True,
        prompt_mode="reasoning",
        max_tokens=500,
    )
    (seen,) = world.providers.seen("openai", "elsewhere 4812")
    body = json.loads(seen["body"])
    assert body["seed"] == 7
    assert body["max_completion_tokens"] == 500
    assert body.keys().isdisjoint({"random_seed", "safe_prompt", "prompt_mode", "max_tokens"})


@pytest.mark.parametrize("is_stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("fault", ["row(mistral.429)", "row(mistral.500)", "drop"])
def test_another_lab_answers_where_mistral_fails(
    troubled: World, plan_b: Mistral, fault: str, *, is_stream: bool
) -> None:
    prompt = f"plan B {fault} {is_stream}"
    troubled.providers.fault("mistral", fault)
    try:
        if is_stream:
            with plan_b.chat.stream(model="own", messages=user(prompt)) as stream:
                chunks: list[Any] = [event.data for event in stream]
            text = "".join(each.choices[0].delta.content or "" for each in chunks if each.choices)
        else:
            said: Any = plan_b.chat.complete(model="own", messages=user(prompt), safe_prompt=True)
            text = said.choices[0].message.content
    finally:
        troubled.providers.fault("mistral", "")
    assert text == expected(prompt)


def test_mistakes_are_told_with_their_status(world: World, client: Mistral) -> None:
    with pytest.raises(SDKError) as unknown:
        client.chat.complete(model="nobody", messages=user("x"))
    assert unknown.value.status_code == 404
    assert "nobody" in unknown.value.body
    with pytest.raises(SDKError) as caught:
        client.chat.complete(model="own", messages=[])
    assert caught.value.status_code == 400
    with world.client("us-nobody") as stranger, pytest.raises(SDKError) as refused:
        stranger.chat.complete(model="own", messages=user("x"))
    assert refused.value.status_code == 401


@pytest.mark.parametrize("is_down", [False, True], ids=["own", "translated"])
@pytest.mark.parametrize("is_stream", [True, False], ids=["streamed", "whole"])
def test_the_middle_is_filled_in(
    troubled: World, plan_b: Mistral, *, is_stream: bool, is_down: bool
) -> None:
    prompt = f"def f( {is_stream} {is_down}"
    asked: Any = {"model": "code", "prompt": prompt, "suffix": "return x"}
    troubled.providers.fault("middle", "row(mistral.500)" if is_down else "")
    try:
        if is_stream:
            with plan_b.fim.stream(**asked) as stream:
                chunks: list[Any] = [event.data for event in stream]
            text = "".join(each.choices[0].delta.content or "" for each in chunks if each.choices)
        else:
            said: Any = plan_b.fim.complete(**asked)
            text = said.choices[0].message.content
    finally:
        troubled.providers.fault("middle", "")
    assert text == expected(prompt)
    (seen,) = troubled.providers.seen("middle", prompt)
    assert json.loads(seen["body"]) == {**asked, "model": "codestral-latest", "stream": is_stream}
