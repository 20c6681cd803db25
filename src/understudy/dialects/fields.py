"""Vendor fields, which travel under their dialect's name (in an answer: `chat.events.Fields`).

`prefix` is that name and a dot: what begins so is a dialect's own, and the rest nobody there can
say.
"""

from collections.abc import Iterator

import msgspec

from understudy.chat.events import Fields
from understudy.chat.loss import Loss
from understudy.chat.request import Extensions


def own(fields: Fields | None, prefix: str) -> dict[str, msgspec.Raw]:
    """The fields kept for a dialect, by their own names."""
    if not fields:
        return {}
    return {name[len(prefix) :]: raw for name, raw in fields.items() if name.startswith(prefix)}


def foreign(fields: Fields | None, where: str, prefix: str) -> list[Loss]:
    """Fields that another dialect kept: nothing here can say them."""
    if not fields:
        return []
    return [
        Loss(f"{where}.{name}", "a field of another dialect")
        for name in fields
        if not name.startswith(prefix)
    ]


def strange(extensions: Extensions, name: str, path: str) -> Iterator[str]:
    """Where a request, or the part of it at `path`, has fields of other dialects than `name`."""
    start = f"{path}.extensions" if path else "extensions"
    for dialect, fields in extensions.items():
        if dialect != name:
            yield from (f"{start}.{dialect}.{field}" for field in fields)
