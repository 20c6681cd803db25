"""Messages of other dialects, said in this one."""

from msgspec import Raw
from msgspec.structs import replace
from tests.dialects.cohere_chat.talk import ENDPOINT, built

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
from understudy.chat.request import Format, Message, Request, ResponseFormat, Role

CITED = Citation("T", dialect="x")
CACHE = CacheHint("5m")


def say(role: Role, *parts: Part, **fields: object) -> tuple[list, list[str], dict]:
    message = Message(role, parts, **fields)  # type: ignore[arg-type]
    body, losses = built(Request("m", (message,)))
    return body["messages"], sorted(loss.token for loss in losses), body


def test_one_text_is_a_string_and_several_are_blocks() -> None:
    assert say(Role.SYSTEM, Text("a"))[0] == [{"role": "system", "content": "a"}]
    two = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    messages, losses, _ = say(Role.DEVELOPER, Text("a"), Text("b", CACHE))
    assert messages == [{"role": "system", "content": two}]
    assert losses == ["messages[0].parts[1].cache", "~messages[0].role"]


def test_an_assistant_keeps_plan_thoughts_and_calls_apart() -> None:
    messages, losses, _ = say(
        Role.ASSISTANT,
        Reasoning("I will", field="tool_plan"),
        Reasoning("Hm", signature="s", producer="x"),
        Text("a", citations=(CITED,)),
        Refusal("no"),
        ToolCall("c", "f", ""),
        ToolCall("d", "g", "free", is_custom=True),
    )
    assert messages == [
        {
            "role": "assistant",
            "tool_plan": "I will",
            "content": [
                {"type": "thinking", "thinking": "Hm"},
                {"type": "text", "text": "a"},
                {"type": "text", "text": "no"},
            ],
            "tool_calls": [
                {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {
                    "id": "d",
                    "type": "function",
                    "function": {"name": "g", "arguments": '{"input":"free"}'},
                },
            ],
        }
    ]
    assert losses == [
        "messages[0].parts[1].signature",
        "messages[0].parts[2].citations",
        "~messages[0].parts[3]",
        "~messages[0].parts[5].arguments",
    ]


def test_thoughts_go_only_to_models_that_think() -> None:
    endpoint = replace(ENDPOINT, capabilities=frozenset(Capability) - {Capability.REASONING})
    message = Message(Role.ASSISTANT, (Reasoning("Hm"), Text("a")))
    body, losses = built(Request("m", (message,)), endpoint)
    assert body["messages"] == [{"role": "assistant", "content": "a"}]
    assert [loss.token for loss in losses] == ["messages[0].parts[0]"]


def test_pictures_are_urls() -> None:
    messages, losses, _ = say(
        Role.USER,
        Image(Inline("image/png", "AA"), "low"),
        Image(Url("https://x/a")),
        Image(FileRef("f", "openai")),
        Audio(Inline("audio/wav", "AA")),
        Opaque("x", "video", Raw(b"1")),
    )
    assert [block["image_url"] for block in messages[0]["content"]] == [
        {"url": "data:image/png;base64,AA", "detail": "low"},
        {"url": "https://x/a"},
    ]
    assert losses == [f"messages[0].parts[{number}]" for number in (2, 3, 4)]


def test_documents_of_text_stand_beside_the_messages() -> None:
    messages, losses, body = say(
        Role.USER,
        Document(InlineText("d"), "T", context="c"),
        Document(Inline("application/pdf", "AA")),
        Text("q"),
    )
    assert messages == [{"role": "user", "content": "q"}]
    assert body["documents"] == [{"data": {"title": "T", "text": "d"}}]
    assert losses == [
        "messages[0].parts[0].context",
        "messages[0].parts[1]",
        "~messages[0].parts[0]",
    ]


def test_beside_a_json_format_documents_are_said_as_text() -> None:
    document = Document(InlineText("d"), "T", wants_citations=True)
    message = Message(Role.USER, (document, Text("q")))
    form = ResponseFormat(Format.JSON)
    body, losses = built(Request("m", (message,), response_format=form))
    assert body["messages"][0]["content"][0] == {"type": "text", "text": "T\n\nd"}
    assert "documents" not in body
    plain = ResponseFormat(Format.TEXT)
    assert "documents" in built(Request("m", (message,), response_format=plain))[0]
    assert {loss.token for loss in losses} == {
        "~messages[0].parts[0]",
        "messages[0].parts[0].wants_citations",
    }


def test_results_are_messages_of_their_own() -> None:
    messages, losses, _ = say(
        Role.TOOL,
        ToolResult("c", (Text("a", citations=(CITED,)),), is_error=True, cache=CACHE),
        ToolResult("d", (Document(InlineText("x"), "T"), Image(Url("u")))),
        Text("and now"),
    )
    assert messages == [
        {"role": "tool", "tool_call_id": "c", "content": "a"},
        {
            "role": "tool",
            "tool_call_id": "d",
            "content": [{"type": "document", "document": {"data": {"title": "T", "text": "x"}}}],
        },
        {"role": "user", "content": "and now"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]},
    ]
    assert losses == [
        "messages[0].parts[0].cache",
        "messages[0].parts[0].content[0].citations",
        "messages[0].parts[0].is_error",
        "~messages[0].parts[1].content[1]",
    ]


def test_pictures_of_results_follow_the_last_of_them() -> None:
    result = ToolResult("c", (Image(Url("u")),))
    turns = (
        Message(Role.TOOL, (result,)),
        Message(Role.TOOL, (ToolResult("d", (Text("x"),)),)),
        Message(Role.ASSISTANT, (Text("seen"),)),
    )
    body, _ = built(Request("m", turns))
    assert [message["role"] for message in body["messages"]] == [
        "tool",
        "tool",
        "user",
        "assistant",
    ]


def test_names_and_fields_of_others_are_lost_aloud() -> None:
    _, losses, _ = say(Role.USER, Text("a"), name="Ann", extensions={"x": {"y": Raw(b"1")}})
    assert losses == ["messages[0].extensions.x.y", "messages[0].name"]
