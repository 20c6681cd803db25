"""Lattice: how the failure domains of all configured targets lie in each other. Knows no health.

Two domains touch where some target stands in both. So the members of a host are the accounts,
regions and models that are reached through it, and those of a lab the hosts that serve it.
"""

from collections.abc import Iterable

from understudy.chat.failure import Scope
from understudy.routing.seat import Seat
from understudy.routing.topology import Domain

_NOBODY: frozenset[Domain] = frozenset()


class Lattice:
    """Built once for a topology; everything it answers is a look-up."""

    def __init__(self, seats: Iterable[Seat]) -> None:
        members: dict[tuple[Domain, Scope], set[Domain]] = {}
        models: dict[tuple[str, Domain | None], set[Domain]] = {}
        for seat in seats:
            for wide in seat.domains:
                for domain in seat.domains:
                    members.setdefault((wide, domain.kind), set()).add(domain)
            model = seat.domain(Scope.MODEL)
            if model is not None:
                models.setdefault((seat.model, seat.domain(Scope.LAB)), set()).add(model)
        self._members = {pair: frozenset(found) for pair, found in members.items()}
        self._twins: dict[Domain, frozenset[Domain]] = {}
        for same in models.values():
            for domain in same:
                self._twins[domain] = self._twins.get(domain, _NOBODY) | same

    def members(self, wide: Domain, kind: Scope) -> frozenset[Domain]:
        """Return the domains of a kind that touch `wide`."""
        return self._members.get((wide, kind), _NOBODY)

    def twins(self, model: Domain) -> frozenset[Domain]:
        """Return the same lab's model wherever it is served, `model` itself among them."""
        return self._twins.get(model, _NOBODY)
