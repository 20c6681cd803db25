"""How the tests of this dialect talk: events, streams, bodies and requests in few words."""

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from tests.dialects.kept import assert_kept

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed
from understudy.chat.failure import Signal
from understudy.chat.grammar import Grammar
from understudy.chat.loss import Loss
from understudy.chat.request import Message, Request, Role
from understudy.dialects.openai_responses import DIALECT
from understudy.dialects.openai_responses.decoder import StreamDecoder, whole_decoder

ENDPOINT = Endpoint("openai_responses", "m", "/v1/responses", "openai")
ID = "resp_0123456789abcdef"
USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 15,
}


def dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def frame(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\n".encode() + b"data: " + dump({"type": kind, **fields}) + b"\n\n"


def response(*output: object, status: str = "completed", **fields: object) -> dict[str, Any]:
    top = {"id": ID, "object": "response", "created_at": 7, "model": "m", "status": status}
    return {**top, "output": list(output), "error": None, **fields}


def created() -> bytes:
    return frame("response.created", response=response(status="in_progress"))


def completed(*output: object, status: str = "completed", **fields: object) -> bytes:
    return frame(f"response.{status}", response=response(*output, status=status, **fields))


def message(*texts: str, id_: str = "msg_1", **fields: object) -> dict[str, Any]:
    parts = [output_text(text) for text in texts]
    return {"id": id_, "type": "message", "role": "assistant", "content": parts, **fields}


def output_text(text: str, *annotations: object) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": list(annotations)}


def call(name: str, arguments: str, id_: str = "call_1", **fields: object) -> dict[str, Any]:
    said = {"call_id": id_, "name": name, "arguments": arguments, "status": "completed"}
    return {"id": f"fc_{id_}", "type": "function_call", **said, **fields}


def reasoning(*summary: str, id_: str = "rs_1", **fields: object) -> dict[str, Any]:
    parts = [{"type": "summary_text", "text": text} for text in summary]
    return {"id": id_, "type": "reasoning", "summary": parts, **fields}


def decode(data: bytes, *, stream: bool, cuts: Sequence[int] = ()) -> list[Event]:
    """Decode, cut at the given places; the bytes must come out as they went in."""
    decoder = StreamDecoder() if stream else whole_decoder()
    places = [0, *sorted(cuts), len(data)]
    items = [item for a, b in pairwise(places) for item in decoder.receive_data(data[a:b])]
    items += decoder.receive_eof()
    assert_kept(items, data)
    found = [event for item in items for event in item.events]
    grammar = Grammar()
    for event in found:
        grammar.receive(event)
    assert grammar.complete
    return found


def streamed(*frames: bytes) -> list[Event]:
    return decode(b"".join(frames), stream=True)


def whole(body: object) -> list[Event]:
    return decode(body if isinstance(body, bytes) else dump(body), stream=False)


def failure(events: Iterable[Event]) -> Signal:
    *_, last = events
    assert isinstance(last, Failed), last
    return last.signal


def encoded(
    events: Iterable[Event], *, stream: bool, request: Request | None = None
) -> tuple[bytes, list[Loss]]:
    asked = request or Request("m", (), stream=stream)
    encoder = DIALECT.encoder(asked)
    return b"".join([encoder.send(event) for event in events]), encoder.losses


def frames(data: bytes) -> list[dict[str, Any]]:
    """The data of all frames."""
    return [json.loads(each.partition(b"data: ")[2]) for each in data.split(b"\n\n") if each]


def parse(*items: object, **fields: object) -> Request:
    body: dict[str, object] = {"model": "m", **fields}
    if items:
        body["input"] = items[0] if isinstance(items[0], str) else list(items)
    return DIALECT.parse_request(dump(body))


def build(request: Request, endpoint: Endpoint = ENDPOINT) -> tuple[dict[str, Any], list[str]]:
    """The body that is written, and the paths of what is lost."""
    written, losses = DIALECT.build_request(request, endpoint)
    return json.loads(written.body), [loss.token for loss in losses]


def asks(*messages: Message, **fields: Any) -> Request:
    return Request("m", messages or (Message(Role.USER, ()),), **fields)
