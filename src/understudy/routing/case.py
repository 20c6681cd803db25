"""Case: one failure, and what is known of the domains that it lies in, to be judged by."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from understudy.chat.failure import Failure, Scope
from understudy.routing.breaker import Breaker
from understudy.routing.evidence import Evidence, Family
from understudy.routing.lattice import Lattice
from understudy.routing.seat import Seat
from understudy.routing.topology import Domain

WITHIN: Final = 60.0
"""Seconds in which failures count together."""


class News(NamedTuple):
    """One failure, whose it is, and when it was asked for and heard of."""

    seat: Seat
    failure: Failure
    family: Family
    asked: float
    now: float


class Case:
    """The questions about what has failed, and worked, that all rules ask."""

    def __init__(
        self, breakers: Mapping[Domain, Breaker], evidence: Evidence, lattice: Lattice, news: News
    ) -> None:
        seat, failure, family, asked, now = news
        self._breakers = breakers
        self._evidence = evidence
        self._lattice = lattice
        self._family = family
        self._seat = seat
        self._host = seat.domains[seat.places[Scope.HOST]]
        self._failure = failure
        self._asked = asked
        self._now = now

    def _failing(self, wide: Domain, kind: Scope, within: float) -> tuple[Domain, ...]:
        """The members of `wide` that failed within that time, and since `wide` last worked."""
        since = max(self._now - within, self._evidence.worked(self._family, wide))
        members = self._lattice.members(wide, kind)
        return self._evidence.failing(self._family, members, since, self._now)

    def _first(self, domains: tuple[Domain, ...]) -> float:
        """When the first of them began to fail."""
        known = [self._evidence.of(self._family, domain) for domain in domains]
        return min(trouble.first for trouble in known if trouble is not None)

    def _count(self, domains: tuple[Domain, ...]) -> int:
        known = [self._evidence.of(self._family, domain) for domain in domains]
        return sum(trouble.count for trouble in known if trouble is not None)

    def _worked_since(self, domains: frozenset[Domain], at: float) -> tuple[Domain, ...]:
        worked = self._evidence.worked
        return tuple(
            domain for domain in sorted(domains, key=str) if worked(self._family, domain) > at
        )
