"""Why an answer ended, read and written (ai.google.dev/api/generate-content, "FinishReason")."""

from understudy.chat.events import StopReason
from understudy.chat.loss import Change, Loss
from understudy.dialects.gemini_generate.schema import Raw, decode_any

_NUMBERS = {1: "STOP", 2: "MAX_TOKENS", 3: "SAFETY", 4: "RECITATION", 5: "OTHER"}
"""As numbers the reasons of the Gemini API and of Vertex agree up to here only."""

_BLOCKED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "MODEL_ARMOR",
    }
)
_OTHERS = frozenset(
    {
        "OTHER",
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
        "MALFORMED_RESPONSE",
        "NO_IMAGE",
        "IMAGE_OTHER",
        "CONTINUATION",
    }
)
_WORDS = frozenset({"STOP", "MAX_TOKENS"}) | _BLOCKED | _OTHERS
"""Words that a client of this dialect may hear: the official one warns of others."""

_WRITE = {
    StopReason.LENGTH: "MAX_TOKENS",
    StopReason.CONTENT_FILTER: "SAFETY",
    StopReason.REFUSAL: "SAFETY",
    StopReason.OTHER: "OTHER",
}
_INEXACT = frozenset({StopReason.STOP_SEQUENCE, StopReason.PAUSE, StopReason.REFUSAL})


def reason_of(raw: Raw | None) -> str:
    """The word of a reason, "" where none is given. Raises: MsgspecError."""
    value = None if raw is None else decode_any(raw)
    if isinstance(value, int):
        return _NUMBERS.get(value, str(value) if value else "")
    found = "" if value is None else str(value)
    return "" if found == "FINISH_REASON_UNSPECIFIED" else found


def read_stop(native: str, *, called: bool) -> StopReason:
    """What a reason means. One that ended after calls ended for them: there is no word for it."""
    if native == "STOP":
        return StopReason.TOOL_CALLS if called else StopReason.END
    if native == "MAX_TOKENS":
        return StopReason.LENGTH
    return StopReason.CONTENT_FILTER if native in _BLOCKED else StopReason.OTHER


def write_stop(stop: StopReason, native: str | None) -> str:
    """Prefer the provider's own word where it is one of this dialect's and means the same."""
    called = stop is StopReason.TOOL_CALLS
    is_own = native in _WORDS and read_stop(native, called=called) is stop
    return native if native is not None and is_own else _WRITE.get(stop, "STOP")


def stop_loss(stop: StopReason, native: str | None) -> Loss | None:
    """Where this dialect has no word for why the model stopped."""
    said = write_stop(stop, native)
    if stop in _INEXACT or (stop is StopReason.OTHER and said != native):
        return Loss("stop", f"said as {said}, was {native or stop.value}", Change.CHANGED)
    return None
