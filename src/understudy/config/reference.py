"""The reference of the configuration, written from the schema: `docs/configuration.md`.

python -m understudy.config.reference docs/configuration.md
"""

import sys
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import MappingProxyType

import msgspec

from understudy.config import (
    conversations,
    limits,
    media,
    schema,
    schema_engine,
    schema_login,
    schema_price,
    schema_route,
)
from understudy.config.decode import expectation
from understudy.config.secret import show
from understudy.config.values import ByteCount, Seconds
from understudy.routing.topology import Policy, Route, Timeouts

MARK = "## Tables"
"""The heading under which everything is written from the schema; above it people write."""

_TABLES: MappingProxyType[str, type[msgspec.Struct]] = MappingProxyType(
    {
        "[server]": schema.ServerTable,
        "[journal]": schema.JournalTable,
        "[conversations]": conversations.ConversationsTable,
        "[media]": media.MediaTable,
        "[limits]": limits.LimitsTable,
        "[keys.NAME]": schema.KeyTable,
        "[providers.NAME]": schema.ProviderTable,
        "[[providers.NAME.keys]]": schema.ProviderKey,
        "[providers.NAME.engine]": schema_engine.EngineTable,
        "[providers.NAME.login]": schema_login.LoginTable,
        '[providers.NAME.models."MODEL"]': schema.ModelTable,
        '[providers.NAME.models."MODEL".price]': schema_price.PriceTable,
        "[providers.NAME.operations.OPERATION]": schema.OperationTable,
        "[providers.NAME.ramp]": schema.RampTable,
        "[routes.NAME]": schema_route.RouteTable,
        "[[routes.NAME.targets]]": schema_route.WeightedTarget,
        "[routes.NAME.timeouts]": schema_route.TimeoutsTable,
        "[routes.NAME.policy]": schema_route.PolicyTable,
        "[defaults]": schema_route.RouteOptions,
    }
)

_BEHIND: MappingProxyType[type[msgspec.Struct], msgspec.Struct] = MappingProxyType(
    {
        schema_route.RouteTable: Route("", ()),
        schema_route.TimeoutsTable: Timeouts(),
        schema_route.PolicyTable: Policy(),
    }
)
"""The defaults that hold when neither the route nor `[defaults]` says anything."""


def renew(document: str) -> str:
    """Return the document with its tables written anew; what stands above them is kept."""
    prose, mark, _ = document.partition(f"\n{MARK}\n")
    assert mark, f"the document has a heading {MARK!r}"
    return "\n".join([prose + mark, *_sections(), ""])


def _sections() -> Iterator[str]:
    for title, table in _TABLES.items():
        yield f"\n### `{title}`\n\n{_doc(table)}\n"
        if table is schema_route.RouteOptions:
            yield (
                "All fields of a route but `targets`. `timeouts`, and `policy` with its `require`, "
                "are merged field by field; where both say something, the route's holds."
            )
            continue
        yield "| field | takes | default | |\n| --- | --- | --- | --- |"
        yield from _rows(table)


def _rows(table: type[msgspec.Struct]) -> Iterator[str]:
    for field in msgspec.structs.fields(table):
        about = next(m.description for m in _metas(field.type) if m.description)
        takes = expectation(field.type)
        default = "**needed**" if field.required else _default(field, table)
        yield f"| `{field.name}` | {_cell(takes)} | {_cell(default)} | {_cell(about)} |"


def _default(field: msgspec.structs.FieldInfo, table: type[msgspec.Struct]) -> str:
    value = field.default
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    behind = _BEHIND.get(table)
    if value is None and behind is not None:
        name = "is_adaptive" if field.name == "adaptive" else field.name
        value = getattr(behind, name)
    return _word(value)


def _word(value: object) -> str:
    match value:
        case None | [] | () | msgspec.Struct(__struct_fields__=("connect", *_)):
            return ""
        case {} if not value:
            return ""
        case Enum():
            return f'`"{value.value}"`'
        case ByteCount():
            return f'`"{value // 2**20} MiB"`'
        case Seconds() if value >= 86_400:
            return f'`"{value / 86_400:g}d"`'
        case bool() | int() | float() | str():
            return f"`{value:g}`" if isinstance(value, float) else f"`{show(value)}`"
        case schema_price.PriceTable() | schema_route.PolicyTable() | schema_route.TimeoutsTable():
            return ""
        case schema_login.LoginTable() | schema_engine.EngineTable() | limits.LimitsTable():
            return ""
        case _:
            return f"`{show(str(value))}`"


def _metas(declared: object) -> list[msgspec.Meta]:
    return [meta for meta in typing.get_args(declared) if isinstance(meta, msgspec.Meta)]


def _doc(table: type[msgspec.Struct]) -> str:
    return " ".join((table.__doc__ or "").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(renew(document.read_text(encoding="utf-8")), encoding="utf-8")
