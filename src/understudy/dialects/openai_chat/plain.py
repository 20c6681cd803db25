"""A whole answer as most are, one text and its cost, read at once by a schema that admits no more.

What it refuses is for the careful reader, which knows everything and says the same of this.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from understudy.chat.events import (
    Event,
    Fields,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.usage import Usage
from understudy.dialects.openai_chat.schema import OWN, Raw, encode
from understudy.dialects.text import check_text

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
_Nothing: TypeAlias = Annotated[list[Raw], msgspec.Meta(max_length=0)] | None
_Guessed: TypeAlias = _Count | UnsetType | None

_TIER, _BUILD, _USAGE = OWN + "service_tier", OWN + "system_fingerprint", OWN + "usage"


class _Prompt(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    cached_tokens: _Count | None = 0
    audio_tokens: _Count | None = 0
    cache_write_tokens: _Count | None = 0


class _Output(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    reasoning_tokens: _Count | None = 0
    audio_tokens: _Count | None = 0
    accepted_prediction_tokens: _Guessed = UNSET
    rejected_prediction_tokens: _Guessed = UNSET


_NO_PROMPT, _NO_OUTPUT = _Prompt(), _Output()


class _Usage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    prompt_tokens: _Count
    completion_tokens: _Count
    total_tokens: _Count
    prompt_tokens_details: _Prompt | None = None
    completion_tokens_details: _Output | None = None


class _Message(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    content: str
    role: str | None = None
    refusal: None = None
    annotations: _Nothing = None
    tool_calls: _Nothing = None
    function_call: None = None
    audio: None = None
    reasoning: None = None
    reasoning_content: None = None


class _Choice(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    message: _Message
    finish_reason: Literal["stop", "length"]
    index: Literal[0] = 0
    logprobs: None = None
    stop_reason: None = None


class _Answer(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    id: str
    model: str
    created: int
    choices: tuple[_Choice]
    usage: _Usage
    object: str | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    error: None = None


_decode = msgspec.json.Decoder(_Answer).decode
_ENDS = {"stop": StopReason.END, "length": StopReason.LENGTH}


def read_plain(body: bytes) -> list[Event] | None:
    """Return all of a plain answer; None for any other. Never raises."""
    try:
        check_text(body)
        answer = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    choice = answer.choices[0]
    text = choice.message.content
    usage = _read_usage(answer.usage)
    if not text or usage is None:
        return None
    fields: Fields = {}
    if answer.service_tier:
        fields[_TIER] = Raw(encode(answer.service_tier))
    if answer.system_fingerprint:
        fields[_BUILD] = Raw(encode(answer.system_fingerprint))
    native = choice.finish_reason
    return [
        Started(answer.id, answer.model, answer.created, fields=fields or None),
        PartStarted(0, PartKind.TEXT),
        PartDelta(0, text),
        PartEnded(0),
        Finished(_ENDS[native], usage, native, fields=_rest(answer.usage)),
    ]


def _read_usage(usage: _Usage) -> Usage | None:
    """The usage; None where it does not add up, or leaves something to be guessed."""
    prompt = usage.prompt_tokens_details or _NO_PROMPT
    output = usage.completion_tokens_details or _NO_OUTPUT
    read, written = prompt.cached_tokens or 0, prompt.cache_write_tokens or 0
    reasoning = output.reasoning_tokens or 0
    if (
        usage.total_tokens != usage.prompt_tokens + usage.completion_tokens
        or read + written > usage.prompt_tokens
        or reasoning > usage.completion_tokens
    ):
        return None
    return Usage(
        usage.prompt_tokens - read - written,
        read,
        written,
        usage.completion_tokens,
        reasoning,
        prompt.audio_tokens or 0,
        output.audio_tokens or 0,
    )


def _rest(usage: _Usage) -> Fields | None:
    """What usage says beside the counts."""
    output = usage.completion_tokens_details
    if output is None:
        return None
    rest: dict[str, int | None] = {}
    if output.accepted_prediction_tokens is not UNSET:
        rest["accepted_prediction_tokens"] = output.accepted_prediction_tokens
    if output.rejected_prediction_tokens is not UNSET:
        rest["rejected_prediction_tokens"] = output.rejected_prediction_tokens
    return {_USAGE: Raw(encode({"completion_tokens_details": rest}))} if rest else None
