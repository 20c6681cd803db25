"""Errors that are one sentence under one name: `{"message": "..."}`, `{"detail": "..."}`.

Sources: Cohere API reference, "Errors"; Voyage AI, "Error codes"; FastAPI, "Handling errors" (its
`detail` may be a list of what is wrong where), August 2026.
"""

import msgspec

from understudy.chat.failure import Failure, Signal, Surface
from understudy.dialects.complaints import hinted, plain, short, status_of, waiting, word
from understudy.dialects.operation import ErrorShape
from understudy.wire.http import Headers, ResponseHead

_decode = msgspec.json.Decoder().decode
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


def _render(name: str, failure: Failure) -> tuple[int, Headers, bytes]:
    headers: Headers = ((b"content-type", b"application/json"), *waiting(failure))
    body = msgspec.json.encode({name: failure.message})
    return status_of(failure), headers, body


def render_message(failure: Failure) -> tuple[int, Headers, bytes]:
    """As Cohere has them."""
    return _render("message", failure)


def render_detail(failure: Failure) -> tuple[int, Headers, bytes]:
    """As Voyage has them."""
    return _render("detail", failure)


def render_errors(failure: Failure) -> tuple[int, Headers, bytes]:
    """As Stability AI has them: an id, a name, and a list of sentences."""
    status, headers, _ = _render("message", failure)
    name = failure.code or failure.type or "error"
    body = {"id": failure.request_id or "", "name": name, "errors": [failure.message]}
    return status, headers, msgspec.json.encode(body)


ERRORS_ERRORS = ErrorShape(parse_failure, render_errors)
MESSAGE_ERRORS = ErrorShape(parse_failure, render_message)
DETAIL_ERRORS = ErrorShape(parse_failure, render_detail)
