"""Conversations as this dialect wants them."""

import msgspec
from tests.dialects.anthropic_messages.talk import ENDPOINT, built, raw

from understudy.chat.endpoint import Capability
from understudy.chat.parts import CacheHint, Text, ToolCall, ToolResult
from understudy.chat.request import Message, Request, Role

NAME = "anthropic_messages"
REFUSES_PREFILL = msgspec.structs.replace(
    ENDPOINT, capabilities=ENDPOINT.capabilities - {Capability.PREFILL}
)


def say(role: Role, *parts, **fields) -> Message:
    said = tuple(Text(part) if isinstance(part, str) else part for part in parts)
    return Message(role, said, **fields)


def talk(*messages: Message, endpoint=ENDPOINT) -> tuple[dict, set[str]]:
    return built(Request("m", messages), endpoint)


def roles(body: dict) -> list[str]:
    return [message["role"] for message in body["messages"]]


def test_instructions_before_all_else_are_the_system_prompt():
    body, lost = talk(say(Role.SYSTEM, "a"), say(Role.DEVELOPER, "b"), say(Role.USER, "q"))
    assert body["system"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert lost == set()
    assert talk(say(Role.SYSTEM, "a"), say(Role.USER, "q"))[0]["system"] == "a"
    cached = say(Role.SYSTEM, Text("a", CacheHint()))
    assert talk(cached, say(Role.USER, "q"))[0]["system"][0]["cache_control"]


def test_later_instructions_stay_in_their_place():
    body, lost = talk(
        say(Role.USER, "q"),
        say(Role.ASSISTANT, "a"),
        say(Role.SYSTEM, "be brief"),
        say(Role.USER, "r"),
    )
    assert roles(body) == ["user", "assistant", "user"]
    assert body["messages"][2]["content"] == [
        {"type": "text", "text": "<system>\nbe brief\n</system>"},
        {"type": "text", "text": "r"},
    ]
    assert lost == {"~messages[2]"}


def test_instructions_that_were_said_in_this_dialect_stay_as_they_were():
    own = say(Role.SYSTEM, "be brief", extensions={NAME: {}})
    body, lost = talk(say(Role.USER, "q"), own, own)
    assert roles(body) == ["user", "system", "system"]
    assert body["messages"][1]["content"] == "be brief"
    assert lost == set()


def test_instructions_alone_are_said_by_the_user():
    body, lost = talk(say(Role.SYSTEM, "a"))
    assert body["messages"] == [{"role": "user", "content": "a"}]
    assert "system" not in body
    assert lost == {"~messages"}


def test_one_role_speaks_once_in_a_row_and_results_come_first():
    body, lost = talk(
        say(Role.USER, "q"),
        say(Role.ASSISTANT, "a", ToolCall("t", "f", "{}")),
        say(Role.ASSISTANT, ToolCall("u", "f", "{}")),
        say(Role.USER, "wait"),
        say(Role.TOOL, ToolResult("t", (Text("r"),))),
        say(Role.TOOL, ToolResult("u", (Text("s"),))),
    )
    assert roles(body) == ["user", "assistant", "user"]
    kinds = [[block["type"] for block in message["content"]] for message in body["messages"][1:]]
    assert kinds == [["text", "tool_use", "tool_use"], ["tool_result", "tool_result", "text"]]
    assert lost == set()


def test_ids_are_unique_in_a_turn_and_free_in_the_next():
    body, lost = talk(
        say(Role.USER, "q"),
        say(Role.ASSISTANT, ToolCall("t", "f", "{}"), ToolCall("t", "g", "{}")),
        say(Role.TOOL, ToolResult("t", (Text("r"),))),
        say(Role.ASSISTANT, ToolCall("t", "f", "{}")),
        say(Role.TOOL, ToolResult("t", (Text("s"),))),
    )
    ids = [
        block["id"]
        for message in body["messages"]
        for block in message["content"]
        if message["role"] == "assistant"
    ]
    assert ids == ["t", "t_2", "t"]
    assert lost == {"~messages[1].parts[1].id", "~messages[2].parts[0].call_id"}


def test_a_conversation_begins_with_the_user():
    body, lost = talk(say(Role.ASSISTANT, "hello"), say(Role.USER, "q"))
    assert roles(body) == ["user", "assistant", "user"]
    assert lost == {"~messages"}


def test_a_prefill_is_sent_to_who_continues_it_only():
    begun = (say(Role.USER, "q"), say(Role.ASSISTANT, "So "))
    body, lost = talk(*begun)
    assert body["messages"][-1] == {"role": "assistant", "content": "So"}
    assert lost == {"~messages"}
    body, lost = talk(*begun, endpoint=REFUSES_PREFILL)
    assert roles(body) == ["user", "assistant", "user"]
    assert lost == {"~messages[2]"}


def test_what_has_no_place_is_a_loss():
    body, lost = talk(
        say(Role.USER, "q", name="ann", extensions={"other": {"f": raw(1)}}),
        say(Role.ASSISTANT, ""),
        say(Role.USER, "r"),
    )
    assert roles(body) == ["user"]
    assert lost == {"messages[0].name", "messages[0].extensions.other.f"}


def test_fields_of_a_message_of_ours_stay_beside_it():
    body, _ = talk(say(Role.USER, "q", extensions={NAME: {"id": raw("m"), "parts[0].x": raw(1)}}))
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "q", "x": 1}], "id": "m"}
    ]
