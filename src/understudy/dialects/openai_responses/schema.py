"""The shapes of this dialect, as loose as its providers made them. Only here may `Any` show.

Sources: OpenAI API reference, "Responses" and "Streaming events"; the types of OpenAI's own Python
library, 3.57 (2026).
"""

from typing import Any

import msgspec

from understudy.chat.endpoint import Capability

Raw = msgspec.Raw
Raws = dict[str, Raw]

NAME = "openai_responses"
OWN = NAME + "."
"""Begins the name of every vendor field of an answer that this dialect keeps for itself."""

PRODUCER = "openai"
"""Who reads back the hidden thoughts and file ids that clients of this dialect hold."""

SUMMARY = "summary"
CONTENT = "content"
"""Where in a reasoning item a thought stands: what its author shows of it, or all of it."""

INCLUDE = "include"
LOGPROBS = "message.output_text.logprobs"
"""The element of `include` that asks for the chances of tokens."""

INPUT_CAPABILITIES = {
    "input_image": Capability.VISION,
    "input_file": Capability.DOCUMENTS,
    "input_audio": Capability.AUDIO_INPUT,
}
"""What a part of the input needs of a target."""

FORMAT_CAPABILITIES = {
    "json_schema": Capability.JSON_SCHEMA,
    "json_object": Capability.JSON_MODE,
}
"""What a format of the answer's text needs of a target."""


NOWHERE = -1
"""The place of an output where none is said."""


class TextDelta(msgspec.Struct, gc=False):
    """The event that most of a stream is made of; `logprobs` are there only where asked for."""

    type: str
    delta: str
    output_index: int = NOWHERE
    content_index: int = 0
    logprobs: tuple[()] | None = None


class ArgumentsDelta(msgspec.Struct, gc=False):
    """More arguments of a call, or more of the input of a custom tool."""

    delta: str
    output_index: int = NOWHERE


class GlancedPart(msgspec.Struct, gc=False):
    type: str = ""


class GlancedItem(msgspec.Struct, gc=False):
    """An item of the input: a message says what is in it, the output of a tool as well."""

    type: str | None = None
    role: str | None = None
    content: str | list[GlancedPart] | None = None
    output: Raw = Raw()


class GlancedFormat(msgspec.Struct, gc=False):
    type: str | None = None


class GlancedText(msgspec.Struct, gc=False):
    format: GlancedFormat | None = None


class GlancedRequest(msgspec.Struct):
    """What routing needs of a request."""

    model: str = ""
    input: str | list[GlancedItem] | None = None
    stream: bool | None = None
    max_output_tokens: int | None = None
    tools: list[Raw] | None = None
    text: GlancedText | None = None
    prompt: Raw = Raw()
    previous_response_id: str | None = None
    conversation: Raw = Raw()


decode_text_delta = msgspec.json.Decoder(TextDelta).decode
decode_arguments_delta = msgspec.json.Decoder(ArgumentsDelta).decode
decode_glanced = msgspec.json.Decoder(GlancedRequest).decode
decode_glanced_parts = msgspec.json.Decoder(list[GlancedPart]).decode
decode_raws = msgspec.json.Decoder(Raws).decode
decode_raw_list = msgspec.json.Decoder(list[Raw]).decode
decode_string = msgspec.json.Decoder(str).decode
decode_index = msgspec.json.Decoder(int).decode
decode_any = msgspec.json.Decoder().decode
encode = msgspec.json.encode

MALFORMED = (
    msgspec.MsgspecError,
    UnicodeDecodeError,
    RecursionError,
    OverflowError,
    ValueError,
    KeyError,
)
"""What reading a body or an event may raise where it is none."""

_NOTHING = frozenset({b"null", b"[]", b"{}", b'""'})


def decode_tree(raw: Raw | bytes) -> dict[str, Any]:
    """Decode an object whose depth is the vendor's business; {} for anything else."""
    tree = decode_any(raw)
    return tree if isinstance(tree, dict) else {}


def is_nothing(raw: Raw | None) -> bool:
    """Whether a field is absent, or says nothing at all."""
    return raw is None or bytes(raw) in _NOTHING


def is_null(raw: Raw | None) -> bool:
    """Whether a field is absent or null."""
    return raw is None or bytes(raw) == b"null"


def text_of(raw: Raw | None) -> str:
    """A string that may be absent or null. Raises: MsgspecError for anything else."""
    return "" if raw is None or is_null(raw) else decode_string(raw)


def items_of(raw: Raw | None) -> list[Raw]:
    """A list that may be absent or null. Raises: MsgspecError for anything else."""
    return [] if raw is None or is_null(raw) else decode_raw_list(raw)


def whole_number(raw: Raw | None) -> int | None:
    """A number, its fraction cut off (some hosts say seconds with one); None for anything else."""
    value = None if raw is None else decode_any(raw)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value)
