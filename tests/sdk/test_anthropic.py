"""Anthropic's official client against the real gateway, answered in its own dialect."""

import asyncio
import json
from typing import Any

import anthropic
import pytest

from tests.sdk.setting import KEY, Setting, expected_messages, user
from tests.system.processes import http_request, until


def tool(name: str) -> Any:
    properties = {"city": {"type": "string"}, "days": {"type": "integer", "maximum": 9}}
    schema = {"type": "object", "properties": properties, "required": ["city", "days"]}
    return {"name": name, "description": f"Knows {name}.", "input_schema": schema}


def test_a_whole_answer(messages: anthropic.Anthropic) -> None:
    prompt = user("a whole answer")
    said = messages.messages.create(model="messages", max_tokens=4096, messages=prompt)
    (block,) = said.content
    assert block.type == "text"
    assert block.text == expected_messages(prompt)
    assert said.stop_reason == "end_turn"
    assert said.usage.output_tokens == len(block.text) // 4


def test_a_stream(messages: anthropic.Anthropic) -> None:
    prompt = user("a stream")
    with messages.messages.stream(model="messages", max_tokens=4096, messages=prompt) as stream:
        pieces = list(stream.text_stream)
        said = stream.get_final_message()
    assert "".join(pieces) == expected_messages(prompt)
    assert len(pieces) > 30
    assert said.stop_reason == "end_turn"


def test_many_asynchronous_answers_at_once(setting: Setting) -> None:
    async def one(client: anthropic.AsyncAnthropic, k: int) -> tuple[str, str]:
        prompt = user(f"asynchronous {k}")
        asked: Any = {"model": "messages", "max_tokens": 4096, "messages": prompt}
        if k % 2:
            said = await client.messages.create(**asked)
            return said.content[0].text, expected_messages(prompt)
        async with client.messages.stream(**asked) as stream:
            return await stream.get_final_text(), expected_messages(prompt)

    async def scene() -> None:
        async with anthropic.AsyncAnthropic(
            base_url=setting.url, api_key=KEY, max_retries=0
        ) as client:
            for said, expected in await asyncio.gather(*(one(client, k) for k in range(20))):
                assert said == expected

    asyncio.run(scene())


def test_the_same_request_gives_what_the_provider_itself_says(
    messages: anthropic.Anthropic, direct_messages: anthropic.Anthropic
) -> None:
    asked: Any = {
        "max_tokens": 2000,
        "system": [
            {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "Say no numbers."},
        ],
        "messages": [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": [{"type": "text", "text": "hi"}]},
            {"role": "user", "content": "think and call [tool=weather] [tool=hotels]"},
        ],
        "tools": [tool("weather"), {**tool("hotels"), "cache_control": {"type": "ephemeral"}}],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "stop_sequences": ["zzz"],
        "metadata": {"user_id": "u1"},
    }
    through = messages.messages.create(model="messages", **asked)
    direct = direct_messages.messages.create(model="messages-model", **asked)
    assert through == direct
    assert [block.type for block in through.content] == ["thinking", "tool_use", "tool_use"]
    assert through.stop_reason == "tool_use"
    with messages.messages.stream(model="messages", **asked) as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_message()
    assert streamed.content == direct.content
    assert streamed.stop_reason == direct.stop_reason
    assert streamed.usage.output_tokens == direct.usage.output_tokens
    assert kinds.count("input_json") > 4
    assert kinds.count("thinking") > 4


def test_every_field_reaches_the_provider_as_it_was(
    messages: anthropic.Anthropic, setting: Setting
) -> None:
    content: Any = [
        {"type": "text", "text": "every field 4811", "cache_control": {"type": "ephemeral"}},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
        },
        {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
    ]
    asked: Any = {
        "max_tokens": 300,
        "messages": [{"role": "user", "content": content}],
        "service_tier": "auto",
    }
    more = {"top_k": 5, "unheard_of": [1, None]}
    messages.messages.create(
        model="messages",
        **asked,
        extra_body=more,
        extra_headers={"anthropic-beta": "context-1m"},
    )
    (seen,) = setting.providers.seen("messages", "every field 4811")
    assert json.loads(seen["body"]) == {
        "model": "messages-model",
        **asked,
        **more,
    }
    assert seen["headers"]["x-api-key"] == "sk-ant-canary-messages-77ab"
    assert seen["headers"]["anthropic-beta"] == "context-1m"
    assert seen["headers"]["anthropic-version"] == messages.default_headers["anthropic-version"]
    assert KEY not in json.dumps(seen)


def test_tools_are_called_and_answered(messages: anthropic.Anthropic) -> None:
    tools = [tool("weather"), tool("hotels")]
    prompt: Any = user("plan a trip [tool=weather] [tool=hotels]")
    asked: Any = {"model": "messages", "max_tokens": 4096, "tools": tools}
    said = messages.messages.create(messages=prompt, **asked)
    calls = [block for block in said.content if block.type == "tool_use"]
    assert [call.name for call in calls] == ["weather", "hotels"]
    assert all(set(call.input) == {"city", "days"} for call in calls)
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": f"result of {call.id}"}
        for call in calls
    ]
    prompt.append({"role": "assistant", "content": [b.model_dump() for b in said.content]})
    prompt.append({"role": "user", "content": results})
    after = messages.messages.create(messages=prompt, **asked)
    assert after.stop_reason == "end_turn"
    assert after.content[0].text == expected_messages(prompt, tools=tools)


def test_a_prefill_is_continued(messages: anthropic.Anthropic) -> None:
    whole = expected_messages(user("prefill"))
    prompt = [*user("prefill"), {"role": "assistant", "content": whole[:40]}]
    said = messages.messages.create(model="messages", max_tokens=4096, messages=prompt)
    assert whole[:40] + said.content[0].text == whole  # type: ignore[union-attr]


def test_the_receipt_is_in_the_headers(messages: anthropic.Anthropic) -> None:
    raw = messages.messages.with_raw_response.create(
        model="messages", max_tokens=4096, messages=user("receipt")
    )
    assert raw.headers["x-understudy-target"] == "messages/m"
    assert raw.headers["x-understudy-attempts"] == "1"
    assert raw.headers["x-understudy-request-id"].startswith("us-")
    assert "x-understudy-loss" not in raw.headers
    assert raw.parse().content[0].text == expected_messages(user("receipt"))  # type: ignore[union-attr]


def test_a_stream_that_is_closed_midway_is_closed_upstream(
    messages: anthropic.Anthropic, setting: Setting
) -> None:
    prompt = user("closed midway 4814 [tokens=5000] [rate=100]")
    with messages.messages.stream(model="messages", max_tokens=8000, messages=prompt) as stream:
        for index, _ in enumerate(stream.text_stream):
            if index == 5:
                break
    seen = until(
        lambda: [s for s in setting.providers.seen("messages", "midway 4814") if s["cancelled_at"]],
        patience=1.0,
    )
    assert len(seen) == 1
    assert setting.providers.seen("local", "midway 4814") == []


def test_a_client_that_gives_up_waiting_cancels_upstream(
    messages: anthropic.Anthropic, setting: Setting
) -> None:
    prompt = user("gives up 4815 [delay=30]")
    with pytest.raises(anthropic.APITimeoutError):
        messages.with_options(timeout=0.3).messages.create(
            model="messages", max_tokens=10, messages=prompt
        )
    until(
        lambda: [s for s in setting.providers.seen("messages", "up 4815") if s["cancelled_at"]],
        patience=1.0,
    )
    assert setting.providers.seen("local", "up 4815") == []


def test_routes_are_listed_as_models(messages: anthropic.Anthropic) -> None:
    listed = messages.models.list()
    assert [model.id for model in listed] == ["chat", "messages", "strict"]
    assert all(model.type == "model" for model in listed)


def test_errors_have_the_shape_that_the_client_knows(messages: anthropic.Anthropic) -> None:
    asked: Any = {"model": "messages", "max_tokens": 10, "messages": user("x")}
    other = messages.with_options(api_key="sk-ant-somebody-elses")
    with pytest.raises(anthropic.AuthenticationError) as unknown:
        other.messages.create(**asked)
    assert unknown.value.type == "authentication_error"
    assert "somebody" not in str(unknown.value)
    with pytest.raises(anthropic.NotFoundError) as missing:
        messages.messages.create(**{**asked, "model": "mesages"})
    assert missing.value.type == "not_found_error"
    assert "did you mean 'messages'" in str(missing.value)
    with pytest.raises(anthropic.APIStatusError) as large:
        messages.messages.create(**{**asked, "messages": user("long " * 80_000)})
    assert large.value.status_code == 413
    assert str(large.value.type) == "request_too_large"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"messages": "hello"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": 7}]}, "messages[0]"),
        ({"messages": [{"role": "king", "content": "x"}]}, "role"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"stream": 1}, "stream"),
        ({"tools": [{"name": "f", "input_schema": 7}]}, "input_schema"),
        ({"tools": [{"input_schema": {"type": "object"}}]}, "name"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"thinking": True}, "thinking"),
        ({"system": 7}, "system"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(
    messages: anthropic.Anthropic, fields: dict[str, Any], word: str
) -> None:
    body = {"model": "messages", "max_tokens": 10, "messages": user("bad request"), **fields}
    with pytest.raises(anthropic.BadRequestError) as caught:
        messages.messages.create(model="x", max_tokens=1, messages=[], extra_body=body)
    assert caught.value.type == "invalid_request_error"
    assert word in str(caught.value), str(caught.value)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"nonsense", b"[" * 100_000, b'{"a":1,"a":2}'])
def test_what_is_not_json_is_a_bad_request(setting: Setting, body: bytes) -> None:
    headers = {"x-api-key": KEY, "content-type": "application/json"}
    answer = http_request(f"{setting.url}/v1/messages", "POST", body, headers)
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
