"""Turns of blocks, as two vendors say them."""

from msgspec import Raw

from understudy.chat.parts import Text, ToolResult
from understudy.chat.request import Message, Role
from understudy.dialects.block_turns import Read, joined, messages_of

ONE = Raw(b"1")
TEXT = Text("a")
RESULT = ToolResult("c", (TEXT,))


def test_results_of_tools_stand_in_messages_of_their_own() -> None:
    found = [Read(TEXT, {}), Read(RESULT, {}), Read(RESULT, {"odd": ONE}), Read(TEXT, {})]
    assert list(messages_of("d", Role.USER, found, {"beside": ONE})) == [
        Message(Role.USER, (TEXT,), extensions={"d": {"beside": ONE}}),
        Message(Role.TOOL, (RESULT, RESULT), extensions={"d": {"parts[1].odd": ONE}}),
        Message(Role.USER, (TEXT,)),
    ]


def test_a_turn_of_nothing_is_a_message_of_nothing() -> None:
    assert list(messages_of("d", Role.USER, [], {})) == [Message(Role.USER, ())]


def test_what_a_system_says_in_mid_conversation_is_marked_as_the_dialects() -> None:
    found = [Read(TEXT, {})]
    assert list(messages_of("d", Role.SYSTEM, found, {})) == [
        Message(Role.SYSTEM, (TEXT,), extensions={"d": {}})
    ]
    assert list(messages_of("d", Role.ASSISTANT, found, {})) == [Message(Role.ASSISTANT, (TEXT,))]
    assert joined("d", Role.SYSTEM, found, {}) == Message(Role.SYSTEM, (TEXT,))
