"""Errors as OpenAI says them, in and out: of all who speak a dialect of its, and our own."""

import math
import re
from collections.abc import Mapping

import msgspec

from understudy.chat.failure import Failure, Quota, Signal, Surface
from understudy.chat.hints import LONGEST
from understudy.dialects.complaints import (
    hinted,
    is_refused,
    named,
    plain,
    short,
    status_of,
    waiting,
    word,
)
from understudy.wire.http import Headers, ResponseHead, header

_decode = msgspec.json.Decoder().decode
_DURATION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?s")
_MALFORMED = (msgspec.MsgspecError, RecursionError, ValueError)
_TYPES = {
    429: "rate_limit_error",
    503: "service_unavailable_error",
}
_OWN_TYPES = frozenset(
    {
        "authentication_error",
        "insufficient_quota",
        "invalid_request_error",
        "not_found_error",
        "permission_error",
        "rate_limit_error",
        "requests",
        "server_error",
        "service_unavailable_error",
        "tokens",
    }
)
"""What OpenAI itself says; other providers' words for the same stay outside."""

_CODES = {
    401: "invalid_api_key",
    404: "model_not_found",
    413: "request_too_large",
    429: "rate_limit_exceeded",
    502: "upstream_failed",
    503: "upstream_unavailable",
    504: "upstream_timeout",
}
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_WORDED = ("message", "msg", "detail", "errors", "fault")
_WORDS = ("msg", "message", "faultstring", "detail", "error")


def parse_failure(head: ResponseHead, body: bytes) -> Signal:
    """Read a non-2xx answer. Never raises."""
    signal = hinted(read_error(body, Surface.HTTP), head)
    exception = header(head.headers, b"x-amzn-errortype")
    if exception is None:
        return signal
    return msgspec.structs.replace(signal, type=_exception(exception))


def read_error(body: bytes, surface: Surface) -> Signal:
    """Read an error body of any known shape; `status` is what it claims itself. Never raises."""
    try:
        tree = _decode(body)
    except _MALFORMED:
        return Signal(surface, message=plain(body))
    if isinstance(tree, list) and tree:
        tree = tree[0]
    if isinstance(tree, str):
        return Signal(surface, message=short(tree))
    if not isinstance(tree, dict):
        return Signal(surface, message=plain(body))
    error = tree.get("error")
    if isinstance(error, dict):
        return _signal(surface, error, outer=tree)
    if isinstance(error, str):  # Ollama, and xAI with a code beside it
        return _signal(surface, {**tree, "message": error}, outer=tree)
    return _signal(surface, tree, outer=tree)


def render_failure(failure: Failure) -> tuple[int, Headers, bytes]:
    """Write a failure as a whole answer: status, header fields, body."""
    status = status_of(failure)
    headers: Headers = ((b"content-type", b"application/json"),)
    headers += named(failure, b"x-request-id")
    if status in (429, 503):
        headers += waiting(failure)
    if failure.quota is not None:
        headers += _limits(failure.quota)
    return status, headers, error_body(failure)


def _limits(quota: Quota) -> Headers:
    """The fields that say how a limit stands ("Rate limits in headers", June 2026: `6m0s`)."""
    minutes, seconds = divmod(math.ceil(quota.resets), 60)
    left = f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
    kind = quota.kind.encode("ascii")
    return (
        (b"x-ratelimit-limit-" + kind, b"%d" % quota.limit),
        (b"x-ratelimit-remaining-" + kind, b"%d" % quota.remaining),
        (b"x-ratelimit-reset-" + kind, left.encode()),
    )


def error_body(failure: Failure) -> bytes:
    """`{"error": {...}}` as OpenAI says it (API reference, "Error codes")."""
    status = status_of(failure)
    given = failure.type if failure.type in _OWN_TYPES else None
    error = {
        "message": failure.message,
        "type": given or _TYPES.get(status) or _other_type(status),
        "param": None,
        "code": _code(failure, status),
    }
    return msgspec.json.encode({"error": error})


def _other_type(status: int) -> str:
    return "server_error" if status >= 500 else "invalid_request_error"


def _code(failure: Failure, status: int) -> str | None:
    """What programs look at: a code of another API's is none of this one's."""
    if failure.is_too_long:
        return "context_length_exceeded"
    code = failure.code
    if code is not None and _CODE.fullmatch(code):
        return code
    if is_refused(failure):
        return "content_policy_violation"
    return _CODES.get(status)


def _signal(
    surface: Surface, error: Mapping[str, object], *, outer: Mapping[str, object]
) -> Signal:
    code = word(error.get("code"))
    if code is None and "statusCode" in outer:  # Azure's gateway, before the model
        code = word(outer.get("statusCode"))
    reason, wait = _details(error.get("details"))
    status = error.get("status")
    return Signal(
        surface,
        status=_status(error),
        code=reason or code,
        type=word(error.get("type"))
        or word(error.get("error_type"))
        or (word(status) if isinstance(status, str) else None),
        message=_message(error, outer),
        retry_after=wait,
    )


def _details(details: object) -> tuple[str | None, float | None]:
    """The reason and the wait in Google's details (AIP-193: ErrorInfo and RetryInfo)."""
    reason: str | None = None
    wait: float | None = None
    for item in details if isinstance(details, list) else ():
        if isinstance(item, dict):
            reason = reason or word(item.get("reason"))
            delay = item.get("retryDelay")
            if wait is None and isinstance(delay, str) and _DURATION.fullmatch(delay):
                wait = min(float(delay[:-1]), LONGEST)
    return reason, wait


def _exception(field: bytes) -> str | None:
    """An exception's name, which AWS writes before a colon and the address of its schema."""
    return field.decode("latin-1").partition(":")[0].rpartition("#")[2].strip() or None


def _status(error: Mapping[str, object]) -> int | None:
    """An HTTP status that a body claims (Groq, OpenRouter, Azure, vLLM)."""
    for name in ("status_code", "status", "code"):
        value = error.get(name)
        if isinstance(value, int) and 400 <= value <= 599:
            return value
    return None


def _message(error: Mapping[str, object], outer: Mapping[str, object]) -> str:
    for name in _WORDED:
        said = _words(error.get(name, outer.get(name)))
        if said:
            return short(said)
    return ""


def _words(value: object) -> str:
    """Text, wherever it is: FastAPI's validation errors are a list, of which the first says enough;
    Mistral puts that list into its message. Cloudflare and watsonx list `errors`, Apigee (before
    Fireworks AI) says its `fault` in a string of that name, DeepInfra has an error in its detail.
    """
    for _ in range(4):  # a message, its detail, the first of them, its words
        if isinstance(value, list):
            value = value[0] if value else ""
        elif isinstance(value, dict):
            value = next((value[name] for name in _WORDS if value.get(name)), "")
    return value if isinstance(value, str) else ""
