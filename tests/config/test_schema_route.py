"""Routes' tables: documented, closed, and what they refuse."""

import typing

import msgspec
import pytest
from tests.config.world import TWO, only, read, refuse

from understudy.config import schema_route

TABLES = [
    value
    for value in vars(schema_route).values()
    if isinstance(value, type) and issubclass(value, msgspec.Struct)
    if value.__module__ == schema_route.__name__
]


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_frozen_closed_and_documented(table):
    assert table.__struct_config__.frozen
    assert table.__struct_config__.forbid_unknown_fields
    assert table.__doc__
    for field in msgspec.structs.fields(table):
        metas = typing.get_args(field.type)
        assert any(isinstance(m, msgspec.Meta) and m.description for m in metas), field.name


def test_a_share_is_half_at_most():
    problem = only(refuse(TWO + "[defaults]\nstandby = 0.6"))
    assert problem.path == "defaults.standby"
    assert "0.5" in problem.expected
    assert read(TWO + "[defaults]\nstandby = 0.5").topology.routes
