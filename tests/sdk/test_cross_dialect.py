"""Each SDK answered by a provider of the other dialect: what it hears is what its own would say."""

import json
from typing import Any

import anthropic
import openai
import pytest

from tests.sdk.setting import Setting, expected_chat, expected_messages, texts, user

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "maximum": 9}},
    "required": ["city", "days"],
}
CHAT_TOOLS: Any = [
    {"type": "function", "function": {"name": name, "description": "d", "parameters": CITY}}
    for name in ("weather", "hotels")
]
MESSAGES_TOOLS: Any = [
    {"name": name, "description": "d", "input_schema": CITY} for name in ("weather", "hotels")
]

CHAT_CASES: dict[str, Any] = {
    "text": {"messages": user("plain words")},
    "wide": {"messages": user("many bytes a character [words=wide]")},
    "limit": {"messages": user("a limit"), "max_tokens": 9},
    "stop": {"messages": user("a stop"), "stop": ["a", "e"]},
    "system": {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": "three"},
        ]
    },
    "tools": {"messages": user("call [tool=weather] [tool=hotels]"), "tools": CHAT_TOOLS},
    "one tool": {
        "messages": user("call one"),
        "tools": CHAT_TOOLS,
        "tool_choice": {"type": "function", "function": {"name": "hotels"}},
    },
    "required": {
        "messages": user("call any"),
        "tools": CHAT_TOOLS,
        "tool_choice": "required",
        "parallel_tool_calls": False,
    },
}
MESSAGES_CASES: dict[str, Any] = {
    "text": {"messages": user("plain words")},
    "wide": {"messages": user("many bytes a character [words=wide]")},
    "limit": {"messages": user("a limit"), "max_tokens": 9},
    "system": {"messages": user("a system prompt"), "system": "Be brief."},
    "cached": {
        "messages": user("a cached prompt"),
        "system": [{"type": "text", "text": "Long.", "cache_control": {"type": "ephemeral"}}],
    },
    "tools": {"messages": user("call [tool=weather] [tool=hotels]"), "tools": MESSAGES_TOOLS},
    "one tool": {
        "messages": user("call one"),
        "tools": MESSAGES_TOOLS,
        "tool_choice": {"type": "tool", "name": "hotels"},
    },
    "any": {
        "messages": user("call any"),
        "tools": MESSAGES_TOOLS,
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    },
}


def chat_said(completion: Any) -> Any:
    """What matters of an answer in OpenAI's dialect."""
    (choice,) = completion.choices
    calls = [
        (call.function.name, json.loads(call.function.arguments))
        for call in choice.message.tool_calls or ()
    ]
    usage = completion.usage
    return {
        "text": choice.message.content or "",
        "calls": calls,
        "finish": choice.finish_reason,
        "usage": (usage.prompt_tokens, usage.completion_tokens),
    }


def messages_said(message: Any) -> Any:
    """What matters of an answer in Anthropic's dialect."""
    return {
        "text": "".join(block.text for block in message.content if block.type == "text"),
        "calls": [
            (block.name, block.input) for block in message.content if block.type == "tool_use"
        ],
        "stop": message.stop_reason,
        "sequence": message.stop_sequence,
        "usage": (message.usage.input_tokens, message.usage.output_tokens),
    }


def streamed(chat: openai.OpenAI, **asked: Any) -> Any:
    """An answer that came as a stream, put together by the client."""
    usage: Any = {"include_usage": True}
    with chat.chat.completions.stream(stream_options=usage, **asked) as stream:
        for _ in stream:
            pass
        try:
            return stream.get_final_completion()
        except openai.LengthFinishReasonError as error:
            return error.completion


@pytest.mark.parametrize("name", CHAT_CASES)
def test_openai_answered_by_messages(
    chat: openai.OpenAI, direct_chat: openai.OpenAI, name: str
) -> None:
    asked = CHAT_CASES[name]
    direct = chat_said(direct_chat.chat.completions.create(model="x", **asked))
    raw = chat.chat.completions.with_raw_response.create(model="messages", **asked)
    assert raw.headers["x-understudy-target"] == "messages/m"
    assert chat_said(raw.parse()) == direct
    assert chat_said(streamed(chat, model="messages", **asked)) == direct


@pytest.mark.parametrize("name", MESSAGES_CASES)
def test_anthropic_answered_by_chat(
    messages: anthropic.Anthropic, direct_messages: anthropic.Anthropic, name: str
) -> None:
    asked = {"max_tokens": 4096, **MESSAGES_CASES[name]}
    direct = messages_said(direct_messages.messages.create(model="x", **asked))
    raw = messages.messages.with_raw_response.create(model="chat", **asked)
    assert raw.headers["x-understudy-target"] == "chat/m"
    assert messages_said(raw.parse()) == direct
    with messages.messages.stream(model="chat", **asked) as stream:
        assert messages_said(stream.get_final_message()) == direct


def test_a_conversation_with_tools_crosses_both_ways(
    chat: openai.OpenAI, messages: anthropic.Anthropic
) -> None:
    prompt: Any = user("call [tool=weather] [tool=hotels]")
    said = chat.chat.completions.create(model="messages", messages=prompt, tools=CHAT_TOOLS)
    prompt.append(said.choices[0].message.model_dump(exclude_none=True))
    prompt += [
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
        for call in said.choices[0].message.tool_calls or ()
    ]
    after = chat.chat.completions.create(model="messages", messages=prompt, tools=CHAT_TOOLS)
    assert after.choices[0].message.content == expected_chat(prompt, tools=CHAT_TOOLS)

    turn: Any = user("call [tool=weather] [tool=hotels]")
    asked: Any = {"model": "chat", "max_tokens": 4096, "tools": MESSAGES_TOOLS}
    first = messages.messages.create(messages=turn, **asked)
    turn.append({"role": "assistant", "content": [b.model_dump() for b in first.content]})
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": "sunny"}
        for block in first.content
        if block.type == "tool_use"
    ]
    turn.append({"role": "user", "content": results})
    second = messages.messages.create(messages=turn, **asked)
    assert second.content[0].text == expected_messages(turn, tools=MESSAGES_TOOLS)


def test_reasoning_crosses(chat: openai.OpenAI, messages: anthropic.Anthropic) -> None:
    said = chat.chat.completions.create(
        model="messages", messages=user("think"), reasoning_effort="high"
    )
    message = said.choices[0].message
    assert message.content == expected_chat(user("think"))
    assert message.reasoning_content  # type: ignore[attr-defined]
    assert said.usage is not None
    assert said.usage.completion_tokens_details is not None
    assert (said.usage.completion_tokens_details.reasoning_tokens or 0) > 0
    answer = messages.messages.create(
        model="chat",
        max_tokens=4096,
        messages=user("think"),
        thinking={"type": "enabled", "budget_tokens": 1024},
    )
    assert [block.type for block in answer.content] == ["thinking", "text"]


def test_usage_is_not_streamed_to_those_who_did_not_ask(chat: openai.OpenAI) -> None:
    with chat.chat.completions.create(
        model="messages", messages=user("no usage"), stream=True
    ) as stream:
        chunks = list(stream)
    assert texts(chunks) == expected_chat(user("no usage"))
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


def test_what_cannot_be_carried_is_on_the_receipt(
    chat: openai.OpenAI, messages: anthropic.Anthropic, setting: Setting
) -> None:
    raw = chat.chat.completions.with_raw_response.create(
        model="messages",
        messages=user("losses 4911"),
        seed=7,
        frequency_penalty=0.5,
        logit_bias={"1": 1},
    )
    lost = raw.headers["x-understudy-loss"]
    assert all(word in lost for word in ("seed", "frequency_penalty", "logit_bias")), lost
    (seen,) = setting.providers.seen("messages", "losses 4911")
    assert "frequency" not in seen["body"]
    turned = messages.messages.with_raw_response.create(
        model="chat", max_tokens=100, messages=user("losses"), extra_body={"top_k": 5}
    )
    assert "top_k" in turned.headers["x-understudy-loss"]


def test_a_route_that_allows_no_loss_refuses_it(chat: openai.OpenAI, setting: Setting) -> None:
    prompt = user("strict 4912")
    with pytest.raises(openai.BadRequestError) as caught:
        chat.chat.completions.create(model="strict", messages=prompt, seed=7)
    assert "seed" in str(caught.value)
    assert setting.providers.seen("messages", "strict 4912") == []
    said = chat.chat.completions.create(model="strict", messages=prompt, max_tokens=500)
    assert said.choices[0].message.content == expected_chat(prompt)


def test_several_answers_are_one_where_the_provider_can_give_one_only(
    chat: openai.OpenAI,
) -> None:
    raw = chat.chat.completions.with_raw_response.create(
        model="messages", messages=user("several"), n=2
    )
    assert len(raw.parse().choices) == 1
    assert "sampling.n" in raw.headers["x-understudy-loss"]


def test_an_error_of_the_provider_is_told_in_the_dialect_of_the_caller(
    chat: openai.OpenAI, messages: anthropic.Anthropic, setting: Setting
) -> None:
    setting.providers.fault(
        "messages", "status(400, type=invalid_request_error, message='no such luck')"
    )
    setting.providers.fault(
        "local", "status(400, type=invalid_request_error, message='no such luck')"
    )
    try:
        with pytest.raises(openai.BadRequestError, match="no such luck"):
            chat.chat.completions.create(model="messages", messages=user("x"))
        with pytest.raises(anthropic.BadRequestError, match="no such luck") as caught:
            messages.messages.create(model="messages", max_tokens=10, messages=user("x"))
        assert caught.value.type == "invalid_request_error"
    finally:
        setting.providers.fault("messages", "")
        setting.providers.fault("local", "")


def test_pictures_and_documents_cross_both_ways(
    chat: openai.OpenAI, messages: anthropic.Anthropic, setting: Setting
) -> None:
    picture, document = "iVBORw0KGgo=", "JVBE"
    asked: Any = [
        {"type": "text", "text": "look 4913"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}},
        {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{document}"},
        },
    ]
    shown: Any = [
        {"type": "text", "text": "look 4913"},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": picture},
        },
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": document},
            "title": "a.pdf",
        },
    ]
    turn: Any = [{"role": "user", "content": asked}]
    said = chat.chat.completions.create(model="messages", messages=turn)
    assert said.choices[0].message.content == expected_chat(turn)
    (seen,) = setting.providers.seen("messages", "look 4913")
    assert json.loads(seen["body"])["messages"] == [{"role": "user", "content": shown}]

    turn = [{"role": "user", "content": shown}]
    answer = messages.messages.create(model="chat", max_tokens=4096, messages=turn)
    assert messages_said(answer)["text"] == expected_messages(turn)
    (seen,) = setting.providers.seen("chat", "look 4913")
    assert json.loads(seen["body"])["messages"] == [{"role": "user", "content": asked}]


def test_a_thought_goes_back_to_who_thought_it_and_to_nobody_else(
    messages: anthropic.Anthropic, setting: Setting
) -> None:
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    asked: Any = {"max_tokens": 4096, "thinking": thinking}
    first = messages.messages.create(model="messages", messages=user("think 4914"), **asked)
    (thought, _) = first.content
    assert thought.type == "thinking"
    before = {"role": "assistant", "content": [block.model_dump() for block in first.content]}
    turn: Any = [*user("think 4914"), before, *user("and then? 4915")]
    for route in ("messages", "chat"):
        answer = messages.messages.create(model=route, messages=turn, **asked)
        assert messages_said(answer)["text"] == expected_messages(turn)
        (seen,) = setting.providers.seen(route, "and then? 4915")
        assert (thought.signature in seen["body"]) == (route == "messages")
