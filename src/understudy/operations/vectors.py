"""Vectors as they travel: a JSON array of numbers, or float32 in base64; both exact to the bit.

Sources: OpenAI API reference, "Create embeddings" (`encoding_format`), August 2026; the official
client reads base64 as little-endian float32.
"""

import base64
import binascii
import sys
from array import array
from typing import TypeAlias

import msgspec

Vector: TypeAlias = dict[str, msgspec.Raw]
"""One input's vector by data type (`float`, `int8` ...; `base64` is float32, packed): its JSON."""

FLOAT, BASE64 = "float", "base64"
DTYPES = frozenset({FLOAT, BASE64, "int8", "uint8", "binary", "ubinary"})

_NUMBERS = msgspec.json.Decoder(list[float])
_STRING = msgspec.json.Decoder(str)


class NoVector(Exception):
    """What stands where a vector was expected."""


def check(vector: Vector) -> None:
    """Look through a vector that somebody sent. Raises: NoVector."""
    for dtype, raw in vector.items():
        if is_packed(raw):
            octets = _octets(raw)
            if dtype == BASE64 and (not octets or len(octets) % 4):
                raise NoVector(f"expected float32 in base64, found {len(octets)} bytes")
        elif not _numbers(raw):
            raise NoVector("expected numbers, found none")


def is_packed(raw: msgspec.Raw) -> bool:
    """Whether a vector is a string, not an array."""
    return bytes(memoryview(raw)[:1]) == b'"'


def length(raw: msgspec.Raw) -> int:
    """How many float32 a packed vector holds, or how many numbers an array; read from outside."""
    if is_packed(raw):
        digits = bytes(raw)[1:-1].rstrip(b"=")
        return len(digits) * 3 // 16
    inside = bytes(raw)[1:-1]
    return inside.count(b",") + 1 if inside.strip() else 0


def packed(raw: msgspec.Raw) -> msgspec.Raw:
    """Numbers as float32 in base64."""
    if is_packed(raw):
        return raw
    numbers = array("f", _numbers(raw))
    if sys.byteorder == "big":
        numbers.byteswap()
    return msgspec.Raw(b'"' + base64.b64encode(numbers.tobytes()) + b'"')


def unpacked(raw: msgspec.Raw) -> msgspec.Raw:
    """Float32 in base64 as numbers: each float32 is a double, so nothing is rounded.

    For a vector that was checked.
    """
    if not is_packed(raw):
        return raw
    numbers = array("f", _octets(raw))
    if sys.byteorder == "big":
        numbers.byteswap()
    return msgspec.Raw(msgspec.json.encode(numbers.tolist()))


def as_asked(vector: Vector, dtype: str) -> msgspec.Raw | None:
    """The vector in a data type, repacked where that loses nothing; None where it is not there."""
    found = vector.get(dtype)
    if found is not None:
        return found
    if dtype == BASE64 and FLOAT in vector:
        return packed(vector[FLOAT])
    if dtype == FLOAT and BASE64 in vector:
        return unpacked(vector[BASE64])
    return None


def _numbers(raw: msgspec.Raw) -> list[float]:
    try:
        return _NUMBERS.decode(raw)
    except msgspec.MsgspecError as error:
        raise NoVector(f"expected an array of numbers ({error})") from None


def _octets(raw: msgspec.Raw) -> bytes:
    try:
        return base64.b64decode(_STRING.decode(raw), validate=True)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise NoVector(f"expected base64 ({error})") from None
