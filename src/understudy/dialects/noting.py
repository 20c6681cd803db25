"""Noting: what whoever writes a request has at hand to say what of it cannot be said."""

from collections.abc import Container, Mapping

from msgspec import Raw

from understudy.chat.loss import Change, Loss
from understudy.chat.request import Extensions
from understudy.dialects.fields import strange


class Noting:
    """Keeps `losses`, its own or those of whom it writes for."""

    def __init__(self, losses: list[Loss] | None = None) -> None:
        self.losses: list[Loss] = [] if losses is None else losses

    def drop(self, path: str, reason: str) -> None:
        self.losses.append(Loss(path, reason))

    def change(self, path: str, reason: str) -> None:
        self.losses.append(Loss(path, reason, Change.CHANGED))

    def own(self, extensions: Extensions, name: str, path: str = "") -> dict[str, Raw]:
        """Return the fields of the dialect `name`; each of another dialect is a loss."""
        if not extensions:
            return {}
        for place in strange(extensions, name, path):
            self.drop(place, "of another dialect")
        return extensions.get(name, {})

    def taken(self, extensions: Extensions, name: str, rejects: Container[str]) -> dict[str, Raw]:
        """Return those of the dialect's own fields of a request that the model does not refuse."""
        own = self.own(extensions, name)
        if not own:
            return {}
        refused = [field for field in own if f"extensions.{name}.{field}" in rejects]
        for field in refused:
            self.drop(f"extensions.{name}.{field}", "this model refuses it")
        return {field: raw for field, raw in own.items() if field not in refused}

    def place(self, body: dict[str, object], fields: Mapping[str, Raw], dialect: str) -> None:
        """Put fields where their names say: `outer.inner` into an object that is there, any other
        beside what is there already.
        """
        for name, raw in fields.items():
            outer, _, inner = name.partition(".")
            within = body.get(outer)
            if not inner:
                body.setdefault(name, raw)
            elif isinstance(within, dict):
                within[inner] = raw
            else:
                self.drop(f"extensions.{dialect}.{name}", f"there is no {outer} to say it in")
