"""Failures, in and out: `{"error": {"code": 429, "message": "...", "status": "...", "details"}}`.

Source: Google AIP-193, "Errors"; ai.google.dev/gemini-api/docs/troubleshooting (August 2026).
"""

import math
import re

from understudy.chat.failure import Failure, Signal, Surface
from understudy.chat.hints import LONGEST
from understudy.dialects import complaints
from understudy.dialects.complaints import hinted, plain, short, waiting, word, worded
from understudy.dialects.gemini_generate.schema import MALFORMED, decode_any, encode
from understudy.wire.http import Headers, ResponseHead

_WAITS = frozenset({429, 503})
_DELAY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_NAMES = frozenset(_STATUSES.values()) | {"FAILED_PRECONDITION", "OUT_OF_RANGE", "UNKNOWN"}
_TOO_LONG = "The input token count exceeds the maximum number of tokens allowed"


def parse_failure(head: ResponseHead, body: bytes) -> Signal:
    """Read a non-2xx answer. Never raises."""
    return hinted(read_error(body, Surface.HTTP), head)


def read_error(body: bytes, surface: Surface) -> Signal:
    """Read an error body, which may stand in an array; another is read for its words."""
    try:
        tree = decode_any(body)
    except MALFORMED:
        return Signal(surface, message=plain(body))
    if isinstance(tree, list) and tree:
        tree = tree[0]
    error = tree.get("error") if isinstance(tree, dict) else None
    if isinstance(error, str):
        return Signal(surface, message=short(error))
    if not isinstance(error, dict):
        return Signal(surface, message=plain(body))
    found = error.get("details")
    details = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    codes = (word(each.get("reason")) for each in details)
    waits = (_delay(each.get("retryDelay")) for each in details)
    return Signal(
        surface,
        code=next((code for code in codes if code), None),
        type=word(error.get("status")),
        message=_message(error.get("message"), details),
        retry_after=next((wait for wait in waits if wait is not None), None),
    )


def render_failure(failure: Failure) -> tuple[int, Headers, bytes]:
    """Write a failure as a whole answer: status, header fields, body."""
    status = status_of(failure)
    headers: Headers = ((b"content-type", b"application/json; charset=UTF-8"),)
    if status in _WAITS:
        headers += waiting(failure)
    return status, headers, error_body(failure)


def status_of(failure: Failure) -> int:
    """The status for a client; a code of google.rpc has one, and none has 422 (AIP-193)."""
    status = complaints.status_of(failure)
    return 400 if status == 422 else status


def error_body(failure: Failure) -> bytes:
    """The error as an object; in a stream it is the data of an event."""
    status = status_of(failure)
    default = _STATUSES.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")
    said = failure.type if failure.type in _NAMES else default
    message = worded(failure, _TOO_LONG)
    error: dict[str, object] = {"code": status, "message": message, "status": said}
    details: list[dict[str, str]] = []
    if failure.code is not None:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        details.append({"@type": kind, "reason": failure.code})
    if failure.retry_after is not None:
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        details.append({"@type": kind, "retryDelay": f"{max(1, math.ceil(failure.retry_after))}s"})
    if details:
        error["details"] = details
    return encode({"error": error})


def _message(said: object, details: list[dict[str, object]]) -> str:
    """What is said, and which quota was used up: it tells a day's from a minute's."""
    quotas = [
        str(each["quotaId"])
        for detail in details
        if isinstance(violations := detail.get("violations"), list)
        for each in violations
        if isinstance(each, dict) and isinstance(each.get("quotaId"), str)
    ]
    words = word(said) or ""
    missing = [quota for quota in dict.fromkeys(quotas) if quota not in words]
    return short(f"{words} ({', '.join(missing)})" if missing else words)


def _delay(value: object) -> float | None:
    found = _DELAY.fullmatch(value) if isinstance(value, str) else None
    return None if found is None else min(float(found[1]), LONGEST)
