"""What the tests of this dialect say, and how they listen."""

import json
from typing import Any

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.ollama_chat import DIALECT
from understudy.dialects.ollama_chat.schema import NAME
from understudy.wire.http import ResponseHead

ENDPOINT = Endpoint(NAME, "llama3.2", "/api/chat", "ollama")
OK = ResponseHead(200, ())
AT = "2026-08-07T06:08:46.460387Z"


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def line(message: dict[str, Any] | None = None, **fields: object) -> bytes:
    said = {"model": "llama3.2", "created_at": AT, "message": message or {}, "done": False}
    return dump({**said, **fields}) + b"\n"


def text(words: str) -> bytes:
    return line({"role": "assistant", "content": words})


def end(**fields: object) -> bytes:
    """The last line of the example in docs/api.md, "Generate a chat completion"."""
    counts = {"prompt_eval_count": 26, "eval_count": 282, "total_duration": 4883583458}
    said = {"done_reason": "stop", "done": True, **counts, **fields}
    return line({"role": "assistant", "content": ""}, **said)


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
    return dump({"model": "llama3.2", "messages": messages, **fields})


def parsed(**fields: object) -> Request:
    return DIALECT.parse_request(asked(**fields))


def built(request: Request, endpoint: Endpoint = ENDPOINT) -> tuple[dict[str, Any], list[Loss]]:
    written, losses = DIALECT.build_request(request, endpoint)
    return json.loads(written.body), list(losses)
