"""The shapes of this dialect: names, two spellings of them, and enums that may come as numbers.

Sources: ai.google.dev/api/generate-content and googleapis' generative_service.proto (August 2026).
The API is protobuf's JSON mapping: requests may spell `systemInstruction` as `system_instruction`.
Where it wants an array it takes a lone object as well, which many of Google's own examples say
(`"system_instruction": {"parts": {"text": ...}}` in ai.google.dev/gemini-api/docs); numbers may
stand in quotes, and the words of enums may be small (`"thinkingLevel": "low"`).
"""

import re
from types import MappingProxyType

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.dialects.reading import ProtoReader, Reader, expected

Raw = msgspec.Raw
Raws = dict[str, Raw]

NAME = "gemini_generate"
OWN = NAME + "."
"""Begins the name of every vendor field of an answer that this dialect keeps for itself."""

PRODUCER = "gemini"
GOOGLE = frozenset({PRODUCER, "vertex"})
"""The hosts that can read a signature back: the models on both are the same."""

BEFORE_TEXT = "thoughtSignature:text"
BEFORE_CALL = "thoughtSignature:functionCall"
"""Where a reasoning part without words is the signature of the part that follows it."""

UNSIGNED = "skip_thought_signature_validator"
"""Stands for the signature of a call that none of these models made: from Gemini 3 on they refuse a
conversation with calls that have none (ai.google.dev/gemini-api/docs/thought-signatures, 2026).
"""

_GIVEN = frozenset({"args", "response", "partMetadata"})
"""Objects whose names are a tool's or a caller's."""

_UNDERSCORE = re.compile(r"(?<=[A-Za-z0-9])_+([a-z0-9])")

TYPES = MappingProxyType(
    dict(enumerate(("string", "number", "integer", "boolean", "array", "object", "null"), 1))
)
MODALITIES = MappingProxyType(dict(enumerate(("TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"), 1)))
MODES = MappingProxyType(dict(enumerate(("AUTO", "ANY", "NONE", "VALIDATED"), 1)))

decode_raws = msgspec.json.Decoder(Raws).decode
decode_raw_list = msgspec.json.Decoder(list[Raw]).decode
decode_string = msgspec.json.Decoder(str).decode
decode_flag = msgspec.json.Decoder(bool | None).decode
decode_any = msgspec.json.Decoder().decode
encode = msgspec.json.encode

MALFORMED = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, ValueError)
"""What decoding foreign bytes may raise."""


def camel(raws: Raws, path: str = "") -> Raws:
    """Spell all names of one object as the documents do. Raises: InvalidRequest for a double."""
    if "_" not in "".join(raws):
        return raws
    found: Raws = {}
    for name, raw in raws.items():
        spelled = _camel(name)
        if spelled in found:
            reason = "the field is given more than once, in both spellings"
            raise InvalidRequest(f"{path}.{spelled}" if path else spelled, reason)
        found[spelled] = raw
    return found


def respelled(raws: Raws) -> Raws:
    """Spell the names of an answer as the documents do: whoever passed it on may have kept those of
    the .proto. What a tool is given keeps its own names.
    """
    return _inside(raws) if "_" in "".join(raws) else raws


def _inside(raws: Raws) -> Raws:
    found = {}
    for name, raw in raws.items():
        spelled = _camel(name)
        if not is_null(raw):
            found[spelled] = raw if spelled in _GIVEN else _spelled(raw)
    return found


def _spelled(raw: Raw) -> Raw:
    match bytes(raw)[:1]:
        case b"[":
            return Raw(encode([_spelled(each) for each in decode_raw_list(raw)]))
        case b"{":
            return Raw(encode(_inside(decode_raws(raw))))
        case _:
            return raw


def _camel(name: str) -> str:
    return _UNDERSCORE.sub(lambda match: match[1].upper(), name) if "_" in name else name


def reader(raw: Raw, path: str) -> Reader:
    """Take one object of a request apart, in either spelling. Raises: InvalidRequest."""
    try:
        raws = decode_raws(raw)
    except msgspec.MsgspecError:
        raise expected("an object", raw, path) from None
    return ProtoReader(camel(raws, path), path)


def inner(outer: Reader, name: str) -> Reader | None:
    """An object inside an object, None where it is absent. Raises: InvalidRequest."""
    raw = outer.take(name)
    return None if raw is None else reader(raw, outer.at(name))


def is_null(raw: Raw | None) -> bool:
    """Whether a field is absent or null."""
    return raw is None or bytes(raw) in {b"", b"null"}


def word(raw: Raw | None) -> str:
    """A string that may be absent or null. Raises: MsgspecError for anything else."""
    return "" if raw is None or is_null(raw) else decode_string(raw)


def base64_of(text: str) -> str:
    """Base64 in the usual alphabet: protobuf takes the URL's as well, and no padding."""
    usual = text.replace("-", "+").replace("_", "/")
    return usual + "=" * (-len(usual) % 4)
