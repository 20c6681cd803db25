"""Conversations as one text."""

from msgspec import Raw
from tests.dialects.openai_completions.talk import built

from understudy.chat.parts import (
    CacheHint,
    Citation,
    Document,
    Image,
    InlineText,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Message, Request, Role


def say(*messages: Message, is_prompt: bool = False) -> tuple[str, list[str]]:
    extensions: dict[str, dict[str, Raw]] = {"openai_completions": {}} if is_prompt else {}
    body, losses = built(Request("m", messages, extensions=extensions))
    return body["prompt"], losses


def user(*parts: Part) -> Message:
    return Message(Role.USER, parts)


def test_a_single_question_is_itself() -> None:
    assert say(user(Text("a"), Text("b"))) == ("a\n\nb", [])


def test_a_conversation_is_a_play() -> None:
    told, losses = say(
        Message(Role.SYSTEM, (Text("Be brief."),)),
        user(Text("hello")),
        Message(Role.ASSISTANT, (Text("hi"), ToolCall("c", "f", "{}"))),
        Message(Role.TOOL, (ToolResult("c", (Text("42"),)),)),
    )
    assert told == "Be brief.\n\nUser: hello\n\nAssistant: hi\n\nTool: 42\n\nAssistant:"
    assert losses == [
        "messages[2].parts[1]",
        "~messages[0]",
        "~messages[1]",
        "~messages[2]",
        "~messages[3]",
        "~messages[3].parts[0]",
    ]


def test_a_prompt_is_simply_gone_on_with() -> None:
    both = (user(Text("One, two,")), Message(Role.ASSISTANT, (Text(" three"),)))
    assert say(*both, is_prompt=True) == ("One, two, three", [])
    assert say(*both)[0] == "User: One, two,\n\nAssistant:  three"


def test_what_is_no_text_is_lost_aloud() -> None:
    told, losses = say(
        Message(
            Role.USER,
            (
                Text("a", CacheHint(), (Citation("t"),)),
                Image(Url("u")),
                Reasoning("hm"),
                Refusal("no"),
                Document(InlineText("d"), "T"),
            ),
            name="Ann",
            extensions={"x": {"y": Raw(b"1")}},
        )
    )
    assert told == "a\n\nno\n\nT\n\nd"
    assert losses == [
        "messages[0].extensions.x.y",
        "messages[0].name",
        "messages[0].parts[0].cache",
        "messages[0].parts[0].citations",
        "messages[0].parts[1]",
        "messages[0].parts[2]",
        "~messages[0].parts[3]",
        "~messages[0].parts[4]",
    ]
