"""How the tests of this dialect talk: frames, streams, bodies and requests in few words."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
from tests.dialects.kept import assert_kept

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed
from understudy.chat.failure import Signal
from understudy.chat.grammar import Grammar
from understudy.chat.loss import Loss
from understudy.chat.request import Message, Request, Role
from understudy.dialects.anthropic_messages import DIALECT
from understudy.dialects.anthropic_messages.decoder import StreamDecoder, whole_decoder
from understudy.dialects.base import Decoded

OWN = "anthropic_messages."
ENDPOINT = Endpoint("anthropic_messages", "claude", "/v1/messages", "anthropic")
USAGE = {"input_tokens": 3, "output_tokens": 1}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": USAGE,
}
STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
PING = b'event: ping\ndata: {"type":"ping"}\n\n'


def dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def frame(kind: str, **fields) -> bytes:
    data = dump({"type": kind, **fields})
    return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"


def start(**fields) -> bytes:
    return frame("message_start", message={**MESSAGE, **fields})


def block(index: int, kind: str, **fields) -> bytes:
    return frame("content_block_start", index=index, content_block={"type": kind, **fields})


def delta(index: int, kind: str, **fields) -> bytes:
    return frame("content_block_delta", index=index, delta={"type": kind, **fields})


def stop(index: int) -> bytes:
    return frame("content_block_stop", index=index)


def text(index: int, *pieces: str) -> bytes:
    """A whole block of text."""
    said = [delta(index, "text_delta", text=piece) for piece in pieces]
    return b"".join([block(index, "text", text=""), *said, stop(index)])


def end(reason: str | None = "end_turn", *, usage: dict | None = None, **fields) -> bytes:
    said = {"stop_reason": reason, "stop_sequence": None, **fields}
    counted = {"output_tokens": 5} if usage is None else usage
    return frame("message_delta", delta=said, usage=counted) + STOP


def body(content: list, reason: str | None = "end_turn", **fields) -> bytes:
    return dump({**MESSAGE, "content": content, "stop_reason": reason, **fields})


def decoded(data: bytes, *, stream: bool = True, cuts: Sequence[int] = ()) -> list[Event]:
    """Decode, cut at the given places; the bytes must come out as they went in."""
    decoder = StreamDecoder() if stream else whole_decoder()
    places = [0, *sorted(cuts), len(data)]
    found: list[Decoded] = []
    for first, last in pairwise(places):
        found += decoder.receive_data(data[first:last])
    found += decoder.receive_eof()
    assert_kept(found, data)
    events = [event for item in found for event in item.events]
    grammar = Grammar()
    for event in events:
        grammar.receive(event)
    assert grammar.complete
    return events


def failed(data: bytes, *, stream: bool = True) -> Signal:
    last = decoded(data, stream=stream)[-1]
    assert isinstance(last, Failed), last
    return last.signal


def said(events: Sequence[Event], *, stream: bool) -> tuple[bytes, list[Loss]]:
    """What a client hears of events, and what it does not."""
    encoder = DIALECT.encoder(Request("asked", (), stream=stream))
    return b"".join(encoder.send(event) for event in events), encoder.losses


def frames(data: bytes) -> list[dict]:
    return [json.loads(line[6:]) for line in data.splitlines() if line.startswith(b"data: ")]


def parsed(**fields) -> Request:
    """Read a request of one question and `fields`."""
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    return DIALECT.parse_request(dump({**asked, **fields}))


def spoken(*messages: dict) -> tuple[Message, ...]:
    return parsed(messages=list(messages)).messages


def request(*parts, role: Role = Role.USER, **fields) -> Request:
    """A neutral request of one message."""
    return Request("m", (Message(role, parts),), **fields)


def built(asked: Request, endpoint: Endpoint = ENDPOINT) -> tuple[dict, set[str]]:
    """The body written for an endpoint, and the tokens of its losses."""
    written, losses = DIALECT.build_request(asked, endpoint)
    return json.loads(written.body), {loss.token for loss in losses}


def value(found: msgspec.Raw | None) -> Any:
    """What JSON that was kept byte for byte says."""
    return None if found is None else json.loads(bytes(found))


def raw(given: object) -> msgspec.Raw:
    return msgspec.Raw(dump(given))
