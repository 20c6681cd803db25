"""Stop reasons, read and written (Amazon Bedrock API reference, "Converse", stopReason, 2026)."""

from understudy.chat.events import Finished, StopReason
from understudy.chat.loss import Change, Loss

_READ = {
    "end_turn": StopReason.END,
    "tool_use": StopReason.TOOL_CALLS,
    "max_tokens": StopReason.LENGTH,
    "model_context_window_exceeded": StopReason.LENGTH,
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "guardrail_intervened": StopReason.CONTENT_FILTER,
    "content_filtered": StopReason.CONTENT_FILTER,
    "malformed_model_output": StopReason.OTHER,
    "malformed_tool_use": StopReason.OTHER,
}

_WRITE = {
    StopReason.END: "end_turn",
    StopReason.TOOL_CALLS: "tool_use",
    StopReason.LENGTH: "max_tokens",
    StopReason.STOP_SEQUENCE: "stop_sequence",
    StopReason.CONTENT_FILTER: "content_filtered",
    StopReason.REFUSAL: "content_filtered",
    StopReason.PAUSE: "end_turn",
    StopReason.OTHER: "end_turn",
}
_INEXACT = frozenset({StopReason.REFUSAL, StopReason.PAUSE, StopReason.OTHER})


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
    written = write_stop(finished)
    if finished.stop not in _INEXACT or written == finished.native:
        return []
    was = finished.native or finished.stop.value
    return [Loss("stop", f"said as {written}, was {was}", Change.CHANGED)]
