"""Growth: some providers refuse traffic that grows too fast, however far it is from a limit.

`Growth` says how fast it may; a `Meter` for each account counts what is sent there, and turns the
account's traffic (see `ramp`) while it is at what it may be. Whatever does not fit goes to the next
target, which matters most for a backup that gets all of a primary's traffic at once.

What an account may take in a minute is `factor` times its busiest minute between one and two
`window` ago, never less than `above`. What was sent before the process began is not known, so
nothing is turned in the first `window`.
"""

import math
from collections import deque
from collections.abc import Iterable
from typing import Final

from understudy.chat.failure import Scope
from understudy.routing.breaker import Breaker
from understudy.routing.seat import Seat
from understudy.routing.topology import Domain, Growth

BURST: Final = 5.0
"""Seconds' worth of the allowed rate that may come at once."""

_MINUTE: Final = 60.0


def busiest(minutes: Iterable[tuple[int, float]], window: float, now: float) -> float:
    """Return what growth is measured from: the tokens of the busiest minute between one and two
    windows ago. `minutes`: the number of each since the clock's zero, and its tokens.
    """
    first, last = ((now - n * window) // _MINUTE for n in (2, 1))
    return max((sent for at, sent in minutes if first <= at <= last), default=0.0)


class Meter:
    """Counts the tokens of one account. A `ramp.Turn` of its breaker while it is full."""

    def __init__(self, growth: Growth, breaker: Breaker, now: float) -> None:
        self._growth = growth
        self._breaker = breaker
        self._since = now
        self._minutes: deque[tuple[int, float]] = deque()
        self._level = 0.0
        self._at = now

    def adopt(self, growth: Growth, breaker: Breaker) -> None:
        """Go on by these rules."""
        self._growth = growth
        self._breaker = breaker

    def spend(self, tokens: int, now: float) -> None:
        """Count a request."""
        minute = int(now // _MINUTE)
        if not self._minutes or self._minutes[-1][0] != minute:
            self._forget(now)
            self._minutes.append((minute, 0.0))
        self._minutes[-1] = (minute, self._minutes[-1][1] + tokens)
        self._level = self._left(now) + tokens
        self._at = now
        if self._is_full(now) and self not in self._breaker.turns:
            self._breaker.turn((*self._breaker.turns, self), now)

    def allowed(self, now: float) -> float:
        """Return how many tokens a minute may be sent at present; infinite in the beginning."""
        growth = self._growth
        if now - self._since < growth.window:
            return math.inf
        return max(growth.above, growth.factor * busiest(self._minutes, growth.window, now))

    def share(self, now: float) -> float:
        return 0.0 if self._is_full(now) else 1.0

    def barred_for(self, now: float) -> float:  # noqa: ARG002 - a Turn
        return 0.0

    def is_over(self, now: float) -> bool:
        return self._left(now) <= self._burst(now) / 2

    def words(self, now: float) -> str:
        return f"may grow no faster: {self.allowed(now):,.0f} tokens a minute at present"

    def _is_full(self, now: float) -> bool:
        return self._left(now) > self._burst(now)

    def _left(self, now: float) -> float:
        """Return what has been sent and is not yet worked off at the allowed rate."""
        allowed = self.allowed(now)
        if math.isinf(allowed):
            return 0.0
        return max(0.0, self._level - (now - self._at) * allowed / _MINUTE)

    def _burst(self, now: float) -> float:
        return self.allowed(now) * BURST / _MINUTE

    def _forget(self, now: float) -> None:
        oldest = (now - 2 * self._growth.window) // _MINUTE
        while self._minutes and self._minutes[0][0] < oldest:
            self._minutes.popleft()


class Meters:
    """The meters of a router, by account; they outlive a reload."""

    def __init__(self) -> None:
        self._meters: dict[Domain, Meter] = {}

    def attach(self, seats: Iterable[Seat], now: float) -> None:
        """Give every seat whose traffic may not grow at will its account's meter."""
        for seat in seats:
            growth = seat.target.growth
            domain = seat.domain(Scope.ACCOUNT) or seat.domains[0]
            if growth is None:
                continue
            breaker = seat.breakers[seat.domains.index(domain)]
            meter = self._meters.get(domain)
            if meter is None:
                meter = self._meters[domain] = Meter(growth, breaker, now)
            meter.adopt(growth, breaker)
            seat.meter = meter
