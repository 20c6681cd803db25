"""Parts of requests as blocks, and what becomes of those that cannot be."""

import base64
from typing import Any

import msgspec
import pytest
from tests.dialects.anthropic_messages.talk import ENDPOINT, built, raw, request

from understudy.chat.endpoint import Capability
from understudy.chat.parts import (
    Audio,
    CacheHint,
    Citation,
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Message, Request, Role
from understudy.dialects.anthropic_messages.blocks import is_plain, with_rest

NAME = "anthropic_messages"
PNG = Inline("image/png", "AAAA")
PDF = Inline("application/pdf", "AAAA")


def shown(*parts: Part, role: Role = Role.USER) -> tuple[Any, set[str]]:
    """The blocks of one message; what is lost of it, by its place in the message."""
    first = () if role is Role.USER else (Message(Role.USER, (Text("q"),)),)
    last = (Message(Role.USER, (Text("q"),)),) if role is Role.ASSISTANT else ()
    body, lost = built(Request("m", (*first, Message(role, parts), *last), max_output_tokens=9))
    wanted = "assistant" if role is Role.ASSISTANT else "user"
    found = [message for message in body["messages"] if message["role"] == wanted]
    content = found[0]["content"] if found else []
    place = f"messages[{len(first)}].parts"
    return content, {token.replace(place, "") for token in lost if place in token}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (
            Text("x", CacheHint("5m")),
            {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "5m"}},
        ),
        (
            Text("x", citations=(Citation(dialect=NAME, raw=raw({"type": "c"})),)),
            {"type": "text", "text": "x", "citations": [{"type": "c"}]},
        ),
        (
            Image(PNG),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
            },
        ),
        (
            Image(Url("data:image/jpg;base64,AAAA")),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"},
            },
        ),
        (Image(Url("https://x")), {"type": "image", "source": {"type": "url", "url": "https://x"}}),
        (
            Image(FileRef("f", "anthropic")),
            {"type": "image", "source": {"type": "file", "file_id": "f"}},
        ),
        (
            Document(PDF, "T", "C", wants_citations=True),
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
                "title": "T",
                "context": "C",
                "citations": {"enabled": True},
            },
        ),
        (
            Document(Inline("text/plain", base64.b64encode(b"hi").decode())),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "hi"},
            },
        ),
        (
            Document(Inline("", "JVBERi0xLjQ=")),
            {
                "type": "document",
                "source": {
                    "type": "base64",
                    "media_type": "application/pdf",
                    "data": "JVBERi0xLjQ=",
                },
            },
        ),
        (
            Document(InlineText("hi")),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "hi"},
            },
        ),
        (Opaque(NAME, "k", raw({"type": "k"})), {"type": "k"}),
    ],
)
def test_what_can_be_said(part, block):
    assert shown(part) == ([block], set())


@pytest.mark.parametrize(
    ("part", "lost"),
    [
        (Text(" \n"), "[0]"),
        (Audio(Inline("audio/wav", "AA")), "[0]"),
        (Image(Inline("image/tiff", "AA")), "[0]"),
        (Image(Url("gs://bucket/x")), "[0]"),
        (Image(FileRef("f", "someone")), "[0]"),
        (Document(Inline("application/zip", "AA")), "[0]"),
        (Document(Inline("text/plain", "not base64!")), "[0]"),
        (Document(FileRef("f", "")), "[0]"),
        (Opaque("other", "k", raw({})), "[0]"),
    ],
)
def test_what_cannot_be_said_is_a_loss(part, lost):
    content, found = shown(part, Text("x"))
    assert content == "x"
    assert found == {lost}


def test_what_changes_says_so():
    assert shown(Refusal("no")) == ("no", {"~[0]"})
    assert shown(Audio(transcript="la")) == ("la", {"~[0]"})
    assert shown(Document(PNG)) == (shown(Image(PNG))[0], {"~[0]"})
    assert shown(Text("x", CacheHint("24h")))[1] == {"~[0].cache.ttl"}
    assert shown(Image(PNG, detail="high"))[1] == {"[0].detail"}
    assert shown(Text("x", citations=(Citation(url="u"),))) == ("x", {"[0].citations"})


@pytest.mark.parametrize("part", [Image(PNG), Document(PDF)])
def test_only_users_show_things(part):
    assert shown(Text("x"), part, role=Role.ASSISTANT) == ("x", {"[1]"})


@pytest.mark.parametrize(
    ("part", "capability"), [(Image(PNG), Capability.VISION), (Document(PDF), Capability.DOCUMENTS)]
)
def test_a_model_that_cannot_see_is_shown_nothing(part, capability):
    able = ENDPOINT.capabilities - {capability}
    endpoint = msgspec.structs.replace(ENDPOINT, capabilities=able)
    body, lost = built(request(Text("x"), part), endpoint)
    assert body["messages"][0]["content"] == "x"
    assert lost == {"messages[0].parts[1]"}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (
            Reasoning("t", "s", producer="anthropic"),
            {"type": "thinking", "thinking": "t", "signature": "s"},
        ),
        (
            Reasoning(encrypted="d", producer="anthropic"),
            {"type": "redacted_thinking", "data": "d"},
        ),
    ],
)
def test_thoughts_go_back_to_who_had_them(part, block):
    content, lost = shown(part, Text("x"), role=Role.ASSISTANT)
    assert content[0] == block
    assert lost == set()


@pytest.mark.parametrize(
    "part",
    [
        Reasoning("t"),
        Reasoning("t", "s", producer="someone"),
        Reasoning("", encrypted="d", producer="someone"),
        Reasoning("t", producer="anthropic"),
    ],
)
def test_thoughts_of_others_are_never_sent(part):
    assert shown(part, Text("x"), role=Role.ASSISTANT) == ("x", {"[0]"})


def test_a_call_and_its_result():
    call = ToolCall("t 1", "f", ' {"a":1}')
    (block,), lost = shown(call, role=Role.ASSISTANT)
    assert (block["name"], block["input"]) == ("f", {"a": 1})
    assert lost == {"~[0].id"}
    conversation = (
        Message(Role.USER, (Text("q"),)),
        Message(Role.ASSISTANT, (call,)),
        Message(Role.TOOL, (ToolResult("t 1", (Text("r"),), name="f", is_error=True),)),
    )
    body, lost = built(Request("m", conversation))
    (result,) = body["messages"][2]["content"]
    assert result == {
        "type": "tool_result",
        "tool_use_id": block["id"],
        "content": "r",
        "is_error": True,
    }
    assert lost == {"~messages[1].parts[0].id", "~messages[2].parts[0].call_id"}


def test_results_hold_what_a_user_may_show():
    content = (
        Text("a"),
        Image(PNG),
        Opaque(NAME, "tool_reference", raw({"type": "tool_reference"})),
    )
    (block,), lost = shown(ToolResult("t", content, name="g"), role=Role.USER)
    assert [each["type"] for each in block["content"]] == ["text", "image", "tool_reference"]
    assert lost == {"[0].name"}
    (empty,), _ = shown(ToolResult("t", ()))
    assert empty == {"type": "tool_result", "tool_use_id": "t"}


@pytest.mark.parametrize("arguments", ['{"a":', "[1]", "text", "[" * 5000])
def test_arguments_that_are_no_object_are_said_as_text(arguments):
    (block,), lost = shown(ToolCall("t", "f", arguments), role=Role.ASSISTANT)
    assert block["input"] == {"arguments": arguments}
    assert lost == {"~[0].arguments"}


def test_free_text_for_a_tool_is_its_input():
    (block,), lost = shown(ToolCall("t", "f", "ls", is_custom=True), role=Role.ASSISTANT)
    assert block["input"] == {"input": "ls"}
    assert lost == {"~[0].arguments"}


def test_a_plain_text_may_be_a_string():
    assert is_plain((Text("x"),))
    assert not is_plain((Text("x", CacheHint()),))
    assert not is_plain((Text("x"), Text("y")))


def test_further_fields_go_back_to_their_place():
    block: dict[str, object] = {"type": "tool_result", "content": [{"type": "image"}]}
    rest = {"content[0].size": raw(1), "content[7].size": raw(2), "note": raw("n")}
    assert with_rest(block, rest) == {
        "type": "tool_result",
        "content": [{"type": "image", "size": raw(1)}],
        "note": raw("n"),
    }
    assert with_rest(raw({}), rest) == raw({})
    image: dict[str, object] = {"type": "image", "source": {"type": "url", "url": "u"}}
    again = with_rest(image, {"source.data": raw("d")})
    assert again == {"type": "image", "source": {"type": "url", "url": "u", "data": raw("d")}}
