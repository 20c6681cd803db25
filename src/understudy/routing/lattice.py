"""Lattice: how the failure domains of all configured targets lie in each other. Knows no health.

Two domains touch where some target stands in both. So the members of a host are the accounts,
regions and models that are reached through it, and those of a lab the hosts that serve it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from understudy.chat.failure import Scope
from understudy.routing.seat import Seat, domains_of
from understudy.routing.topology import Domain, Target

_NOBODY: Final[frozenset[Domain]] = frozenset()


def housed(targets: Mapping[str, Target]) -> dict[str, Target]:
    """Return the targets, each with a domain that is its alone.

    Mostly one of those that it has is: the model where one key reaches it, the key where it is for
    one model. Where both are shared, the target itself is one more domain: a key may be without
    leave, or quota, for one model only.
    """
    crowd = Counter(domain for target in targets.values() for domain in domains_of(target))
    found: dict[str, Target] = {}
    for name, target in targets.items():
        domains = domains_of(target)
        if all(crowd[domain] > 1 for domain in domains):
            own = Domain(Scope.TARGET, name)
            target = msgspec.structs.replace(target, domains=(*domains, own))  # noqa: PLW2901
        found[name] = target
    return found


class Lattice:
    """Built once for a topology; everything it answers is a look-up."""

    def __init__(self, seats: Iterable[Seat]) -> None:
        members: dict[tuple[Domain, Scope], set[Domain]] = {}
        models: dict[tuple[str, Domain | None], set[Domain]] = {}
        crowd: Counter[Domain] = Counter()
        seats = tuple(seats)
        for seat in seats:
            crowd.update(seat.domains)
            for wide in seat.domains:
                for domain in seat.domains:
                    members.setdefault((wide, domain.kind), set()).add(domain)
            model = seat.domain(Scope.MODEL)
            if model is not None:
                models.setdefault((seat.model, seat.domain(Scope.LAB)), set()).add(model)
        self._members = {pair: frozenset(found) for pair, found in members.items()}
        self._own = {
            seat.name: next((each for each in seat.domains if crowd[each] == 1), None)
            for seat in seats
        }
        self._seats = seats
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

    def own(self, target: str) -> Domain | None:
        """Return the domain that is the target's alone, None for a target that has none."""
        return self._own.get(target)

    def neighbours(self, seat: Seat, kind: Scope) -> frozenset[Domain]:
        """Return the own domains of other models' targets in the same key, or account."""
        home = seat.domain(kind)
        owns = {
            self.own(other.name)
            for other in self._seats
            if other.model != seat.model and home is not None and home in other.domains
        }
        return frozenset(each for each in owns if each is not None)
