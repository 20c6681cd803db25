"""What the tests of this dialect say, and how they listen."""

import json
from typing import Any

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.cohere_chat import DIALECT
from understudy.dialects.cohere_chat.schema import NAME
from understudy.wire.http import ResponseHead

ENDPOINT = Endpoint(NAME, "command-a-03-2025", "/v2/chat", "cohere")
OK = ResponseHead(200, ())
USAGE = {
    "billed_units": {"input_tokens": 5, "output_tokens": 418},
    "tokens": {"input_tokens": 71, "output_tokens": 418},
    "cached_tokens": 16,
}


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def frame(kind: str, **fields: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), dump({"type": kind, **fields}))


def said(kind: str, index: int | None = None, **message: object) -> bytes:
    at = {} if index is None else {"index": index}
    return frame(kind, **at, delta={"message": message})


def start(id_: str = "29f1") -> bytes:
    message = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}
    return frame("message-start", id=id_, delta={"message": message})


def block(kind: str = "text", index: int = 0) -> bytes:
    return said("content-start", index, content={"type": kind, kind: ""})


def words(text: str, index: int = 0, kind: str = "text") -> bytes:
    return said("content-delta", index, content={kind: text})


def stop(index: int = 0) -> bytes:
    return frame("content-end", index=index)


def end(finish: str = "COMPLETE", **fields: object) -> bytes:
    return frame("message-end", delta={"finish_reason": finish, "usage": USAGE, **fields})


DONE = b"data: [DONE]\n\n"


def call(index: int, id_: str, name: str, *pieces: str) -> bytes:
    function = {"name": name, "arguments": ""}
    begin = {"id": id_, "type": "function", "function": function}
    return b"".join(
        (
            said("tool-call-start", index, tool_calls=begin),
            *(
                said("tool-call-delta", index, tool_calls={"function": {"arguments": piece}})
                for piece in pieces
            ),
            frame("tool-call-end", index=index),
        )
    )


def events(data: bytes, *, stream: bool = True) -> list[Event]:
    decoder = DIALECT.decoder(OK, stream=stream)
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


def flag(data: bytes, *, stream: bool = True) -> str | None:
    """Of the failure that the bytes end in."""
    last = events(data, stream=stream)[-1]
    assert isinstance(last, Failed), last
    return last.signal.flag


def asked(**fields: object) -> bytes:
    messages = [{"role": "user", "content": "why is the sky blue?"}]
    return dump({"model": "command-a-03-2025", "messages": messages, **fields})


def parsed(**fields: object) -> Request:
    return DIALECT.parse_request(asked(**fields))


def built(request: Request, endpoint: Endpoint = ENDPOINT) -> tuple[dict[str, Any], list[Loss]]:
    written, losses = DIALECT.build_request(request, endpoint)
    return json.loads(written.body), list(losses)
