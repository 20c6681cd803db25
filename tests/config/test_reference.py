"""The committed reference is what the schema says today."""

from pathlib import Path

import msgspec
from tests.config.world import read

from understudy.config import schema
from understudy.config.reference import renew
from understudy.config.schema_route import RouteTable

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_reference_is_current():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert renew(text) == text, "run: python -m understudy.config.reference docs/configuration.md"


def test_every_field_of_every_table_is_in_it():
    text = DOCUMENT.read_text(encoding="utf-8")
    for table in (schema.ServerTable, schema.ProviderTable, RouteTable, schema.ModelTable):
        for field in msgspec.structs.fields(table):
            assert f"| `{field.name}` |" in text


def test_the_first_example_of_the_reference_loads():
    example = DOCUMENT.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    assert list(read(example).topology.routes) == ["assistant"]
