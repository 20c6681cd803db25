"""Google's official client against the real gateway: both of its APIs, streams, tools, failures,
and a plan B that speaks another dialect.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials

from tests.sdk.setting import KEY
from tests.system.processes import Gateway, Simulators, free_port, gateway, http_request, simulators
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

ENVIRONMENT = {"GOOGLE_KEY": "AIzaCanary5f1d0c", "CHAT_KEY": "sk-canary-77ab", "CALLER_KEY": KEY}
CONFIG = """
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:ADMIN"
log_format = "json"

[journal]
path = "journal.db"

[keys.tests]
key = "env:CALLER_KEY"

[providers.gemini]
kind = "gemini"
base_url = "GOOGLE"
key = "env:GOOGLE_KEY"

[providers.chat]
kind = "openai-compatible"
base_url = "CHAT/v1"
key = "env:CHAT_KEY"
[providers.chat.models.m]
capabilities = ["tools", "vision", "json_mode", "json_schema", "reasoning", "prefill", "streaming"]

[defaults]
deadline = 15

[routes."gemini-3.8-flash"]
targets = ["gemini/gemini-3.8-flash", "chat/m"]
[routes.other]
targets = ["chat/m"]
[routes.resumed]
targets = ["gemini/gemini-2.5-flash", "chat/m"]
on_break = "resume"
"""
MODEL = "gemini-3.8-flash"
BOTH = pytest.mark.parametrize("model", [MODEL, "other"], ids=["own", "translated"])
ONCE = types.HttpRetryOptions(attempts=1)
"""The client's own retries are off, so that they never hide ours."""

WEATHER = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="weather",
            description="Knows the weather.",
            parameters=types.Schema(
                type=types.Type.OBJECT,
                properties={"city": types.Schema(type=types.Type.STRING)},
                required=["city"],
            ),
        )
    ]
)


class World:
    """The gateway and its two providers while they run."""

    def __init__(self, providers: Simulators, running: Gateway) -> None:
        self.providers = providers
        self.url = running.url
        self.gateway = running

    def client(self, key: str = KEY, **fields: Any) -> genai.Client:
        options = types.HttpOptions(base_url=self.url, timeout=15_000, retry_options=ONCE)
        return genai.Client(api_key=key, http_options=options, **fields)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("gemini")
    with simulators(folder, "gemini=gemini_generate:0", "chat=openai_chat:0") as providers:
        text = CONFIG.replace("ADMIN", str(free_port()))
        text = text.replace("GOOGLE", providers.urls["gemini"], 1)
        text = text.replace("CHAT/", f"{providers.urls['chat']}/")
        with gateway(folder / "understudy.toml", text, ENVIRONMENT) as running:
            yield World(providers, running)


@pytest.fixture
def client(world: World) -> Iterator[genai.Client]:
    with world.client() as made:
        yield made


def expected(prompt: str) -> str:
    body = {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}
    return expected_answer(DIALECTS["gemini_generate"], json.dumps(body).encode())


@BOTH
def test_a_whole_answer(client: genai.Client, model: str) -> None:
    said = client.models.generate_content(model=model, contents="a whole answer")
    assert said.text == expected("a whole answer")
    assert said.candidates is not None
    assert said.candidates[0].finish_reason is types.FinishReason.STOP
    assert said.usage_metadata is not None
    assert said.usage_metadata.candidates_token_count == len(expected("a whole answer")) // 4


@BOTH
def test_a_stream(client: genai.Client, model: str) -> None:
    chunks = list(client.models.generate_content_stream(model=model, contents="a stream"))
    assert "".join(chunk.text or "" for chunk in chunks) == expected("a stream")
    assert len(chunks) > 30
    reasons = [each.finish_reason for chunk in chunks for each in chunk.candidates or []]
    assert [reason for reason in reasons if reason] == [types.FinishReason.STOP]


@BOTH
def test_asynchronous_answers(world: World, model: str) -> None:
    async def one(aio: Any, k: int) -> tuple[str, str]:
        prompt = f"asynchronous {k}"
        if k % 2:
            said = await aio.models.generate_content(model=model, contents=prompt)
            return said.text, expected(prompt)
        stream = await aio.models.generate_content_stream(model=model, contents=prompt)
        return "".join([chunk.text or "" async for chunk in stream]), expected(prompt)

    async def scene() -> None:
        async with world.client().aio as aio:
            for said, wanted in await asyncio.gather(*(one(aio, k) for k in range(10))):
                assert said == wanted

    asyncio.run(scene())


@BOTH
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_tools_are_called_and_answered(client: genai.Client, model: str, *, stream: bool) -> None:
    config = types.GenerateContentConfig(
        tools=[WEATHER],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    asked = types.Content(role="user", parts=[types.Part(text="look [tool=weather]")])
    asking: Any = {"model": model, "contents": [asked], "config": config}
    if stream:
        parts = [
            part
            for chunk in client.models.generate_content_stream(**asking)
            for each in chunk.candidates or []
            for part in (each.content and each.content.parts) or []
        ]
    else:
        said = client.models.generate_content(**asking)
        assert said.candidates is not None
        assert said.candidates[0].content is not None
        parts = said.candidates[0].content.parts or []
    called = [part for part in parts if part.function_call]
    (call,) = [part.function_call for part in called if part.function_call]
    assert call.name == "weather"
    assert set(call.args or {}) == {"city"}
    result = types.Part.from_function_response(name="weather", response={"sky": "blue"})
    assert result.function_response is not None
    result.function_response.id = call.id
    turns = [
        asked,
        types.Content(role="model", parts=called),
        types.Content(role="user", parts=[result]),
    ]
    after = client.models.generate_content(model=model, contents=turns, config=config)
    assert after.candidates is not None


@BOTH
def test_an_answer_keeps_to_a_schema(client: genai.Client, model: str) -> None:
    config = types.GenerateContentConfig(
        response_mime_type="application/json",
        response_schema=types.Schema(
            type=types.Type.OBJECT,
            properties={
                "name": types.Schema(type=types.Type.STRING, nullable=True),
                "people": types.Schema(type=types.Type.INTEGER),
            },
            required=["name", "people"],
        ),
    )
    said = client.models.generate_content(model=model, contents="a city", config=config)
    assert set(json.loads(said.text or "")) == {"name", "people"}


def test_thoughts_and_their_signature_come_back(client: genai.Client) -> None:
    config = types.GenerateContentConfig(
        thinking_config=types.ThinkingConfig(
            include_thoughts=True, thinking_level=types.ThinkingLevel.LOW
        )
    )
    said = client.models.generate_content(model=MODEL, contents="hm [reasoning=9]", config=config)
    assert said.candidates is not None
    assert said.candidates[0].content is not None
    thoughts = [part for part in said.candidates[0].content.parts or [] if part.thought]
    assert "".join(part.text or "" for part in thoughts)
    assert said.usage_metadata is not None
    assert (said.usage_metadata.thoughts_token_count or 0) > 0


def test_vertex_is_asked_in_both_of_its_ways(world: World) -> None:
    with world.client(vertexai=True) as express:
        said = express.models.generate_content(model=MODEL, contents="express")
    assert said.text == expected("express")
    options = types.HttpOptions(base_url=world.url, timeout=15_000, retry_options=ONCE)
    with genai.Client(
        vertexai=True,
        project="p",
        location="europe-west4",
        credentials=Credentials(token=KEY),
        http_options=options,
    ) as projects:
        chunks = list(projects.models.generate_content_stream(model=MODEL, contents="projects"))
    assert "".join(chunk.text or "" for chunk in chunks) == expected("projects")


def test_tokens_are_counted_by_who_can_and_else_guessed(world: World, client: genai.Client) -> None:
    prompt = "how many? " * 50
    exact = client.models.count_tokens(model=MODEL, contents=prompt).total_tokens
    billed = client.models.generate_content(model=MODEL, contents=prompt).usage_metadata
    assert billed is not None
    assert exact == billed.prompt_token_count
    guess = client.models.count_tokens(model="other", contents=prompt)
    assert guess.total_tokens is not None
    assert 0.5 < guess.total_tokens / (exact or 1) < 2
    world.providers.fault("gemini", "row(gemini.503)")
    try:
        path = f"/v1beta/models/{MODEL}:countTokens?key={KEY}"
        told = ask(world, path, {"contents": [{"parts": [{"text": prompt}]}]})
    finally:
        world.providers.fault("gemini", "")
    assert told.status == 200
    assert told.headers["x-understudy-estimate"] == "true"
    assert json.loads(told.body)["totalTokens"] == guess.total_tokens
    with world.client(vertexai=True) as express:
        assert express.models.count_tokens(model=MODEL, contents=prompt).total_tokens == exact
    with pytest.raises(errors.ClientError) as caught:
        client.models.count_tokens(model="nobody", contents=prompt)
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_models_are_listed_and_shown(client: genai.Client) -> None:
    names = {model.name for model in client.models.list()}
    assert names == {f"models/{name}" for name in (MODEL, "other", "resumed")}
    assert client.models.get(model="other").name == "models/other"
    with pytest.raises(errors.ClientError) as caught:
        client.models.get(model="nobody")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_mistakes_are_told_in_its_own_shape(world: World, client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model="nobody", contents="x")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    assert "nobody" in (caught.value.message or "")
    odd = types.Content(role="narrator", parts=[types.Part(text="x")])
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model=MODEL, contents=odd)
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    with world.client("us-nobody") as stranger, pytest.raises(errors.ClientError) as caught:
        stranger.models.generate_content(model=MODEL, contents="x")
    assert (caught.value.code, caught.value.status) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("fault", ["row(gemini.503)", "row(gemini.429.rate)", "drop"])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_another_dialect_answers_where_google_fails(
    world: World, client: genai.Client, fault: str, *, stream: bool
) -> None:
    prompt = f"plan B {fault} {stream}"
    world.providers.fault("gemini", fault)
    try:
        if stream:
            chunks = client.models.generate_content_stream(model=MODEL, contents=prompt)
            text = "".join(chunk.text or "" for chunk in chunks)
        else:
            text = client.models.generate_content(model=MODEL, contents=prompt).text or ""
    finally:
        world.providers.fault("gemini", "")
    assert text == expected(prompt)


def test_a_broken_stream_goes_on_elsewhere(world: World, client: genai.Client) -> None:
    prompt = "goes on [tokens=40]"
    world.providers.fault("gemini", "cut(after=12)")
    try:
        chunks = list(client.models.generate_content_stream(model="resumed", contents=prompt))
    finally:
        world.providers.fault("gemini", "")
    assert "".join(chunk.text or "" for chunk in chunks) == expected(prompt)


@BOTH
def test_a_broken_stream_is_an_error_and_no_short_answer(
    world: World, client: genai.Client, model: str
) -> None:
    world.providers.fault("gemini", "cut(after=12)")
    world.providers.fault("chat", "cut(after=12)")
    try:
        with pytest.raises(errors.APIError) as caught:
            list(client.models.generate_content_stream(model=model, contents="breaks"))
    finally:
        world.providers.fault("gemini", "")
        world.providers.fault("chat", "")
    assert caught.value.code == 502


def ask(world: World, path: str, body: object, **headers: str) -> Any:
    data = json.dumps(body).encode()
    return http_request(world.url + path, "POST", data, headers)


@BOTH
def test_a_stream_without_events_is_one_array(world: World, model: str) -> None:
    contents = [{"role": "user", "parts": [{"text": "an array"}]}]
    path = f"/v1beta/models/{model}:streamGenerateContent?key={KEY}"
    answer = ask(world, path, {"contents": contents})
    assert answer.headers["content-type"].startswith("application/json")
    chunks = json.loads(answer.body)
    texts = [part.get("text", "") for chunk in chunks for part in parts_of(chunk)]
    assert "".join(texts) == expected("an array")
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"


def parts_of(chunk: Any) -> list[Any]:
    return [part for each in chunk.get("candidates", []) for part in each["content"]["parts"]]


@BOTH
@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_names_may_be_spelled_either_way(world: World, model: str, version: str) -> None:
    path = f"/{version}/models/{model}:generateContent"
    key = {"x-goog-api-key": KEY}
    contents = [{"role": "user", "parts": [{"text": "look [tool=f]"}]}]
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    snake = {
        "contents": contents,
        "system_instruction": {"parts": [{"text": "be brief"}]},
        "generation_config": {"max_output_tokens": 500},
        "tools": [{"function_declarations": [{"name": "f", "parameters_json_schema": schema}]}],
        "tool_config": {"function_calling_config": {"mode": "ANY"}},
    }
    camel = {
        "contents": contents,
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "generationConfig": {"maxOutputTokens": 500},
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": schema}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
    }
    told = [json.loads(ask(world, path, body, **key).body) for body in (snake, camel)]
    calls = [parts_of(each)[0]["functionCall"] for each in told]
    assert calls[0]["args"] == calls[1]["args"]
    assert set(calls[0]["args"]) == {"a"}


def test_no_key_is_ever_shown(world: World) -> None:
    for key in ENVIRONMENT.values():
        assert key not in world.gateway.log
