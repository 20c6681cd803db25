"""Failures, in and out (Claude API docs, "Errors", 2026)."""

import math
from datetime import UTC, datetime

from understudy.chat.failure import Failure, Fault, Quota, Signal, Surface
from understudy.dialects.anthropic_messages.schema import MALFORMED, decode_any, encode
from understudy.dialects.complaints import (
    client_status,
    hinted,
    named,
    plain,
    short,
    timed_out,
    waiting,
    word,
    worded,
)
from understudy.wire.http import Headers, ResponseHead

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "invalid_request_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_KNOWN_TYPES = frozenset(_TYPES.values())
_GENERIC = "invalid_request_error"
"""Other APIs say this of all that the caller did; here some of it has a type of its own."""

_WAITS = frozenset({429, 529})
_TOO_LONG = "prompt is too long"
"""How the API itself begins; agents go by it, since no code tells (observed, 2026)."""


def parse_failure(head: ResponseHead, body: bytes) -> Signal:
    """Read a non-2xx answer. Never raises.

    The reset times of the rate limits are instants, which mean nothing without a clock; a 429 says
    when to come back in `retry-after` ("Rate limits").
    """
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
    if isinstance(error, str):
        return Signal(surface, type=word(tree.get("type")), message=short(error))
    if not isinstance(error, dict):
        error = tree
    details = error.get("details")
    code = details.get("error_code") if isinstance(details, dict) else None
    return Signal(
        surface,
        code=word(code) or word(error.get("code")),
        type=word(error.get("type")),
        message=short(word(error.get("message")) or word(error.get("detail")) or ""),
    )


def render_failure(failure: Failure) -> tuple[int, Headers, bytes]:
    """Write a failure as a whole answer: status, header fields, body."""
    status = status_of(failure)
    headers: Headers = ((b"content-type", b"application/json"),)
    headers += named(failure, b"request-id")
    if status in _WAITS:
        headers += waiting(failure)
    if failure.quota is not None:
        headers += _limits(failure.quota)
    return status, headers, error_body(failure)


def _limits(quota: Quota) -> Headers:
    """The fields that say how a limit stands ("Rate limits", response headers; 2026)."""
    reset = datetime.fromtimestamp(math.ceil(quota.at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = b"anthropic-ratelimit-" + quota.kind.encode("ascii")
    return (
        (name + b"-limit", b"%d" % quota.limit),
        (name + b"-remaining", b"%d" % quota.remaining),
        (name + b"-reset", reset.encode()),
    )


def error_body(failure: Failure) -> bytes:
    """`{"type": "error", "error": {...}}`, whole or as the data of an error event."""
    status = status_of(failure)
    default = _TYPES.get(status, _GENERIC if status < 500 else "api_error")
    kind = failure.type if failure.type in _KNOWN_TYPES and failure.type != _GENERIC else default
    error: dict[str, object] = {"type": kind, "message": worded(failure, _TOO_LONG)}
    if failure.code is not None:
        error["details"] = {"error_code": failure.code}
    return encode({"type": "error", "error": error, "request_id": failure.request_id})


def status_of(failure: Failure) -> int:
    """The status for a client: a failure of our own key upstream is not the client's 401."""
    status = client_status(failure)
    if failure.fault is Fault.CLIENT:
        return 400 if status is None or failure.is_too_long else status
    if timed_out(failure):
        return 504
    if status in {401, 402, 403}:
        return 502
    return 529 if status is None or status == 503 else status
