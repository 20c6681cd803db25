"""The shapes of this dialect, as loose as its vendor made them; only here may `Any` show.

Sources: Claude API reference, "Messages" and "Streaming messages" (2026).
"""

from typing import Any

import msgspec

Raw = msgspec.Raw
Raws = dict[str, Raw]

NAME = "anthropic_messages"
OWN = NAME + "."
"""Begins the name of every vendor field of an answer that this dialect keeps for itself."""

SOURCE = "source."
"""Begins the name of what is kept of a block's source."""

PRODUCER = "anthropic"
"""Who reads back the signatures, hidden thoughts and file ids that clients of this dialect hold."""


class TypedItem(msgspec.Struct, gc=False):
    """A block, told by its type; that of a tool's result holds others."""

    type: str = ""
    content: Raw = Raw()


class GlancedMessage(msgspec.Struct, gc=False):
    role: str
    content: str | list[TypedItem]


class GlancedConfig(msgspec.Struct, gc=False):
    """What `thinking`, `output_config` and `output_format` say that matters to routing."""

    type: str | None = None
    format: Raw = Raw()


class GlancedRequest(msgspec.Struct):
    """What routing needs to know of a request."""

    model: str
    max_tokens: int
    messages: list[GlancedMessage]
    stream: bool | None = None
    tools: list[Raw] | None = None
    thinking: GlancedConfig | None = None
    output_config: GlancedConfig | None = None
    output_format: GlancedConfig | None = None


class Delta(msgspec.Struct, gc=False):
    """The deltas that make up nearly all of a stream; others are read from their raw form."""

    type: str
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    signature: str = ""


class DeltaEvent(msgspec.Struct, gc=False, tag_field="type", tag="content_block_delta"):
    index: int
    delta: Delta


decode_glanced = msgspec.json.Decoder(GlancedRequest).decode
decode_typed_items = msgspec.json.Decoder(list[TypedItem]).decode
decode_delta = msgspec.json.Decoder(DeltaEvent).decode
decode_raws = msgspec.json.Decoder(Raws).decode
decode_raw_list = msgspec.json.Decoder(list[Raw]).decode
decode_string = msgspec.json.Decoder(str).decode
decode_index = msgspec.json.Decoder(int).decode
decode_any = msgspec.json.Decoder().decode
encode = msgspec.json.encode

MALFORMED = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, ValueError)
"""What decoding foreign bytes may raise."""

_NULL = b"null"


def is_null(raw: Raw | None) -> bool:
    """Whether a field is absent or null."""
    return raw is None or bytes(raw) == _NULL


def is_empty(raw: Raw | None) -> bool:
    """Whether a list is absent, null or empty."""
    return raw is None or bytes(raw) in {_NULL, b"[]"}


def word(raw: Raw | None) -> str:
    """A string that may be absent or null. Raises: MsgspecError for anything else."""
    return "" if raw is None or bytes(raw) == _NULL else decode_string(raw)


def said(raws: Raws) -> Raws:
    """The fields that are not null."""
    return {name: raw for name, raw in raws.items() if bytes(raw) != _NULL}


def decode_tree(raw: Raw | bytes) -> dict[str, Any]:
    """Decode an object whose depth is the vendor's business; {} for anything else."""
    tree = decode_any(raw)
    return tree if isinstance(tree, dict) else {}


def grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    """Apply a delta of unknown type to its block: text grows, lists go on, the rest is replaced."""
    for name, value in delta.items():
        old = block.get(name)
        if name == "type":
            continue
        if isinstance(old, str) and isinstance(value, str):
            block[name] = old + value
        elif isinstance(old, list) and isinstance(value, list):
            block[name] = [*old, *value]
        else:
            block[name] = value
