"""Schemas as OpenAPI has them (`parameters`, `responseSchema`), said as JSON Schema; and which
words of JSON Schema shape an answer here (`responseJsonSchema`).

Source: ai.google.dev/api/caching, "Schema" (2026): types in capitals (or numbers), `nullable`.
"""

from typing import NamedTuple

from understudy.dialects.gemini_generate.schema import TYPES, Raw, decode_any, encode

_NAMED = frozenset({"properties", "$defs", "defs"})
_LISTED = frozenset({"anyOf", "oneOf", "prefixItems"})
_SINGLE = frozenset({"items", "additionalProperties"})
_SPELLED = {
    "any_of": "anyOf",
    "one_of": "oneOf",
    "prefix_items": "prefixItems",
    "additional_properties": "additionalProperties",
    "max_items": "maxItems",
    "min_items": "minItems",
    "max_length": "maxLength",
    "min_length": "minLength",
    "max_properties": "maxProperties",
    "min_properties": "minProperties",
    "property_ordering": "propertyOrdering",
}
_COUNTS = frozenset(
    {"maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties"}
)


def json_schema(raw: Raw) -> Raw:
    """Say a schema of theirs as JSON Schema. Raises: MsgspecError, RecursionError."""
    return Raw(encode(_plain(decode_any(raw))))


def _plain(schema: object) -> object:
    if not isinstance(schema, dict):
        return schema
    plain: dict[str, object] = {}
    for key, value in schema.items():
        name = _SPELLED.get(str(key), str(key))
        if name in _NAMED and isinstance(value, dict):
            plain[name] = {each: _plain(inner) for each, inner in value.items()}
        elif name in _LISTED and isinstance(value, list):
            plain[name] = [_plain(inner) for inner in value]
        elif name in _SINGLE:
            plain[name] = _plain(value)
        elif name == "type":
            plain[name] = _type(value)
        elif name in _COUNTS and isinstance(value, str) and value.isdigit():
            plain[name] = int(value)
        elif name != "nullable":
            plain[name] = value
    return _nullable(plain) if schema.get("nullable") is True else plain


def _type(value: object) -> object:
    if isinstance(value, int):
        return TYPES.get(value, "string")
    if isinstance(value, list):
        return [_type(each) for each in value]
    return value.lower() if isinstance(value, str) else value


def _nullable(plain: dict[str, object]) -> dict[str, object]:
    kind, values = plain.get("type"), plain.get("enum")
    if isinstance(kind, str) and kind != "null":
        plain = {**plain, "type": [kind, "null"]}
        if isinstance(values, list) and None not in values:
            plain["enum"] = [*values, None]
        return plain
    choices = plain.get("anyOf")
    if isinstance(choices, list):
        return {**plain, "anyOf": [*choices, {"type": "null"}]}
    return plain


_ENFORCED = frozenset(
    {
        "$id", "$defs", "$ref", "$anchor", "$schema", "$comment", "type", "format", "title",
        "description", "enum", "items", "prefixItems", "minItems", "maxItems", "minimum",
        "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required",
        "propertyOrdering", "default", "examples", "example", "deprecated",
    }
)  # fmt: skip
"""Keywords of `responseJsonSchema` that shape an answer, and those that never do (google-genai
2.34, "GenerateContentConfig").
"""

_OLD_REF = "#/definitions/"


class Enforced(NamedTuple):
    """A schema as it is enforced here: `said` in other words where some had to be found, and which
    keywords are `ignored`.
    """

    schema: Raw
    said: tuple[str, ...]
    ignored: tuple[str, ...]


def enforced(raw: Raw) -> Enforced:
    """Say a JSON Schema for `responseJsonSchema`. Raises: MsgspecError, RecursionError."""
    said: set[str] = set()
    ignored: set[str] = set()
    tree = _enforced(decode_any(raw), said, ignored)
    schema = Raw(encode(tree)) if said else raw
    return Enforced(schema, tuple(sorted(said)), tuple(sorted(ignored)))


def _enforced(schema: object, said: set[str], ignored: set[str]) -> object:
    if not isinstance(schema, dict):
        return schema
    schema = _in_other_words(schema, said)
    out: dict[str, object] = {}
    for name, value in schema.items():
        if name in _NAMED and isinstance(value, dict):
            out[name] = {each: _enforced(inner, said, ignored) for each, inner in value.items()}
        elif name in _LISTED and isinstance(value, list):
            out[name] = [_enforced(inner, said, ignored) for inner in value]
        elif name in _SINGLE:
            out[name] = _enforced(value, said, ignored)
        else:
            out[name] = value
            if name not in _ENFORCED:
                ignored.add(str(name)[:40])
    return out


def _in_other_words(schema: dict[str, object], said: set[str]) -> dict[str, object]:
    """One schema without what can be said otherwise: `const`, one `allOf`, `definitions`, and what
    stands beside a `$ref`.
    """
    both = schema.get("allOf")
    if isinstance(both, list) and len(both) == 1 and isinstance(both[0], dict):
        said.add("allOf")
        rest = {name: value for name, value in schema.items() if name != "allOf"}
        schema = {**rest, **both[0]}
    value = schema.get("const")
    is_word = isinstance(value, str | int | float) and not isinstance(value, bool)
    if is_word and "enum" not in schema:
        said.add("const")
        schema = {("enum" if name == "const" else name): each for name, each in schema.items()}
        schema["enum"] = [value]
    if "definitions" in schema and "$defs" not in schema:
        said.add("definitions")
        schema = {("$defs" if name == "definitions" else name): v for name, v in schema.items()}
    where = schema.get("$ref")
    if isinstance(where, str):
        if where.startswith(_OLD_REF):
            said.add("definitions")
            schema = {**schema, "$ref": "#/$defs/" + where.removeprefix(_OLD_REF)}
        alone = {name: value for name, value in schema.items() if name.startswith("$")}
        if len(alone) < len(schema):
            said.add("$ref")
            schema = alone
    return schema
