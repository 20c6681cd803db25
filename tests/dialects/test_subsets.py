import contextlib
import json

import msgspec
import pytest

from understudy.dialects.subsets import SUBSETS, Beyond, itemed, within

TEXT = {"type": "string"}
CLOSED = {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}
STRICT = {**CLOSED, "additionalProperties": False}


def said(dialect: str, schema: object) -> tuple[object, tuple[str, ...]]:
    found = within(msgspec.Raw(json.dumps(schema).encode()), SUBSETS[dialect])
    return json.loads(bytes(found.schema)), found.changed


def holding(value: object) -> dict[str, object]:
    """A strict object with a property of that schema."""
    return {**STRICT, "properties": {"a": value}}


@pytest.mark.parametrize("dialect", SUBSETS)
@pytest.mark.parametrize(
    "schema",
    [
        STRICT,
        holding({"anyOf": [STRICT, {"type": "null"}]}),
        holding({"type": "array", "items": {"enum": ["x", "y"]}}),
        {**holding({"$ref": "#/$defs/b"}), "$defs": {"b": STRICT}},
        holding({"type": "string", "format": "date", "description": "d", "title": "t"}),
    ],
)
def test_what_every_vendor_enforces_stays_byte_for_byte(dialect, schema):
    raw = msgspec.Raw(json.dumps(schema, indent=1).encode())
    assert within(raw, SUBSETS[dialect]) == (raw, ())


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "anthropic_messages"])
def test_an_object_is_closed_where_nobody_said_that_it_is_open(dialect):
    assert said(dialect, CLOSED) == (STRICT, ("additionalProperties",))
    inner = {**STRICT, "properties": {"a": {"type": "array", "items": CLOSED}}}
    assert said(dialect, inner)[0] == holding({"type": "array", "items": STRICT})


@pytest.mark.parametrize(
    ("dialect", "schema", "why"),
    [
        ("openai_chat", {**STRICT, "required": []}, "not required"),
        ("openai_chat", {**CLOSED, "additionalProperties": TEXT}, "any properties"),
        ("openai_chat", {"type": "object"}, "any properties"),
        ("openai_chat", holding({"allOf": [TEXT]}), "allOf"),
        ("openai_chat", holding({**TEXT, "not": TEXT}), "not is"),
        ("openai_chat", holding({}), "anything"),
        ("openai_chat", holding(True), "nothing"),
        ("openai_chat", holding({"type": "array"}), "items"),
        ("openai_chat", [], "no object"),
        ("anthropic_messages", {**CLOSED, "additionalProperties": True}, "any properties"),
        ("anthropic_messages", holding({"$ref": "https://a.b/c"}), "out of it"),
        ("anthropic_messages", holding({"$ref": "#"}), "itself"),
        (
            "anthropic_messages",
            {**holding({"$ref": "#/$defs/b"}), "$defs": {"b": holding({"$ref": "#/$defs/b"})}},
            "itself",
        ),
        ("cohere_chat", {"type": "object", "properties": {"a": TEXT}}, "required"),
    ],
)
def test_what_cannot_be_said_is_refused_with_a_reason(dialect, schema, why):
    with pytest.raises(Beyond, match=why):
        said(dialect, schema)


def test_a_schema_may_contain_itself_where_the_vendor_knows_that():
    assert said("openai_chat", holding({"$ref": "#"}))[1] == ()


def test_optional_properties_are_enforced_where_the_vendor_knows_them():
    schema = {**STRICT, "required": []}
    assert said("anthropic_messages", schema) == (schema, ())


def test_bounds_that_are_not_known_are_told():
    number = {"type": "integer", "minimum": 1, "maximum": 9, "description": "n"}
    schema, changed = said("anthropic_messages", holding(number))
    told = {"type": "integer", "description": "n\n\n{minimum: 1, maximum: 9}"}
    assert schema == holding(told)
    assert changed == ("maximum", "minimum")
    assert said("openai_chat", holding(number))[1] == ()


def test_formats_that_are_not_known_are_told_and_remarks_left_out():
    address = {"type": "string", "format": "uri", "examples": ["x"], "default": "y"}
    schema, changed = said("openai_chat", holding(address))
    assert schema == holding({"type": "string", "description": '{format: "uri"}'})
    assert changed == ("default", "examples", "format")
    schema, _ = said("anthropic_messages", holding(address))
    assert schema == holding({"type": "string", "format": "uri", "default": "y"})


def test_few_items_are_demanded_where_no_more_can_be():
    some = {"type": "array", "items": TEXT, "minItems": 1}
    assert said("anthropic_messages", holding(some))[1] == ()
    assert said("anthropic_messages", holding({**some, "minItems": 3}))[1] == ("minItems",)


def test_one_of_is_any_of_and_a_reference_stands_alone():
    schema, changed = said("openai_chat", holding({"oneOf": [TEXT, {"type": "null"}]}))
    assert schema == holding({"anyOf": [TEXT, {"type": "null"}]})
    assert changed == ("oneOf",)
    schema, changed = said("openai_chat", holding({"$ref": "#", "description": "d"}))
    assert (schema, changed) == (holding({"$ref": "#"}), ("description",))


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"a": [{"type": ["array", "null"]}]}, {"a": [{"type": ["array", "null"], "items": {}}]}),
        ({"type": "array", "items": TEXT}, None),
        ({"type": "array", "prefixItems": [TEXT]}, None),
    ],
)
def test_arrays_have_items(schema, made):
    raw = msgspec.Raw(json.dumps(schema).encode())
    assert json.loads(bytes(itemed(raw))) == (made or schema)
    if made is None:
        assert itemed(raw) is raw


@pytest.mark.parametrize(
    "odd",
    [
        {"required": [{}]},
        {"properties": []},
        {"properties": {"a": {"type": "string", "format": {}}}},
    ],
)
@pytest.mark.parametrize("dialect", sorted(SUBSETS))
def test_odd_values_where_words_are_expected_break_nothing(dialect, odd):
    schema = {"type": "object", "properties": {"a": TEXT}, "required": ["a"], **odd}
    with contextlib.suppress(Beyond):
        assert isinstance(said(dialect, schema)[0], dict)
