"""Anthropic Messages, as the `anthropic` package hears it."""

from typing import Any

import anthropic
import httpx2
from tests.dialects.recordings import exchanges
from tests.dialects.tongues.heard import ASKED, Heard, Player, Tongue, expected, loads, used
from tests.dialects.validity import valid_anthropic

from understudy.chat.events import StopReason
from understudy.chat.response import Piece, Response
from understudy.dialects.anthropic_messages.ids import clean_id

STOPS = {
    StopReason.END: "end_turn",
    StopReason.LENGTH: "max_tokens",
    StopReason.STOP_SEQUENCE: "stop_sequence",
    StopReason.TOOL_CALLS: "tool_use",
    StopReason.REFUSAL: "refusal",
    StopReason.PAUSE: "pause_turn",
}

PLAYER = Player()
CLIENT = anthropic.Anthropic(
    api_key="none",
    max_retries=0,
    http_client=httpx2.Client(transport=httpx2.MockTransport(PLAYER.new)),
)


def hear(kind: str, body: bytes, stream: bool) -> Heard:
    PLAYER.plays(kind, body)
    if stream:
        with CLIENT.messages.stream(model="m", max_tokens=9, messages=ASKED) as heard:
            cut = _cut_short(list(heard))
            message: Any = heard.get_final_message()
    else:
        cut = {}
        message = CLIENT.messages.create(model="m", max_tokens=9, messages=ASKED)
    blocks = message.content
    return Heard(
        text="".join(block.text for block in blocks if block.type == "text"),
        thoughts="".join(block.thinking for block in blocks if block.type == "thinking"),
        calls=[
            (each.id, each.name, cut.get(number, each.input))
            for number, each in enumerate(blocks)
            if each.type == "tool_use"
        ],
        stop=message.stop_reason,
        usage={
            "input": message.usage.input_tokens,
            "read": message.usage.cache_read_input_tokens,
            "written": message.usage.cache_creation_input_tokens,
            "output": message.usage.output_tokens,
        },
    )


def _cut_short(events: list[Any]) -> dict[int, str]:
    """Inputs that a limit cut short, as they came: the client's own message has what it guesses."""
    given: dict[int, str] = {}
    for event in events:
        if event.type == "content_block_delta" and event.delta.type == "input_json_delta":
            given[event.index] = given.get(event.index, "") + event.delta.partial_json
    return {number: text for number, text in given.items() if loads(text) == text}


def expect(response: Response) -> Heard:
    usage = used(response)
    counts: dict[str, int | None] = {
        "input": usage.input_tokens,
        "read": usage.cache_read_tokens,
        "written": usage.cache_write_tokens,
        "output": usage.output_tokens,
    }
    return expected(response, STOPS, counts, _call_id)


def _call_id(piece: Piece) -> str:
    return clean_id(piece.start.id or "")


TONGUE = Tongue(
    "anthropic_messages",
    hear,
    expect,
    valid_anthropic,
    "/v1/messages",
    exchanges("messages", frozenset({"anthropic"})),
)
