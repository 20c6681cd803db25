from tests.dialects.openai_responses.talk import asks, build, call, message, parse, reasoning

from understudy.chat.parts import (
    Image,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Message, Role

USER = Message(Role.USER, (Text("hi"),))


def items(*messages):
    body, lost = build(asks(USER, *messages))
    return body["input"][1:], lost


def test_items_are_said_as_they_were_read():
    said = [
        {"role": "user", "content": "hi"},
        reasoning("a", "b", encrypted_content="e"),
        message("x", phase="commentary") | {"status": "completed"},
        call("f", "{}") | {"status": "in_progress"},
        {"type": "function_call_output", "call_id": "call_1", "output": "sunny"},
    ]
    body, lost = build(parse(*said))
    assert lost == []
    assert body["input"] == said


def test_a_turn_becomes_items():
    turn = Message(
        Role.ASSISTANT, (Text("a"), ToolCall("c", "f", ""), ToolCall("d", "g", "x", is_custom=True))
    )
    results = Message(Role.TOOL, (ToolResult("c", (Text("1"),)), ToolResult("d", (Text("2"),))))
    found, lost = items(turn, results)
    assert [item["type"] for item in found] == [
        "message",
        "function_call",
        "custom_tool_call",
        "function_call_output",
        "custom_tool_call_output",
    ]
    assert found[1]["arguments"] == "{}"
    assert found[2]["input"] == "x"
    assert lost == []


def test_thoughts_go_back_to_their_producer_alone():
    own = Reasoning("a", encrypted="e", producer="openai", field="summary")
    other = Reasoning("a", "sig", producer="anthropic", field="thinking")
    elsewhere = Reasoning("a", encrypted="e", producer="xai", field="summary")
    found, lost = items(Message(Role.ASSISTANT, (own, other, elsewhere, Text("x"))))
    assert found[0] == {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "a"}],
        "encrypted_content": "e",
    }
    assert lost == ["messages[1].parts[1]", "messages[1].parts[2]"]


def test_pictures_that_tools_give_back_stay_theirs():
    result = ToolResult("c", (Text("a"), Image(Url("https://x"))), is_error=True)
    found, lost = items(Message(Role.TOOL, (result,)))
    assert [part["type"] for part in found[0]["output"]] == ["input_text", "input_image"]
    assert lost == ["messages[1].parts[0].is_error"]


def test_speakers_have_no_names_and_long_ids_are_cut():
    long = "c" * 70
    turn = Message(Role.ASSISTANT, (ToolCall(long, "f", "{}"),), "bot")
    found, lost = items(turn, Message(Role.TOOL, (ToolResult(long, ()),)))
    assert found[0]["call_id"] == found[1]["call_id"] == "c" * 64
    assert lost == ["messages[1].name", "~messages[1].parts[0].id", "~messages[2].parts[0].call_id"]


def test_instructions_in_the_middle_stay_there():
    found, _ = items(Message(Role.DEVELOPER, (Text("be brief"),)))
    assert found == [{"role": "developer", "content": "be brief"}]
