import pytest

from understudy.chat.parts import Part, Reasoning, Text, ToolCall, ToolResult
from understudy.chat.request import Message, Role
from understudy.dialects.signed_turns import lacks_thoughts

ASKED = Message(Role.USER, (Text("q"),))
CALL = ToolCall("1", "f", "{}")
ANSWER = Message(Role.TOOL, (ToolResult("1", (Text("r"),)),))
THOUGHT = Reasoning("so", "sig", producer="us")


def model(*parts: Part) -> Message:
    return Message(Role.ASSISTANT, parts)


@pytest.mark.parametrize(
    ("messages", "lacks"),
    [
        ((), False),
        ((ASKED,), False),
        ((ASKED, model(CALL), ANSWER), True),
        ((ASKED, model(CALL), ANSWER, ASKED), True),
        ((ASKED, model(CALL), ANSWER, model(Text("a")), ASKED), False),
        ((ASKED, model(THOUGHT, CALL), ANSWER), False),
        ((ASKED, model(THOUGHT, CALL), ANSWER, model(CALL), ANSWER), False),
        ((ASKED, model(Reasoning("so"), CALL), ANSWER), True),
        ((ASKED, model(Reasoning("so", "sig", producer="them"), CALL), ANSWER), True),
        ((ASKED, model(Reasoning("", encrypted="e", producer="us"), CALL), ANSWER), False),
        ((ASKED, model(THOUGHT, Text("a")), ASKED, model(CALL), ANSWER), True),
        (
            (ASKED, model(CALL), ANSWER, model(Text("a")), ASKED, model(THOUGHT, CALL), ANSWER),
            False,
        ),
    ],
)
def test_who_called_without_a_thought_of_its_own(messages, lacks):
    assert lacks_thoughts(messages, "us") == lacks
