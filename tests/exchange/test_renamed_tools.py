"""A tool whose name the next provider refuses: asked for in other words, called by its own name."""

from typing import Any

import msgspec
import pytest

from tests.exchange.stage import JSON, SSE, target, whole
from tests.exchange.test_wishes import ANSWER, asked
from tests.play import check_invariants
from understudy.exchange.messages import UpstreamConnected, UpstreamRead
from understudy.routing.topology import OnLoss

BODY = {
    "model": "r",
    "messages": [{"role": "user", "content": "weather?"}],
    "tools": [{"type": "function", "function": {"name": "ns.look", "parameters": {}}}],
}
CALL = {"type": "tool_use", "id": "c1", "name": "ns_look", "input": {"a": 1}}
EVENTS = (
    {"type": "message_start", "message": {**ANSWER, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {**CALL, "input": {}}},
    {
        "type": "content_block_delta", "index": 0,
        "delta": {"type": "input_json_delta", "partial_json": "{}"},
    },
    {"type": "content_block_stop", "index": 0},
)  # fmt: skip


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_a_call_has_the_name_that_the_client_gave(stream: bool) -> None:
    claude = target("claude", "anthropic_messages")
    stage = asked(OnLoss.WARN, claude, body={**BODY, "stream": stream})
    tools: Any = stage.request(1)["tools"]
    assert tools[0]["name"] == "ns_look"
    if stream:
        lines = [f"event: {e['type']}\ndata: {msgspec.json.encode(e).decode()}\n\n" for e in EVENTS]
        stage.tell(UpstreamConnected(1), UpstreamRead(1, SSE, "".join(lines).encode()))
        assert b'"name":"ns.look"' in stage.sent()
        return
    answer = {**ANSWER, "content": [CALL], "stop_reason": "tool_use"}
    whole(stage, 1, JSON, msgspec.json.encode(answer))
    message = msgspec.json.decode(stage.sent())["choices"][0]["message"]
    assert message["tool_calls"][0]["function"]["name"] == "ns.look"
    check_invariants(stage.commands)
