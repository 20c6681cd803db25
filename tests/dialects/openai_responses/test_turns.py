import pytest
from tests.dialects.openai_responses.talk import call, message, parse, reasoning

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import Image, Opaque, Reasoning, Text, ToolCall, ToolResult
from understudy.chat.request import Role
from understudy.dialects.openai_responses.seal import seal

USER = {"role": "user", "content": "hi"}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}


def read(*items):
    return parse(*items).messages


def test_a_string_is_the_users():
    (only,) = read("hi")
    assert (only.role, only.parts) == (Role.USER, (Text("hi"),))


def test_one_turn_of_the_models_is_one_message():
    user, turn, result = read(
        USER, reasoning("hm", encrypted_content="e"), message("a"), call("f", "{}"), RESULT
    )[:3]
    assert (user.role, turn.role, result.role) == (Role.USER, Role.ASSISTANT, Role.TOOL)
    thought, text, made = turn.parts
    assert thought == Reasoning("hm", encrypted="e", producer="openai", field="summary", id="rs_1")
    assert text == Text("a")
    assert made == ToolCall("call_1", "f", "{}")
    assert turn.items == ("rs_1", "msg_1", "fc_call_1")
    assert result.parts == (ToolResult("call_1", (Text("sunny"),)),)


def test_two_messages_without_a_call_are_two():
    assert [m.parts for m in read(message("a"), message("b"))] == [(Text("a"),), (Text("b"),)]


def test_parallel_calls_stay_together():
    (turn, *_) = read(call("f", "{}", "a"), call("g", "{}", "b"), RESULT)
    assert [part.id for part in turn.parts if isinstance(part, ToolCall)] == ["a", "b"]


def test_a_custom_call_and_its_output():
    turn, result = read(
        {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": "***"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "done"},
    )
    assert turn.parts == (ToolCall("c", "patch", "***", is_custom=True),)
    assert "parts[0].custom" in result.extensions["openai_responses"]


def test_outputs_may_be_pictures():
    output = [{"type": "input_image", "image_url": "https://x"}]
    (result,) = read(RESULT | {"output": output})
    (part,) = result.parts
    assert isinstance(part, ToolResult)
    assert isinstance(part.content[0], Image)


def test_thoughts_sealed_here_come_out_as_what_they_were():
    (turn,) = read(reasoning("hm", encrypted_content=seal("anthropic", "thinking", "sig", None)))
    assert turn.parts == (Reasoning("hm", "sig", producer="anthropic", field="thinking"),)
    (turn,) = read(reasoning("hm", encrypted_content=seal("xai", "openai_responses", None, "e")))
    (part,) = turn.parts
    assert isinstance(part, Reasoning)
    assert (part.producer, part.encrypted, part.field) == ("xai", "e", "summary")


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("web_search_call", Role.ASSISTANT),
        ("local_shell_call", Role.ASSISTANT),
        ("item_reference", Role.ASSISTANT),
        ("local_shell_call_output", Role.USER),
        ("computer_call_output", Role.USER),
        ("mcp_approval_response", Role.USER),
    ],
)
def test_other_items_are_kept_whole(kind, role):
    (said,) = read({"type": kind, "id": "i", "x": 1})
    (part,) = said.parts
    assert isinstance(part, Opaque)
    assert (part.kind, said.role, said.items) == (kind, role, ("i",))


def test_what_is_beside_an_item_is_kept_but_that_it_is_complete():
    (turn,) = read(message("a", phase="commentary", status="completed"))
    assert turn.extensions["openai_responses"].keys() == {"parts[0].phase"}
    (turn,) = read(message("a", status="incomplete"))
    assert turn.extensions["openai_responses"].keys() == {"parts[0].status"}


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"role": "boss", "content": "x"}, "input[0].role"),
        ({"content": "x"}, "input[0].role"),
        ({"type": "function_call", "call_id": "c", "name": "f"}, "input[0].arguments"),
        ({"type": "function_call_output", "output": "x"}, "input[0].call_id"),
        (RESULT | {"output": [{"type": "refusal", "refusal": "x"}]}, "input[0].output[0]"),
    ],
)
def test_a_mistake_has_its_path(item, path):
    with pytest.raises(InvalidRequest) as caught:
        read(item)
    assert caught.value.path == path


def test_the_input_is_a_string_or_an_array():
    with pytest.raises(InvalidRequest, match="expected a string or an array"):
        parse(input=5)
