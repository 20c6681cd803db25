"""Their schemas as JSON Schema."""

import json

import pytest
from msgspec import Raw

from understudy.dialects.gemini_generate.jsonschema import json_schema


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
