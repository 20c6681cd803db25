"""Chat completions in the envelope."""

from tests.dialects.bedrock_invoke.bodies import CALL, request, streamed, texts, whole

from understudy.chat.request import Choice

ASKED = {
    "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
    "max_tokens": 9,
    "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
    "tool_choice": "any",
}


def test_a_request_is_read_as_any_chat() -> None:
    asked = request(ASKED)
    assert [text for _, text in texts(asked.messages)] == ["be brief", "hi"]
    assert asked.tool_choice is not None
    assert (asked.max_output_tokens, asked.tool_choice.mode) == (9, Choice.REQUIRED)
    assert request({**ASKED, "stream": False}, stream=True).stream


def test_why_it_ended_is_said_by_both_names() -> None:
    (choice,) = whole(request(ASKED))["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("hi there", "stop")
    assert choice["stop_reason"] == "stop"
    events = streamed(request(ASKED, stream=True))
    assert "".join(each["choices"][0]["delta"].get("content", "") for each in events) == "hi there"
    assert events[-1]["choices"][0]["stop_reason"] == "stop"
    assert "stop_reason" not in events[1]["choices"][0]


def test_calls_are_said_in_pieces() -> None:
    (call,) = whole(request(ASKED), CALL)["choices"][0]["message"]["tool_calls"]
    assert call["function"] == {"name": "look", "arguments": '{"at":1}'}
    assert (
        streamed(request(ASKED, stream=True), CALL)[-1]["choices"][0]["finish_reason"]
        == "tool_calls"
    )
