"""Blocks of a request as parts, and back."""

import json
from typing import Any

import pytest
from tests.dialects.bedrock_converse.talk import ASKED, built, parsed, said_by

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Audio,
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Opaque,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from understudy.dialects.bedrock_converse.schema import PRODUCER

BYTES = {"bytes": "aGk="}
PLACE = {"s3Location": {"uri": "s3://bucket/a.png"}}
OWNED = {"s3Location": {"uri": "s3://bucket/a", "bucketOwner": "012345678901"}}
MARKED = {"qualifiers": ["grounding_source"]}
THOUGHT: dict[str, Any] = {"reasoningText": {}}
GIF = {"image": {"format": "gif", "source": BYTES}}
TABLE = {"document": {"format": "csv", "name": "d", "source": BYTES}}
FILM = {"video": {"format": "mp4", "source": PLACE}}
FOR_USERS: list[dict[str, Any]] = [
    {"text": "a"},
    {"image": {"format": "png", "source": BYTES}},
    {"image": {"format": "png", "source": PLACE}},
    {"image": {"format": "jpeg", "source": OWNED}},
    {"document": {"format": "pdf", "name": "a_b", "source": BYTES}},
    {"document": {"format": "txt", "name": "a", "source": {"text": "words"}}},
    {"document": {"name": "a", "source": {"content": [{"text": "b"}, {"text": "c"}]}}},
    {
        "document": {
            "format": "pdf",
            "name": "a",
            "source": BYTES,
            "context": "c",
            "citations": {"enabled": True},
        }
    },
    {"audio": {"format": "wav", "source": BYTES}},
    {"audio": {"format": "wav", "source": {"s3Location": {"uri": "s3://bucket/a.wav"}}}},
    {"video": {"format": "mp4", "source": PLACE}},
    {"guardContent": {"text": {"text": "a", **MARKED}}},
    {"guardContent": {"text": {"text": "a"}}},
    {"guardContent": {"image": {"format": "png", "source": BYTES}}},
    {"searchResult": {"source": "s", "title": "t", "content": [{"text": "c"}]}},
    {"toolResult": {"toolUseId": "a", "content": [{"text": "1"}], "status": "error"}},
    {"toolResult": {"toolUseId": "a", "content": [{"json": {"a": [1, 2.50]}}]}},
    {"toolResult": {"toolUseId": "a", "content": [{"json": [1]}, GIF]}},
    {"toolResult": {"toolUseId": "a", "content": [TABLE]}},
    {"toolResult": {"toolUseId": "a", "content": [FILM], "type": "x"}},
    {"somethingNew": {"a": 1}},
]
FOR_MODELS: list[dict[str, Any]] = [
    {"text": "a"},
    {"toolUse": {"toolUseId": "a", "name": "f", "input": {"b": 1}}},
    {"toolUse": {"toolUseId": "a", "name": "f", "input": {}, "type": "server_tool_use"}},
    {"toolUse": {"toolUseId": "a", "name": "f", "input": {}, "type": "tool_use"}},
    {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
    {"reasoningContent": {"reasoningText": {"text": "Hm"}}},
    {"reasoningContent": {"redactedContent": "aGk="}},
    {"citationsContent": {"content": [{"text": "a"}], "citations": [{"title": "T"}]}},
    {"citationsContent": {"content": [{"text": "a"}]}},
]
CASES = [("user", each) for each in FOR_USERS] + [("assistant", each) for each in FOR_MODELS]


@pytest.mark.parametrize(("role", "block"), CASES, ids=lambda case: json.dumps(case)[:60])
def test_every_block_goes_out_as_it_came(role: str, block: dict[str, Any]) -> None:
    messages = [*ASKED, {"role": role, "content": [block]}]
    body, losses = built(parsed(messages=messages))
    assert losses == []
    said = [each for message in body["messages"] for each in message["content"]]
    assert said[1:] == [block]


def part(role: str, block: dict[str, Any]) -> object:
    return said_by(role, block).parts[0]


def test_parts_are_what_others_can_say() -> None:
    users = [part("user", block) for block in FOR_USERS]
    assert users[1] == Image(Inline("image/png", "aGk="))
    assert users[2] == Image(FileRef("s3://bucket/a.png", PRODUCER))
    assert users[4] == Document(Inline("application/pdf", "aGk="), title="a_b")
    assert users[5] == Document(InlineText("words"), title="a")
    assert users[6] == Document(InlineText("b\nc"), title="a")
    assert users[8] == Audio(Inline("audio/wav", "aGk="))
    assert isinstance(users[10], Opaque)
    assert users[11] == Text("a")
    assert users[15] == ToolResult("a", (Text("1"),), is_error=True)
    assert users[16] == ToolResult("a", (Text('{"a": [1, 2.5]}'),))
    models = [part("assistant", block) for block in FOR_MODELS]
    assert models[1] == ToolCall("a", "f", '{"b": 1}')
    assert isinstance(models[2], Opaque)
    assert models[4] == Reasoning("Hm", "s", producer=PRODUCER, field="reasoningContent")
    assert models[5] == Reasoning("Hm", field="reasoningContent")
    assert models[6] == Reasoning(encrypted="aGk=", producer=PRODUCER, field="redactedContent")


@pytest.mark.parametrize(
    ("role", "block", "where"),
    [
        ("user", {"image": {"source": BYTES}}, "image.format"),
        ("user", {"image": {"format": "png", "source": {}}}, "image.source"),
        ("user", {"document": {"format": "pdf", "source": BYTES}}, "document.name"),
        ("user", {"toolResult": {"content": []}}, "toolResult.toolUseId"),
        ("user", {"toolResult": {"toolUseId": "a", "content": [{}]}}, "toolResult.content.0"),
        ("assistant", {"toolUse": {"toolUseId": "a", "name": "f", "input": []}}, "toolUse.input"),
        ("assistant", {"reasoningContent": THOUGHT}, "reasoningContent.reasoningText.text"),
    ],
)
def test_what_is_no_block_is_refused_with_its_place(role: str, block: object, where: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        said_by(role, block)
    assert caught.value.path == f"messages.1.content.0.{where}"
