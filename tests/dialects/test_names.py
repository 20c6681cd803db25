import re

import pytest

from understudy.chat.events import PartKind, PartStarted
from understudy.chat.loss import Loss
from understudy.chat.parts import Text, ToolCall, ToolResult
from understudy.chat.request import Choice, Message, Request, Role, Tool, ToolChoice
from understudy.dialects.base import Decoded
from understudy.dialects.names import Unrenamed, renamed

NAMES = ("ns.look", "ns_look", "1st", "look up", "a-b", "a:b", "m" * 90, "m" * 91)
RULES = {
    "openai_chat": r"[a-zA-Z0-9_-]{1,64}",
    "openai_responses": r"[a-zA-Z0-9_-]{1,64}",
    "anthropic_messages": r"[a-zA-Z0-9_-]{1,64}",
    "bedrock_converse": r"[a-zA-Z0-9_-]{1,64}",
    "gemini_generate": r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}",
    "cohere_chat": r"[a-zA-Z_][a-zA-Z0-9_]{0,63}",
    "ollama_chat": ".*",
}


def request(*names: str) -> Request:
    calls = tuple(ToolCall(f"c{n}", name, "{}") for n, name in enumerate(names))
    results = tuple(ToolResult(call.id, (Text("x"),), name=call.name) for call in calls)
    return Request(
        "m",
        (Message(Role.ASSISTANT, calls), Message(Role.TOOL, results)),
        tools=tuple(Tool(name) for name in names),
        tool_choice=ToolChoice(Choice.NAMED, names[0]),
    )


@pytest.mark.parametrize("dialect", RULES)
def test_every_name_is_one_that_the_dialect_takes_and_none_is_anothers(dialect):
    losses: list[Loss] = []
    said, names = renamed(request(*NAMES), dialect, losses)
    found = [tool.name for tool in said.tools]
    assert all(re.fullmatch(RULES[dialect], str(name)) for name in found)
    assert len(set(found)) == len(NAMES)
    assert [names.get(str(name), name) for name in found] == list(NAMES)
    called, told = (
        [part.name for part in message.parts if isinstance(part, ToolCall | ToolResult)]
        for message in said.messages
    )
    assert called == told == found
    assert said.tool_choice is not None
    assert said.tool_choice.name == found[0]
    changed = {f"~tools[{place}].name" for place, name in enumerate(NAMES) if found[place] != name}
    assert {loss.token for loss in losses} == changed


def test_good_names_stay():
    asked = request("look", "look_2")
    assert renamed(asked, "cohere_chat", []) == (asked, {})


class Saying:
    """A decoder of an answer that calls a tool."""

    def receive_data(self, data: bytes) -> list[Decoded]:
        started = (
            PartStarted(0, PartKind.TOOL_CALL, id="1", name="ns_look"),
            PartStarted(1, PartKind.TOOL_CALL, id="2", name="other"),
            PartStarted(2, PartKind.TEXT),
        )
        return [Decoded(data, started)]

    def receive_eof(self) -> list[Decoded]:
        return self.receive_data(b"end")


def test_calls_have_the_names_that_the_caller_knows():
    decoder = Unrenamed(Saying(), {"ns_look": "ns.look"})
    for item in (*decoder.receive_data(b"x"), *decoder.receive_eof()):
        assert [getattr(event, "name", None) for event in item.events] == ["ns.look", "other", None]
