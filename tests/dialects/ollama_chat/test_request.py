"""Requests, bytes to the neutral model and back."""

import pytest
from tests.dialects.ollama_chat.talk import asked, built, dump, parsed

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import Image, Inline, Text, ToolCall, ToolResult
from understudy.chat.request import Format, ReasoningConfig, Role
from understudy.dialects.ollama_chat import DIALECT

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
FUNCTION = {"name": "weather", "description": "d", "parameters": {"type": "object"}}


def test_options_are_what_others_call_sampling() -> None:
    options = {
        "temperature": 0.5,
        "top_k": 40,
        "repeat_penalty": 1.1,
        "seed": 7,
        "num_predict": 50,
        "stop": "END",
        "num_ctx": 4096,
    }
    request = parsed(options=options)
    assert request.sampling.temperature == 0.5
    assert request.sampling.repetition_penalty == 1.1
    assert (request.max_output_tokens, request.stop) == (50, ("END",))
    body, losses = built(request)
    assert losses == []
    assert body["options"] == {**options, "stop": ["END"]}


def test_a_stream_is_the_default() -> None:
    assert parsed().stream
    assert not parsed(stream=False).stream
    assert "stream" not in built(parsed())[0]
    assert built(parsed(stream=False))[0]["stream"] is False


@pytest.mark.parametrize("limit", [-1, -2])
def test_no_limit_is_no_limit(limit: int) -> None:
    assert parsed(options={"num_predict": limit}).max_output_tokens is None


def test_formats() -> None:
    assert parsed(format="").response_format is None
    wanted = parsed(format="json").response_format
    assert wanted is not None
    assert wanted.kind is Format.JSON
    schema = {"type": "object"}
    wanted = parsed(format=schema).response_format
    assert wanted is not None
    assert wanted.kind is Format.SCHEMA
    assert built(parsed(format=schema))[0]["format"] == schema
    assert built(parsed(format="json"))[0]["format"] == "json"


@pytest.mark.parametrize(
    ("think", "config"),
    [
        (True, ReasoningConfig(enabled=True)),
        (False, ReasoningConfig(enabled=False)),
        ("high", ReasoningConfig(enabled=True, effort="high")),
    ],
)
def test_thinking(think: object, config: ReasoningConfig) -> None:
    request = parsed(think=think)
    assert request.reasoning == config
    assert built(request)[0]["think"] == think


def test_pictures_are_known_by_how_they_begin() -> None:
    messages = [{"role": "user", "content": "what?", "images": [PNG, "/9j/4AAQ"]}]
    (message,) = parsed(messages=messages).messages
    assert message.parts == (
        Text("what?"),
        Image(Inline("image/png", PNG)),
        Image(Inline("image/jpeg", "/9j/4AAQ")),
    )
    assert built(parsed(messages=messages))[0]["messages"] == messages


def test_results_find_their_calls_by_name_or_by_order() -> None:
    names = ("f", "g", "f")
    calls = [{"function": {"name": name, "arguments": dict[str, int]()}} for name in names]
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "content": "1", "tool_name": "g"},
        {"role": "tool", "content": "2"},
        {"role": "tool", "content": "3"},
        {"role": "tool", "content": "4"},
    ]
    request = parsed(messages=messages)
    made = [part.id for part in request.messages[1].parts if isinstance(part, ToolCall)]
    assert made == ["call_1_0", "call_1_1", "call_1_2"]
    results = [part for message in request.messages[2:] for part in message.parts]
    assert [part.call_id for part in results if isinstance(part, ToolResult)] == [
        "call_1_1",
        "call_1_0",
        "call_1_2",
        "",
    ]
    body, losses = built(request)
    assert losses == []
    assert DIALECT.parse_request(dump(body)).messages[:5] == request.messages[:5]


def test_tools() -> None:
    tools = [{"type": "function", "function": FUNCTION}]
    request = parsed(tools=tools)
    assert built(request) == ({**built(parsed())[0], "tools": tools}, [])


def test_unknown_fields_travel_with_the_request() -> None:
    body, losses = built(parsed(keep_alive="5m", truncate=True))
    assert losses == []
    assert (body["keep_alive"], body["truncate"]) == ("5m", True)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "images": [7]}]}, "messages.0.images"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages.0.content"),
        ({"options": {"temperature": "hot"}}, "options.temperature"),
        ({"options": {"stop": 7}}, "options.stop"),
        ({"format": 7}, "format"),
        ({"think": 7}, "think"),
        ({"tools": [{"type": "function"}]}, "tools.0.function"),
        ({"model": 7}, "model"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parsed(**fields)
    assert caught.value.path == path


def test_arguments_are_an_object() -> None:
    call = {"function": {"name": "f", "arguments": "{}"}}
    with pytest.raises(InvalidRequest) as caught:
        parsed(messages=[{"role": "assistant", "content": "", "tool_calls": [call]}])
    assert caught.value.path == "messages.0.tool_calls.0.function.arguments"


def test_a_tool_without_a_call_keeps_what_it_names() -> None:
    messages = [{"role": "tool", "content": "x", "tool_name": "f", "tool_call_id": "id"}]
    (message,) = parsed(messages=messages).messages
    assert message.role is Role.TOOL
    assert message.parts == (ToolResult("id", (Text("x"),), name="f"),)


def test_depth_is_bounded() -> None:
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(asked()[:-1] + b',"format":' + b"[" * 100_000 + b"}")
