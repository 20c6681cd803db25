"""Failures, in and out: `{"id": ..., "message": ...}` (docs.cohere.com/reference/errors)."""

from understudy.chat.failure import Failure, Signal, Surface
from understudy.dialects.cohere_chat.schema import MALFORMED, Raw, decode_any, encode
from understudy.dialects.complaints import hinted, plain, short, status_of, waiting, word
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
    if not isinstance(tree, dict):
        return Signal(surface, message=plain(body))
    error = tree.get("error")
    if isinstance(error, dict):  # proxies before it, and hosts of its models
        tree = error
    elif isinstance(error, str):
        tree = {"message": error, **tree}
    for name in ("message", "detail", "data"):
        said = tree.get(name)
        if isinstance(said, str) and said:
            return Signal(
                surface,
                code=word(tree.get("code")),
                type=word(tree.get("type")) or word(tree.get("error_type")),
                message=short(said),
            )
    return Signal(surface, message=plain(body))


def short_of(raw: Raw | None) -> str:
    """The words of an error that stands inside an answer; "" where it has none."""
    if raw is None:
        return ""
    signal = read_error(b'{"error":%b}' % bytes(raw), Surface.STREAM)
    return "" if signal.message.startswith("{") else signal.message


def render_failure(failure: Failure) -> tuple[int, Headers, bytes]:
    """Write a failure as a whole answer: status, header fields, body."""
    status = status_of(failure)
    headers: Headers = ((b"content-type", b"application/json"),)
    if status in _WAITS:
        headers += waiting(failure)
    return status, headers, error_body(failure)


def error_body(failure: Failure) -> bytes:
    """The error as an object."""
    return encode({"id": failure.request_id or "", "message": failure.message})
