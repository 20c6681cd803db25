"""OpenAI's official client against the real gateway, answered in its own dialect."""

import asyncio
import json
from typing import Any

import openai
import pydantic
import pytest

from tests.sdk.setting import KEY, Setting, expected_chat, texts, user
from tests.system.processes import http_request, until


class City(pydantic.BaseModel):
    name: str
    inhabitants: int
    rivers: list[str]


def tool(name: str) -> Any:
    properties = {"city": {"type": "string"}, "days": {"type": "integer", "maximum": 9}}
    schema = {"type": "object", "properties": properties, "required": ["city", "days"]}
    return {"type": "function", "function": {"name": name, "parameters": schema}}


def test_a_whole_answer(chat: openai.OpenAI) -> None:
    prompt = user("a whole answer")
    said = chat.chat.completions.create(model="chat", messages=prompt)
    assert said.choices[0].message.content == expected_chat(prompt)
    assert said.choices[0].finish_reason == "stop"
    assert said.usage is not None
    assert said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens


def test_a_stream(chat: openai.OpenAI) -> None:
    prompt = user("a stream")
    with chat.chat.completions.create(model="chat", messages=prompt, stream=True) as stream:
        chunks = list(stream)
    assert texts(chunks) == expected_chat(prompt)
    assert len(chunks) > 30
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"


def test_many_asynchronous_answers_at_once(setting: Setting) -> None:
    async def one(client: openai.AsyncOpenAI, k: int) -> tuple[str, str]:
        prompt = user(f"asynchronous {k}")
        if k % 2:
            said = await client.chat.completions.create(model="chat", messages=prompt)
            return said.choices[0].message.content or "", expected_chat(prompt)
        chunks = []
        async with await client.chat.completions.create(
            model="chat", messages=prompt, stream=True
        ) as stream:
            async for chunk in stream:
                chunks.append(chunk)  # noqa: PERF401
        return texts(chunks), expected_chat(prompt)

    async def scene() -> None:
        url = f"{setting.url}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
            for said, expected in await asyncio.gather(*(one(client, k) for k in range(20))):
                assert said == expected

    asyncio.run(scene())


def test_the_same_request_gives_what_the_provider_itself_says(
    chat: openai.OpenAI, direct_chat: openai.OpenAI
) -> None:
    asked: dict[str, Any] = {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": "Say no numbers."},
            {"role": "user", "content": "hello", "name": "ann"},
            {"role": "assistant", "content": "hi"},
            {"role": "user", "content": "again [tokens=20]"},
        ],
        "n": 3,
        "seed": 7,
        "temperature": 0.3,
        "logprobs": True,
        "top_logprobs": 2,
        "stop": ["zzz"],
        "max_completion_tokens": 12,
        "user": "u1",
        "metadata": {"a": "b"},
        "store": False,
    }
    through = chat.chat.completions.create(model="chat", **asked)
    direct = direct_chat.chat.completions.create(model="chat-model", **asked)
    assert through == direct
    assert len(through.choices) == 3
    assert through.choices[0].finish_reason == "length"


def test_every_parameter_reaches_the_provider_as_it_was(
    chat: openai.OpenAI, setting: Setting
) -> None:
    chat.chat.completions.create(
        model="chat",
        messages=user("every parameter 4711"),
        seed=7,
        logprobs=True,
        top_logprobs=2,
        n=2,
        frequency_penalty=0.1,
        presence_penalty=-0.1,
        logit_bias={"50256": -100},
        service_tier="auto",
        prompt_cache_key="k",
        extra_body={"unheard_of": {"a": [1, 2.50, None]}},
    )
    (seen,) = setting.providers.seen("chat", "every parameter 4711")
    sent = json.loads(seen["body"])
    assert sent.pop("model") == "chat-model"
    assert sent == {
        "messages": user("every parameter 4711"),
        "seed": 7,
        "logprobs": True,
        "top_logprobs": 2,
        "n": 2,
        "frequency_penalty": 0.1,
        "presence_penalty": -0.1,
        "logit_bias": {"50256": -100},
        "service_tier": "auto",
        "prompt_cache_key": "k",
        "unheard_of": {"a": [1, 2.5, None]},
    }
    assert '"a":[1,2.5,null]' in seen["body"]
    assert seen["headers"]["authorization"] == "Bearer sk-canary-chat-5f1d0c"
    assert KEY not in json.dumps(seen)


def test_images_and_documents_are_passed_on(chat: openai.OpenAI, setting: Setting) -> None:
    pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="
    content: Any = [
        {"type": "text", "text": "what is in picture 4712"},
        {"type": "image_url", "image_url": {"url": pixel, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
        {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"},
        },
    ]
    prompt: Any = [{"role": "user", "content": content}]
    said = chat.chat.completions.create(model="chat", messages=prompt)
    assert said.choices[0].message.content == expected_chat(prompt)
    (seen,) = setting.providers.seen("chat", "picture 4712")
    assert json.loads(seen["body"])["messages"] == prompt


def test_tools_are_called_in_parallel_and_answered(
    chat: openai.OpenAI, direct_chat: openai.OpenAI
) -> None:
    tools = [tool("weather"), tool("hotels")]
    prompt: Any = user("plan a trip [tool=weather] [tool=hotels]")
    said = chat.chat.completions.create(model="chat", messages=prompt, tools=tools)
    direct = direct_chat.chat.completions.create(model="chat-model", messages=prompt, tools=tools)
    assert said == direct
    message = said.choices[0].message
    assert said.choices[0].finish_reason == "tool_calls"
    assert message.tool_calls is not None
    assert [call.function.name for call in message.tool_calls] == ["weather", "hotels"]  # type: ignore[union-attr]
    prompt.append(message.model_dump(exclude_none=True))
    prompt += [
        {"role": "tool", "tool_call_id": call.id, "content": f"result of {call.id}"}
        for call in message.tool_calls
    ]
    after = chat.chat.completions.create(model="chat", messages=prompt, tools=tools)
    assert after.choices[0].message.content == expected_chat(prompt, tools=tools)


def test_tool_calls_are_streamed_in_deltas(chat: openai.OpenAI, direct_chat: openai.OpenAI) -> None:
    def ask(client: openai.OpenAI, model: str) -> Any:
        with client.chat.completions.stream(
            model=model,
            messages=user("deltas [tool=weather] [tool=hotels]"),
            tools=[tool("weather"), tool("hotels")],
        ) as stream:
            events = [event.type for event in stream]
            return events, stream.get_final_completion()

    events, said = ask(chat, "chat")
    assert (events, said) == ask(direct_chat, "chat-model")
    assert events.count("tool_calls.function.arguments.delta") > 4
    for call in said.choices[0].message.tool_calls:
        assert set(json.loads(call.function.arguments)) == {"city", "days"}


@pytest.mark.parametrize("route", ["chat", "messages"])
def test_structured_output_is_parsed(chat: openai.OpenAI, route: str) -> None:
    said = chat.chat.completions.parse(
        model=route, messages=user("a city, please"), response_format=City
    )
    city = said.choices[0].message.parsed
    assert city is not None
    assert city.model_dump_json() == expected_chat(
        user("a city, please"),
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "City", "schema": City.model_json_schema()},
        },
    )


def test_a_streamed_structured_output_is_parsed(chat: openai.OpenAI) -> None:
    with chat.chat.completions.stream(
        model="chat", messages=user("another city"), response_format=City
    ) as stream:
        said = stream.get_final_completion()
    assert isinstance(said.choices[0].message.parsed, City)


@pytest.mark.parametrize("include", [True, False, None])
def test_usage_is_streamed_to_those_who_asked_for_it(
    chat: openai.OpenAI, setting: Setting, *, include: bool | None
) -> None:
    prompt = user(f"usage {include} 4713")
    more: Any = {} if include is None else {"stream_options": {"include_usage": include}}
    with chat.chat.completions.create(model="chat", messages=prompt, stream=True, **more) as stream:
        chunks = list(stream)
    (seen,) = setting.providers.seen("chat", f"usage {include} 4713")
    assert json.loads(seen["body"])["stream_options"] == {"include_usage": True}
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    if include:
        assert chunks[-1].choices == []
        assert usages == [chunks[-1].usage]
        assert usages[0].completion_tokens == len(expected_chat(prompt)) // 4
    else:
        assert usages == []
        assert all(chunk.choices for chunk in chunks)


def test_the_receipt_is_in_the_headers(chat: openai.OpenAI) -> None:
    raw = chat.chat.completions.with_raw_response.create(model="chat", messages=user("receipt"))
    assert raw.headers["x-understudy-target"] == "chat/m"
    assert raw.headers["x-understudy-attempts"] == "1"
    assert raw.headers["x-understudy-request-id"].startswith("us-")
    assert "x-understudy-loss" not in raw.headers
    assert raw.parse().choices[0].message.content == expected_chat(user("receipt"))


def test_a_streaming_response_is_read_as_bytes(chat: openai.OpenAI) -> None:
    with chat.chat.completions.with_streaming_response.create(
        model="chat", messages=user("bytes"), stream=True
    ) as raw:
        assert raw.headers["content-type"].startswith("text/event-stream")
        assert raw.headers["x-understudy-target"] == "chat/m"
        body = b"".join(raw.iter_bytes())
    assert body.endswith(b"data: [DONE]\n\n")


def test_a_stream_that_is_closed_midway_is_closed_upstream(
    chat: openai.OpenAI, setting: Setting
) -> None:
    prompt = user("closed midway 4714 [tokens=5000] [rate=100]")
    with chat.chat.completions.create(model="chat", messages=prompt, stream=True) as stream:
        for index, _ in enumerate(stream):
            if index == 5:
                break
    seen = until(
        lambda: [s for s in setting.providers.seen("chat", "midway 4714") if s["cancelled_at"]],
        patience=1.0,
    )
    assert len(seen) == 1
    assert setting.providers.seen("local", "midway 4714") == []


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_gives_up_waiting_cancels_upstream(
    setting: Setting, chat: openai.OpenAI, *, stream: bool
) -> None:
    prompt = user(f"gives up {stream} 4715 [delay=30]")
    with pytest.raises(openai.APITimeoutError):
        chat.with_options(timeout=0.3).chat.completions.create(
            model="chat", messages=prompt, stream=stream
        )
    name = f"gives up {stream} 4715"
    (seen,) = until(
        lambda: [s for s in setting.providers.seen("chat", name) if s["cancelled_at"]],
        patience=1.0,
    )
    assert seen["cancelled_at"] - seen["at"] < 1.3
    assert setting.providers.seen("local", name) == []


def test_an_asynchronous_task_that_is_cancelled_cancels_upstream(setting: Setting) -> None:
    async def scene() -> None:
        url = f"{setting.url}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
            prompt = user("cancelled task 4716 [delay=30]")
            asking = client.chat.completions.create(model="chat", messages=prompt)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asking, 0.3)

    asyncio.run(scene())
    until(
        lambda: [s for s in setting.providers.seen("chat", "task 4716") if s["cancelled_at"]],
        patience=1.0,
    )
    assert setting.providers.seen("local", "task 4716") == []


def test_routes_are_listed_as_models(chat: openai.OpenAI) -> None:
    assert [model.id for model in chat.models.list()] == ["chat", "messages", "strict"]


def test_a_wrong_key_is_an_authentication_error(chat: openai.OpenAI) -> None:
    other = chat.with_options(api_key="sk-somebody-elses")
    with pytest.raises(openai.AuthenticationError) as caught:
        other.chat.completions.create(model="chat", messages=user("x"))
    assert caught.value.code == "invalid_api_key"
    assert "sk-somebody" not in str(caught.value)
    with pytest.raises(openai.AuthenticationError):
        other.models.list()


def test_an_unknown_model_is_not_found_and_what_was_meant_is_named(chat: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        chat.chat.completions.create(model="chatt", messages=user("x"))
    assert caught.value.code == "model_not_found"
    assert "did you mean 'chat'" in str(caught.value)


def test_an_api_that_is_not_served_is_not_found(chat: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        chat.fine_tuning.jobs.create(model="chat", training_file="file-a")
    assert "/v1/fine_tuning/jobs" in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"messages": "hello"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "king", "content": "x"}]}, "role"),
        ({"messages": [{"role": "user", "content": 7}]}, "content"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"stream": "yes"}, "stream"),
        ({"tools": {"a": 1}}, "tools"),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": 7}}]},
            "parameters",
        ),
        ({"tools": [{"type": "function", "function": {"parameters": {}}}]}, "name"),
        ({"response_format": {"type": "json_schema"}}, "json_schema"),
        ({"tool_choice": "sometimes"}, "tool_choice"),
        ({"model": 7}, "model"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(
    chat: openai.OpenAI, fields: dict[str, Any], word: str
) -> None:
    body = {"model": "chat", "messages": user("bad request 4717"), **fields}
    with pytest.raises(openai.BadRequestError) as caught:
        chat.chat.completions.create(model="chat", messages=[], extra_body=body)
    assert word in str(caught.value), str(caught.value)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"nonsense", b'{"a":' * 100_000 + b"\xff"])
def test_what_is_not_json_is_a_bad_request(setting: Setting, body: bytes) -> None:
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    answer = http_request(f"{setting.url}/v1/chat/completions", "POST", body[:200_000], headers)
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/chat/completions"), ("PUT", "/v1/x")])
def test_a_request_of_another_kind_is_the_callers_mistake(
    setting: Setting, method: str, path: str
) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    answer = http_request(f"{setting.url}{path}", method, None, headers)
    assert answer.status in {404, 405}
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_body_over_the_limit_is_refused(chat: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        chat.chat.completions.create(model="chat", messages=user("long " * 80_000))
    assert caught.value.status_code == 413
    assert chat.chat.completions.create(model="chat", messages=user("short")).choices
