"""Messages, read block by block."""

import json

import pytest
from tests.dialects.anthropic_messages.talk import spoken

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    CacheHint,
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Role

NAME = "anthropic_messages"
MARK = {"type": "ephemeral"}
BASE64 = {"type": "base64", "media_type": "image/png", "data": "AAAA"}


def read(block: dict, role: str = "user") -> tuple[Part, dict]:
    """One block as a part, and what is kept beside it."""
    (message,) = spoken({"role": role, "content": [block]})
    (part,) = message.parts
    beside = message.extensions.get(NAME, {})
    return part, {name: json.loads(bytes(raw)) for name, raw in beside.items()}


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ({"type": "text", "text": "x"}, Text("x")),
        ({"type": "text", "text": "x", "cache_control": MARK}, Text("x", CacheHint())),
        ({"type": "image", "source": BASE64}, Image(Inline("image/png", "AAAA"))),
        ({"type": "image", "source": {"type": "url", "url": "u"}}, Image(Url("u"))),
        (
            {"type": "image", "source": {"type": "file", "file_id": "f"}},
            Image(FileRef("f", "anthropic")),
        ),
        (
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "d"},
                "title": "T",
                "context": "C",
                "citations": {"enabled": True},
            },
            Document(InlineText("d"), "T", "C", wants_citations=True),
        ),
    ],
)
def test_what_a_user_shows(block, part):
    assert read(block) == (part, {})


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (
            {"type": "thinking", "thinking": "t", "signature": "s"},
            Reasoning("t", "s", producer="anthropic", field="thinking"),
        ),
        ({"type": "thinking", "thinking": "t", "signature": ""}, Reasoning("t", field="thinking")),
        (
            {"type": "redacted_thinking", "data": "d"},
            Reasoning(encrypted="d", producer="anthropic", field="redacted_thinking"),
        ),
        (
            {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
            ToolCall("t", "f", '{"a":1}'),
        ),
        (
            {"type": "tool_use", "id": "t", "name": "f", "caller": {"type": "direct"}},
            ToolCall("t", "f", "{}"),
        ),
    ],
)
def test_what_a_model_says(block, part):
    assert read(block, "assistant") == (part, {})


def test_results_of_tools():
    result = {"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": "r"}
    assert read(result)[0] == ToolResult("t", (Text("r"),), is_error=True)
    content = [{"type": "text", "text": "r"}, {"type": "image", "source": BASE64}]
    part, _ = read({**result, "content": content, "is_error": False})
    assert part == ToolResult("t", (Text("r"), Image(Inline("image/png", "AAAA"))))
    assert read({"type": "tool_result", "tool_use_id": "t"})[0] == ToolResult("t", ())


@pytest.mark.parametrize(
    "kind", ["server_tool_use", "web_search_tool_result", "container_upload", "compaction", "new"]
)
def test_other_blocks_are_kept_whole(kind):
    block = {"type": kind, "content": [{"a": 1}]}
    part, _ = read(block, "assistant")
    assert isinstance(part, Opaque)
    assert (part.dialect, part.kind, json.loads(bytes(part.raw))) == (NAME, kind, block)


def test_a_second_source_is_kept_with_the_first():
    part, beside = read({"type": "image", "source": {**BASE64, "url": "u"}})
    assert part == Image(Inline("image/png", "AAAA"))
    assert beside == {"parts[0].source.url": "u"}


def test_fields_without_a_word_are_kept_with_their_place():
    call = {"type": "tool_use", "id": "t", "name": "f", "input": {}, "caller": {"type": "x"}}
    assert read(call, "assistant")[1] == {"parts[0].caller": {"type": "x"}}
    image = {"type": "image", "source": BASE64, "transformations": [1]}
    assert read({"type": "tool_result", "tool_use_id": "t", "content": [image]})[1] == {
        "parts[0].content[0].transformations": [1]
    }


def test_a_document_of_blocks_is_its_text_and_keeps_its_source():
    source = {"type": "content", "content": [{"type": "text", "text": "a"}]}
    part, beside = read({"type": "document", "source": source})
    assert part == Document(InlineText("a"))
    assert beside == {"parts[0].source": source}


def test_results_stand_apart_from_what_else_a_user_says():
    result = {"type": "tool_result", "tool_use_id": "t", "content": "r"}
    other = {"type": "text", "text": "and"}
    messages = spoken({"role": "user", "content": [result, result, other], "id": "m"})
    assert [message.role for message in messages] == [Role.TOOL, Role.USER]
    assert [len(message.parts) for message in messages] == [2, 1]
    assert "id" in messages[0].extensions[NAME]


def test_a_system_message_in_mid_conversation_is_this_dialects_own():
    *_, message = spoken(
        {"role": "user", "content": "x"},
        {"role": "system", "content": [{"type": "text", "text": "be brief"}]},
    )
    assert message.role is Role.SYSTEM
    assert message.extensions == {NAME: {}}


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"text": "x"}, "messages.0.content.0.type"),
        ({"type": "text"}, "messages.0.content.0.text"),
        ({"type": "text", "text": "x", "citations": [3]}, "messages.0.content.0.citations"),
        ({"type": "image"}, "messages.0.content.0.source"),
        ({"type": "image", "source": {"type": "smell"}}, "messages.0.content.0.source.type"),
        ({"type": "image", "source": {"type": "base64"}}, "messages.0.content.0.source.media_type"),
        (
            {"type": "document", "source": {"type": "content"}},
            "messages.0.content.0.source.content",
        ),
        ({"type": "document"}, "messages.0.content.0.source"),
        ({"type": "tool_result"}, "messages.0.content.0.tool_use_id"),
        (
            {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text"}]},
            "messages.0.content.0.content.0.text",
        ),
        (
            {
                "type": "tool_result",
                "tool_use_id": "t",
                "content": [{"type": "thinking", "thinking": "x"}],
            },
            "messages.0.content.0.content.0",
        ),
    ],
)
def test_what_is_wrong_is_named(block, path):
    with pytest.raises(InvalidRequest) as error:
        read(block)
    assert error.value.path == path


def test_a_tools_input_is_an_object():
    with pytest.raises(InvalidRequest) as error:
        read({"type": "tool_use", "id": "t", "name": "f", "input": "x"}, "assistant")
    assert error.value.path == "messages.0.content.0.input"
