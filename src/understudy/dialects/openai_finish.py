"""Finish reasons, OpenAI's and those that others who speak its dialects say instead."""

from understudy.chat.events import StopReason

OWN = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
"""What an official client expects (OpenAI API reference, "finish_reason")."""

BROKEN = frozenset({"error", "abort", "aborted", "insufficient_system_resource", "network_error"})
"""The answer broke off (OpenRouter, Mistral; vLLM; DeepSeek, "Create Chat Completion"; Zhipu)."""

_READ = {
    "": StopReason.END,
    "stop": StopReason.END,
    "eos": StopReason.END,
    "eos_token": StopReason.END,
    "end_turn": StopReason.END,
    "end": StopReason.END,
    "complete": StopReason.END,
    "completed": StopReason.END,
    "length": StopReason.LENGTH,
    "max_tokens": StopReason.LENGTH,
    "max_output_tokens": StopReason.LENGTH,
    "model_length": StopReason.LENGTH,
    "model_context_window_exceeded": StopReason.LENGTH,
    "tool_calls": StopReason.TOOL_CALLS,
    "tool_call": StopReason.TOOL_CALLS,
    "tool_use": StopReason.TOOL_CALLS,
    "function_call": StopReason.TOOL_CALLS,
    "content_filter": StopReason.CONTENT_FILTER,
    "content_filtered": StopReason.CONTENT_FILTER,
    "safety": StopReason.CONTENT_FILTER,
    "sensitive": StopReason.CONTENT_FILTER,
    "recitation": StopReason.CONTENT_FILTER,
    "language": StopReason.CONTENT_FILTER,
    "blocklist": StopReason.CONTENT_FILTER,
    "prohibited_content": StopReason.CONTENT_FILTER,
    "spii": StopReason.CONTENT_FILTER,
    "image_safety": StopReason.CONTENT_FILTER,
    "guardrail_intervened": StopReason.CONTENT_FILTER,
    "refusal": StopReason.REFUSAL,
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "pause_turn": StopReason.PAUSE,
}

_WRITE = {
    StopReason.END: "stop",
    StopReason.STOP_SEQUENCE: "stop",
    StopReason.LENGTH: "length",
    StopReason.TOOL_CALLS: "tool_calls",
    StopReason.CONTENT_FILTER: "content_filter",
    StopReason.REFUSAL: "content_filter",
    StopReason.PAUSE: "stop",
    StopReason.OTHER: "stop",
}

INEXACT = frozenset({StopReason.PAUSE, StopReason.OTHER})
"""Reasons for which this dialect has no word: saying "stop" changes them."""

_SPOKEN_AS_STOP = frozenset(
    {StopReason.TOOL_CALLS, StopReason.REFUSAL, StopReason.STOP_SEQUENCE, StopReason.END}
)


def read_finish(native: str) -> StopReason:
    """What a finish reason means, however it is spelled. Google's surface of this dialect says its
    own words, some behind ours (`content_filter: RECITATION`).
    """
    return _READ.get(native.partition(":")[0].lower(), StopReason.OTHER)


def write_finish(stop: StopReason, native: str | None) -> str:
    """Prefer the provider's own word where it is one of this dialect's and means the same."""
    if native in OWN and native is not None:
        is_stop = native == "stop" and stop in _SPOKEN_AS_STOP
        if is_stop or _READ[native] is stop:
            return native
    return _WRITE[stop]
