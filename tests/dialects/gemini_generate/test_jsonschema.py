"""Their schemas as JSON Schema."""

import json

import pytest
from msgspec import Raw

from understudy.dialects.gemini_generate.jsonschema import enforced, json_schema


@pytest.mark.parametrize(
    ("theirs", "plain"),
    [
        ({"type": "OBJECT", "properties": {"type": {"type": "STRING"}}},
         {"type": "object", "properties": {"type": {"type": "string"}}}),
        ({"type": 6, "properties": {"a": {"type": 1}}},
         {"type": "object", "properties": {"a": {"type": "string"}}}),
        ({"type": "STRING", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "STRING", "nullable": True, "enum": ["a"]},
         {"type": ["string", "null"], "enum": ["a", None]}),
        ({"any_of": [{"type": "INTEGER"}], "nullable": True},
         {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ({"type": "ARRAY", "items": {"type": "NUMBER"}, "maxItems": "3"},
         {"type": "array", "items": {"type": "number"}, "maxItems": 3}),
        ({"type": "STRING", "enum": ["A"], "description": "D", "nullable": False},
         {"type": "string", "enum": ["A"], "description": "D"}),
    ],
)  # fmt: skip
def test_schemas(theirs: dict, plain: dict) -> None:
    assert json.loads(bytes(json_schema(Raw(json.dumps(theirs).encode())))) == plain


@pytest.mark.parametrize(
    ("given", "made", "said", "ignored"),
    [
        ({"type": "object", "properties": {"const": {"type": "string"}}}, None, (), ()),
        ({"const": "a"}, {"enum": ["a"]}, ("const",), ()),
        ({"const": True}, None, (), ("const",)),
        ({"items": {"type": "string", "pattern": "x", "minLength": 1}}, None, (),
         ("minLength", "pattern")),
        ({"$ref": "#/definitions/a", "description": "d", "definitions": {"a": {"type": "null"}}},
         {"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, ("$ref", "definitions"), ()),
        ({"allOf": [{"$ref": "#/$defs/a"}], "title": "t"}, {"$ref": "#/$defs/a"},
         ("$ref", "allOf"), ()),
        ({"allOf": [{"type": "object"}, {"required": ["a"]}]}, None, (), ("allOf",)),
        ({"anyOf": [{"const": 1}, {"not": {}}]}, {"anyOf": [{"enum": [1]}, {"not": {}}]},
         ("const",), ("not",)),
        (True, None, (), ()),
    ],
)  # fmt: skip
def test_what_shapes_an_answer_is_said_and_the_rest_is_named(
    given: object, made: object, said: tuple[str, ...], ignored: tuple[str, ...]
) -> None:
    raw = Raw(json.dumps(given).encode())
    found = enforced(raw)
    assert (found.said, found.ignored) == (said, ignored)
    if made is None:
        assert found.schema is raw, "every byte is kept"
    else:
        assert json.loads(bytes(found.schema)) == made
