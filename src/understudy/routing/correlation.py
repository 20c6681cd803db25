"""Correlation: whose fault several failures are together, when each alone points elsewhere.

One answer is judged by the taxonomy's row. Some verdicts need more than one answer:

| seen                                                          | charged instead       |
| ------------------------------------------------------------- | --------------------- |
| 401/403 on two keys of a host that both worked lately, 60 s   | the host, not the keys |
| 429 without a hint on every account (two or more), 60 s       | the host, not the accounts |
| pages of the network edge from two hosts behind it, 30 s      | the edge              |
| one model fails three times while others at its host succeed  | the model, not the host |
| a region fails, and no other region of its host does          | the region, not the host |
| nothing could be sent to three hosts, no success either, 5 s  | nobody: our own network |

For the first three, a success of the wider domain since the first of those failures speaks
against it. A region is blamed until a second one fails too and none has worked in between.
Memory is bounded by the number of domains.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.routing import cooldown
from understudy.routing.breaker import Breaker
from understudy.routing.seat import Seat
from understudy.routing.topology import Domain

AUTH_WITHIN: Final = 60.0
RATE_WITHIN: Final = 60.0
EDGE_WITHIN: Final = 30.0
REGION_WITHIN: Final = 30.0
OWN_WITHIN: Final = 5.0
OWN_HOSTS: Final = 3
MODEL_STREAK: Final = 3

# Causes in the taxonomy's ids: pages that a network edge wrote, not the host behind it.
_EDGE_PAGES: Final = frozenset({"edge", "52x_530", "200_html", "403_html"})


class Verdict(msgspec.Struct, frozen=True):
    """Who is charged. `is_wave`: several answers agree, so this one opens the breaker.

    `absolved` are domains that were charged before for what is now another's fault.
    """

    charge: Scope
    is_wave: bool = False
    absolved: tuple[Domain, ...] = ()


class Correlation:
    """What failed lately, for one router. `breakers` says when a domain succeeded last."""

    def __init__(
        self, breakers: Mapping[Domain, Breaker], accounts: Mapping[Domain, frozenset[Domain]]
    ) -> None:
        self._breakers = breakers
        self._accounts = accounts
        self._waves: dict[tuple[Scope, Domain], dict[Domain, float]] = {}
        self._unsent: dict[Domain, float] = {}
        self._streaks: dict[Domain, tuple[int, float]] = {}

    def judge(self, seat: Seat, failure: Failure, now: float) -> Verdict:
        """Return who is to be charged for a failure, and remember it."""
        if failure.fault is Fault.CLIENT or failure.charge is Scope.NONE:
            return Verdict(Scope.NONE)
        host = seat.domain(Scope.HOST)
        if host is None or any(domain not in self._breakers for domain in seat.domains):
            # No host to think about, or a call from before a reload that took its domains away.
            return Verdict(failure.charge)
        match failure.charge:
            case Scope.KEY:
                return self._auth(seat, host, failure, now)
            case Scope.ACCOUNT:
                return self._rate(seat, host, failure, now)
            case Scope.HOST:
                return self._host(seat, host, failure, now)
            case _:
                return Verdict(failure.charge)

    def _auth(self, seat: Seat, host: Domain, failure: Failure, now: float) -> Verdict:
        key = seat.domain(Scope.KEY)
        if key is None or failure.status not in {401, 403}:
            return Verdict(failure.charge)
        breaker = self._breakers[key]
        if not (breaker.was_working or breaker.is_trusted(now)):
            return Verdict(failure.charge)
        wave = self._wave(Scope.KEY, host, key, now, AUTH_WITHIN)
        if len(wave) < 2:
            return Verdict(failure.charge)
        return Verdict(Scope.HOST, is_wave=True, absolved=wave)

    def _rate(self, seat: Seat, host: Domain, failure: Failure, now: float) -> Verdict:
        account = seat.domain(Scope.ACCOUNT)
        if account is None or failure.status != 429 or cooldown.hint(failure) is not None:
            return Verdict(failure.charge)
        if not cooldown.is_limit(failure):
            return Verdict(failure.charge)
        wave = self._wave(Scope.ACCOUNT, host, account, now, RATE_WITHIN)
        if len(wave) < 2 or not self._accounts.get(host, frozenset()) <= set(wave):
            return Verdict(failure.charge)
        return Verdict(Scope.HOST, is_wave=True, absolved=wave)

    def _host(self, seat: Seat, host: Domain, failure: Failure, now: float) -> Verdict:
        if self._is_our_own(host, failure, now):
            return Verdict(Scope.NONE)
        edge = seat.domain(Scope.EDGE)
        if edge is not None and failure.kind.rpartition(".")[2] in _EDGE_PAGES:
            wave = self._wave(Scope.HOST, edge, host, now, EDGE_WITHIN)
            if len(wave) > 1:
                return Verdict(Scope.EDGE, is_wave=True)
        model, region = seat.domain(Scope.MODEL), seat.domain(Scope.REGION)
        if model is not None and self._is_the_models(model, region or host, failure, now):
            return Verdict(Scope.MODEL)
        if region is not None:
            wave = self._wave(Scope.REGION, host, region, now, REGION_WITHIN)
            return Verdict(Scope.REGION if len(wave) < 2 else Scope.HOST)
        return Verdict(Scope.HOST)

    def _wave(
        self, kind: Scope, wide: Domain, narrow: Domain, now: float, within: float
    ) -> tuple[Domain, ...]:
        """Remember a failure; return all narrow domains that failed since `wide` last succeeded."""
        worked = self._breakers[wide].last_success
        seen = {
            domain: at
            for domain, at in self._waves.get((kind, wide), {}).items()
            if now - at < within and at >= worked
        }
        seen[narrow] = now
        self._waves[(kind, wide)] = seen
        return tuple(seen)

    def _is_our_own(self, host: Domain, failure: Failure, now: float) -> bool:
        if failure.progress is not Progress.NOT_SENT or failure.status is not None:
            return False
        self._unsent = {domain: at for domain, at in self._unsent.items() if now - at < OWN_WITHIN}
        self._unsent[host] = now
        if len(self._unsent) < OWN_HOSTS:
            return False
        # Every host that answered lately proves that our network works.
        return all(
            now - breaker.last_success >= OWN_WITHIN
            for domain, breaker in self._breakers.items()
            if domain.kind is Scope.HOST
        )

    def _is_the_models(self, model: Domain, wide: Domain, failure: Failure, now: float) -> bool:
        if failure.progress is Progress.NOT_SENT:
            return False  # A connection knows no models.
        count, since = self._streaks.get(model, (0, now))
        if self._breakers[model].last_success >= since:
            count, since = 0, now
        self._streaks[model] = (count + 1, since)
        return count >= MODEL_STREAK and self._breakers[wide].last_success > since
