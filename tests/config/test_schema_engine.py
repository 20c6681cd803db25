"""The `engine` table is read like every other."""

import pytest
from tests.config.world import refuse

from understudy.config.schema_engine import EngineTable


def test_nothing_need_be_said():
    table = EngineTable()
    assert (table.memory, table.context, table.warm, table.program) == (None, 4096, "amber", None)


@pytest.mark.parametrize(
    ("field", "value"),
    [("memory", '"lots"'), ("context", "1"), ("warm", '"now"'), ("threads", "0"), ("gpu", "1")],
)
def test_what_it_cannot_be_is_told_in_its_place(field, value):
    text = f"[providers.local]\nengine = {{{field} = {value}}}\n[routes.a]\ntargets = ['local/m']"
    assert any(problem.path == f"providers.local.engine.{field}" for problem in refuse(text))
