"""Every field is documented, and every table refuses what it does not know."""

import typing

import msgspec
import pytest

from understudy.config import schema

TABLES = [
    value
    for value in vars(schema).values()
    if isinstance(value, type) and issubclass(value, msgspec.Struct)
    if value.__module__ == schema.__name__
]


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_frozen_closed_and_documented(table):
    assert table.__struct_config__.frozen
    assert table.__struct_config__.forbid_unknown_fields
    assert table.__doc__
    if table is schema.FileTable:
        return
    for field in msgspec.structs.fields(table):
        metas = typing.get_args(field.type)
        assert any(isinstance(m, msgspec.Meta) and m.description for m in metas), field.name


def test_every_shorthand_is_a_field_of_its_table():
    for table, name in schema.SHORTHAND.items():
        assert name in {field.name for field in msgspec.structs.fields(table)}
