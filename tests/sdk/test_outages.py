"""Outages as applications live through them: everything down, one provider dying under load, keys
that stop working, and errors that say too much.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from tests.sdk.setting import ABILITIES, expected_chat, texts, user
from tests.system.processes import Gateway, Simulators, gateway, simulators

ENVIRONMENT = {
    "KEY_A": "sk-canary-aaaa1111bbbb2222",
    "KEY_A2": "sk-canary-cccc3333dddd4444",
    "KEY_B": "sk-ant-canary-eeee5555ffff",
}
CONFIG = f"""
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"

[journal]
path = "journal.db"

[defaults]
deadline = 3
timeouts = {{ first_token = 0.6, idle = 0.6, answer = 0.8, adaptive = false }}

[providers.a]
kind = "openai-compatible"
base_url = "URL-A/v1"
keys = [{{ key = "env:KEY_A", account = "one" }}, {{ key = "env:KEY_A2", account = "two" }}]
models.m.capabilities = {ABILITIES}

[providers.b]
kind = "anthropic"
base_url = "URL-B"
key = "env:KEY_B"
models.m.capabilities = {ABILITIES}
models.m.max_output_tokens = 100000

[providers.c]
kind = "openai-compatible"
base_url = "URL-C/v1"
models.m.capabilities = {ABILITIES}
accepts = ["prefix"]

[routes.only-a]
targets = ["a/m"]
record = true
[routes.a-then-b]
targets = ["a/m", "b/m"]
[routes.only-b]
targets = ["b/m"]
[routes.steady]
targets = ["a/m", "b/m", "c/m"]
on_break = "resume"
"""


class World:
    def __init__(self, providers: Simulators, running: Gateway, folder: Path) -> None:
        self.providers = providers
        self.gateway = running
        self.folder = folder


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    names = ("a=openai_chat:0", "b=anthropic_messages:0", "c=openai_chat:0")
    with simulators(tmp_path_factory.mktemp("providers"), *names) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, providers: Simulators) -> Iterator[World]:
    """A gateway of its own for each test: what breaks there stays broken for a while."""
    text = CONFIG
    for name, url in providers.urls.items():
        text = text.replace(f"URL-{name.upper()}", url)
        providers.fault(name, "")
        providers.revive(name)
    with gateway(tmp_path / "understudy.toml", text, ENVIRONMENT) as running:
        yield World(providers, running, tmp_path)


@pytest.fixture
def chat(world: World) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{world.gateway.url}/v1", api_key="none", max_retries=0, timeout=15
    ) as client:
        yield client


@pytest.fixture
def messages(world: World) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=world.gateway.url, api_key="none", max_retries=0, timeout=15
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("status(401)", {502, 503}),
        ("status(403)", {502, 503}),
        ("status(429, retry_after=9)", {429, 503}),
        ("status(500)", {502}),
        ("status(529)", {503}),
        ("hang", {504}),
        ("html_200", {502}),
        ("redirect", {502}),
        ("refuse", {502}),
    ],
)
def test_when_everything_fails_the_error_is_honest(
    world: World, chat: openai.OpenAI, messages: anthropic.Anthropic, fault: str, expected: set[int]
) -> None:
    """A provider's trouble with our key must not look like the application's with its own."""
    world.providers.fault("a", fault)
    world.providers.fault("b", fault)
    for stream in (False, True):
        with pytest.raises(openai.APIStatusError) as caught:
            chat.chat.completions.create(model="a-then-b", messages=user("x"), stream=stream)
        assert caught.value.status_code in expected, caught.value
        if stream:
            continue
        assert "a/m" in str(caught.value)
        assert "b/m" in str(caught.value)
        assert int(caught.value.response.headers["x-understudy-attempts"]) >= 2
        if "retry_after" in fault:
            assert int(caught.value.response.headers["retry-after"]) in {8, 9}
    with pytest.raises(anthropic.APIStatusError) as told:
        messages.messages.create(model="a-then-b", max_tokens=9, messages=user("x"))
    assert told.value.status_code in {*expected, 429, 503, 529}, told.value
    assert told.value.type not in {"authentication_error", "permission_error"}


def test_a_key_that_stops_working_is_left_for_the_other(world: World, chat: openai.OpenAI) -> None:
    for fault in ("status(401, {})", "status(429, {})"):
        name = f"key={ENVIRONMENT['KEY_A']}"
        world.providers.fault("a", fault.format(name))
        raw = chat.chat.completions.with_raw_response.create(
            model="only-a", messages=user(f"keys {fault}")
        )
        assert raw.parse().choices[0].message.content == expected_chat(user(f"keys {fault}"))
        assert raw.headers["x-understudy-target"] == "a/m#2"


@pytest.mark.parametrize(
    "fault",
    [
        *(f"status({status}, message='SAID')" for status in (400, 401, 404, 429, 503)),
        "in_stream_error(after=3, message='SAID')",
        "json_error_200(message='SAID')",
        "page(418, body='SAID')",
    ],
)
def test_a_provider_that_says_our_key_aloud_is_not_repeated(
    world: World, chat: openai.OpenAI, messages: anthropic.Anthropic, fault: str
) -> None:
    for name, variable in (("a", "KEY_A"), ("b", "KEY_B")):
        said = f"key {ENVIRONMENT[variable]} is no good"
        world.providers.fault(name, fault.replace("SAID", said))
    told: list[str] = []
    for model in ("only-a", "only-b"):
        for stream in (False, True):
            try:
                for _ in chat.chat.completions.create(
                    model=model, messages=user("aloud"), stream=stream
                ):
                    pass
            except openai.APIError as error:
                told.append(f"{error} {error.body}")
            try:
                for _ in messages.messages.create(
                    model=model, max_tokens=99, messages=user("aloud"), stream=stream
                ):
                    pass
            except anthropic.APIError as error:
                told.append(f"{error} {error.body}")
    assert len(told) == 8
    world.gateway.stop()
    kept = world.gateway.log
    for path in world.folder.glob("journal.db*"):
        kept += path.read_bytes().decode("latin-1")
    for secret in ENVIRONMENT.values():
        assert secret not in "\n".join(told)
        assert secret not in kept


def test_a_provider_that_dies_under_load_is_missed_by_nobody(world: World) -> None:
    """Killed in mid-answer, revived, killed again: every answer is whole, exact, said once."""
    count = 240

    async def one(client: openai.AsyncOpenAI, k: int) -> bool:
        prompt = user(f"load {k} [tokens=30] [rate=150]")
        stream = await client.chat.completions.create(model="steady", messages=prompt, stream=True)
        said = texts([chunk async for chunk in stream])
        return said == expected_chat(prompt)

    async def scene() -> list[bool | BaseException]:
        url = f"{world.gateway.url}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
            tasks = []
            for k in range(count):
                tasks.append(asyncio.ensure_future(one(client, k)))
                await asyncio.sleep(0.01)
                if k in {60, 180}:
                    await asyncio.to_thread(world.providers.kill, "a")
                if k == 120:
                    await asyncio.to_thread(world.providers.revive, "a")
            return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(scene())
    assert results == [True] * count
    assert len(world.providers.seen("a", "load ")) > 50
    assert len(world.providers.seen("b", "load ")) > 50


def test_tokens_arrive_as_they_are_said(chat: openai.OpenAI) -> None:
    prompt = user("pace [tokens=20] [rate=20]")
    with chat.chat.completions.create(model="only-a", messages=prompt, stream=True) as stream:
        times = [time.monotonic() for chunk in stream if chunk.choices[0].delta.content]
    assert len(times) == 20
    assert times[-1] - times[0] > 0.4, "they were held back"


@pytest.mark.parametrize("model", ["only-a", "only-b"])
def test_long_answers_are_whole(chat: openai.OpenAI, model: str) -> None:
    prompt = user("long [tokens=60000] [chunk=8]")
    expected = expected_chat(prompt)
    said = chat.chat.completions.create(model=model, messages=prompt, max_tokens=90_000)
    assert said.choices[0].message.content == expected
    with chat.chat.completions.create(
        model=model, messages=prompt, max_tokens=90_000, stream=True
    ) as stream:
        assert texts(list(stream)) == expected


def test_a_resumed_answer_says_what_all_of_it_took(world: World, chat: openai.OpenAI) -> None:
    world.providers.fault("a", "cut(after=10)")
    prompt: Any = user("resumed [tokens=30] [rate=200]")
    with chat.chat.completions.with_streaming_response.create(
        model="steady", messages=prompt, stream=True, stream_options={"include_usage": True}
    ) as raw:
        body = b"".join(raw.iter_bytes()).decode()
    assert ": understudy target=b/m attempts=2 seam=" in body
    chunks = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]
    said = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
    assert said == expected_chat(prompt)
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert len({chunk["model"] for chunk in chunks}) == 1
    assert chunks[-1]["usage"]["completion_tokens"] >= 20
    assert body.endswith("data: [DONE]\n\n")
    assert body.count("[DONE]") == 1
