"""What the types of an official SDK let somebody say: pairs of values that differ in one thing.

Types become trees when they are looked at, as some of them hold themselves.
"""

import enum
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import pydantic
import typing_extensions as extended

DEEPEST = 16
"""Values within values; where more is demanded, nobody needs it."""


class Leaf(NamedTuple):
    """Values that stand for all of a kind; the first is the usual one."""

    values: list[Any]


class Many(NamedTuple):
    """An array (or, with a name, an object of any names) of one kind."""

    kind: Any
    name: str | None = None


class Either(NamedTuple):
    kinds: list[Any]


class Record(NamedTuple):
    """An object. Each field has its type and whether it must be there."""

    name: str
    fields: dict[str, tuple[Any, bool]]


class Later(NamedTuple):
    """A kind that is read when it is looked at."""

    read: Callable[[], Any]


Node = Leaf | Many | Either | Record
Pair = tuple[str, Any, Any]
"""Where the difference is, and both values whole."""

_PLAIN = {
    str: Leaf(["QzA", "QzB"]),
    bool: Leaf([True, False]),
    int: Leaf([3, 5]),
    float: Leaf([0.25, 0.75]),
    bytes: Leaf(["aGVsbG8=", "d29ybGQ="]),
}
_ANYTHING = Leaf([{"qz": "QzA"}, {"qz": "QzB"}])
_NOBODY = frozenset({"NoneType", "Unset", "UnrecognizedStr", "Image"})
"""Alternatives that no JSON says."""


class Vocabulary(NamedTuple):
    """A type, and what is known of it besides: `usual` values of fields (by their names, or by
    those of their objects and theirs), and what an object needs that its type does not demand.
    """

    root: Any
    usual: Mapping[Any, list[Any]] = {}
    needs: Mapping[str, dict[str, Any]] = {}

    def pairs(self) -> Iterator[Pair]:
        return self._pairs(node_of(self.root), ())

    def _field(self, record: Record, name: str) -> Node | None:
        usual = self.usual.get((record.name, name), self.usual.get(name))
        return node_of(record.fields[name][0]) if usual is None else Leaf(usual)

    def _base(self, node: Node | None, depth: int) -> Any:
        """The least that is legal. Raises: LookupError where nothing is."""
        match node:
            case Leaf(values):
                return values[0]
            case Many(kind, name):
                inner = self._base(node_of(kind), depth + 1)
                return [inner] if name is None else {name: inner}
            case Either(kinds):
                for kind in kinds:
                    try:
                        return self._base(kind, depth)
                    except LookupError:
                        continue
            case Record() if depth <= DEEPEST:
                return self._least(node, depth)
            case _:
                pass
        raise LookupError

    def _least(self, record: Record, depth: int) -> dict[str, Any]:
        found = {
            name: self._base(self._field(record, name), depth + 1)
            for name, (_, is_needed) in record.fields.items()
            if is_needed
        } | self.needs.get(record.name, {})
        for name in record.fields if not found and record.name not in self.needs else ():
            try:
                return {name: self._base(self._field(record, name), depth + 1)}
            except LookupError:
                continue
        return found

    def _bases(self, node: Node) -> Iterator[Any]:
        if isinstance(node, Either):
            for kind in node.kinds:
                yield from self._bases(kind)
        elif isinstance(node, Leaf):
            yield from node.values
        else:
            try:
                yield self._base(node, 0)
            except LookupError:
                return

    def _pairs(self, node: Node | None, within: tuple[str, ...]) -> Iterator[Pair]:
        match node:
            case Leaf(values):
                yield from (("", values[0], value) for value in values[1:])
            case Many(kind, None):
                for path, was, now in self._pairs(node_of(kind), within):
                    yield f"[]{path}", [was], [now]
            case Many(kind, str(name)):
                for path, was, now in self._pairs(node_of(kind), within):
                    yield f"[]{path}", {name: was}, {name: now}
            case Either(kinds):
                for kind in kinds:
                    tag = f"<{kind.name}>" if isinstance(kind, Record) else ""
                    yield from ((tag + path, *both) for path, *both in self._pairs(kind, within))
            case Record(name) if name not in within:
                yield from self._in(node, (*within, name))
            case _:
                pass

    def _in(self, record: Record, within: tuple[str, ...]) -> Iterator[Pair]:
        try:
            base = self._least(record, len(within))
        except LookupError:
            return
        for name in record.fields:
            node = self._field(record, name)
            if node is None:
                continue
            if name not in base:
                yield from ((f".{name}", base, {**base, name: each}) for each in self._bases(node))
            for path, was, now in self._pairs(node, within):
                yield f".{name}{path}", {**base, name: was}, {**base, name: now}


def node_of(kind: Any) -> Node | None:
    """What a type lets one say; None for what is not said in JSON."""
    while typing.get_origin(kind) is Annotated:
        kind = typing.get_args(kind)[0]
    if isinstance(kind, Later):
        return node_of(kind.read())
    if isinstance(kind, Leaf | Many | Either | Record) or kind is None:
        return kind
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, extended.TypeAliasType):
        return node_of(kind.__value__)
    if isinstance(origin, extended.TypeAliasType):
        return node_of(origin.__value__[of])
    if origin in (typing.Union, types.UnionType):
        return _either([node_of(each) for each in of if _name(each) not in _NOBODY])
    if origin is Literal:
        return Leaf(list(of))
    if origin is not None and len(of) == 2:
        return Many(of[1], "qk")
    if origin is not None and len(of) == 1:
        return Many(of[0])
    return _record(kind)


def _either(kinds: list[Node | None]) -> Node | None:
    flat: list[Any] = []
    for kind in kinds:
        flat += kind.kinds if isinstance(kind, Either) else [] if kind is None else [kind]
    return flat[0] if len(flat) == 1 else Either(flat)


def _record(kind: Any) -> Node | None:
    if extended.is_typeddict(kind):
        return Record(kind.__name__, _typed(kind))
    if isinstance(kind, type) and issubclass(kind, pydantic.RootModel):
        return node_of(kind.model_fields["root"].annotation)
    if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
        return Record(kind.__name__, modelled(kind))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return Leaf([each.value for each in kind if "UNSPECIFIED" not in str(each.value)])
    return _PLAIN.get(kind, None if _name(kind) in _NOBODY else _ANYTHING)


def _typed(kind: Any) -> dict[str, tuple[Any, bool]]:
    fields = {}
    for name, said in extended.get_type_hints(kind, include_extras=True).items():
        hint: Any = said
        is_needed = name in kind.__required_keys__
        while typing.get_origin(hint) in (extended.Required, extended.NotRequired):
            is_needed = typing.get_origin(hint) is extended.Required
            hint = typing.get_args(hint)[0]
        alias = [each.alias for each in getattr(hint, "__metadata__", ()) if hasattr(each, "alias")]
        fields[next(iter(alias), None) or name] = hint, is_needed
    return fields


def modelled(kind: type[pydantic.BaseModel]) -> dict[str, tuple[Any, bool]]:
    """The fields of a model of pydantic's, by their names in JSON."""
    fields: dict[str, tuple[Any, bool]] = {}
    for name, field in kind.model_fields.items():
        told = [each.alias for each in field.metadata if getattr(each, "alias", None)]
        said = field.serialization_alias or field.alias or next(iter(told), name)
        fields[said] = field.annotation, field.is_required()
        if name in {"type", "role", "object"} and isinstance(field.default, str):
            fields[said] = Leaf([field.default]), True
    return fields


def _name(kind: Any) -> str:
    return str(getattr(kind, "__name__", ""))
