"""A whole answer as most are, texts and their cost, read at once by a schema that admits no more.

What it refuses is for the careful reader, which knows everything and says the same of this.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec

from understudy.chat.events import (
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
)
from understudy.chat.usage import Usage
from understudy.dialects.anthropic_messages.schema import OWN, Raw, encode
from understudy.dialects.anthropic_messages.stop import read_stop
from understudy.dialects.text import check_text

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
_USAGE = OWN + "usage"


class _Written(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    ephemeral_5m_input_tokens: _Count = 0
    ephemeral_1h_input_tokens: _Count = 0


class _Output(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    thinking_tokens: _Count = 0


_NONE_WRITTEN, _NO_OUTPUT = _Written(), _Output()


class _Usage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    input_tokens: _Count
    output_tokens: _Count
    cache_creation_input_tokens: _Count | None = 0
    cache_read_input_tokens: _Count | None = 0
    cache_creation: _Written | None = None
    output_tokens_details: _Output | None = None
    service_tier: str | None = None
    inference_geo: str | None = None
    server_tool_use: None = None


class _Text(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    type: Literal["text"]
    text: str
    citations: None = None


class _Answer(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    id: str
    model: str
    content: list[_Text]
    stop_reason: Literal["end_turn", "max_tokens", "stop_sequence"]
    usage: _Usage
    type: Literal["message"] = "message"
    role: str = ""
    stop_sequence: str | None = None
    container: None = None
    context_management: None = None
    stop_details: None = None


_decode = msgspec.json.Decoder(_Answer).decode


def read_plain(body: bytes) -> list[Event] | None:
    """Return all of a plain answer; None for any other. Never raises."""
    try:
        check_text(body)
        answer = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    usage = _read_usage(answer.usage)
    events: list[Event] = [Started(answer.id, answer.model, usage=usage)]
    for index, block in enumerate(answer.content):
        events.append(PartStarted(index, PartKind.TEXT))
        if block.text:
            events.append(PartDelta(index, block.text))
        events.append(PartEnded(index))
    native, sequence = answer.stop_reason, answer.stop_sequence or None
    rest = _rest(answer.usage)
    fields = {_USAGE: Raw(encode(rest))} if rest else None
    events.append(Finished(read_stop(native), usage, native, sequence, fields=fields))
    return events


def _read_usage(usage: _Usage) -> Usage:
    writes = usage.cache_creation or _NONE_WRITTEN
    long = writes.ephemeral_1h_input_tokens
    return Usage(
        usage.input_tokens,
        usage.cache_read_input_tokens or 0,
        usage.cache_creation_input_tokens or writes.ephemeral_5m_input_tokens + long,
        usage.output_tokens,
        (usage.output_tokens_details or _NO_OUTPUT).thinking_tokens,
        cache_write_1h_tokens=long,
    )


def _rest(usage: _Usage) -> dict[str, str]:
    """What usage says beside the counts."""
    rest = {}
    if usage.service_tier is not None:
        rest["service_tier"] = usage.service_tier
    if usage.inference_geo is not None:
        rest["inference_geo"] = usage.inference_geo
    return rest
