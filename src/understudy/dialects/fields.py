"""Vendor fields of an answer, which travel under their dialect's name (`chat.events.Fields`).

`prefix` is that name and a dot: what begins so is a dialect's own, and the rest nobody there can
say.
"""

import msgspec

from understudy.chat.events import Fields
from understudy.chat.loss import Loss


def own(fields: Fields | None, prefix: str) -> dict[str, msgspec.Raw]:
    """The fields kept for a dialect, by their own names."""
    if not fields:
        return {}
    return {name[len(prefix) :]: raw for name, raw in fields.items() if name.startswith(prefix)}


def foreign(fields: Fields | None, where: str, prefix: str) -> list[Loss]:
    """Fields that another dialect kept: nothing here can say them."""
    return [
        Loss(f"{where}.{name}", "a field of another dialect")
        for name in fields or {}
        if not name.startswith(prefix)
    ]
