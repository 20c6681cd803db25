"""Messages of other dialects, as this one can say them."""

import msgspec
import pytest
from tests.dialects.ollama_chat.talk import ENDPOINT

from understudy.chat.parts import (
    Audio,
    CacheHint,
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
from understudy.chat.request import Message, Role
from understudy.dialects.ollama_chat.turns import Turns


def said(*messages: Message) -> tuple[list[dict[str, object]], list[str]]:
    turns = Turns(ENDPOINT)
    body = turns.said(messages)
    return body, [loss.token for loss in turns.losses]


@pytest.mark.parametrize(
    ("part", "token"),
    [
        (Text("x", cache=CacheHint()), "messages[0].parts[0].cache"),
        (Refusal("no"), "~messages[0].parts[0]"),
        (Image(Url("https://a.test/x.png")), "messages[0].parts[0]"),
        (Image(Inline("image/png", "x"), detail="low"), "messages[0].parts[0].detail"),
        (Document(InlineText("x")), "~messages[0].parts[0]"),
        (Document(FileRef("f", "p")), "messages[0].parts[0]"),
        (Audio(Inline("audio/wav", "x")), "messages[0].parts[0]"),
        (Reasoning("x", signature="s"), "messages[0].parts[0].signature"),
        (Opaque("other", "search", msgspec.Raw(b"{}")), "messages[0].parts[0]"),
        (ToolCall("c", "f", "no json"), "~messages[0].parts[0].arguments"),
    ],
)
def test_what_has_no_place_is_declared(part: Part, token: str) -> None:
    assert said(Message(Role.ASSISTANT, (part,)))[1] == [token]


def test_a_developer_is_the_system_here() -> None:
    body, losses = said(Message(Role.DEVELOPER, (Text("be brief"),)))
    assert body == [{"role": "system", "content": "be brief"}]
    assert losses == ["~messages[0].role"]


def test_each_result_is_a_message_of_its_own() -> None:
    call = Message(Role.ASSISTANT, (ToolCall("c1", "f", "{}"), ToolCall("c2", "g", "{}")))
    results = Message(
        Role.TOOL,
        (ToolResult("c2", (Text("2"),), is_error=True), ToolResult("c1", (Text("1"),))),
    )
    body, losses = said(call, results)
    assert body[1:] == [
        {"role": "tool", "content": "2", "tool_name": "g", "tool_call_id": "c2"},
        {"role": "tool", "content": "1", "tool_name": "f", "tool_call_id": "c1"},
    ]
    assert losses == ["messages[1].parts[0].is_error"]


def test_words_beside_results_are_said_behind_them() -> None:
    mixed = Message(Role.USER, (ToolResult("c", (Text("1"),), name="f"), Text("and now?")))
    body, _ = said(mixed)
    assert [each["role"] for each in body] == ["tool", "user"]
    assert body[1]["content"] == "and now?"


def test_thoughts_stand_beside_the_words() -> None:
    body, losses = said(Message(Role.ASSISTANT, (Reasoning("hm"), Text("x"))))
    assert body == [{"role": "assistant", "content": "x", "thinking": "hm"}]
    assert losses == []
