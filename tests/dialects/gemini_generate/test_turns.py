"""Messages to contents."""

import json

import pytest
from msgspec import Raw
from tests.dialects.gemini_generate.talk import (
    ASKED_AT,
    ENDPOINT,
    VERTEX,
    again,
    chunk,
    dump,
    end,
)
from tests.dialects.gemini_generate.talk import said as heard

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.events import PartKind, PartStarted
from understudy.chat.parts import Reasoning, Text, ToolCall, ToolResult
from understudy.chat.request import Message, Role
from understudy.dialects.gemini_generate import DIALECT
from understudy.dialects.gemini_generate.schema import BEFORE_CALL, NAME, UNSIGNED, encode
from understudy.dialects.gemini_generate.turns import CONTINUE, OPENING, Turns

TALK = [
    {"role": "user", "parts": [{"text": "weather?"}]},
    {
        "role": "model",
        "parts": [
            {"text": "Hm", "thought": True, "thoughtSignature": "1"},
            {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "2"},
            {"functionCall": {"id": "x", "name": "g", "args": {}}},
            {"executableCode": {"code": "1"}},
            {"text": "", "thoughtSignature": "3"},
        ],
    },
    {
        "role": "user",
        "parts": [
            {"functionResponse": {"name": "f", "response": {"output": "b"}}},
            {"functionResponse": {"id": "x", "name": "g", "response": {"n": 1}, "odd": 2}},
            {"text": "go on", "mood": "x"},
        ],
    },
    {"role": "model", "parts": [{"text": "It is", "thoughtSignature": "4"}]},
]


def contents(
    *messages: Message, endpoint: Endpoint = ENDPOINT, is_own: bool = True
) -> tuple[list, list[str]]:
    turns = Turns(endpoint, is_own=is_own)
    turns.write(messages)
    return json.loads(encode(turns.contents)), [loss.token for loss in turns.losses]


@pytest.mark.parametrize("endpoint", [ENDPOINT, VERTEX], ids=["gemini", "vertex"])
def test_a_conversation_comes_back_as_it_was(endpoint: Endpoint) -> None:
    system = {"parts": [{"text": "be brief"}]}
    body, losses = again(dump({"contents": TALK, "systemInstruction": system}), endpoint)
    assert losses == []
    assert body == {"contents": TALK, "systemInstruction": system}


@pytest.mark.parametrize(
    ("model", "is_marked"),
    [
        ("gemini-3.8-flash", True),
        ("gemini-4-argon", True),
        ("gemini-flash-latest", True),
        ("models/gemini-3-pro-preview", True),
        ("gemini-2.5-flash", False),
        ("gemini-1.5-pro", False),
        ("gemma-4-31b-it", False),
    ],
)
def test_calls_that_another_made_are_marked_for_models_that_want_a_signature(
    model: str, *, is_marked: bool
) -> None:
    calls = (ToolCall("1", "f", "{}"), ToolCall("2", "g", "{}"))
    endpoint = Endpoint(NAME, model, ENDPOINT.path, "gemini")
    said, losses = contents(Message(Role.ASSISTANT, calls), endpoint=endpoint)
    first, second = said[0]["parts"]
    assert first.get("thoughtSignature") == (UNSIGNED if is_marked else None)
    assert "thoughtSignature" not in second
    assert losses == []
    own = (Reasoning("", "s", producer="gemini", field=BEFORE_CALL), *calls)
    said, _ = contents(Message(Role.ASSISTANT, own), endpoint=endpoint)
    assert said[0]["parts"][0]["thoughtSignature"] == "s"


def test_the_mark_is_no_signature_of_anybody() -> None:
    call = {"functionCall": {"id": "1", "name": "f", "args": {}}, "thoughtSignature": UNSIGNED}
    request = DIALECT.parse_request(
        dump({"contents": [{"role": "model", "parts": [call]}]}), ASKED_AT
    )
    assert request.messages[0].parts == (ToolCall("1", "f", "{}"),)
    kinds = [event.kind for event in heard(chunk(call), end()) if isinstance(event, PartStarted)]
    assert kinds == [PartKind.TOOL_CALL]


def test_signatures_go_to_their_producer_only() -> None:
    foreign = Endpoint(NAME, "m", ENDPOINT.path, "somebody")
    parts = (Reasoning("a", "s", producer="gemini"), Text("b"))
    said, losses = contents(Message(Role.ASSISTANT, parts), endpoint=foreign)
    assert said == [{"role": "model", "parts": [{"text": "a", "thought": True}, {"text": "b"}]}]
    assert losses == ["messages[0].parts[0].signature"]
    theirs = (Reasoning("", "s", producer="anthropic", encrypted="e", id="i"), Text("b"))
    said, losses = contents(Message(Role.ASSISTANT, theirs))
    assert said == [{"role": "model", "parts": [{"text": "b"}]}]
    where = "messages[0].parts[0]"
    assert losses == [f"{where}.signature", f"{where}.encrypted", f"{where}.id"]


def test_results_of_one_turn_stand_together() -> None:
    calls = (ToolCall("a", "f", "{}"), ToolCall("b", "g", "oops"))
    said, losses = contents(
        Message(Role.ASSISTANT, calls),
        Message(Role.TOOL, (ToolResult("a", (Text("1"),)),)),
        Message(Role.TOOL, (ToolResult("b", (Text("2"),)),)),
        Message(Role.TOOL, (ToolResult("c", (Text("3"),)),)),
        Message(Role.USER, (Text("so?"),)),
    )
    assert [content["role"] for content in said] == ["model", "user"]
    names = [part.get("functionResponse", {}).get("name") for part in said[1]["parts"]]
    assert names == ["f", "g", "c", None]
    assert said[0]["parts"][1]["functionCall"]["args"] == {"arguments": "oops"}
    assert losses == ["~messages[0].parts[1].arguments", "~messages[3].parts[0].name"]


def test_who_speaks() -> None:
    said, losses = contents(
        Message(Role.DEVELOPER, (Text("a"),)),
        Message(Role.USER, (Text("b"),), name="bob", extensions={"x": {"y": Raw(b"1")}}),
        Message(Role.SYSTEM, (Text("c"),)),
    )
    assert said == [{"role": "user", "parts": [{"text": "b"}]}]
    assert losses == [
        "~messages[0].role",
        "messages[1].name",
        "messages[1].extensions.x.y",
        "~messages[2]",
    ]


USER, MODEL = Message(Role.USER, (Text("q"),)), Message(Role.ASSISTANT, (Text("a"),))
CALL = Message(Role.ASSISTANT, (ToolCall("1", "f", "{}"),))
BEGIN = {"role": "user", "parts": [{"text": OPENING}]}
Q = {"role": "user", "parts": [{"text": "q"}]}


def test_what_another_said_is_a_conversation_as_this_dialect_takes_it() -> None:
    assert contents(MODEL, USER, is_own=False)[0][0] == BEGIN
    joined = contents(USER, MODEL, CALL, is_own=False)[0]
    assert [content["role"] for content in joined] == ["user", "model"]
    assert [next(iter(part)) for part in joined[1]["parts"]] == ["text", "functionCall"]
    empty = Message(Role.ASSISTANT, (Text(""),)), Message(Role.ASSISTANT, ())
    assert contents(USER, *empty, is_own=False) == ([Q], [])
    assert contents(Message(Role.USER, ()), is_own=False) == ([BEGIN], ["~messages"])
    assert contents(USER, MODEL, is_own=False)[0][-1]["role"] == "model"


def test_a_model_that_continues_no_answer_is_asked_to() -> None:
    can = frozenset(Capability) - {Capability.PREFILL}
    unable = Endpoint(NAME, "m", ENDPOINT.path, "gemini", capabilities=can)
    said, losses = contents(USER, MODEL, endpoint=unable, is_own=False)
    assert said[-1] == {"role": "user", "parts": [{"text": CONTINUE}]}
    assert losses == ["~messages[2]"]
    assert contents(USER, MODEL, endpoint=unable)[0][-1]["role"] == "model"
