"""How an answer ended: `status` and `incomplete_details`, this dialect's words for stop reasons.

Source: OpenAI API reference, "The response object" (2026). A response that called tools is
`completed` like any other; what is in it says that somebody has to go on.
"""

from understudy.chat.events import StopReason
from understudy.chat.loss import Change, Loss

COMPLETED = "completed"
INCOMPLETE = "incomplete"

BROKEN = frozenset({"failed", "cancelled"})
PENDING = frozenset({"queued", "in_progress"})
"""A response in the background, which somebody will ask for later."""

_REASONS = {
    "max_output_tokens": StopReason.LENGTH,
    "max_tokens": StopReason.LENGTH,
    "length": StopReason.LENGTH,
    "content_filter": StopReason.CONTENT_FILTER,
}
_WRITE = {
    StopReason.LENGTH: "max_output_tokens",
    StopReason.CONTENT_FILTER: "content_filter",
    StopReason.REFUSAL: "content_filter",
}
_INEXACT = frozenset({StopReason.PAUSE, StopReason.OTHER, StopReason.STOP_SEQUENCE})
_OWN = frozenset({"max_messages", "steered", *PENDING})
"""Words of its own for ends that nobody else has."""


def read_stop(
    status: str, reason: str, *, calls: bool, refused: bool
) -> tuple[StopReason, str | None]:
    """The stop reason, and the provider's own word for it."""
    if status == INCOMPLETE:
        return _REASONS.get(reason, StopReason.OTHER), reason or INCOMPLETE
    if status in PENDING:
        return StopReason.PAUSE, status
    if calls:
        return StopReason.TOOL_CALLS, COMPLETED
    return (StopReason.REFUSAL if refused else StopReason.END), COMPLETED


def write_stop(stop: StopReason, native: str | None, *, refused: bool) -> tuple[str, str | None]:
    """`status`, and the reason of an incomplete answer. `refused`: its words say so."""
    if native in PENDING and native is not None and stop is StopReason.PAUSE:
        return native, None
    if stop is StopReason.OTHER and native is not None and native not in (COMPLETED, "stop"):
        return INCOMPLETE, native
    if stop is StopReason.REFUSAL and refused:
        return COMPLETED, None
    reason = _WRITE.get(stop)
    return (COMPLETED, None) if reason is None else (INCOMPLETE, reason)


def stop_losses(stop: StopReason, native: str | None, sequence: str | None) -> list[Loss]:
    """What these words cannot say."""
    lost = []
    if stop in _INEXACT and native not in _OWN:
        lost.append(Loss("stop", f"said otherwise, was {native or stop.value}", Change.CHANGED))
    if sequence is not None:
        lost.append(Loss("stop_sequence", "no word for it"))
    return lost
