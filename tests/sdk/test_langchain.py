"""LangChain's chat models, pointed at the real gateway and told nothing else."""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import anthropic
import openai
import pydantic
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from tests.sdk.setting import KEY, Setting, expected_chat, user
from tests.system.processes import until

ROUTES = ("chat", "messages")
"""One is answered by a provider of OpenAI's dialect, the other by one of Anthropic's."""

Make = Callable[[str], BaseChatModel]


class City(pydantic.BaseModel):
    """A city and its rivers."""

    name: str
    people: int
    rivers: list[str]


@tool
def weather(city: str, days: int) -> str:
    """Say how the weather will be."""
    return f"{days} dry days in {city}"


_timeouts = itertools.count(15)
"""LangChain shares HTTP clients between models with the same settings, and event loops with them;
a timeout of its own gives each model a client of its own, which can be closed.
"""


def openai_model(setting: Setting, route: str) -> ChatOpenAI:
    return ChatOpenAI(
        model=route,
        base_url=f"{setting.url}/v1",
        api_key=pydantic.SecretStr(KEY),
        max_retries=0,
        timeout=next(_timeouts),
        stream_usage=True,  # with an address of one's own it does not ask by itself
    )


def responses_model(setting: Setting, route: str) -> ChatOpenAI:
    return openai_model(setting, route).model_copy(update={"use_responses_api": True})


def anthropic_model(setting: Setting, route: str) -> ChatAnthropic:
    return ChatAnthropic(
        model_name=route,
        base_url=setting.url,
        api_key=pydantic.SecretStr(KEY),
        max_retries=0,
        timeout=next(_timeouts),
        stop=None,
        max_tokens_to_sample=4096,
    )


def close(model: BaseChatModel) -> None:
    match model:
        case ChatOpenAI():
            model.root_client.close()
        case ChatAnthropic():
            model._client.close()


async def aclose(model: BaseChatModel) -> None:
    match model:
        case ChatOpenAI():
            await model.root_async_client.close()
        case ChatAnthropic():
            await model._async_client.close()


@pytest.fixture(
    params=[openai_model, responses_model, anthropic_model],
    ids=["openai", "responses", "anthropic"],
)
def make(request: pytest.FixtureRequest, setting: Setting) -> Iterator[Make]:
    """Makes a model for a route, and closes its clients in the end."""
    made: list[BaseChatModel] = []

    def one(route: str) -> BaseChatModel:
        made.append(request.param(setting, route))
        return made[-1]

    yield one
    for model in made:
        close(model)


def joined(chunks: Sequence[BaseMessageChunk]) -> Any:
    """All chunks as LangChain itself adds them up."""
    total: Any = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk
    return total


@pytest.mark.parametrize("route", ROUTES)
def test_invoke(make: Make, route: str) -> None:
    said = make(route).invoke("langchain whole")
    expected = expected_chat(user("langchain whole"))
    assert said.text == expected
    assert isinstance(said, AIMessage)
    assert said.usage_metadata is not None
    assert said.usage_metadata["output_tokens"] == len(expected) // 4
    assert said.response_metadata.get("finish_reason", "stop") == "stop"
    assert said.response_metadata.get("stop_reason", "end_turn") == "end_turn"


@pytest.mark.parametrize("route", ROUTES)
def test_stream(make: Make, route: str) -> None:
    chunks = list(make(route).stream("langchain stream"))
    expected = expected_chat(user("langchain stream"))
    assert "".join(chunk.text for chunk in chunks) == expected
    assert len(chunks) > 30
    assert joined(chunks).usage_metadata["output_tokens"] == len(expected) // 4


@pytest.mark.parametrize("route", ROUTES)
def test_asynchronous(make: Make, route: str) -> None:
    async def scene() -> tuple[str, str]:
        model = make(route)
        said, pieces = await asyncio.gather(model.ainvoke("langchain async"), streamed(model))
        await aclose(model)
        return said.text, "".join(pieces)

    async def streamed(model: BaseChatModel) -> list[str]:
        return [chunk.text async for chunk in model.astream("langchain async stream")]

    assert asyncio.run(scene()) == (
        expected_chat(user("langchain async")),
        expected_chat(user("langchain async stream")),
    )


@pytest.mark.parametrize("route", ROUTES)
def test_batch(make: Make, route: str) -> None:
    prompts = [f"langchain batch {k}" for k in range(8)]
    said = make(route).batch(cast("Any", prompts))
    assert [each.text for each in said] == [expected_chat(user(prompt)) for prompt in prompts]


@pytest.mark.parametrize("route", ROUTES)
def test_tools_are_called_and_answered(make: Make, route: str) -> None:
    model = make(route).bind_tools([weather])
    asked = HumanMessage("the weather, please [tool=weather]")
    said = model.invoke([asked])
    (call,) = said.tool_calls
    assert said.invalid_tool_calls == []
    result = weather.invoke(call)
    assert isinstance(result, ToolMessage)
    assert result.content == f"{call['args']['days']} dry days in {call['args']['city']}"
    final = model.invoke([asked, said, result])
    assert final.text
    assert final.tool_calls == []


@pytest.mark.parametrize("route", ROUTES)
def test_streamed_tool_calls_are_the_same(make: Make, route: str) -> None:
    model = make(route).bind_tools([weather])
    whole = model.invoke("streamed tools [tool=weather]")
    chunks = list(model.stream("streamed tools [tool=weather]"))
    total = joined(cast("Sequence[BaseMessageChunk]", chunks))
    assert [(each["name"], each["args"]) for each in total.tool_calls] == [
        (each["name"], each["args"]) for each in whole.tool_calls
    ]
    assert sum(len(chunk.tool_call_chunks) for chunk in cast("Any", chunks)) > 4


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
@pytest.mark.parametrize("route", ROUTES)
def test_structured_output(make: Make, route: str, method: str) -> None:
    model = make(route).with_structured_output(City, method=method)
    assert isinstance(model.invoke("a city for langchain"), City)


@pytest.mark.parametrize("route", ROUTES)
def test_a_conversation(make: Make, route: str) -> None:
    said = make(route).invoke(
        [("system", "Be brief."), ("user", "hello"), ("ai", "hi"), ("user", "again")]
    )
    whole: Any = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hi"},
        {"role": "user", "content": "again"},
    ]
    assert said.text == expected_chat(whole)


@pytest.mark.parametrize("route", ROUTES)
def test_a_stream_that_is_left_is_closed_upstream(
    make: Make, route: str, setting: Setting, request: pytest.FixtureRequest
) -> None:
    name = f"left {request.node.name}"
    stream = make(route).stream(f"{name} [tokens=5000] [rate=100]")
    for _ in range(5):
        next(stream)
    cast("Any", stream).close()
    (seen,) = until(
        lambda: [s for s in setting.providers.seen(route, name) if s["cancelled_at"]], patience=1.0
    )
    assert seen["effects"] == []


def test_errors_are_those_of_the_sdks(make: Make) -> None:
    with pytest.raises((openai.NotFoundError, anthropic.NotFoundError)) as caught:
        make("chatt").invoke("x")
    assert "did you mean 'chat'" in str(caught.value)
