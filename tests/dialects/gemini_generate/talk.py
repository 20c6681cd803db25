"""What the tests of this dialect say, and how they listen."""

import json
from typing import Any

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.gemini_generate import DIALECT
from understudy.dialects.gemini_generate.schema import NAME
from understudy.wire.http import ResponseHead

PATH = "/v1beta/models/{model}:generateContent"
ENDPOINT = Endpoint(NAME, "gemini-2.5-flash", PATH, "gemini")
VERTEX = Endpoint(NAME, "gemini-2.5-flash", PATH, "vertex")
OK = ResponseHead(200, ())
ASKED_AT = "/v1beta/models/gemini-2.5-flash:generateContent"
STREAMED_AT = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def chunk(*parts: dict[str, Any], reason: str | None = None, **fields: object) -> dict[str, Any]:
    """As the example in ai.google.dev/api/generate-content, "GenerateContentResponse"."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = reason
    said = {"candidates": [candidate], "modelVersion": "gemini-2.5-flash", "responseId": "r1"}
    return {**said, **fields}


def end(reason: str = "STOP", **fields: object) -> dict[str, Any]:
    usage = {"promptTokenCount": 7, "candidatesTokenCount": 9, "totalTokenCount": 16}
    return chunk({"text": ""}, reason=reason, usageMetadata=usage, **fields)


def text(words: str) -> dict[str, Any]:
    return chunk({"text": words})


def sse(*chunks: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + dump(each) + b"\r\n\r\n" for each in chunks)


def events(data: bytes, *, stream: bool = True, head: ResponseHead = OK) -> list[Event]:
    decoder = DIALECT.decoder(head, stream=stream)
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


def said(*chunks: dict[str, Any]) -> list[Event]:
    return events(sse(*chunks))


def flag(data: bytes, *, stream: bool = True) -> str | None:
    """Of the failure that the bytes end in."""
    last = events(data, stream=stream)[-1]
    assert isinstance(last, Failed), last
    return last.signal.flag


def asked(**fields: object) -> bytes:
    return dump({"contents": [{"role": "user", "parts": [{"text": "why?"}]}], **fields})


def parsed(path: str = ASKED_AT, **fields: object) -> Request:
    return DIALECT.parse_request(asked(**fields), path)


def built(request: Request, endpoint: Endpoint = ENDPOINT) -> tuple[dict[str, Any], list[Loss]]:
    written, losses = DIALECT.build_request(request, endpoint)
    return json.loads(written.body), list(losses)


def again(body: bytes, endpoint: Endpoint = ENDPOINT) -> tuple[dict[str, Any], list[str]]:
    """A request read and written again, and what got lost."""
    found, losses = built(DIALECT.parse_request(body, ASKED_AT), endpoint)
    return found, [loss.token for loss in losses]
