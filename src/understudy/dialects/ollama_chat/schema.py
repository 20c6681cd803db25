"""The shapes of this dialect, and the names it has for what the neutral model knows.

Source: github.com/ollama/ollama, docs/api.md and api/types.go (August 2026).
"""

from types import MappingProxyType

import msgspec

Raw = msgspec.Raw
Raws = dict[str, Raw]

NAME = "ollama_chat"
OWN = NAME + "."
"""Begins the name of every vendor field of an answer that this dialect keeps for itself."""

PRODUCER = "ollama"
PATH = "/api/chat"

ROLES = frozenset({"system", "user", "assistant", "tool"})

OPTIONS = MappingProxyType(
    {
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": "top_k",
        "min_p": "min_p",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
        "repetition_penalty": "repeat_penalty",
        "seed": "seed",
    }
)
"""Fields of `Sampling`, and what they are called among the options."""

WHOLE_OPTIONS = frozenset({"top_k", "seed"})
"""Those that are integers."""


class GlancedMessage(msgspec.Struct, gc=False):
    role: str
    images: list[Raw] | None = None


class GlancedRequest(msgspec.Struct, gc=False):
    """What routing needs to know of a request. A stream is the default here."""

    model: str
    messages: list[GlancedMessage] | None = None
    stream: bool | None = None
    tools: list[Raw] | None = None
    format: Raw = Raw()
    think: bool | str | None = None
    options: Raws | None = None


class PlainMessage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    content: str
    role: str = "assistant"


class PlainChunk(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A line that says one bit of text and nothing else, as nearly all do."""

    model: str
    created_at: str
    message: PlainMessage
    done: bool


decode_glanced = msgspec.json.Decoder(GlancedRequest).decode
decode_plain = msgspec.json.Decoder(PlainChunk).decode
decode_raws = msgspec.json.Decoder(Raws).decode
decode_raw_list = msgspec.json.Decoder(list[Raw]).decode
decode_string = msgspec.json.Decoder(str).decode
decode_number = msgspec.json.Decoder(int | None).decode
decode_flag = msgspec.json.Decoder(bool | None).decode
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
