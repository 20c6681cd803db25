"""Failures, in and out: `{"id": ..., "message": ...}` (docs.cohere.com/reference/errors)."""

from understudy.chat.failure import Failure, Signal, Surface
from understudy.dialects import complaints
from understudy.dialects.cohere_chat.schema import MALFORMED, Raw, decode_any, encode
from understudy.dialects.complaints import hinted, named, plain, short, waiting, word, worded
from understudy.wire.http import Headers, ResponseHead

_WAITS = frozenset({429, 503})
_TOO_LONG = "too many tokens"


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
    headers += named(failure, b"x-debug-trace-id")
    if status in _WAITS:
        headers += waiting(failure)
    return status, headers, error_body(failure)


def status_of(failure: Failure) -> int:
    """The status for a client; the official clients have no error for 502."""
    status = complaints.status_of(failure)
    return 503 if status == 502 else status


def error_body(failure: Failure) -> bytes:
    """The error as an object."""
    return encode({"id": failure.request_id or "", "message": worded(failure, _TOO_LONG)})
