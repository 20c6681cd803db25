"""Contents to messages."""

import pytest
from tests.dialects.gemini_generate.talk import ASKED_AT, dump

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Audio,
    Document,
    Image,
    Inline,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Message, Role
from understudy.dialects.gemini_generate import DIALECT
from understudy.dialects.gemini_generate.schema import BEFORE_CALL, BEFORE_TEXT, NAME

CALL = {"functionCall": {"name": "f", "args": {"a": 1}}}
PNG = {"mimeType": "image/png", "data": "_-A"}


def read(*contents: dict, **fields: object) -> tuple[Message, ...]:
    return DIALECT.parse_request(dump({"contents": list(contents), **fields}), ASKED_AT).messages


def part(said: dict) -> Part:
    ((found,),) = [message.parts for message in read({"parts": [said]})]
    return found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"text": "a"}, Text("a")),
        ({"text": "a", "thought": True}, Reasoning("a", producer="gemini")),
        ({"text": "a", "thought": True, "thought_signature": "s"},
         Reasoning("a", "s", producer="gemini")),
        ({"inlineData": PNG}, Image(Inline("image/png", "/+A="))),
        ({"inline_data": {"mime_type": "audio/wav", "data": "AAAA"}},
         Audio(Inline("audio/wav", "AAAA"))),
        ({"inlineData": {"mimeType": "application/pdf", "data": ""}},
         Document(Inline("application/pdf", ""))),
        ({"fileData": {"fileUri": "https://x/a.png", "mimeType": "image/png"}},
         Image(Url("https://x/a.png", "image/png"))),
    ],
)  # fmt: skip
def test_parts(said: dict, found: Part) -> None:
    assert part(said) == found


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"fileData": {"fileUri": "gs://b/x.png", "mimeType": "image/png"}}, "fileData"),
        ({"inlineData": {"mimeType": "video/mp4", "data": ""}}, "inlineData"),
        ({"inlineData": {**PNG, "displayName": "x"}}, "inlineData"),
        ({"executableCode": {"code": "1"}}, "executableCode"),
        ({"inlineData": PNG, "videoMetadata": {}}, None),
    ],
)
def test_what_only_this_dialect_says_stays_whole(said: dict, kind: str | None) -> None:
    found = part(said)
    assert isinstance(found, Opaque)
    assert kind is None or found.kind == kind
    assert bytes(found.raw) == dump(said)


def test_signatures_stand_before_what_they_sign() -> None:
    signed = [{"text": "a", "thoughtSignature": "1"}, {**CALL, "thoughtSignature": "2"}]
    (message,) = read({"role": "model", "parts": signed})
    assert message.parts == (
        Reasoning("", "1", producer="gemini", field=BEFORE_TEXT),
        Text("a"),
        Reasoning("", "2", producer="gemini", field=BEFORE_CALL),
        ToolCall("call_0_0", "f", '{"a": 1}'),
    )


def test_results_name_their_calls_or_the_order_tells() -> None:
    called = {"role": "model", "parts": [CALL, CALL, {"functionCall": {"name": "g", "id": "x"}}]}
    answers = [
        {"functionResponse": {"name": "g", "id": "x", "response": {"output": "b"}}},
        {"functionResponse": {"name": "f", "response": {"n": 1}}},
        {"functionResponse": {"name": "f", "response": {"error": "no"}}},
        {"text": "go on"},
    ]
    _, results, after = read(called, {"role": "user", "parts": answers})
    assert (results.role, after.role) == (Role.TOOL, Role.USER)
    assert results.parts == (
        ToolResult("x", (Text("b"),), name="g"),
        ToolResult("call_0_0", (Text('{"n": 1}'),), name="f"),
        ToolResult("call_0_1", (Text("no"),), name="f", is_error=True),
    )
    assert after.parts == (Text("go on"),)


def test_results_may_have_pictures() -> None:
    result = {"name": "f", "response": {"output": '{"a":1}'}, "parts": [{"inlineData": PNG}]}
    ((message,)) = read({"role": "function", "parts": [{"functionResponse": result}]})
    (found,) = message.parts
    assert found == ToolResult(
        "", (Text('{"output": "{\\"a\\":1}"}'), Image(Inline("image/png", "/+A="))), name="f"
    )


def test_the_systems_words_come_first() -> None:
    parts = [{"text": "be brief"}]
    for said in ({"role": "user", "parts": parts}, "be brief"):
        system, _ = read({"parts": [{"text": "a"}]}, system_instruction=said)
        assert system == Message(Role.SYSTEM, (Text("be brief"),))


def test_unknown_fields_stay_with_their_part() -> None:
    odd = [{"text": "a"}, {"functionCall": {"name": "f", "mood": 1}, "more": 2}]
    (message,) = read({"role": "model", "parts": odd, "beside": 3})
    assert {name: bytes(raw) for name, raw in message.extensions[NAME].items()} == {
        "parts[1].functionCall.mood": b"1",
        "parts[1].more": b"2",
        "beside": b"3",
    }


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"role": "robot", "parts": []}, "contents.0.role"),
        ({"parts": [7]}, "contents.0.parts.0"),
        ({"parts": [{"text": 7}]}, "contents.0.parts.0.text"),
        ({"parts": [{"functionCall": {}}]}, "contents.0.parts.0.functionCall.name"),
        ({"parts": [{"functionCall": {"name": "f", "args": [1]}}]},
         "contents.0.parts.0.functionCall.args"),
        ({"parts": [{"functionResponse": {"name": "f", "response": "x"}}]},
         "contents.0.parts.0.functionResponse.response"),
        ({"parts": [{"inlineData": {"mimeType": "image/png"}}]},
         "contents.0.parts.0.inlineData.data"),
        ({"parts": [{"inlineData": PNG, "inline_data": PNG}]}, "contents.0.parts.0.inlineData"),
    ],
)  # fmt: skip
def test_mistakes_are_named(said: dict, path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(said)
    assert caught.value.path == path
