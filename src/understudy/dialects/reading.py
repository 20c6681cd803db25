"""Takes objects of a request apart field by field, and says exactly what is wrong with one.

Knows JSON, not what any dialect means by it.
"""

import contextlib
import math
from collections.abc import Callable
from typing import Self

import msgspec
from typing_extensions import override

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import CacheHint

Raws = dict[str, msgspec.Raw]

_raws = msgspec.json.Decoder(Raws).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
# Null is theirs to know: most fields are absent, and those there are seldom null.
_string: Callable[[msgspec.Raw], str | None] = msgspec.json.Decoder(str | None).decode
_integer: Callable[[msgspec.Raw], int | None] = msgspec.json.Decoder(int | None).decode
_number: Callable[[msgspec.Raw], float | None] = msgspec.json.Decoder(float | None).decode
_digits = msgspec.json.Decoder(float).decode
_boolean: Callable[[msgspec.Raw], bool | None] = msgspec.json.Decoder(bool | None).decode
_text = msgspec.json.Decoder(str).decode
_strings = msgspec.json.Decoder(dict[str, str]).decode

NULL = b"null"


class Reader:
    """One object of a request. Each `take` removes a field; `rest` is what nobody took.

    A field that is null counts as absent. All methods raise InvalidRequest with the field's path.
    """

    def __init__(self, raws: Raws, path: str = "") -> None:
        self._raws = raws
        self.path = path

    @classmethod
    def of(cls, raw: msgspec.Raw, path: str) -> Self:
        try:
            return cls(_raws(raw), path)
        except msgspec.MsgspecError:
            raise expected("an object", raw, path) from None

    def at(self, name: str) -> str:
        """The path of a field of this object."""
        return f"{self.path}.{name}" if self.path else name

    def take(self, name: str) -> msgspec.Raw | None:
        raw = self._raws.pop(name, None)
        return None if raw is None or _is_null(raw) else raw

    def has(self, name: str) -> bool:
        raw = self._raws.get(name)
        return raw is not None and not _is_null(raw)

    def peek(self, name: str) -> msgspec.Raw | None:
        return self._raws.get(name)

    def put(self, name: str, raw: msgspec.Raw) -> None:
        """Add a field that nobody will take: it is part of the rest."""
        self._raws[name] = raw

    def string(self, name: str) -> str | None:
        raw = self._raws.pop(name, None)
        if raw is None:
            return None
        try:
            return _string(raw)
        except msgspec.MsgspecError:
            raise expected("a string", raw, self.at(name)) from None

    def need_string(self, name: str) -> str:
        found = self.string(name)
        if found is None:
            raise InvalidRequest(self.at(name), "expected a string, found nothing")
        return found

    def integer(self, name: str) -> int | None:
        raw = self._raws.pop(name, None)
        if raw is None:
            return None
        try:
            return _integer(raw)
        except msgspec.MsgspecError:
            raise expected("an integer", raw, self.at(name)) from None

    def number(self, name: str) -> float | None:
        raw = self._raws.pop(name, None)
        if raw is None:
            return None
        try:
            return _number(raw)
        except msgspec.MsgspecError:
            raise expected("a number", raw, self.at(name)) from None

    def boolean(self, name: str) -> bool | None:
        raw = self._raws.pop(name, None)
        if raw is None:
            return None
        try:
            return _boolean(raw)
        except msgspec.MsgspecError:
            raise expected("true or false", raw, self.at(name)) from None

    def object(self, name: str) -> "Reader | None":
        raw = self.take(name)
        return None if raw is None else self.of(raw, self.at(name))

    def need_object(self, name: str) -> "Reader":
        found = self.object(name)
        if found is None:
            raise InvalidRequest(self.at(name), "expected an object, found nothing")
        return found

    def items(self, name: str) -> list[msgspec.Raw]:
        """The elements of an array; none where the field is absent."""
        raw = self.take(name)
        if raw is None:
            return []
        try:
            return _list(raw)
        except msgspec.MsgspecError:
            raise expected("an array", raw, self.at(name)) from None

    def strings(self, name: str) -> dict[str, str] | None:
        raw = self.take(name)
        if raw is None:
            return None
        try:
            return _strings(raw)
        except msgspec.MsgspecError:
            raise expected("an object of strings", raw, self.at(name)) from None

    def cache(self) -> CacheHint | None:
        """A marker in Anthropic's spelling, which several hosts of this dialect take as well."""
        marker = self.object("cache_control")
        if marker is None:
            return None
        marker.take("type")
        return CacheHint(marker.string("ttl"))

    def names(self) -> list[str]:
        """The fields that nobody took yet."""
        return list(self._raws)

    def rest(self) -> Raws:
        """What nobody took, without nulls."""
        return {name: raw for name, raw in self._raws.items() if not _is_null(raw)}


class ProtoReader(Reader):
    """Takes what protobuf's JSON mapping takes: a lone object for an array of one, and numbers in
    quotes (protobuf.dev, "ProtoJSON Format": "either numbers or strings are accepted").
    """

    @override
    def items(self, name: str) -> list[msgspec.Raw]:
        raw = self.peek(name)
        if raw is None or bytes(memoryview(raw)[:1]) != b"{":
            return super().items(name)
        self.take(name)
        return [raw]

    @override
    def integer(self, name: str) -> int | None:
        self._unquote(name)
        return super().integer(name)

    @override
    def number(self, name: str) -> float | None:
        self._unquote(name)
        return super().number(name)

    def _unquote(self, name: str) -> None:
        raw = self.peek(name)
        if raw is not None and is_string(raw):
            inside = msgspec.Raw(text_of(raw).encode())
            with contextlib.suppress(msgspec.MsgspecError):
                _digits(inside)
                self.put(name, inside)


def is_string(raw: msgspec.Raw) -> bool:
    """Whether a value is a JSON string."""
    return bytes(raw).startswith(b'"')


def is_list(raw: msgspec.Raw) -> bool:
    """Whether a value is a JSON array."""
    return bytes(raw).startswith(b"[")


def text_of(raw: msgspec.Raw) -> str:
    """The text of a raw JSON string."""
    return _text(raw)


def expected(what: str, raw: msgspec.Raw, path: str) -> InvalidRequest:
    """Say what was found where something else was expected."""
    return InvalidRequest(path, f"expected {what}, found {found(raw)}")


def found(raw: msgspec.Raw) -> str:
    """Name the kind of a JSON value."""
    match bytes(raw)[:1]:
        case b'"':
            return "a string"
        case b"{":
            return "an object"
        case b"[":
            return "an array"
        case b"t" | b"f":
            return "a boolean"
        case b"n":
            return "null"
        case _:
            return "a number" if math.isfinite(float(bytes(raw))) else "a number too large"


def _is_null(raw: msgspec.Raw) -> bool:
    return len(raw) == len(NULL) and bytes(raw) == NULL
