"""Complaints: errors, as far as they are the same in several dialects.

In: their words, whatever the body's shape, made short and printable, and what header fields add.
Out: the status for a client, and when to come back.
"""

import math

import msgspec

from understudy.chat.failure import Failure, Fault, Signal
from understudy.chat.hints import retry_after, should_retry
from understudy.dialects.pages import describe_page
from understudy.wire.http import Headers, ResponseHead

MESSAGE_CHARS = 2000

_TIMED_OUT = frozenset(
    {
        "connect_timeout",
        "ttfb_timeout",
        "headers_then_silence",
        "idle_mid_stream",
        "drip_below_min_rate",
        "client_deadline_expired",
        "dns_slow",
        "pool_timeout",
    }
)
"""Last words of taxonomy rows that mean: it took too long."""

_TOO_LATE = frozenset({408, 504})
_REFUSED = frozenset({"content_policy", "policy", "moderation"})
"""Last words of taxonomy rows that mean: the content is against somebody's rules."""


def hinted(signal: Signal, head: ResponseHead) -> Signal:
    """Add to what a body says what its head does: the status, and when to come back, if at all."""
    wait = retry_after(head.headers)
    return msgspec.structs.replace(
        signal,
        status=head.status,
        retry_after=signal.retry_after if wait is None else wait,
        should_retry=should_retry(head.headers),
    )


def timed_out(failure: Failure) -> bool:
    """Whether a failure means that it took too long: whoever said so, a clock or a provider."""
    return failure.cause in _TIMED_OUT or (
        failure.fault is not Fault.CLIENT and failure.status in _TOO_LATE
    )


def is_refused(failure: Failure) -> bool:
    """Whether a failure means that the content is against somebody's rules."""
    return failure.cause in _REFUSED


def worded(failure: Failure, too_long: str) -> str:
    """A failure's message; of a prompt that does not fit, each API has words of its own, which
    agents look for in order to shorten it.
    """
    message = failure.message
    if not failure.is_too_long or too_long.lower() in message.lower():
        return message
    return short(f"{too_long}: {message}")


def client_status(failure: Failure) -> int | None:
    """A status that may go to a client; None for what is no error's."""
    status = failure.status
    return status if status is not None and 400 <= status <= 599 else None


def status_of(failure: Failure) -> int:
    """The status for a client: a failure of our own key upstream is not the client's 401, nor is
    its unpaid bill the client's 400 (Anthropic, xAI and Gemini say both so).
    """
    status = client_status(failure)
    if failure.fault is Fault.CLIENT:
        return 400 if status is None or failure.is_too_long else status
    if timed_out(failure):
        return 504
    if status is None:
        return 503 if failure.fault is Fault.GATEWAY else 502
    if status in {400, 401, 402, 403}:
        return 502
    return 503 if status == 529 else status


def waiting(failure: Failure) -> Headers:
    """The field that says when to come back, in whole seconds and never sooner; () for none."""
    if failure.retry_after is None:
        return ()
    return ((b"retry-after", str(max(1, math.ceil(failure.retry_after))).encode()),)


def named(failure: Failure, field: bytes) -> Headers:
    """The field in which an API says the id of a request; () where it has none."""
    if failure.request_id is None:
        return ()
    return ((field, failure.request_id.encode("ascii", "replace")),)


def word(value: object) -> str | None:
    """A code or type as text; None for what is no word."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def plain(body: bytes) -> str:
    """What can be said of a body that is no error object."""
    page = describe_page(body)
    if page is not None:
        return page
    return short(body.lstrip()[: 4 * MESSAGE_CHARS].decode(errors="replace").strip())


def short(text: str) -> str:
    """A message of at most MESSAGE_CHARS."""
    return text if len(text) <= MESSAGE_CHARS else text[: MESSAGE_CHARS - 1] + "…"
