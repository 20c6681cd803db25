"""Stop reasons, read and written (Claude API docs, "Handling stop reasons", 2026)."""

from understudy.chat.events import Finished, StopReason
from understudy.chat.loss import Change, Loss

_READ = {
    "end_turn": StopReason.END,
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "max_tokens": StopReason.LENGTH,
    "model_context_window_exceeded": StopReason.LENGTH,
    "tool_use": StopReason.TOOL_CALLS,
    "refusal": StopReason.REFUSAL,
    "pause_turn": StopReason.PAUSE,
    "compaction": StopReason.PAUSE,
}

_WRITE = {
    StopReason.END: "end_turn",
    StopReason.STOP_SEQUENCE: "stop_sequence",
    StopReason.LENGTH: "max_tokens",
    StopReason.TOOL_CALLS: "tool_use",
    StopReason.REFUSAL: "refusal",
    StopReason.CONTENT_FILTER: "refusal",
    StopReason.PAUSE: "pause_turn",
    StopReason.OTHER: "end_turn",
}

_INEXACT = frozenset({StopReason.CONTENT_FILTER, StopReason.OTHER})


def read_stop(native: str) -> StopReason:
    """What a stop reason means; OTHER for one of the future."""
    return _READ.get(native, StopReason.OTHER)


def write_stop(finished: Finished) -> str:
    """Prefer the provider's own word where it is one of this dialect's and means the same."""
    native = finished.native
    if native is not None and _READ.get(native) is finished.stop:
        return native
    return _WRITE[finished.stop]


def stop_losses(finished: Finished) -> list[Loss]:
    """Say where this dialect has no word for why the model stopped."""
    if finished.stop not in _INEXACT:
        return []
    was = finished.native or finished.stop.value
    return [Loss("stop", f"said as {_WRITE[finished.stop]}, was {was}", Change.CHANGED)]
