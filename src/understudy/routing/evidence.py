"""Evidence: what has failed lately in which domain, for as long as nothing there has worked since.

Every failure is noted with all domains of its target, whoever is charged for it. What worked is
known from the breakers: each remembers when a call last began to answer there, and when an answer
last came to its end. The memory is one small record for each domain and family of failures.
"""

import enum
import math
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from understudy.chat.failure import Failure, Scope
from understudy.routing import cooldown
from understudy.routing.breaker import Breaker
from understudy.routing.topology import Domain

FORGOTTEN: Final = 3600.0
"""Seconds after which a domain's failures begin to be counted anew."""

RECENT: Final = 30.0
"""Seconds that one failure counts for `Trouble.recent`."""

# Causes in the taxonomy's ids: pages that a network edge wrote, not the host behind it.
_EDGE_PAGES: Final = frozenset({"edge", "52x_530", "200_html", "403_html"})

_REFUSED: Final = frozenset({401, 403})
_TOO_MANY_REQUESTS: Final = 429


class Family(enum.Enum):
    """Failures of one sort, which may have one cause. Each is counted apart from the others.

    `SILENT` never began to answer, `BROKEN` did; `ILL` are both, for what does not end an answer at
    all. `PAGED` are answers that the network edge wrote. `UNEXPLAINED` are limits
    without a reason.
    """

    REFUSED = "refused"
    LIMITED = "limited"
    UNEXPLAINED = "unexplained"
    GONE = "gone"
    PAGED = "paged"
    SILENT = "silent"
    BROKEN = "broken"
    ILL = "ill"


_ILLNESSES: Final = frozenset({Family.SILENT, Family.BROKEN})
_ENDED: Final = frozenset({Family.BROKEN, Family.ILL})
"""Families that only an answer which came to its end speaks against, not one that began."""


class Trouble(msgspec.Struct):
    """Failures of one family in one domain, with no success there in between.

    `total` goes on counting through successes, since `since`; `recent` too, and forgets.
    """

    first: float
    last: float
    count: int
    kind: str
    since: float
    total: int = 1
    recent: float = 1.0


class Evidence:
    """What failed, for one router."""

    def __init__(self, breakers: Mapping[Domain, Breaker]) -> None:
        self._breakers = breakers
        self._troubles: dict[tuple[Family, Domain], Trouble] = {}

    def note(
        self, domains: Iterable[Domain], failure: Failure, now: float, *, began: float | None
    ) -> Family:
        """Remember a failure of a target that stands in `domains`; `began`: it had answered."""
        family = family_of(failure, began=began)
        for domain in domains:
            self._note(family, domain, failure, now)
            if family in _ILLNESSES:
                self._note(Family.ILL, domain, failure, now)
            if family is Family.LIMITED and cooldown.is_unexplained(failure):
                self._note(Family.UNEXPLAINED, domain, failure, now)
        return family

    def _note(self, family: Family, domain: Domain, failure: Failure, now: float) -> None:
        known = self._troubles.get((family, domain))
        if known is None or now - known.last >= FORGOTTEN:
            self._troubles[family, domain] = Trouble(now, now, 1, failure.kind, now)
            return
        known.recent = _left(known, now) + 1.0
        if known.first <= self.worked(family, domain):
            known.first, known.count = now, 0
        known.count += 1
        known.total += 1
        known.last = now
        known.kind = failure.kind

    def of(self, family: Family, domain: Domain) -> Trouble | None:
        """Return a domain's failures since it last worked, None without any."""
        known = self._troubles.get((family, domain))
        if known is None or known.last < self.worked(family, domain):
            return None
        return known

    def worked(self, family: Family, domain: Domain) -> float:
        """Return when the domain last worked: began to answer, or, for breaks, came to an end."""
        breaker = self._breakers[domain]
        return breaker.last_whole if family in _ENDED else breaker.last_success

    def shares(self, domain: Domain, now: float) -> tuple[int, float]:
        """Return about how often it worked, and fell silent or broke, in the last half minute."""
        known = self._troubles.get((Family.ILL, domain))
        good, _ = self._breakers[domain].counts(now)
        return good, 0.0 if known is None else _left(known, now)

    def is_back(self, domain: Domain, since: float) -> bool:
        """Return whether the last that is known of it, and since then, is that it began to answer.

        That answer may still be under way; if it breaks, that is known as well.
        """
        known = self._troubles.get((Family.ILL, domain))
        last = since if known is None else max(known.last, since)
        return self._breakers[domain].last_success > last

    def failing(
        self, family: Family, domains: Iterable[Domain], since: float, now: float
    ) -> tuple[Domain, ...]:
        """Return those that have failed since `since` and not worked after it, in their order."""
        found = []
        for domain in sorted(domains, key=str):
            known = self.of(family, domain)
            if known is not None and known.last >= since and known.last <= now:
                found.append(domain)
        return tuple(found)

    def touched(self, family: Family, domains: Iterable[Domain], since: float) -> frozenset[Domain]:
        """Return those that have failed since `since`, whatever has worked there after it."""
        known = {domain: self._troubles.get((family, domain)) for domain in domains}
        return frozenset(
            domain
            for domain, trouble in known.items()
            if trouble is not None and trouble.last >= since
        )

    def total(self, family: Family, domains: Iterable[Domain]) -> int:
        """Return how often they have failed within memory, whatever has worked in between."""
        known = (self._troubles.get((family, domain)) for domain in domains)
        return sum(trouble.total for trouble in known if trouble is not None)

    def lines(self, family: Family, domains: Iterable[Domain], now: float) -> tuple[str, ...]:
        """Say in words how each of `domains` has been doing."""
        return tuple(self._line(family, domain, now) for domain in domains)

    def _line(self, family: Family, domain: Domain, now: float) -> str:
        known, worked = self.of(family, domain), self.worked(family, domain)
        since = "never worked" if math.isinf(worked) else f"last worked {now - worked:.0f} s ago"
        if known is None:
            return f"{domain}: {since}"
        times = f"{known.count} x {known.kind} in {known.last - known.first:.0f} s"
        return f"{domain}: {times}, {since}"


def _left(known: Trouble, now: float) -> float:
    """What is left of its recent failures: the older the last of them, the less."""
    return known.recent * max(0.0, 1.0 - (now - known.last) / RECENT)


def family_of(failure: Failure, *, began: float | None) -> Family:
    """Return the sort of a failure, for counting. `began`: when it had begun to answer, if ever."""
    if failure.charge is Scope.KEY and failure.status in _REFUSED:
        return Family.REFUSED
    if failure.status == _TOO_MANY_REQUESTS or cooldown.is_limit(failure):
        return Family.LIMITED
    if failure.charge is Scope.MODEL and cooldown.is_lasting(failure):
        return Family.GONE
    if failure.kind.rpartition(".")[2] in _EDGE_PAGES:
        return Family.PAGED
    return Family.SILENT if began is None else Family.BROKEN
