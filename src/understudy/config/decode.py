"""A parsed TOML document to a table of the schema: every mistake found, each with its path.

Declarative: it reads the types of the schema and knows none of its fields.
"""

import enum
import re
import types
import typing
from collections.abc import Mapping
from typing import ClassVar, Protocol, TypeVar

import msgspec

from understudy.config.errors import Problem, Unfit, did_you_mean, join_names
from understudy.config.secret import mask, show

T = TypeVar("T", bound=msgspec.Struct)

LARGEST = 2**63
"""Whole numbers stay below it, as TOML has it (TOML 1.0, Integer); Python would read any."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_WRONG = object()
_WORDS = types.MappingProxyType(
    {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
)


class _Parsed(Protocol):
    """A type of `values`: reads itself, or raises Unfit. `WORD` is what it is called."""

    WORD: ClassVar[str]

    @classmethod
    def parse(cls, value: object) -> object: ...


class Decoder:
    """Decodes one document. `problems` grows; a value with a problem comes out as None.

    `shorthand`: tables that may be written as one text, and the field that it then is.
    `other_names`: what people write for a field.
    """

    def __init__(self, shorthand: Mapping[type, str], other_names: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self._shorthand = shorthand
        self._other_names = other_names

    def decode(self, value: object, table: type[T], path: str = "") -> T | None:
        """Return `value` as a `table`, or None when something in it is wrong."""
        decoded = self._table(value, table, path)
        return decoded if isinstance(decoded, table) else None

    def _table(self, value: object, table: type[msgspec.Struct], path: str) -> object:
        short = self._shorthand.get(table)
        if short is not None and isinstance(value, str):
            return self._fields({short: value}, table, path, is_short=True)
        if not isinstance(value, dict):
            expected = "a table" if short is None else "a text or a table"
            return self._wrong(path, show(value), expected)
        return self._fields(value, table, path)

    def _fields(
        self,
        value: dict[str, object],
        table: type[msgspec.Struct],
        path: str,
        *,
        is_short: bool = False,
    ) -> object:
        fields = {field.encode_name: field for field in msgspec.structs.fields(table)}
        is_wrong = False
        for key in value:
            if key not in fields:
                self._unknown(key, fields, path)
                is_wrong = True
        values: dict[str, object] = {}
        for name, field in fields.items():
            if name in value:
                inner = path if is_short else join(path, name)
                values[field.name] = self._value(value[name], field.type, inner)
                is_wrong |= values[field.name] is _WRONG
            elif field.required:
                self._wrong(path, f"no `{name}`", expectation(field.type))
                is_wrong = True
        return _WRONG if is_wrong else table(**values)

    def _unknown(self, key: str, fields: Mapping[str, object], path: str) -> None:
        other = self._other_names.get(key)
        hint = f'did you mean "{other}"?' if other in fields else did_you_mean(key, fields)
        expected = f"one of {join_names(fields, limit=30)}"
        self.problems.append(Problem(join(path, key), f"unknown key {show(key)}", expected, hint))

    def _value(self, value: object, declared: object, path: str) -> object:
        if isinstance(value, int) and not -LARGEST <= value < LARGEST:
            return self._wrong(path, "a number of more than 64 bits", expectation(declared))
        base = _base(declared)
        origin, arguments = typing.get_origin(base), typing.get_args(base)
        parser = _parser(base)
        if parser is not None:
            return self._parsed(value, parser, path)
        if isinstance(base, type) and issubclass(base, msgspec.Struct):
            return self._table(value, base, path)
        if origin is list:
            return self._list(value, arguments[0], path)
        if origin is dict:
            return self._dict(value, arguments, path)
        return self._leaf(value, declared, path)

    def _list(self, value: object, item: object, path: str) -> object:
        if not isinstance(value, list):
            return self._wrong(path, show(value), "an array")
        items = [self._value(each, item, f"{path}[{i}]") for i, each in enumerate(value)]
        return _WRONG if any(each is _WRONG for each in items) else items

    def _dict(self, value: object, arguments: tuple[object, ...], path: str) -> object:
        if not isinstance(value, dict):
            return self._wrong(path, show(value), "a table")
        name, item = arguments
        items = {
            self._value(key, name, join(path, key)): self._value(each, item, join(path, key))
            for key, each in value.items()
        }
        return _WRONG if _WRONG in items or _WRONG in items.values() else items

    def _parsed(self, value: object, kind: type[_Parsed], path: str) -> object:
        try:
            return kind.parse(value)
        except Unfit as error:
            return self._wrong(path, error.found, error.expected, error.hint)

    def _leaf(self, value: object, declared: object, path: str) -> object:
        try:
            return msgspec.convert(value, declared)
        except msgspec.ValidationError:
            choices = _choices(_base(declared))
            hint = did_you_mean(value, choices) if isinstance(value, str) else ""
            return self._wrong(path, show(value), expectation(declared), hint)

    def _wrong(self, path: str, found: str, expected: str, hint: str = "") -> object:
        self.problems.append(Problem(path, found, expected, hint))
        return _WRONG


def join(path: str, key: str) -> str:
    """Return the path of `key` inside `path`, quoted as in TOML; a pasted secret is masked."""
    name = mask(key)
    if not _BARE_KEY.fullmatch(name):
        name = msgspec.json.encode(name).decode()
    return f"{path}.{name}" if path else name


def expectation(declared: object) -> str:
    """Say in words what a field of this type takes."""
    base = _base(declared)
    if choices := _choices(base):
        quoted = [f'"{choice}"' for choice in choices]
        return " or ".join(([", ".join(quoted[:-1])] if quoted[:-1] else []) + quoted[-1:])
    origin = typing.get_origin(base)
    if origin in {list, dict}:
        return "an array" if origin is list else "a table"
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(expectation(each) for each in typing.get_args(base))
    parser = _parser(base)
    if parser is not None:
        return parser.WORD
    word = _WORDS.get(base) if isinstance(base, type) else None
    return (word or "a table") + _range(declared)


def _range(declared: object) -> str:
    low = high = None
    for meta in _metas(declared):
        if isinstance(meta, msgspec.Meta):
            if meta.min_length:
                return ", not empty"
            low = f" from {meta.ge:,}" if meta.ge is not None else low
            low = f" above {meta.gt:,}" if meta.gt is not None else low
            high = f" up to {meta.le:,}" if meta.le is not None else high
    return (low or "") + (high or "")


def _metas(declared: object) -> tuple[object, ...]:
    """Return the annotations of a type, those inside `Annotated[...] | None` included."""
    if typing.get_origin(declared) is typing.Annotated:
        inner, *metas = typing.get_args(declared)
        return (*_metas(inner), *metas)
    if typing.get_origin(declared) in {typing.Union, types.UnionType}:
        return tuple(meta for each in typing.get_args(declared) for meta in _metas(each))
    return ()


def _base(declared: object) -> object:
    """Return the type without its annotations, and without `| None`."""
    if typing.get_origin(declared) is typing.Annotated:
        return _base(typing.get_args(declared)[0])
    if typing.get_origin(declared) in {typing.Union, types.UnionType}:
        others = [each for each in typing.get_args(declared) if each is not type(None)]
        if len(others) == 1:
            return _base(others[0])
    return declared


def _choices(base: object) -> list[str]:
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return [str(member.value) for member in base]
    if typing.get_origin(base) is typing.Literal:
        return [str(each) for each in typing.get_args(base)]
    return []


def _parser(base: object) -> type[_Parsed] | None:
    if isinstance(base, type) and callable(getattr(base, "parse", None)):
        return typing.cast("type[_Parsed]", base)
    return None
