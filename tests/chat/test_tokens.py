"""A guess of the right size."""

from msgspec import Raw

from understudy.chat.parts import (
    Audio,
    Document,
    Image,
    Inline,
    InlineText,
    Opaque,
    Part,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import (
    Format,
    HostedTool,
    Message,
    Request,
    ResponseFormat,
    Role,
    Tool,
)
from understudy.chat.tokens import IMAGE, MESSAGE, PAGES, guessed_tokens


def asked(*parts: Part) -> int:
    return guessed_tokens(Request("m", (Message(Role.USER, parts),)))


def test_other_scripts_come_to_more() -> None:
    assert asked(Text("The quick brown fox jumps over the lazy dog.")) - MESSAGE == 12
    assert asked(Text("\u5e8a\u524d\u660e\u6708\u5149")) - MESSAGE == 4


def test_more_is_more() -> None:
    assert guessed_tokens(Request("m", ())) == 1
    assert asked() == MESSAGE
    assert asked(Text("x" * 3800)) == MESSAGE + 1000
    assert asked(Image(Url("http://x"))) == MESSAGE + IMAGE
    assert asked(Document(Url("http://x"))) == MESSAGE + PAGES
    assert asked(Document(InlineText("x" * 380), title="x" * 38)) == MESSAGE + 110
    assert asked(Audio(Inline("audio/wav", "A" * 400))) == MESSAGE + 10
    assert asked(Opaque("d", "k", Raw(b"0" * 400))) == MESSAGE + 10
    call, result = ToolCall("1", "f", "x" * 38), ToolResult("1", (Text("x" * 38),))
    assert asked(call, result) == 3 * MESSAGE + 20 + 1


def test_tools_and_schemas_count() -> None:
    plain = Request("m", ())
    schema = Raw(b'"' + b"x" * 378 + b'"')
    tools = (Tool("f", "x" * 38, schema), HostedTool("d", "k", None, schema))
    assert guessed_tokens(Request("m", (), tools=tools)) == 2 * MESSAGE + 211
    wanted = ResponseFormat(Format.SCHEMA, schema=schema)
    assert guessed_tokens(Request("m", (), response_format=wanted)) == 100
    assert guessed_tokens(plain) == 1
