"""The shapes of this dialect, and small readers of its JSON.

Source: the service model of botocore (bedrock-runtime, 2023-09-30): a block is a union, an object
with one member whose name says what it is.
"""

import msgspec

Raw = msgspec.Raw
Raws = dict[str, Raw]
Object = dict[str, object]

NAME = "bedrock_converse"
OWN = NAME + "."
"""Begins the name of every vendor field of an answer that this dialect keeps for itself."""

PRODUCER = "aws"
"""Who reads back the signatures and hidden thoughts that clients of this dialect hold."""

REDACTED = "redactedContent"
CITED = "citationsContent"
PADDING = "p"
"""Random letters in every event, so that its length tells nothing: no part of what is said."""


class GlancedContent(msgspec.Struct, gc=False):
    """The members of a block that matter to routing."""

    image: Raw = Raw()
    document: Raw = Raw()
    audio: Raw = Raw()
    toolResult: Raw = Raw()  # noqa: N815 - the vendor's word


class GlancedResult(msgspec.Struct, gc=False):
    content: list[GlancedContent] = []


class GlancedMessage(msgspec.Struct, gc=False):
    role: str
    content: list[GlancedContent]


class GlancedInference(msgspec.Struct, gc=False):
    maxTokens: int | None = None  # noqa: N815 - the vendor's word


class GlancedTools(msgspec.Struct, gc=False):
    tools: list[Raw] = []


class GlancedRequest(msgspec.Struct):
    """What routing needs to know of a request."""

    messages: list[GlancedMessage] = []
    inferenceConfig: GlancedInference | None = None  # noqa: N815 - the vendor's word
    toolConfig: GlancedTools | None = None  # noqa: N815 - the vendor's word
    outputConfig: Raws | None = None  # noqa: N815 - the vendor's word
    additionalModelRequestFields: Raw = Raw()  # noqa: N815 - the vendor's word


class PlainText(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    text: str


class PlainDelta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The event that makes up nearly all of a stream."""

    contentBlockIndex: int  # noqa: N815 - the vendor's word
    delta: PlainText
    p: str = ""


decode_glanced = msgspec.json.Decoder(GlancedRequest).decode
decode_glanced_result = msgspec.json.Decoder(GlancedResult).decode
decode_plain = msgspec.json.Decoder(PlainDelta).decode
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


def word(raw: Raw | None) -> str:
    """A string that may be absent or null. Raises: MsgspecError for anything else."""
    return "" if raw is None or bytes(raw) == _NULL else decode_string(raw)


def said(raws: Raws) -> Raws:
    """The fields that are not null, as copies that do not keep the whole frame alive."""
    return {name: Raw(bytes(raw)) for name, raw in raws.items() if bytes(raw) != _NULL}


def member(raws: Raws) -> str:
    """The name of a union's member: its first that is not null, `type` and the like aside."""
    for name, raw in raws.items():
        if bytes(raw) != _NULL and name not in {"type", PADDING}:
            return name
    return ""


def inner(raw: Raw | None) -> Raws:
    """The fields of an inner object, {} where it is absent. Raises: MsgspecError."""
    return {} if raw is None or is_null(raw) else decode_raws(raw)


def items(raw: Raw | None) -> list[Raw]:
    """The elements of an array, none where it is absent. Raises: MsgspecError."""
    return [] if raw is None or is_null(raw) else decode_raw_list(raw)
