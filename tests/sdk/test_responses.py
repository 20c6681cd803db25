"""OpenAI's official client speaking Responses to the real gateway: in its own dialect, translated,
and across a failover and a restart in the middle of a conversation.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pydantic
import pytest

from tests.sdk.setting import ABILITIES
from tests.system.processes import Gateway, Simulators, http_request, simulators
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

KEY = "us-caller-key-0123456789abcdef"
OTHER = "us-caller-key-fedcba9876543210"
ENVIRONMENT = {"CALLER_KEY": KEY, "OTHER_KEY": OTHER, "PROVIDER_KEY": "sk-canary-0a1b2c3d"}
CONFIG = f"""
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
drain = 5
[journal]
path = "journal.db"
[keys.one]
key = "env:CALLER_KEY"
[keys.two]
key = "env:OTHER_KEY"
[providers.responses]
kind = "openai-compatible"
dialect = "openai_responses"
base_url = "RESPONSES/v1"
key = "env:PROVIDER_KEY"
[providers.responses.models.m]
capabilities = {ABILITIES}
[providers.messages]
kind = "anthropic"
base_url = "MESSAGES"
host = "anthropic"
key = "env:PROVIDER_KEY"
[providers.messages.models.m]
capabilities = {ABILITIES}
max_output_tokens = 8192
[defaults]
deadline = 15
[routes.own]
targets = ["responses/m", "messages/m"]
[routes.translated]
targets = ["messages/m"]
[routes.resumed]
targets = ["responses/m", "messages/m"]
on_break = "resume"
"""
TOOL: Any = {
    "type": "function",
    "name": "weather",
    "description": "the weather in a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
THINK: Any = {"effort": "high", "summary": "auto"}
ROUTES = pytest.mark.parametrize("route", ["own", "translated"])


class World:
    """Providers, and a gateway that can be started anew over the same files."""

    def __init__(self, folder: Path, providers: Simulators) -> None:
        self.providers = providers
        self._config = folder / "understudy.toml"
        text = CONFIG
        for name, url in providers.urls.items():
            text = text.replace(f'"{name.upper()}', f'"{url}')
        self._config.write_text(text)
        self.gateway = Gateway(self._config, ENVIRONMENT)

    def restart(self) -> None:
        self.gateway.stop()
        self.gateway = Gateway(self._config, ENVIRONMENT)

    def client(self, key: str = KEY) -> openai.OpenAI:
        url = f"{self.gateway.url}/v1"
        return openai.OpenAI(base_url=url, api_key=key, max_retries=0, timeout=15)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("responses")
    names = ("responses=openai_responses:0", "messages=anthropic_messages:0")
    with simulators(folder, *names) as providers:
        made = World(folder, providers)
        try:
            yield made
            made.gateway.stop()
        finally:
            made.gateway.close()


@pytest.fixture(autouse=True)
def _healthy(world: World) -> Iterator[None]:
    yield
    for name in world.providers.urls:
        world.providers.fault(name, "")


def expected(items: Any, **fields: Any) -> str:
    """What any well provider answers to an input."""
    body = {"model": "m", "input": items, **fields}
    return expected_answer(DIALECTS["openai_responses"], json.dumps(body).encode())


def said(text: str, role: str = "user") -> Any:
    return {"role": role, "content": text}


@ROUTES
def test_create(world: World, route: str) -> None:
    with world.client() as client:
        response = client.responses.create(
            model=route, input="hello", instructions="be brief", temperature=0.5
        )
    assert response.status == "completed"
    assert response.output_text == expected("hello", instructions="be brief")
    assert response.instructions is None or response.temperature == 0.5
    assert response.usage is not None
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


@ROUTES
def test_stream(world: World, route: str) -> None:
    kinds: list[str] = []
    with (
        world.client() as client,
        client.responses.stream(
            model=route, input="a stream [reasoning=5]", reasoning=THINK
        ) as stream,
    ):
        text = ""
        for number, event in enumerate(stream):
            assert event.sequence_number == number
            kinds.append(event.type)
            if event.type == "response.output_text.delta":
                text += event.delta
        final = stream.get_final_response()
    assert text == final.output_text == expected("a stream [reasoning=5]", reasoning=THINK)
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert [item.type for item in final.output] == ["reasoning", "message"]


class City(pydantic.BaseModel):
    name: str
    inhabitants: int


@ROUTES
def test_parse(world: World, route: str) -> None:
    with world.client() as client:
        response = client.responses.parse(model=route, input="a city", text_format=City)
    assert isinstance(response.output_parsed, City)


@ROUTES
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_parallel_tool_calls_and_their_results(world: World, route: str, stream: bool) -> None:
    asked = said("the weather [tool=weather] [tool=weather]")
    with world.client() as client:
        if stream:
            with client.responses.stream(model=route, input=[asked], tools=[TOOL]) as events:
                first: Any = events.get_final_response()
        else:
            first = client.responses.create(model=route, input=[asked], tools=[TOOL])
        calls = [item for item in first.output if item.type == "function_call"]
        assert len(calls) == 2
        assert len({call.call_id for call in calls}) == 2
        assert all("city" in json.loads(call.arguments) for call in calls)
        results: Any = [
            {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
            for call in calls
        ]
        # as the Agents SDK does: what was put out is put in again, item by item
        echoed = [item.to_dict() for item in first.output]
        second = client.responses.create(
            model=route, input=[asked, *echoed, *results], tools=[TOOL]
        )
        third = client.responses.create(
            model=route, previous_response_id=first.id, input=results, tools=[TOOL]
        )
    assert second.output_text
    assert second.output_text == third.output_text


def test_a_conversation_goes_on_with_another_provider_and_after_a_restart(world: World) -> None:
    with world.client() as client:
        first = client.responses.create(model="own", input="my name is Ada")
        world.providers.fault("responses", "status(503)")
        raw = client.responses.with_raw_response.create(
            model="own", input="and I am 36", previous_response_id=first.id
        )
        second: Any = raw.parse()
        assert raw.headers["x-understudy-target"] == "messages/m"
    history = [said("my name is Ada"), said(first.output_text, "assistant"), said("and I am 36")]
    assert second.output_text == expected(history)
    world.restart()
    with (
        world.client() as client,
        client.responses.stream(
            model="own", input="who am I?", previous_response_id=second.id
        ) as stream,
    ):
        third = stream.get_final_response()
    history += [said(second.output_text, "assistant"), said("who am I?")]
    assert third.output_text == expected(history)
    world.providers.fault("responses", "")


def test_what_a_translated_answer_thought_goes_back_to_who_thought_it(world: World) -> None:
    with world.client() as client:
        first = client.responses.create(
            model="translated", input="think [reasoning=5]", reasoning=THINK
        )
        client.responses.create(
            model="translated", input="go on signed", previous_response_id=first.id
        )
        client.responses.create(model="own", input="go on here", previous_response_id=first.id)
    (back,) = world.providers.seen("messages", "go on signed")
    blocks = json.loads(back["body"])["messages"][1]["content"]
    assert [block["type"] for block in blocks] == ["thinking", "text"]
    assert blocks[0]["signature"]
    (other,) = world.providers.seen("responses", "go on here")
    assert "understudy." not in other["body"]
    assert "reasoning" not in [item.get("type") for item in json.loads(other["body"])["input"]]


def test_the_provider_is_sent_the_whole_conversation(world: World) -> None:
    with world.client() as client:
        first = client.responses.create(model="own", input="one two three")
        client.responses.create(model="own", input="four", previous_response_id=first.id)
    seen = world.providers.seen("responses", "four")
    body = json.loads(seen[-1]["body"])
    assert body["previous_response_id"] is None
    assert [item.get("role") for item in body["input"]] == ["user", "assistant", "user"]


def test_items_are_named_by_their_id_alone(world: World) -> None:
    """As Vercel's AI SDK does where answers are stored."""
    with world.client() as client:
        first = client.responses.create(model="translated", input="remember this")
        items: Any = [
            said("remember this"),
            {"type": "item_reference", "id": first.output[0].id},
            said("what was it?"),
        ]
        second = client.responses.create(model="translated", input=items)
    history = [said("remember this"), said(first.output_text, "assistant"), said("what was it?")]
    assert second.output_text == expected(history)


def test_nobody_else_can_go_on(world: World) -> None:
    with world.client() as client, world.client(OTHER) as other:
        mine = client.responses.create(model="own", input="a secret")
        with pytest.raises(openai.BadRequestError) as caught:
            other.responses.create(model="own", input="tell", previous_response_id=mine.id)
        assert caught.value.code == "previous_response_not_found"
        with pytest.raises(openai.NotFoundError):
            other.responses.retrieve(mine.id)
        with pytest.raises(openai.NotFoundError):
            other.responses.delete(mine.id)
        assert client.responses.retrieve(mine.id).output_text == mine.output_text


def test_an_answer_is_shown_listed_and_deleted(world: World) -> None:
    with world.client() as client:
        first = client.responses.create(model="translated", input="to be deleted")
        second = client.responses.create(
            model="translated", input="and this", previous_response_id=first.id
        )
        assert client.responses.retrieve(second.id).output_text == second.output_text
        listed = client.responses.input_items.list(second.id).data
        assert [getattr(item, "role", None) for item in listed] == ["user", "assistant", "user"]
        client.responses.delete(second.id)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(second.id)
        with pytest.raises(openai.BadRequestError):
            client.responses.create(model="own", input="x", previous_response_id=second.id)


def test_what_shall_not_be_stored_is_not(world: World) -> None:
    with world.client() as client:
        response = client.responses.create(model="own", input="not kept", store=False)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(response.id)


def test_a_stream_that_breaks_says_so(world: World) -> None:
    world.providers.fault("responses", "cut(after=3)")
    with world.client() as client:
        stream = client.responses.create(model="own", input="broken [tokens=40]", stream=True)
        with pytest.raises(openai.APIError):
            for _ in stream:
                pass
    world.providers.fault("responses", "")


def test_a_conversation_that_the_provider_keeps_goes_to_that_dialect_alone(world: World) -> None:
    with world.client() as client, pytest.raises(openai.APIStatusError, match="conversation"):
        client.responses.create(model="translated", input="x", conversation="conv_1")


def test_bad_requests_are_refused_in_the_vendors_shape(world: World) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    for body in (b"{", b"[]", b'{"model":"own"}', b'{"model":"own","input":[{"role":"x"}]}'):
        answer = http_request(f"{world.gateway.url}/v1/responses", "POST", body, headers)
        assert answer.status == 400
        assert answer.json()["error"]["type"] == "invalid_request_error"


@ROUTES
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_a_tool_that_takes_free_text(world: World, route: str, stream: bool) -> None:
    """As Codex offers `apply_patch`, with a grammar; elsewhere a function stands in for it."""
    form = {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}
    tools: Any = [{"type": "custom", "name": "patch", "description": "d", "format": form}]
    asked = said("mend it [tool=patch]")
    with world.client() as client:
        if stream:
            with client.responses.stream(model=route, input=[asked], tools=tools) as events:
                first: Any = events.get_final_response()
        else:
            first = client.responses.create(model=route, input=[asked], tools=tools)
        (call,) = [item for item in first.output if item.type == "custom_tool_call"]
        assert call.input
        assert not call.input.startswith("{")
        output: Any = {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "done"}
        second = client.responses.create(
            model=route, input=[asked, call.to_dict(), output], tools=tools
        )
    assert second.output_text


def test_an_answer_that_breaks_off_is_gone_on_with_elsewhere(world: World) -> None:
    world.providers.fault("responses", "cut(after=9)")
    with (
        world.client() as client,
        client.responses.stream(model="resumed", input="two halves [tokens=40]") as stream,
    ):
        numbers = [event.sequence_number for event in stream]
        final = stream.get_final_response()
    assert final.output_text == expected("two halves [tokens=40]")
    assert len(final.output) == 1
    assert numbers == sorted(set(numbers))
    with world.client() as client:
        assert client.responses.retrieve(final.id).output_text == final.output_text
