"""Errors that are one sentence under one name: `{"message": "..."}`, `{"detail": "..."}`.

Sources: Cohere API reference, "Errors"; Voyage AI, "Error codes"; FastAPI, "Handling errors" (its
`detail` may be a list of what is wrong where), August 2026. Stability AI, "REST API v2beta", and
`handle_exception` in AUTOMATIC1111's modules/api/api.py, November 2026.
"""

import msgspec

from understudy.chat.failure import Failure, Signal, Surface
from understudy.dialects.cohere_chat import DIALECT as COHERE
from understudy.dialects.complaints import (
    hinted,
    is_refused,
    plain,
    short,
    status_of,
    waiting,
    word,
)
from understudy.dialects.operation import ErrorShape
from understudy.wire.http import Headers, ResponseHead

_decode = msgspec.json.Decoder().decode
_STABILITY = {
    401: "unauthorized",
    404: "not_found",
    413: "payload_too_large",
    429: "rate_limit_exceeded",
}
_NAMES = ("message", "detail", "error", "errors", "msg")


def parse_failure(head: ResponseHead, body: bytes) -> Signal:
    """Read a non-2xx answer. Never raises."""
    return hinted(read_error(body), head)


def read_error(body: bytes) -> Signal:
    """What an error body says, under whichever name."""
    try:
        tree = _decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return Signal(Surface.HTTP, message=plain(body))
    outer = tree if isinstance(tree, dict) else {}
    code = word(outer.get("code"))
    kind = word(outer.get("type")) or word(outer.get("name"))
    said: object = tree
    for _ in range(3):  # an object in a list in an object
        if isinstance(said, list) and said:
            said = said[0]
        if isinstance(said, dict):
            inner: dict[str, object] = said
            code = code or word(inner.get("code"))
            kind = kind or word(inner.get("type"))
            said = next((inner[name] for name in _NAMES if inner.get(name)), "")
    message = short(said) if isinstance(said, str) else plain(body)
    return Signal(Surface.HTTP, code=code, type=kind, message=message)


def render_detail(failure: Failure) -> tuple[int, Headers, bytes]:
    """As Jina and Voyage have them."""
    return _rendered(failure, {"detail": failure.message})


def render_exception(failure: Failure) -> tuple[int, Headers, bytes]:
    """As AUTOMATIC1111 has them: what FastAPI raised, and its words twice."""
    words = failure.message
    body = {"error": "HTTPException", "detail": words, "body": "", "errors": words}
    return _rendered(failure, body)


def render_errors(failure: Failure) -> tuple[int, Headers, bytes]:
    """As Stability AI has them: an id, a name, and a list of sentences."""
    status = status_of(failure)
    name = _STABILITY.get(status, "bad_request" if status < 500 else "internal_error")
    if is_refused(failure):
        name = "content_moderation"
    body = {"id": failure.request_id or "", "name": name, "errors": [failure.message]}
    return _rendered(failure, body)


def _rendered(failure: Failure, body: object) -> tuple[int, Headers, bytes]:
    headers: Headers = ((b"content-type", b"application/json"), *waiting(failure))
    return status_of(failure), headers, msgspec.json.encode(body)


ERRORS_ERRORS = ErrorShape(parse_failure, render_errors)
EXCEPTION_ERRORS = ErrorShape(parse_failure, render_exception)
DETAIL_ERRORS = ErrorShape(parse_failure, render_detail)
COHERE_ERRORS = ErrorShape(parse_failure, COHERE.render_failure)
"""Cohere says the same of all operations; what hosts of its models say may be anything."""
