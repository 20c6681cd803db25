"""Drain: an owner leads traffic away from a failure domain on purpose, and back to it.

It changes only who is preferred for new requests: streams in flight finish, and no breaker is
charged. Led away from entirely, a domain is still there for when nobody else works, unless the
drain is hard. Drains belong to the router, so that a reload, which may take a domain away and bring
it back, does not end them.
"""

import math
from collections.abc import Mapping
from typing import Final

import msgspec

from understudy.routing.breaker import Breaker
from understudy.routing.topology import Domain

UNKNOWN: Final = 3600.0
"""Seconds that nothing passes, as far as is known, where a drain has no end."""


class Drain(msgspec.Struct, frozen=True, gc=False):
    """One domain's share, from `first` to `last` within `over` seconds of `began`, then so.

    From `until` on it goes back to all, within `over` again. `is_hard`: once the share is nothing,
    nothing passes.
    """

    began: float
    over: float
    first: float = 1.0
    last: float = 0.0
    until: float = math.inf
    is_hard: bool = False

    def share(self, now: float) -> float:
        if now >= self.until:
            there = self._between(self.until)
            return min(1.0, there + (1.0 - there) * _part(now - self.until, self.over))
        return self._between(now)

    def barred_for(self, now: float) -> float:
        if not self.is_hard or self.share(now) > 0.0:
            return 0.0
        return min(self.until - now, UNKNOWN)

    def is_over(self, now: float) -> bool:
        return now >= self.until + self.over or (self.last >= 1.0 and now >= self.began + self.over)

    def words(self, now: float) -> str:
        share = self.share(now)
        is_returning = self.last >= 1.0 or now >= self.until
        if self.is_hard and share <= 0.0:
            return "is drained, and nothing may use it"
        if share <= 0.0 and not is_returning:
            return "is drained"
        verb = "comes back" if is_returning else "is being drained"
        return f"{verb}, {share:.0%} of the traffic"

    def _between(self, now: float) -> float:
        part = _part(now - self.began, self.over)
        return self.first * (1.0 - part) + self.last * part


class Drains:
    """All drains of a router, by domain."""

    def __init__(self) -> None:
        self._drains: dict[Domain, Drain] = {}
        self._breakers: Mapping[Domain, Breaker] = {}

    def attach(self, breakers: Mapping[Domain, Breaker], now: float) -> None:
        """Work on these breakers from now on: there is a new topology."""
        self._breakers = breakers
        for domain in self._drains:
            self._apply(domain, now)

    def known(self) -> list[Domain]:
        """Return the domains that there are, sorted."""
        return sorted(self._breakers, key=str)

    def start(self, domain: Domain, drain: Drain, now: float) -> None:
        """Drain a domain, from now on so and not as before."""
        self._drains[domain] = drain
        self._apply(domain, now)

    def give_back(self, domain: Domain, over: float, now: float) -> bool:
        """Lead traffic back to a domain within `over` seconds; False when it is not drained."""
        drain = self.active(now).get(domain)
        if drain is None:
            return False
        self.start(domain, Drain(now, over, first=drain.share(now), last=1.0), now)
        return True

    def active(self, now: float) -> dict[Domain, Drain]:
        """Return the drains that are not over; a domain among them may be unknown by now."""
        self._drains = {
            domain: drain for domain, drain in self._drains.items() if not drain.is_over(now)
        }
        return dict(self._drains)

    def _apply(self, domain: Domain, now: float) -> None:
        breaker = self._breakers.get(domain)
        if breaker is not None:
            others = tuple(turn for turn in breaker.turns if not isinstance(turn, Drain))
            breaker.turn((*others, self._drains[domain]), now)


def _part(elapsed: float, over: float) -> float:
    """Return how much of `over` has passed, from 0 to 1."""
    if elapsed >= over:
        return 1.0
    return max(0.0, elapsed / over)
