"""Cohere's official client (ClientV2) against the real gateway: in its own dialect, translated,
with tools, documents and failures, and a plan B that speaks another dialect.
"""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cohere
import httpx
import pytest
from cohere.core.api_error import ApiError

from tests.sdk.setting import KEY
from tests.system.processes import Gateway, Simulators, free_port, gateway, simulators
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

ENVIRONMENT = {
    "COHERE_KEY": "canary-cohere-5f1d0c",
    "CHAT_KEY": "sk-canary-77ab",
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

[providers.cohere]
kind = "cohere"
base_url = "COHERE"
key = "env:COHERE_KEY"
[providers.cohere.models.able]
capabilities = ["tools", "vision", "json_mode", "json_schema", "reasoning", "streaming"]

[providers.chat]
kind = "openai-compatible"
base_url = "CHAT/v1"
key = "env:CHAT_KEY"
accepts = ["reasoning"]
[providers.chat.models.m]
capabilities = ["tools", "vision", "json_mode", "json_schema", "reasoning", "prefill", "streaming"]

[defaults]
deadline = 15

[routes.command]
targets = ["cohere/able", "chat/m"]
[routes.fragile]
targets = ["cohere/able"]
on_break = "error"
[routes.other]
targets = ["chat/m"]
[routes.resumed]
targets = ["cohere/able", "chat/m"]
on_break = "resume"
"""
BOTH = pytest.mark.parametrize("model", ["command", "other"], ids=["own", "translated"])
ONCE: Any = {"max_retries": 0}
"""The client's own retries are off, so that they never hide ours."""

PROPERTIES = {"city": {"type": "string"}}
SCHEMA = {"type": "object", "properties": PROPERTIES, "required": ["city"]}
WEATHER: Any = {
    "type": "function",
    "function": {"name": "weather", "description": "Knows it.", "parameters": SCHEMA},
}


class World:
    """The gateway and its two providers while they run."""

    def __init__(self, providers: Simulators, running: Gateway) -> None:
        self.providers = providers
        self.gateway = running
        self.url = running.url

    @contextlib.contextmanager
    def client(self, key: str = KEY) -> Iterator[cohere.ClientV2]:
        with httpx.Client(timeout=15) as http:
            yield cohere.ClientV2(key, base_url=self.url, httpx_client=http)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[World]:
    with simulators(folder, "cohere=cohere_chat:0", "chat=openai_chat:0") as providers:
        text = CONFIG.replace("ADMIN", str(free_port()))
        text = text.replace('"COHERE"', f'"{providers.urls["cohere"]}"')
        text = text.replace('"CHAT/', f'"{providers.urls["chat"]}/')
        with gateway(folder / "understudy.toml", text, ENVIRONMENT) as running:
            yield World(providers, running)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serving(tmp_path_factory.mktemp("cohere")) as made:
        yield made


@pytest.fixture
def client(world: World) -> Iterator[cohere.ClientV2]:
    with world.client() as made:
        yield made


@pytest.fixture
def troubled(tmp_path: Path) -> Iterator[World]:
    """A world of one test, which leaves nobody else with what it broke."""
    with serving(tmp_path) as made:
        yield made


@pytest.fixture
def plan_b(troubled: World) -> Iterator[cohere.ClientV2]:
    with troubled.client() as made:
        yield made


def user(text: str) -> Any:
    return [{"role": "user", "content": text}]


def expected(prompt: str, **fields: Any) -> str:
    body = {"model": "m", "messages": user(prompt), **fields}
    return expected_answer(DIALECTS["cohere_chat"], json.dumps(body).encode())


def ask(client: cohere.ClientV2, model: str, messages: Any, **fields: Any) -> Any:
    return client.chat(model=model, messages=messages, request_options=ONCE, **fields)


def stream(client: cohere.ClientV2, model: str, messages: Any, **fields: Any) -> list[Any]:
    return list(client.chat_stream(model=model, messages=messages, request_options=ONCE, **fields))


def texts(events: list[Any]) -> str:
    return "".join(
        event.delta.message.content.text or "" for event in events if event.type == "content-delta"
    )


@BOTH
def test_a_whole_answer(client: cohere.ClientV2, model: str) -> None:
    said = ask(client, model, user("a whole answer"))
    (block,) = said.message.content
    assert block.text == expected("a whole answer")
    assert said.finish_reason == "COMPLETE"
    assert said.usage.tokens.output_tokens == len(block.text) // 4
    assert said.usage.billed_units.output_tokens == len(block.text) // 4


@BOTH
def test_a_stream(client: cohere.ClientV2, model: str) -> None:
    events = stream(client, model, user("a stream"))
    kinds = [event.type for event in events]
    assert kinds[:2] == ["message-start", "content-start"]
    assert kinds[-2:] == ["content-end", "message-end"]
    assert texts(events) == expected("a stream")
    assert kinds.count("content-delta") > 30
    assert events[-1].delta.finish_reason == "COMPLETE"
    assert events[-1].delta.usage.tokens.output_tokens > 0


@BOTH
def test_asynchronous_answers(world: World, model: str) -> None:
    async def one(client: cohere.AsyncClientV2, k: int) -> tuple[str, str]:
        prompt = f"asynchronous {k}"
        if k % 2:
            said: Any = await client.chat(model=model, messages=user(prompt))
            return said.message.content[0].text, expected(prompt)
        events = client.chat_stream(model=model, messages=user(prompt))
        return texts([event async for event in events]), expected(prompt)

    async def scene() -> None:
        async with cohere.AsyncClientV2(KEY, base_url=world.url) as client:
            for said, wanted in await asyncio.gather(*(one(client, k) for k in range(10))):
                assert said == wanted

    asyncio.run(scene())


@BOTH
@pytest.mark.parametrize("is_stream", [True, False], ids=["streamed", "whole"])
def test_tools_are_called_and_answered(
    client: cohere.ClientV2, model: str, *, is_stream: bool
) -> None:
    asked = user("look [tool=weather]")
    tools: Any = {"tools": [WEATHER], "tool_choice": "REQUIRED", "strict_tools": True}
    if is_stream:
        events = stream(client, model, asked, **tools)
        (begun,) = [event for event in events if event.type == "tool-call-start"]
        call = begun.delta.message.tool_calls
        call.function.arguments += "".join(
            event.delta.message.tool_calls.function.arguments
            for event in events
            if event.type == "tool-call-delta"
        )
        finish = events[-1].delta.finish_reason
    else:
        said = ask(client, model, asked, **tools)
        (call,) = said.message.tool_calls
        finish = said.finish_reason
    assert finish == "TOOL_CALL"
    assert call.function.name == "weather"
    assert set(json.loads(call.function.arguments)) == {"city"}
    document = {"type": "document", "document": {"id": "1", "data": {"sky": "blue"}}}
    turns = [
        *asked,
        {"role": "assistant", "tool_plan": "I will look.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call.id, "content": [document]},
    ]
    after = ask(client, model, turns, tools=[WEATHER])
    assert after.finish_reason == "COMPLETE"
    assert after.message.content[0].text


@BOTH
def test_an_answer_keeps_to_a_schema(client: cohere.ClientV2, model: str) -> None:
    form: Any = {"type": "json_object", "json_schema": SCHEMA}
    said = ask(client, model, user("a city"), response_format=form)
    assert set(json.loads(said.message.content[0].text)) == {"city"}


@BOTH
def test_documents_reach_the_model(world: World, client: cohere.ClientV2, model: str) -> None:
    documents = [{"id": "d1", "data": {"title": "Tides", "snippet": f"they rise {model}"}}]
    said = ask(client, model, user("what do tides do"), documents=documents)
    assert said.message.content[0].text
    provider = "cohere" if model == "command" else "chat"
    (seen,) = world.providers.seen(provider, f"they rise {model}")
    body = json.loads(seen["body"])
    if model == "command":
        assert body["documents"] == documents
    else:
        content = body["messages"][0]["content"]
        assert [part["type"] for part in content] == ["text", "text"]


@BOTH
@pytest.mark.parametrize("is_stream", [True, False], ids=["streamed", "whole"])
def test_thoughts_are_told_apart(client: cohere.ClientV2, model: str, *, is_stream: bool) -> None:
    asked = user("hm [reasoning=9]")
    thinking: Any = {"type": "enabled", "token_budget": 500}
    if is_stream:
        events = stream(client, model, asked, thinking=thinking)
        kinds = [
            event.delta.message.content.type for event in events if event.type == "content-start"
        ]
    else:
        said = ask(client, model, asked, thinking=thinking)
        kinds = [block.type for block in said.message.content]
        assert said.message.content[0].thinking
    assert kinds == ["thinking", "text"]


def test_every_field_reaches_the_provider_as_it_was(world: World, client: cohere.ClientV2) -> None:
    fields: Any = {
        "safety_mode": "STRICT",
        "citation_options": {"mode": "FAST"},
        "temperature": 0.3,
        "p": 0.7,
        "k": 5,
        "seed": 7,
        "stop_sequences": ["zzz"],
        "priority": 2,
        "max_tokens": 900,
    }
    content: Any = [
        {"type": "text", "text": "every field 4811"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
    ]
    ask(client, "command", [{"role": "user", "content": content}], **fields)
    (seen,) = world.providers.seen("cohere", "every field 4811")
    body = json.loads(seen["body"])
    assert body == {
        "model": "able",
        "stream": False,
        "messages": [{"role": "user", "content": content}],
        **fields,
    }


def test_mistakes_are_told_in_its_own_shape(world: World, client: cohere.ClientV2) -> None:
    with pytest.raises(cohere.NotFoundError) as unknown:
        ask(client, "nobody", user("x"))
    assert "nobody" in unknown.value.body["message"]
    assert unknown.value.body["id"]
    with pytest.raises(cohere.BadRequestError) as caught:
        ask(client, "command", [{"role": "robot", "content": "x"}])
    assert "messages.0.role" in caught.value.body["message"]
    with world.client("us-nobody") as stranger, pytest.raises(cohere.UnauthorizedError):
        ask(stranger, "command", user("x"))


def test_an_openai_client_is_answered_by_cohere(world: World) -> None:
    body = {"model": "command", "messages": user("the other way"), "max_tokens": 500}
    answer = httpx.post(
        f"{world.url}/v1/chat/completions",
        json=body,
        headers={"authorization": f"Bearer {KEY}"},
    )
    assert answer.json()["choices"][0]["message"]["content"] == expected("the other way")
    (seen,) = world.providers.seen("cohere", "the other way")
    assert seen["path"] == "/v2/chat"


FAULTS = pytest.mark.parametrize("fault", ["row(mistral.500)", "row(mistral.429)", "drop"])


@FAULTS
@pytest.mark.parametrize("is_stream", [True, False], ids=["streamed", "whole"])
def test_another_dialect_answers_where_cohere_fails(
    troubled: World, plan_b: cohere.ClientV2, fault: str, *, is_stream: bool
) -> None:
    prompt = f"plan B {fault} {is_stream}"
    troubled.providers.fault("cohere", fault)
    try:
        if is_stream:
            text = texts(stream(plan_b, "command", user(prompt)))
        else:
            text = ask(plan_b, "command", user(prompt)).message.content[0].text
    finally:
        troubled.providers.fault("cohere", "")
    assert text == expected(prompt)


def test_a_broken_stream_goes_on_elsewhere(troubled: World, plan_b: cohere.ClientV2) -> None:
    prompt = "goes on [tokens=40]"
    troubled.providers.fault("cohere", "cut(after=12)")
    try:
        events = stream(plan_b, "resumed", user(prompt))
    finally:
        troubled.providers.fault("cohere", "")
    assert texts(events) == expected(prompt)
    assert events[-1].delta.finish_reason == "COMPLETE"


def test_a_broken_stream_ends_in_an_error_that_the_client_sees(
    troubled: World, plan_b: cohere.ClientV2
) -> None:
    troubled.providers.fault("cohere", "cut(after=12)")
    try:
        events = stream(plan_b, "fragile", user("breaks [tokens=40]"))
    finally:
        troubled.providers.fault("cohere", "")
    assert events[-1].delta.finish_reason == "ERROR"
    assert events[-1].delta.error


def test_everything_down_is_an_error_of_its_own_kind(
    troubled: World, plan_b: cohere.ClientV2
) -> None:
    for provider in ("cohere", "chat"):
        troubled.providers.fault(provider, "row(mistral.500)")
    try:
        with pytest.raises(ApiError) as caught:
            ask(plan_b, "command", user("x"))
    finally:
        for provider in ("cohere", "chat"):
            troubled.providers.fault(provider, "")
    assert caught.value.status_code in {500, 502, 503}
    assert caught.value.body["message"]
