"""The outermost object of a request: read without what is in it, checked, edited in place.

Knows JSON and where a field stands, not what any dialect means by it.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Edits

Raws = dict[str, msgspec.Raw]

_decode_raws = msgspec.json.Decoder(Raws).decode
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.encode

MOST_FIELDS = 1000
LONGEST_NAME = 256
"""Characters. No API has so many fields, nor such names; each costs more than its bytes."""

TAIL = 2048
"""So many bytes at the end of a body are searched for its model before it is taken apart."""

_KEY = re.compile(rb'[ \t\r\n]*[{,][ \t\r\n]*("(?:[^"\\]|\\.)*")[ \t\r\n]*:[ \t\r\n]*')
_FIRST_MODEL = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"model"[ \t\r\n]*:[ \t\r\n]*("(?:[^"\\]|\\.)*")')
_MODEL = re.compile(rb'"model"[ \t\r\n]*:[ \t\r\n]*("(?:[^"\\]|\\.)*")')
_HALF = re.compile(
    rb"(?<!\\)(?:\\\\)*"
    rb"(?:\\u[dD][89abAB][0-9A-Fa-f]{2}(?!\\u[dD][c-fC-F])|"
    rb"(?<!\\u[dD][89abAB][0-9A-Fa-f]{2})\\u[dD][c-fC-F])"
)
"""Half of a character: a string that is none, which no UTF-8 can say (RFC 8259 §8.2)."""


Change: TypeAlias = tuple[int, int, bytes]
"""From where to where stands what from now on."""


class Span(NamedTuple):
    """Where a field stands in the body: its name with quotes, and its value."""

    name_start: int
    name_end: int
    start: int
    end: int


Addition: TypeAlias = Callable[[Raws, dict[str, Span]], list[Change]]


def read_object(body: bytes) -> Raws:
    """Take a body apart into its top-level fields.

    Raises:
        InvalidRequest: it is not UTF-8, not JSON, no object, too deep, has too many fields or too
            long names, or says a field twice. Names that differ by case alone are one: who is
            written in Go reads them so, and would take another model than the one that was judged.
    """
    if not body.isascii():
        _check_utf8(body)
    try:
        raws = _decode_raws(body)
    except RecursionError:
        raise InvalidRequest("", "the body is nested too deeply") from None
    except msgspec.ValidationError:
        raise InvalidRequest("", "expected a JSON object, found another value") from None
    except msgspec.DecodeError as error:
        half = _HALF.search(body)
        reason = "half of a surrogate pair" if half is not None else str(error)
        raise InvalidRequest("", f"the body is not valid JSON: {reason}") from None
    if len(raws) > MOST_FIELDS:
        raise InvalidRequest("", f"the body has more than {MOST_FIELDS} fields")
    if raws and max(map(len, raws)) > LONGEST_NAME:
        raise InvalidRequest("", f"a field's name is longer than {LONGEST_NAME} characters")
    if len(set(map(str.casefold, raws))) < len(raws):
        raise _alike(raws)
    if not _is_usual(raws, body):
        locate(raws, body)
    return raws


def locate(raws: Raws, body: bytes) -> dict[str, Span]:
    """Say where each field stands.

    Raises:
        InvalidRequest: a field is said twice.
    """
    spans = {}
    at = 0
    for name, raw in raws.items():
        key = _KEY.match(body, at)
        value = bytes(raw)
        if key is None or _name(key[1]) != name or not body.startswith(value, key.end()):
            raise _twice(body, at)
        at = key.end() + len(value)
        spans[name] = Span(key.start(1), key.end(1), key.end(), at)
    if raws and body[at:].strip() != b"}":
        raise _twice(body, at)
    return spans


def edit(body: bytes, edits: Edits, add: Addition | None = None) -> bytes:
    """Put in the model and the renames; every byte that they do not name stays.

    `add` may name further changes, once the body has been taken apart.

    Raises:
        InvalidRequest: as `read_object`, or there is no model to replace.
    """
    model = _encode(edits.model)
    if add is None and not _applies(edits.renames, body):
        spliced = _splice_model(body, model)
        if spliced is not None:
            return spliced
    raws = read_object(body)
    if "model" not in raws:
        raise InvalidRequest("model", "expected a string, found nothing")
    spans = locate(raws, body)
    changes = [(spans["model"].start, spans["model"].end, model)]
    changes += _renaming(spans, edits.renames)
    if add is not None:
        changes += add(raws, spans)
    return _apply(body, changes)


def respelled(body: bytes, renames: dict[str, str]) -> bytes:
    """Put in the renames of a request whose model is in its path; every other byte stays.

    Raises: InvalidRequest.
    """
    if not _applies(renames, body):
        return body
    return _apply(body, _renaming(locate(read_object(body), body), renames))


def rename(body: dict[str, object], renames: dict[str, str]) -> None:
    """Spell fields of a request that is being written as its host does; none is written over."""
    for old, new in renames.items():
        if old in body and new not in body:
            body[new] = body.pop(old)


def _check_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        reason = f"the body is not valid UTF-8 (byte {error.start})"
        raise InvalidRequest("", reason) from None


def _is_usual(raws: Raws, body: bytes) -> bool:
    """Whether the fields found, set as JSON libraries set them, are the body: none is hidden.

    Without white space their length tells; with a space after each colon and comma it does not.
    """
    length = 1
    for name, raw in raws.items():
        length += len(name) + len(raw) + 4
    if length == len(body):
        return True
    if length + 2 * len(raws) - 1 != len(body):
        return False
    pieces: list[bytes | msgspec.Raw] = []
    for name, raw in raws.items():
        pieces += (b', "', name.encode(), b'": ', raw)
    pieces[0] = b'{"'
    pieces.append(b"}")
    return b"".join(pieces) == body


def _name(key: bytes) -> str:
    name = _decode(key) if b"\\" in key else key[1:-1].decode()
    return str(name)


def _twice(body: bytes, at: int) -> InvalidRequest:
    """The fields up to `at` are each the last of their name: what follows has been said before."""
    key = _KEY.match(body, at)
    name = "" if key is None else _name(key[1])
    return InvalidRequest(name, "the field is given more than once")


def _alike(raws: Raws) -> InvalidRequest:
    seen: set[str] = set()
    for name in raws:
        if name.casefold() in seen:
            return InvalidRequest(name, "the field is given more than once, in other letters")
        seen.add(name.casefold())
    raise AssertionError("two names are alike")


def _splice_model(body: bytes, model: bytes) -> bytes | None:
    """Replace the model where it is the first field, or near the end; None where neither is so.

    That no field is given twice has been seen to when the request was first read.
    """
    found = _FIRST_MODEL.match(body)
    if found is None:
        start = body.rfind(b'"model"', max(0, len(body) - TAIL))
        found = None if start < 0 else _MODEL.match(body, start)
        if found is None or not _is_object(b"{" + body[start:]):
            return None
    if found[1] == model:
        return body
    return b"".join((body[: found.start(1)], model, body[found.end(1) :]))


def _is_object(text: bytes) -> bool:
    """Whether a text is an object: what follows a field of the body is, unless it stands deeper."""
    try:
        _decode_raws(text)
    except msgspec.MsgspecError:
        return False
    return True


def _applies(renames: dict[str, str], body: bytes) -> bool:
    return bool(renames) and any(name.encode() in body for name in renames)


def _renaming(spans: dict[str, Span], renames: dict[str, str]) -> list[Change]:
    return [
        (spans[old].name_start, spans[old].name_end, _encode(new))
        for old, new in renames.items()
        if old in spans and new not in spans
    ]


def _apply(body: bytes, changes: list[Change]) -> bytes:
    pieces = []
    at = 0
    for start, end, text in sorted(changes):
        pieces += [body[at:start], text]
        at = end
    pieces.append(body[at:])
    return b"".join(pieces)
