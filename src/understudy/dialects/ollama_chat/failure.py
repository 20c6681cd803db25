"""Failures, in and out: `{"error": "words"}`, whole or as a line (docs/errors, August 2026)."""

import math

import msgspec

from understudy.chat.failure import Failure, Fault, Signal, Surface
from understudy.chat.hints import retry_after, should_retry
from understudy.dialects.complaints import plain, short, word
from understudy.dialects.ollama_chat.schema import MALFORMED, decode_any, encode
from understudy.wire.http import Headers, ResponseHead

_WAITS = frozenset({429, 503})
_TIMED_OUT = ("_timeout", "_silence", "deadline_expired")


def parse_failure(head: ResponseHead, body: bytes) -> Signal:
    """Read a non-2xx answer. Never raises."""
    return msgspec.structs.replace(
        read_error(body, Surface.HTTP),
        status=head.status,
        retry_after=retry_after(head.headers),
        should_retry=should_retry(head.headers),
    )


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
    if failure.retry_after is not None and status in _WAITS:
        headers += ((b"retry-after", str(max(1, math.ceil(failure.retry_after))).encode()),)
    return status, headers, error_body(failure)


def error_body(failure: Failure) -> bytes:
    """The error as an object; as a line it lacks only its end."""
    return encode({"error": failure.message})


def status_of(failure: Failure) -> int:
    """The status for a client: a failure of our own key upstream is not the client's 401."""
    status = failure.status
    if status is None or not 400 <= status <= 599:
        status = None
    if failure.fault is Fault.CLIENT:
        return status or 400
    if status is None:
        return 504 if failure.kind.endswith(_TIMED_OUT) else 502
    if status in {401, 402, 403}:
        return 502
    return 503 if status == 529 else status
