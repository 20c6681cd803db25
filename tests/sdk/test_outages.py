"""Outages as applications live through them: everything down, one provider dying under load, keys
that stop working, and errors that say too much.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from tests.sdk.setting import ABILITIES, earn, expected_chat, texts, user
from tests.system.processes import Gateway, Simulators, gateway, http_request, simulators, until

ENVIRONMENT = {
    "KEY_A": "sk-canary-aaaa1111bbbb2222",
    "KEY_A2": "sk-canary-cccc3333dddd4444",
    "KEY_B": "sk-ant-canary-eeee5555ffff",
}
HEAD = """
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"

[journal]
path = "journal.db"

[defaults]
deadline = 5
max_attempts = 3
timeouts = { first_token = 0.5, idle = 0.5, answer = 0.6, adaptive = false }
"""
SCENE = f"""
[providers.a-NAME]
kind = "openai-compatible"
base_url = "URL-A/v1"
keys = [
  {{ key = "env:KEY_A", account = "one-NAME" }},
  {{ key = "env:KEY_A2", account = "two-NAME" }},
]
models.m.capabilities = {ABILITIES}

[providers.b-NAME]
kind = "anthropic"
host = "b-NAME"
base_url = "URL-B"
key = "env:KEY_B"
models.m.capabilities = {ABILITIES}
models.m.max_output_tokens = 100000

[providers.c-NAME]
kind = "openai-compatible"
base_url = "URL-C/v1"
models.m.capabilities = {ABILITIES}
accepts = ["prefix"]

[routes.NAME-a]
targets = ["a-NAME/m"]
record = true
[routes.NAME-b]
targets = ["b-NAME/m"]
[routes.NAME-ab]
targets = ["a-NAME/m", "b-NAME/m"]
[routes.NAME-abc]
targets = ["a-NAME/m", "b-NAME/m", "c-NAME/m"]
on_break = "resume"
"""
SCENES = 30
"""As many as there are tests, or more: what breaks in one stays broken there."""


class World:
    """One gateway over the same three providers, known by other names in every scene."""

    def __init__(self, providers: Simulators, running: Gateway, folder: Path) -> None:
        self.providers = providers
        self.gateway = running
        self.folder = folder
        self.scene = 0

    def route(self, targets: str) -> str:
        return f"{self.scene}-{targets}"

    def fault(self, fault: str) -> None:
        """Let a and b fail in the same way."""
        self.providers.fault("a", fault)
        self.providers.fault("b", fault)

    def kept(self) -> str:
        """All that was written down: the log, and the journal."""
        files = self.folder.glob("journal.db*")
        return self.gateway.log + "".join(f.read_bytes().decode("latin-1") for f in files)


@pytest.fixture(scope="module")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("outages")
    names = ("a=openai_chat:0", "b=anthropic_messages:0", "c=openai_chat:0")
    with simulators(folder, *names) as providers:
        text = HEAD + "".join(SCENE.replace("NAME", str(scene)) for scene in range(SCENES))
        for name, url in providers.urls.items():
            text = text.replace(f"URL-{name.upper()}", url)
        with gateway(folder / "understudy.toml", text, ENVIRONMENT) as running:
            yield World(providers, running, folder)


def is_up(url: str) -> bool:
    try:
        return http_request(url).status > 0
    except ConnectionError:
        return False


@pytest.fixture
def world(_world: World) -> World:
    """The next scene; all providers are well, and there is a budget for retries."""
    for name in ("a", "b"):
        _world.providers.fault(name, "")
        _world.providers.revive(name)
    until(lambda: is_up(_world.providers.urls["a"]))
    _world.scene += 1
    earn(_world.gateway, _world.route("abc"), 12)
    return _world


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
    world.fault(fault)
    prompt, route = user("x"), world.route("ab")
    for stream in (False, True):
        with pytest.raises(openai.APIStatusError) as caught:
            chat.chat.completions.create(model=route, messages=prompt, stream=stream)
        error = caught.value
        assert error.status_code in expected, error
        if not stream:
            assert f"a-{world.scene}/m" in str(error)
            assert f"b-{world.scene}/m" in str(error)
            assert int(error.response.headers["x-understudy-attempts"]) >= 2
        if "retry_after" in fault:
            assert int(error.response.headers["retry-after"]) in {7, 8, 9}
    with pytest.raises(anthropic.APIStatusError) as told:
        messages.messages.create(model=route, max_tokens=9, messages=prompt)
    assert told.value.status_code in {*expected, 503, 529}, told.value
    assert told.value.type not in {"authentication_error", "permission_error"}


@pytest.mark.parametrize("status", [401, 429])
def test_a_key_that_stops_working_is_left_for_the_other(
    world: World, chat: openai.OpenAI, status: int
) -> None:
    world.providers.fault("a", f"status({status}, key={ENVIRONMENT['KEY_A']})")
    prompt = user(f"key {status}")
    raw = chat.chat.completions.with_raw_response.create(model=world.route("a"), messages=prompt)
    assert raw.parse().choices[0].message.content == expected_chat(prompt)
    assert raw.headers["x-understudy-target"] == f"a-{world.scene}/m#2"


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
    for model, stream in itertools.product((world.route("a"), world.route("b")), (False, True)):
        with pytest.raises(openai.APIError) as chat_error:
            list(chat.chat.completions.create(model=model, messages=user("x"), stream=stream))
        with pytest.raises(anthropic.APIError) as messages_error:
            list(
                messages.messages.create(
                    model=model, max_tokens=99, messages=user("x"), stream=stream
                )
            )
        told += [f"{error.value} {error.value.body}" for error in (chat_error, messages_error)]
    kept = world.kept()
    for secret in ENVIRONMENT.values():
        assert secret not in "\n".join(told)
        assert secret not in kept


def test_a_provider_that_dies_under_load_is_missed_by_nobody(world: World) -> None:
    """Killed in mid-answer, revived, killed again: every answer is whole, exact, said once."""
    count = 240

    async def one(client: openai.AsyncOpenAI, k: int) -> bool:
        prompt = user(f"load {k} [tokens=30] [rate=150]")
        stream = await client.chat.completions.create(
            model=world.route("abc"), messages=prompt, stream=True
        )
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


def test_tokens_arrive_as_they_are_said(world: World, chat: openai.OpenAI) -> None:
    prompt = user("pace [tokens=20] [rate=20]")
    with chat.chat.completions.create(
        model=world.route("a"), messages=prompt, stream=True
    ) as stream:
        times = [time.monotonic() for chunk in stream if chunk.choices[0].delta.content]
    assert len(times) == 20
    assert times[-1] - times[0] > 0.4, "they were held back"


@pytest.mark.parametrize("target", ["a", "b"])
def test_long_answers_are_whole(world: World, chat: openai.OpenAI, target: str) -> None:
    model = world.route(target)
    prompt = user("long [tokens=20000] [chunk=8]")
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
        model=world.route("abc"),
        messages=prompt,
        stream=True,
        stream_options={"include_usage": True},
    ) as raw:
        body = b"".join(raw.iter_bytes()).decode()
    assert f": understudy target=b-{world.scene}/m attempts=2 seam=" in body
    chunks = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]
    said = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
    assert said == expected_chat(prompt)
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert len({chunk["model"] for chunk in chunks}) == 1
    assert chunks[-1]["usage"]["completion_tokens"] >= 20
    assert body.endswith("data: [DONE]\n\n")
    assert body.count("[DONE]") == 1
