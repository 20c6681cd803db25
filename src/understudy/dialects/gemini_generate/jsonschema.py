"""Schemas as OpenAPI has them, said as JSON Schema: `parameters`, `responseSchema`.

Source: ai.google.dev/api/caching, "Schema" (2026): types in capitals (or numbers), `nullable`.
"""

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
