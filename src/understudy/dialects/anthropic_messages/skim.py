"""Skims a whole answer that goes to the client as it is: is it plainly good, what did it cost?

The schema admits only the commonest answer, text blocks with standard usage. What it refuses is
for the decoder, which reads everything.
"""

from typing import Literal

import msgspec

from understudy.chat.events import Finished, StopReason
from understudy.chat.usage import Usage
from understudy.dialects.text import check_text


class _CacheCreation(msgspec.Struct, gc=False):
    ephemeral_1h_input_tokens: int | None = 0


class _Details(msgspec.Struct, gc=False):
    thinking_tokens: int | None = 0


class _Usage(msgspec.Struct, gc=False):
    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int | None = 0
    cache_read_input_tokens: int | None = 0
    cache_creation: _CacheCreation | None = None
    output_tokens_details: _Details | None = None
    iterations: None = None


class _Text(msgspec.Struct, gc=False, tag="text"):
    text: str


class _Answer(msgspec.Struct, gc=False, tag="message"):
    content: list[_Text]
    stop_reason: Literal["end_turn", "max_tokens"]
    usage: _Usage
    error: None = None


_decode = msgspec.json.Decoder(_Answer).decode
_ENDS = {"end_turn": StopReason.END, "max_tokens": StopReason.LENGTH}


def skim(body: bytes) -> Finished | None:
    """Return the end of a plainly good answer; None where it takes more than a skim to tell."""
    try:
        check_text(body)
        answer = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not any(block.text for block in answer.content):
        return None
    usage = answer.usage
    creation, details = usage.cache_creation, usage.output_tokens_details
    return Finished(
        _ENDS[answer.stop_reason],
        Usage(
            usage.input_tokens,
            usage.cache_read_input_tokens or 0,
            usage.cache_creation_input_tokens or 0,
            usage.output_tokens,
            reasoning_tokens=(details.thinking_tokens or 0) if details else 0,
            cache_write_1h_tokens=(creation.ephemeral_1h_input_tokens or 0) if creation else 0,
        ),
        answer.stop_reason,
    )
