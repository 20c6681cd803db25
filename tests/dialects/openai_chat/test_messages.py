import pytest
from tests.dialects.openai_chat.talk import message, parsed

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Audio,
    CacheHint,
    Image,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Message, Role

REFUSAL = {"type": "refusal", "refusal": "x"}
NAMELESS = {"id": "a", "function": {}}


def kept(made: Message) -> set[str]:
    return set(made.extensions.get("openai_chat", {}))


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant"])
def test_roles_are_read(role):
    made = message(role=role, content="x", name="bob")
    assert (made.role, made.parts, made.name) == (Role(role), (Text("x"),), "bob")


def test_an_assistant_says_many_things():
    made = message(
        role="assistant",
        content="x",
        reasoning_content="hm",
        refusal="no",
        audio={"id": "au"},
        tool_calls=[
            {
                "id": "a",
                "type": "function",
                "function": {"name": "f", "arguments": "{}"},
                "index": 0,
            },
            {"id": "b", "type": "custom", "custom": {"name": "sh", "input": "ls"}},
        ],
        prefix=True,
    )
    assert made.parts == (
        Reasoning("hm", field="reasoning_content"),
        Text("x"),
        Refusal("no"),
        Audio(id="au"),
        ToolCall("a", "f", "{}"),
        ToolCall("b", "sh", "ls", is_custom=True),
    )
    assert kept(made) == {"prefix"}


def test_an_assistant_may_say_nothing_but_calls():
    calls = [{"id": "a", "function": {"name": "f", "arguments": {"x": 1}}}]
    made = message(role="assistant", content=None, tool_calls=calls)
    assert made.parts == (ToolCall("a", "f", '{"x":1}'),)


def test_fields_of_a_call_are_kept_with_the_message():
    calls = [{"id": "a", "function": {"name": "f"}, "extra_content": {"x": 1}}]
    assert kept(message(role="assistant", tool_calls=calls)) == {"tool_calls[0].extra_content"}


def test_a_result_is_read():
    made = message(role="tool", tool_call_id="a", name="f", content="42", cache_control={})
    assert made.role is Role.TOOL
    assert made.parts == (ToolResult("a", (Text("42"),), "f", cache=CacheHint()),)
    pieces = [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "u"}}]
    made = message(role="tool", tool_call_id="a", content=pieces)
    assert made.parts == (ToolResult("a", (Text("x"), Image(Url("u")))),)


def test_legacy_calls_and_results_find_each_other():
    call = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    result = {"role": "function", "name": "f", "content": "42"}
    request = parsed(messages=[{"role": "user", "content": "hi"}, call, result])
    assert request.messages[1].parts == (ToolCall("call_1", "f", "{}"),)
    assert request.messages[2].parts == (ToolResult("call_1", (Text("42"),), "f"),)
    assert request.legacy_functions


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"reasoning": "hm"}, (Reasoning("hm", field="reasoning"),)),
        (
            {
                "reasoning": "hm",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "lab"},
                    {"type": "reasoning.encrypted", "data": "d", "id": "r"},
                ],
            },
            (
                Reasoning("hm", "s", None, "lab", "reasoning_details"),
                Reasoning("", None, "d", None, "reasoning_details", "r"),
            ),
        ),
        (
            {"reasoning_content": "hm", "reasoning_details": [{"signature": "s", "format": "lab"}]},
            (Reasoning("hm", "s", None, "lab", "reasoning_details"),),
        ),
        ({"reasoning": None, "reasoning_content": None}, ()),
    ],
)
def test_thoughts_are_read_in_every_spelling(fields, parts):
    assert message(role="assistant", content="x", **fields).parts == (*parts, Text("x"))


def test_text_that_the_details_do_not_repeat_is_kept():
    made = message(
        role="assistant", content="x", reasoning="one", reasoning_details=[{"text": "two"}]
    )
    assert made.parts[0] == Reasoning("two", field="reasoning_details")
    assert kept(made) == {"reasoning"}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"role": "robot", "content": "x"}, "role"),
        ({"content": "x"}, "role"),
        ({"role": "user", "content": 5}, "content"),
        ({"role": "tool", "content": "x"}, "tool_call_id"),
        ({"role": "function", "content": "x"}, "name"),
        (
            {"role": "tool", "tool_call_id": "a", "content": [{"type": "refusal", "refusal": "x"}]},
            "content[0]",
        ),
        ({"role": "assistant", "tool_calls": [{}]}, "tool_calls[0].id"),
        ({"role": "assistant", "tool_calls": [{"id": "a"}]}, "tool_calls[0].function"),
        (
            {"role": "assistant", "tool_calls": [{"id": "a", "function": {}}]},
            "tool_calls[0].function.name",
        ),
        ({"role": "assistant", "tool_calls": [{"id": "a", "type": "x"}]}, "tool_calls[0].type"),
        ({"role": "assistant", "audio": {}}, "audio.id"),
        ({"role": "assistant", "function_call": {}}, "function_call.name"),
    ],
)
def test_what_is_wrong_is_refused_with_its_path(fields, path):
    with pytest.raises(InvalidRequest) as caught:
        message(**fields)
    assert caught.value.path == f"messages[1].{path}"
