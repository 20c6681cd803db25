"""Which JSON Schemas a vendor enforces: each knows a subset, and answers others with 400.

A schema is said within the subset where that leaves it as narrow as it was, or shuts out only what
nobody asked for; what cannot be said goes into a description. Sources (November 2026): OpenAI
"Structured Outputs", supported schemas; Claude and Amazon Bedrock "Structured outputs", JSON Schema
limitations; Cohere "Structured Outputs", unsupported features.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

Schema = dict[str, object]

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder().decode

_NAMED = frozenset({"properties", "$defs", "definitions"})
_LISTED = frozenset({"anyOf", "allOf", "oneOf"})
_REMARKS = frozenset(
    {"examples", "example", "deprecated", "readOnly", "writeOnly", "$comment", "$id"}
)
"""They shape no answer: leaving them out changes nothing."""

_COMMON = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf"}
    | {"$ref", "$defs", "definitions", "description", "title", "$schema"}
)
_NUMBERS = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    | {"minItems", "maxItems", "minLength", "maxLength", "pattern"}
)
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)


class Subset(NamedTuple):
    """Its keywords and string formats; must all properties be required, and may an object be open.

    `has_cycles`: a schema may contain itself. `least_items`: the greatest `minItems` that it knows.
    `needs_required`: an object at the top requires one property at least.
    """

    keywords: frozenset[str]
    formats: frozenset[str]
    requires_all: bool = False
    is_open: bool = False
    has_cycles: bool = True
    least_items: int | None = None
    needs_required: bool = False


_CLAUDE = Subset(
    _COMMON | {"allOf", "default", "format", "minItems"},
    _FORMATS | {"uri"},
    has_cycles=False,
    least_items=1,
)
SUBSETS: Mapping[str, Subset] = MappingProxyType(
    {
        "openai_chat": Subset(_COMMON | _NUMBERS | {"format"}, _FORMATS, requires_all=True),
        "vertex_mistral": Subset(_COMMON | _NUMBERS | {"format"}, _FORMATS),
        "openai_responses": Subset(_COMMON | _NUMBERS | {"format"}, _FORMATS, requires_all=True),
        "anthropic_messages": _CLAUDE,
        "bedrock_invoke": _CLAUDE,
        "vertex_anthropic": _CLAUDE,
        "bedrock_converse": _CLAUDE,
        "cohere_chat": Subset(
            _COMMON | {"format", "pattern"},
            frozenset({"date-time", "time", "date", "uuid"}),
            is_open=True,
            needs_required=True,
        ),
    }
)
"""By dialect; where none is named, schemas are taken as they are."""


class Beyond(Exception):
    """A schema cannot be said within a subset; its text says why."""


class Said(NamedTuple):
    """A schema within a subset; what of it is said in other words, none where it is as it was."""

    schema: msgspec.Raw
    changed: tuple[str, ...]


def within(raw: msgspec.Raw, subset: Subset) -> Said:
    """Say a schema within a subset.

    Raises: Beyond, MsgspecError, RecursionError.
    """
    tree = _decode(raw)
    if not isinstance(tree, dict):
        raise Beyond("it is no object")
    writer = _Writer(subset, tree)
    made = writer.said(tree)
    if subset.needs_required and not made.get("required"):
        raise Beyond("nothing is required")
    if not writer.changed:
        return Said(raw, ())
    return Said(msgspec.Raw(_encode(made)), tuple(sorted(writer.changed)))


def itemed(raw: msgspec.Raw) -> msgspec.Raw:
    """A schema whose arrays say that their items are anything where they say nothing of them.

    Raises: MsgspecError, RecursionError.
    """
    if b'"array"' not in bytes(raw):
        return raw
    tree = _decode(raw)
    return msgspec.Raw(_encode(tree)) if _with_items(tree) else raw


def _with_items(node: object) -> bool:
    """Put items where there are none; whether any had to be put."""
    if not isinstance(node, dict | list):
        return False
    inner = list(node.values()) if isinstance(node, dict) else node
    is_changed = True in [_with_items(each) for each in inner]
    kind = node.get("type") if isinstance(node, dict) else None
    is_array = kind == "array" or (isinstance(kind, list) and "array" in kind)
    if isinstance(node, dict) and is_array and not node.keys() & {"items", "prefixItems"}:
        node["items"] = {}
        return True
    return is_changed


class _Writer:
    """Goes through one schema. `changed`: the keywords that are not as they were."""

    def __init__(self, subset: Subset, root: Schema) -> None:
        self.changed: set[str] = set()
        self._subset = subset
        self._root = root
        if not subset.has_cycles:
            _look_for_cycles(root)

    def said(self, node: object) -> Schema:
        if not isinstance(node, dict):
            raise Beyond(f"{str(node)[:20]} says nothing of a value")
        if "$ref" in node:
            return self._reference(node)
        if not node.keys() & {"type", "anyOf", "allOf", "oneOf", "enum", "const"}:
            raise Beyond("a value may be anything")
        rest: Schema = {}
        made: Schema = {}
        for name, value in node.items():
            self._keyword(name, value, made, rest)
        if _is_object(node):
            self._object(made)
        if node.get("type") == "array" and "items" not in node:
            raise Beyond("items may be anything")
        if rest:
            told = f"{{{', '.join(f'{name}: {_text(value)}' for name, value in rest.items())}}}"
            before = made.get("description")
            made["description"] = told if not before else f"{before}\n\n{told}"
        return made

    def _keyword(self, name: str, value: object, made: Schema, rest: Schema) -> None:
        """Put a keyword where it belongs: into the schema, or among what is told of it."""
        subset = self._subset
        if name == "oneOf" and "anyOf" in subset.keywords:
            self.changed.add(name)
            name = "anyOf"
        if name in _REMARKS or (name == "default" and name not in subset.keywords):
            self.changed.add(name)
        elif name not in subset.keywords:
            self._aside(name, value, rest)
        elif name in _NAMED and isinstance(value, dict):
            made[name] = {key: self.said(inner) for key, inner in value.items()}
        elif name in _LISTED and isinstance(value, list):
            made[name] = [self.said(inner) for inner in value]
        elif name == "items":
            made[name] = self.said(value)
        elif (name == "format" and not (isinstance(value, str) and value in subset.formats)) or (
            name == "minItems" and _is_more(value, subset.least_items)
        ):
            self._aside(name, value, rest)
        else:
            made[name] = value

    def _aside(self, name: str, value: object, rest: Schema) -> None:
        if name in {"allOf", "anyOf", "not", "if", "then", "else", "patternProperties"}:
            raise Beyond(f"{name} is not known")
        if name.startswith("dependent") or isinstance(value, dict | list):
            raise Beyond(f"{name[:40]} is not known")
        self.changed.add(name[:40])
        rest[name] = value

    def _reference(self, node: Schema) -> Schema:
        """A reference stands alone, but for the definitions at the top."""
        where = node["$ref"]
        if not isinstance(where, str) or not where.startswith("#"):
            raise Beyond("a reference leads out of it")
        made: Schema = {"$ref": where}
        for name in ("$defs", "definitions"):
            inner = node.get(name)
            if isinstance(inner, dict):
                made[name] = {key: self.said(each) for key, each in inner.items()}
        self.changed |= node.keys() - made.keys()
        return made

    def _object(self, made: Schema) -> None:
        properties = made.get("properties")
        names = set(properties) if isinstance(properties, dict) else set()
        required = made.get("required", [])
        is_all = isinstance(required, list) and all(name in required for name in names)
        if self._subset.requires_all and not is_all:
            raise Beyond("a property is not required")
        if self._subset.is_open:
            return
        if made.get("additionalProperties", False) is not False or "properties" not in made:
            raise Beyond("an object may have any properties")
        if "additionalProperties" not in made:
            self.changed.add("additionalProperties")
            made["additionalProperties"] = False


def _look_for_cycles(root: Schema) -> None:
    """Raises: Beyond, where a definition leads to itself."""
    names = {
        f"#/{where}/{name}": inner
        for where in ("$defs", "definitions")
        if isinstance(known := root.get(where), dict)
        for name, inner in known.items()
    }
    leads = {name: _references(inner) for name, inner in names.items()}
    leads["#"] = {"#"} if "#" in _references(root) else set()
    for start, ahead_of in leads.items():
        seen: set[str] = set()
        ahead = list(ahead_of)
        while ahead:
            name = ahead.pop()
            if name == start:
                raise Beyond("it contains itself")
            if name not in seen:
                seen.add(name)
                ahead += leads.get(name, ())


def _references(node: object) -> set[str]:
    if isinstance(node, list):
        return set().union(*(_references(each) for each in node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*(_references(each) for each in node.values()))
    where = node.get("$ref")
    return found | {where} if isinstance(where, str) else found


def _is_object(node: Schema) -> bool:
    kind = node.get("type")
    return kind == "object" or "properties" in node or (isinstance(kind, list) and "object" in kind)


def _is_more(value: object, most: int | None) -> bool:
    return most is not None and not (isinstance(value, int) and value <= most)


def _text(value: object) -> str:
    return _encode(value).decode()
