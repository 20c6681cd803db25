"""The one vocabulary of answers. Whole answers are streams too: they unfold into the same events.

stream = Started part* (Finished | Failed)
part = PartStarted PartDelta* PartEnded, interleaved by index
"""

import enum
from typing import TypeAlias

import msgspec

from understudy.chat.failure import Signal
from understudy.chat.parts import Citation
from understudy.chat.usage import Usage
from understudy.operations.task import Result
from understudy.operations.units import Units

Fields: TypeAlias = dict[str, msgspec.Raw]
"""Vendor fields of an answer that the neutral model has no word for: name -> its JSON, byte for
byte.
"""


class PartKind(enum.Enum):
    TEXT = "text"
    REFUSAL = "refusal"
    REASONING = "reasoning"
    TOOL_CALL = "tool_call"
    AUDIO = "audio"
    IMAGE = "image"
    OPAQUE = "opaque"


class StopReason(enum.Enum):
    """Why the model stopped. The vendor's own word travels beside it as `native`."""

    END = "end"
    LENGTH = "length"
    STOP_SEQUENCE = "stop_sequence"
    TOOL_CALLS = "tool_calls"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    PAUSE = "pause"
    OTHER = "other"


class Started(msgspec.Struct, frozen=True, tag="started"):
    """`fields` are the answer's vendor fields known at its start, for its own dialect."""

    id: str
    model: str
    created: int | None = None
    usage: Usage | None = None
    fields: Fields | None = None


class PartStarted(msgspec.Struct, frozen=True, tag="part_started"):
    """`index` counts the parts of the answer from 0; `choice` is which of n answers it belongs to.

    `id` and `name` are those of a tool call. `raw` is the whole part where `kind` is OPAQUE.
    `field` says where a dialect keeps it, where there are several places (reasoning_content,
    thinking). `item` is the id of the item that it stands in, where a dialect has items: identity
    only, others make their own.
    """

    index: int
    kind: PartKind
    id: str | None = None
    name: str | None = None
    choice: int = 0
    is_custom: bool = False
    producer: str | None = None
    field: str | None = None
    dialect: str | None = None
    raw: msgspec.Raw | None = None
    item: str | None = None


class PartDelta(msgspec.Struct, frozen=True, tag="part_delta", gc=False):
    """More of a part: `text` is text, refusal, reasoning, the JSON text of arguments, or audio's
    transcript.
    """

    index: int
    text: str = ""
    signature: str | None = None
    encrypted: str | None = None
    audio_base64: str | None = None
    citation: Citation | None = None
    fields: Fields | None = None


class PartEnded(msgspec.Struct, frozen=True, tag="part_ended", gc=False):
    index: int


class ChoiceEnd(msgspec.Struct, frozen=True):
    """How one of n answers ended."""

    choice: int
    stop: StopReason
    native: str | None = None


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """A good end. `usage` is None when the provider never said it. `billed`: what is charged for,
    where a provider says that this is something else; `units`: what is charged for besides tokens,
    where it says that.

    `result` is all of the answer where something else than chat was asked for.
    """

    stop: StopReason
    usage: Usage | None = None
    native: str | None = None
    stop_sequence: str | None = None
    choices: tuple[ChoiceEnd, ...] = ()
    fields: Fields | None = None
    result: Result | None = None
    billed: Usage | None = None
    units: Units | None = None


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A bad end, as it was seen; what it means is for the classifier to say."""

    signal: Signal


Event: TypeAlias = Started | PartStarted | PartDelta | PartEnded | Finished | Failed
