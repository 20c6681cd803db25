"""JSON by schema: valid, and always the same."""

import json
from typing import Any

import pytest

from understudy.sim.schema_words import write_json
from understudy.sim.words import digest

SEED = digest("hello")


def written(schema: object, seed: bytes = SEED) -> Any:
    return json.loads(write_json(seed, json.dumps(schema).encode()))


def test_without_a_schema_there_is_an_object_with_an_answer():
    assert set(json.loads(write_json(SEED, None))) == {"answer"}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, str),
        ({"type": "integer"}, int),
        ({"type": "number"}, int | float),
        ({"type": "boolean"}, bool),
        ({"type": "null"}, type(None)),
        ({"type": ["null", "string"]}, type(None)),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, int),
    ],
)
def test_types(schema, kind):
    assert isinstance(written(schema), kind)


def test_an_object_has_all_its_properties():
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["C", "F"]},
            "days": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 4},
        },
        "required": ["city"],
    }
    value = written(schema)
    assert set(value) == {"city", "unit", "days"}
    assert value["unit"] in {"C", "F"}
    assert 2 <= len(value["days"]) <= 4


def test_bounds_hold():
    for k in range(50):
        seed = digest(str(k))
        assert 3 <= written({"type": "integer", "minimum": 3, "maximum": 5}, seed) <= 5
        assert len(written({"type": "string", "maxLength": 4}, seed)) <= 4
        assert len(written({"type": "string", "minLength": 30}, seed)) >= 30


def test_references_are_followed_and_recursion_ends():
    node = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
        },
        "required": ["name"],
    }
    value = written({"$ref": "#/$defs/node", "$defs": {"node": node}})
    assert isinstance(value["name"], str)
    assert isinstance(value["children"][0]["name"], str)


def test_the_same_seed_writes_the_same():
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}}
    assert written(schema) == written(schema)
    assert written(schema) != written(schema, digest("other"))
