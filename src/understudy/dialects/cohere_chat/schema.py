"""The shapes of this dialect, and the names it has for what the neutral model knows.

Source: Cohere's API reference, "Chat (v2)", and the types of its official SDK
(github.com/cohere-ai/cohere-python 7.3, src/cohere/v2, November 2026).
"""

from types import MappingProxyType

import msgspec

Raw = msgspec.Raw
Raws = dict[str, Raw]

NAME = "cohere_chat"
OWN = NAME + "."
"""Begins the name of every vendor field of an answer that this dialect keeps for itself."""

PATH = "/v2/chat"
DONE = b"data: [DONE]\n\n"
"""The last frame of a stream."""

PLAN = "tool_plan"
"""The thoughts before tool calls stand in a field of their own."""

ROLES = frozenset({"system", "user", "assistant", "tool"})
DOCUMENTS = "documents"

SAMPLING = MappingProxyType(
    {
        "temperature": "temperature",
        "top_p": "p",
        "top_k": "k",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
        "seed": "seed",
        "logprobs": "logprobs",
    }
)
"""Fields of `Sampling`, and what they are called here."""

LIMITS = MappingProxyType(
    {
        "top_p": (0.01, 0.99),
        "top_k": (0, 500),
        "frequency_penalty": (0.0, 1.0),
        "presence_penalty": (0.0, 1.0),
    }
)
"""From where to where the API takes them."""

MOST_STOPS = 5


class GlancedMessage(msgspec.Struct, gc=False):
    role: str
    content: Raw = Raw()


class GlancedThinking(msgspec.Struct, gc=False):
    type: str = "enabled"


class GlancedFormat(msgspec.Struct, gc=False):
    type: str
    json_schema: Raw = Raw()
    schema: Raw = Raw()


class GlancedRequest(msgspec.Struct, gc=False):
    """What routing needs to know of a request."""

    model: str
    messages: list[GlancedMessage]
    stream: bool | None = None
    tools: list[Raw] | None = None
    response_format: GlancedFormat | None = None
    thinking: GlancedThinking | None = None
    max_tokens: int | None = None


class _Text(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    text: str


class _Message(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    content: _Text


class _Delta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    message: _Message


class TextDelta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A frame that says one bit of text and nothing else, as nearly all do."""

    type: str
    index: int
    delta: _Delta


decode_glanced = msgspec.json.Decoder(GlancedRequest).decode
decode_text_delta = msgspec.json.Decoder(TextDelta).decode
decode_raws = msgspec.json.Decoder(Raws).decode
decode_raw_list = msgspec.json.Decoder(list[Raw]).decode
decode_string = msgspec.json.Decoder(str).decode
decode_integer = msgspec.json.Decoder(int).decode
decode_tree = msgspec.json.Decoder(dict[str, object]).decode
decode_any = msgspec.json.Decoder().decode
encode = msgspec.json.encode

MALFORMED = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, ValueError)
"""What decoding foreign bytes may raise."""

_NULL = b"null"


def is_null(raw: Raw | None) -> bool:
    """Whether a field is absent or null."""
    return raw is None or bytes(raw) in {b"", _NULL}


def word(raw: Raw | None) -> str:
    """A string that may be absent or null. Raises: MsgspecError for anything else."""
    return "" if raw is None or is_null(raw) else decode_string(raw)


def inner(raws: Raws, *path: str) -> Raws:
    """An object within objects; empty where there is none. Raises: MsgspecError."""
    for name in path:
        raw = raws.get(name)
        if raw is None or is_null(raw):
            return {}
        raws = decode_raws(raw)
    return raws


def items(raw: Raw | None) -> list[Raw]:
    """A list that may be absent or null. Raises: MsgspecError."""
    return [] if raw is None or is_null(raw) else decode_raw_list(raw)
