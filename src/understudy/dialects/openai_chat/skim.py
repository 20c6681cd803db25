"""Skims a whole answer that goes on as it is: is it plainly good, and what did it cost?

The schema admits only the commonest answer, one choice of plain text with standard usage. What
it refuses is for the decoder, which reads everything.
"""

from typing import Annotated, Literal

import msgspec

from understudy.chat.events import Finished, StopReason
from understudy.chat.usage import Usage
from understudy.dialects.text import check_text

_Count = Annotated[int, msgspec.Meta(ge=0)]


class _PromptDetails(msgspec.Struct, gc=False):
    cached_tokens: _Count | None = 0
    audio_tokens: _Count | None = 0
    cache_write_tokens: _Count | None = 0


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: _Count | None = 0
    audio_tokens: _Count | None = 0


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: _Count
    completion_tokens: _Count
    total_tokens: _Count
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    prompt_cache_hit_tokens: None = None
    cached_tokens: None = None
    num_cached_tokens: _Count | None = 0
    reasoning_tokens: None = None


class _Message(msgspec.Struct, gc=False):
    content: str
    refusal: None = None
    tool_calls: None = None
    function_call: None = None
    audio: None = None


class _Choice(msgspec.Struct, gc=False):
    message: _Message
    finish_reason: Literal["stop", "length"]
    stop_reason: int | None = None


class _Answer(msgspec.Struct, gc=False):
    choices: tuple[_Choice]
    usage: _Usage
    error: None = None


_decode = msgspec.json.Decoder(_Answer).decode
_NO_PROMPT = _PromptDetails()
_NO_OUTPUT = _OutputDetails()
_ENDS = {"stop": StopReason.END, "length": StopReason.LENGTH}


def skim(body: bytes) -> Finished | None:
    """Return the end of a plainly good answer; None where it takes more than a skim to tell."""
    try:
        check_text(body)
        answer = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    (choice,) = answer.choices
    usage = answer.usage
    prompt = usage.prompt_tokens_details or _NO_PROMPT
    output = usage.completion_tokens_details or _NO_OUTPUT
    cached = prompt.cached_tokens or usage.num_cached_tokens or 0
    written = prompt.cache_write_tokens or 0
    if (
        not choice.message.content
        or usage.total_tokens != usage.prompt_tokens + usage.completion_tokens
        or cached + written > usage.prompt_tokens
        or (output.reasoning_tokens or 0) > usage.completion_tokens
    ):
        return None
    return Finished(
        _ENDS[choice.finish_reason],
        Usage(
            usage.prompt_tokens - cached - written,
            cached,
            written,
            usage.completion_tokens,
            output.reasoning_tokens or 0,
            prompt.audio_tokens or 0,
            output.audio_tokens or 0,
        ),
        choice.finish_reason,
    )
