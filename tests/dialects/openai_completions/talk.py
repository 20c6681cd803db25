"""What the tests of this dialect say, and how they listen."""

import json
from typing import Any

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.openai_completions import DIALECT
from understudy.dialects.openai_completions.schema import NAME
from understudy.wire.http import ResponseHead

ENDPOINT = Endpoint(NAME, "gpt-3.5-turbo-instruct", "/v1/completions", "openai")
OK = ResponseHead(200, ())
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def body(*choices: dict[str, Any], **fields: object) -> dict[str, Any]:
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1589478378, "model": "m"}
    return {**head, "choices": list(choices), **fields}


def choice(text: str = "", finish: str | None = None, index: int = 0, **fields: object) -> Any:
    return {"text": text, "index": index, "logprobs": None, "finish_reason": finish, **fields}


def chunk(*choices: dict[str, Any], **fields: object) -> bytes:
    return b"data: %b\n\n" % dump(body(*choices, **fields))


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
    return dump({"model": "m", "prompt": "Say this is a test", **fields})


def parsed(**fields: object) -> Request:
    return DIALECT.parse_request(asked(**fields))


def built(request: Request, endpoint: Endpoint = ENDPOINT) -> tuple[dict[str, Any], list[str]]:
    written, losses = DIALECT.build_request(request, endpoint)
    return json.loads(written.body), sorted(map(_token, losses))


def _token(loss: Loss) -> str:
    return loss.token
