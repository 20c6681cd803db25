"""Finish reasons (API reference, "Chat (v2)": `finish_reason`)."""

from understudy.chat.events import Finished, StopReason
from understudy.chat.loss import Change, Loss

BROKEN = frozenset({"ERROR", "TIMEOUT"})
"""The answer broke off."""

READ = {
    "COMPLETE": StopReason.END,
    "STOP_SEQUENCE": StopReason.STOP_SEQUENCE,
    "MAX_TOKENS": StopReason.LENGTH,
    "TOOL_CALL": StopReason.TOOL_CALLS,
    # Of version 1, and of hosts that speak both:
    "ERROR_LIMIT": StopReason.LENGTH,
    "ERROR_TOXIC": StopReason.CONTENT_FILTER,
    "USER_CANCEL": StopReason.OTHER,
}

WRITE = {
    StopReason.END: "COMPLETE",
    StopReason.STOP_SEQUENCE: "STOP_SEQUENCE",
    StopReason.LENGTH: "MAX_TOKENS",
    StopReason.TOOL_CALLS: "TOOL_CALL",
    StopReason.CONTENT_FILTER: "ERROR_TOXIC",
    StopReason.REFUSAL: "COMPLETE",
    StopReason.PAUSE: "COMPLETE",
    StopReason.OTHER: "COMPLETE",
}

_INEXACT = frozenset({StopReason.REFUSAL, StopReason.PAUSE, StopReason.OTHER})


def write_stop(finished: Finished) -> str:
    """The word for how an answer ended: the provider's own where it is one of this dialect's."""
    native = finished.native
    if native is not None and READ.get(native) is finished.stop:
        return native
    return WRITE[finished.stop]


def stop_losses(finished: Finished) -> list[Loss]:
    """What of it has no word here."""
    said, lost = write_stop(finished), []
    if finished.stop in _INEXACT and said != finished.native:
        was = finished.native or finished.stop.value
        lost.append(Loss("stop", f"said as {said}, was {was}", Change.CHANGED))
    if finished.stop_sequence is not None:
        lost.append(Loss("stop_sequence", "which one ended it is not said here"))
    return lost
