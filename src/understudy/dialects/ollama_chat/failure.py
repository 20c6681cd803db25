"""Failures, in and out: `{"error": "words"}`, whole or as a line (docs/errors, August 2026)."""

from understudy.chat.failure import Failure, Signal, Surface
from understudy.dialects.complaints import hinted, plain, short, status_of, waiting, word
from understudy.dialects.ollama_chat.schema import MALFORMED, decode_any, encode
from understudy.wire.http import Headers, ResponseHead

_WAITS = frozenset({429, 503})


def parse_failure(head: ResponseHead, body: bytes) -> Signal:
    """Read a non-2xx answer. Never raises."""
    return hinted(read_error(body, Surface.HTTP), head)


def read_error(body: bytes, surface: Surface) -> Signal:
    """Read an error body; one of another shape is read for its words. Never raises."""
    try:
        tree = decode_any(body)
    except MALFORMED:
        return Signal(surface, message=plain(body))
    error = tree.get("error") if isinstance(tree, dict) else None
    if isinstance(error, dict):  # its surface for other APIs, and proxies before it
        return Signal(
            surface,
            code=word(error.get("code")),
            type=word(error.get("type")),
            message=short(word(error.get("message")) or ""),
        )
    if isinstance(error, str):
        return Signal(surface, message=short(error))
    return Signal(surface, message=plain(body))


def render_failure(failure: Failure) -> tuple[int, Headers, bytes]:
    """Write a failure as a whole answer: status, header fields, body."""
    status = status_of(failure)
    headers: Headers = ((b"content-type", b"application/json; charset=utf-8"),)
    if status in _WAITS:
        headers += waiting(failure)
    return status, headers, error_body(failure)


def error_body(failure: Failure) -> bytes:
    """The error as an object; as a line it lacks only its end."""
    return encode({"error": failure.message})
