"""Messages, bytes to parts."""

import msgspec
import pytest
from tests.dialects.cohere_chat.talk import built, parsed

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Document,
    Image,
    Inline,
    InlineText,
    Opaque,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Message

USER = {"role": "user", "content": "q"}
CALL = {"id": "a_1", "type": "function", "function": {"name": "a", "arguments": '{"x":1}'}}
CITED = {"start": 0, "end": 1, "text": "a", "sources": []}


def read(*messages: dict) -> tuple[Message, ...]:
    return parsed(messages=list(messages)).messages


def test_an_assistant_has_a_plan_thoughts_texts_and_calls() -> None:
    (message,) = read(
        {
            "role": "assistant",
            "tool_plan": "I will",
            "content": [
                {"type": "thinking", "thinking": "Hm"},
                {"type": "text", "text": "a"},
            ],
            "citations": [{**CITED, "content_index": 1}],
            "tool_calls": [CALL],
        }
    )
    plan, thought, text, call = message.parts
    assert plan == Reasoning("I will", field="tool_plan")
    assert thought == Reasoning("Hm")
    assert isinstance(text, Text)
    assert [each.start for each in text.citations] == [0]
    assert call == ToolCall("a_1", "a", '{"x":1}')


def test_citations_of_a_plan_alone_are_kept_beside_it() -> None:
    said = {**CITED, "type": "PLAN"}
    (message,) = read({"role": "assistant", "tool_plan": "I will", "citations": [said]})
    assert message.parts == (Reasoning("I will", field="tool_plan"),)
    assert msgspec.json.decode(message.extensions["cohere_chat"]["citations"]) == [said]


def test_pictures_come_by_url_or_with_their_bytes() -> None:
    (message,) = read(
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "https://x/a", "detail": "low"}},
                {"type": "image_url", "image_url": "data:image/png;base64,AA"},
            ],
        }
    )
    assert message.parts == (
        Image(Url("https://x/a"), "low"),
        Image(Inline("image/png", "AA")),
    )


@pytest.mark.parametrize(
    ("data", "title", "text"),
    [
        ({"title": "T", "snippet": "S"}, "T", "S"),
        ({"text": "S"}, None, "S"),
        ({"title": "T", "text": "S", "year": 1}, "T", '{"title": "T", "text": "S", "year": 1}'),
        ("plain", None, "plain"),
    ],
)
def test_documents_stand_before_the_words_of_the_last_user(
    data: object, title: str | None, text: str
) -> None:
    documents = [{"id": "1", "data": data}]
    request = parsed(messages=[USER, {"role": "assistant", "content": "a"}, USER],
                     documents=documents)  # fmt: skip
    last = request.messages[-1]
    assert last.parts == (Document(InlineText(text), title, wants_citations=True), Text("q"))
    body, losses = built(request)
    assert losses == []
    assert body["documents"] == documents
    assert body["messages"][-1] == USER


def test_results_are_texts_and_documents_and_are_said_as_they_were() -> None:
    content = [
        {"type": "document", "document": {"id": "7", "data": {"weather": "fine"}}},
        {"type": "text", "text": "ok"},
    ]
    said = {"role": "tool", "tool_call_id": "a_1", "content": content}
    request = parsed(messages=[USER, {"role": "assistant", "tool_calls": [CALL]}, said])
    (result,) = request.messages[-1].parts
    assert result == ToolResult("a_1", (Document(InlineText('{"weather": "fine"}')), Text("ok")))
    body, losses = built(request)
    assert losses == []
    assert body["messages"][-1] == said


def test_fields_that_are_not_known_are_kept() -> None:
    block = {"type": "text", "text": "a", "mood": 1}
    unheard = {"type": "video", "video": 1}
    said = {"role": "user", "content": [block, unheard], "extra": 2}
    request = parsed(messages=[said])
    assert isinstance(request.messages[0].parts[1], Opaque)
    assert request.messages[0].extensions["cohere_chat"].keys() == {"content", "extra"}
    assert built(request)[0]["messages"] == [said]


def test_no_arguments_are_no_text() -> None:
    empty = {**CALL, "function": {"name": "a", "arguments": "null"}}
    (message,) = read({"role": "assistant", "tool_calls": [empty]})
    assert message.parts == (ToolCall("a_1", "a", ""),)
    assert message.extensions == {}


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ({"role": "robot"}, "messages.0.role"),
        ({"role": "user", "content": 1}, "messages.0.content"),
        ({"role": "user", "content": [{"type": "text"}]}, "messages.0.content.0.text"),
        ({"role": "user", "content": [{"type": "image_url"}]}, "messages.0.content.0.image_url"),
        ({"role": "tool", "content": "a"}, "messages.0.tool_call_id"),
        ({"role": "tool", "tool_call_id": "a", "content": 1}, "messages.0.content"),
        ({"role": "assistant", "citations": [1]}, "messages.0.citations.0"),
        ({"role": "assistant", "tool_calls": [{}]}, "messages.0.tool_calls.0.function"),
        (
            {
                "role": "tool",
                "tool_call_id": "a",
                "content": [{"type": "thinking", "thinking": ""}],
            },
            "messages.0.content.0",
        ),
    ],
)
def test_the_callers_mistakes_have_a_place(message: dict, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(message)
    assert refused.value.path == path


def test_documents_need_somebody_who_asks() -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(messages=[{"role": "system", "content": "a"}], documents=["d"])
    assert refused.value.path == "documents"
