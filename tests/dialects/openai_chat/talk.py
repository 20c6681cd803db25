"""How the tests of this dialect talk: chunks, streams, bodies and requests in few words."""

import json
from collections.abc import Sequence
from itertools import pairwise

from tests.dialects.kept import assert_kept

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed
from understudy.chat.failure import Signal
from understudy.chat.grammar import Grammar
from understudy.chat.request import Message, Request, Role
from understudy.dialects.base import Decoded
from understudy.dialects.openai_chat import DIALECT
from understudy.dialects.openai_chat.decoder import StreamDecoder, whole_decoder

DONE = b"data: [DONE]\n\n"
STOP = {"finish_reason": "stop"}


def dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def chunk(delta: object = None, *, index: int = 0, choice: dict | None = None, **fields) -> bytes:
    """One chunk; `choice` adds fields beside the delta, `fields` at the top."""
    said = {"index": index, "delta": {} if delta is None else delta, "finish_reason": None}
    top = {"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m"}
    return frame({**top, "choices": [{**said, **(choice or {})}], **fields})


def bare(**fields) -> bytes:
    """A chunk without any choice."""
    return frame({"id": "c1", "created": 7, "model": "m", "choices": [], **fields})


def frame(value: object) -> bytes:
    return b"data: " + dump(value) + b"\n\n"


def end(reason: str = "stop", **choice) -> bytes:
    return chunk(choice={"finish_reason": reason, **choice})


def body(message: dict, finish: object = "stop", *, choice: dict | None = None, **fields) -> bytes:
    said = {
        "index": 0,
        "message": {"role": "assistant", **message},
        "finish_reason": finish,
        **(choice or {}),
    }
    top = {"id": "c1", "object": "chat.completion", "created": 7, "model": "m"}
    return dump({**top, "choices": [said], **fields})


def decoded(data: bytes, *, stream: bool, cuts: Sequence[int] = (), hide: bool = False):
    """Decode, cut at the given places; the bytes must come out as they went in."""
    decoder = StreamDecoder(hide_usage=hide) if stream else whole_decoder()
    places = [0, *sorted(cuts), len(data)]
    found: list[Decoded] = []
    for start, stop in pairwise(places):
        if start < stop:
            found += decoder.receive_data(data[start:stop])
    found += decoder.receive_eof()
    assert_kept(found, data)
    return found


def events(data: bytes, *, stream: bool, cuts: Sequence[int] = ()) -> list[Event]:
    """What bytes say; checked against the grammar."""
    found = [event for item in decoded(data, stream=stream, cuts=cuts) for event in item.events]
    grammar = Grammar()
    for event in found:
        grammar.receive(event)
    assert grammar.complete
    return found


def streamed(*frames: bytes) -> list[Event]:
    return events(b"".join(frames), stream=True)


def whole(data: bytes) -> list[Event]:
    return events(data, stream=False)


def failure(found: Sequence[Event]) -> Signal:
    last = found[-1]
    assert isinstance(last, Failed), last
    return last.signal


def asked(**fields) -> bytes:
    """A request's body: one user message, unless `messages` are given."""
    return dump({"model": "m", "messages": [{"role": "user", "content": "hi"}], **fields})


def parsed(**fields) -> Request:
    return DIALECT.parse_request(asked(**fields))


def message(**fields) -> Message:
    """One message as it is read, after a user's."""
    before = [{"role": "user", "content": "hi"}]
    return parsed(messages=[*before, fields]).messages[1]


def endpoint(**fields) -> Endpoint:
    return Endpoint("openai_chat", "target-model", "/v1/chat/completions", "lab", **fields)


def request(*messages: Message, **fields) -> Request:
    return Request("m", messages or (Message(Role.USER, ()),), **fields)


def built(made: Request, target: Endpoint | None = None) -> tuple[dict, set[str]]:
    """The body as written, and the paths of what was lost."""
    written, losses = DIALECT.build_request(made, target or endpoint())
    return json.loads(written.body), {loss.token for loss in losses}
