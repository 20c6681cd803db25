"""Conversations of other dialects: a system prompt, then turns that take turns."""

import msgspec
from tests.dialects.bedrock_converse.talk import ASKED, ENDPOINT, asking, built, parsed, paths

from understudy.chat.endpoint import Capability
from understudy.chat.parts import Document, Inline, Text, ToolCall, ToolResult
from understudy.chat.request import Message, Request, Role
from understudy.dialects.bedrock_converse.turns import CONTINUE, OPENING, READ

U, A, S = Role.USER, Role.ASSISTANT, Role.SYSTEM
NO_PREFILL = msgspec.structs.replace(
    ENDPOINT, capabilities=frozenset(Capability) - {Capability.PREFILL}
)


def talk(*said: tuple[Role, str]) -> Request:
    return asking(*[Message(role, (Text(text),)) for role, text in said])


def turns(request: Request, endpoint=ENDPOINT):
    body, losses = built(request, endpoint)
    said = [
        (message["role"], [block.get("text") for block in message["content"]])
        for message in body["messages"]
    ]
    return said, body.get("system"), paths(losses)


def test_instructions_come_first_and_turns_alternate() -> None:
    said, system, losses = turns(talk((S, "s"), (U, "a"), (U, "b"), (A, "c"), (U, "d")))
    assert said == [("user", ["a", "b"]), ("assistant", ["c"]), ("user", ["d"])]
    assert system == [{"text": "s"}]
    assert losses == []


def test_later_instructions_are_said_by_the_user() -> None:
    said, system, losses = turns(talk((U, "a"), (S, "s")))
    assert said == [("user", ["a", "<system>\ns\n</system>"])]
    assert system is None
    assert losses == ["messages[1]"]


def test_the_user_begins() -> None:
    assert turns(talk((A, "a"), (U, "b")))[0][0] == ("user", [OPENING])
    said, system, losses = turns(talk((S, "s")))
    assert (said, system, losses) == ([("user", ["s"])], None, ["messages"])


def test_an_answer_begun_by_the_caller_is_continued_where_it_can_be() -> None:
    said, _, losses = turns(talk((U, "a"), (A, "b ")))
    assert said[-1] == ("assistant", ["b"])
    assert losses == ["messages"]
    said, _, losses = turns(talk((U, "a"), (A, "b")), NO_PREFILL)
    assert said[-1] == ("user", [CONTINUE])
    assert losses == ["messages[2]"]


def test_a_document_has_words_beside_it() -> None:
    paper = Document(Inline("application/pdf", "aGk="))
    body, losses = built(asking(Message(U, (paper,))))
    assert body["messages"][0]["content"][-1] == {"text": READ}
    assert paths(losses) == ["messages"]


def test_results_come_first_in_their_turn() -> None:
    messages = (
        Message(U, (Text("a"),)),
        Message(A, (ToolCall("a", "f", "{}"),)),
        Message(U, (Text("wait"),)),
        Message(Role.TOOL, (ToolResult("a", (Text("1"),)),)),
    )
    body, _ = built(asking(*messages))
    assert [list(block) for block in body["messages"][-1]["content"]] == [["toolResult"], ["text"]]


def test_what_was_said_in_this_dialect_stays_as_it_was() -> None:
    odd = [{"role": "assistant", "content": [{"text": " "}]}, *ASKED, *ASKED]
    system = {"role": "system", "content": [{"text": "s"}]}
    for messages in ([*ASKED, system, *ASKED], [ASKED[0]]):
        assert built(parsed(messages=messages))[0]["messages"] == messages
    said = built(parsed(messages=odd))[0]["messages"]
    assert [block for each in said for block in each["content"]] == [
        block for each in odd for block in each["content"]
    ]


def test_names_and_fields_of_others_are_lost() -> None:
    message = Message(U, (Text("a"),), name="bob", extensions={"other": {"x": msgspec.Raw(b"1")}})
    assert paths(built(asking(message))[1]) == [
        "messages[0].extensions.other.x",
        "messages[0].name",
    ]
