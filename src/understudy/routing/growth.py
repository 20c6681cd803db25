"""Growth: some providers refuse traffic that grows too fast, however far it is from a limit.

`Growth` says how fast it may; a `Meter` for each account counts what is sent there, and turns the
account's traffic (see `ramp`) while it is at what it may be. Whatever does not fit goes to the next
target, which matters most for a backup that gets all of a primary's traffic at once.

What an account may take in a minute is `factor` times its busiest minute between one and two
`window` ago, never less than `above`. That holds for any minute, wherever it begins, so a request
that would not fit into the last one goes elsewhere (`has_room`). What was sent before the process
began is not known, so nothing is turned in the first `window`.
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

EASY: Final = 0.75
"""The share of what a minute may hold up to which nobody looks whether a request still fits."""

_MINUTE: Final = 60.0


def busiest(minutes: Iterable[tuple[int, float]], window: float, now: float) -> float:
    """Return what growth is measured from: the tokens of the busiest minute between one and two
    windows ago. `minutes`: the number of each since the clock's zero, and its tokens.
    """
    first, last = ((now - n * window) // _MINUTE for n in (2, 1))
    return max((sent for at, sent in minutes if first <= at <= last), default=0.0)


class Meter:
    """Counts the tokens of one account. A `ramp.Turn` of its breaker while it is nearly full."""

    def __init__(self, growth: Growth, breaker: Breaker, now: float) -> None:
        self._growth = growth
        self._breaker = breaker
        self._since = now
        self._minutes: deque[tuple[int, float]] = deque()
        self._seconds: deque[tuple[int, int]] = deque()
        self._lately = 0
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
        self._add(tokens, int(now))
        if not self.is_over(now) and self not in self._breaker.turns:
            self._breaker.turn((*self._breaker.turns, self), now)

    def allowed(self, now: float) -> float:
        """Return how many tokens a minute may be sent at present; infinite in the beginning."""
        growth = self._growth
        if now - self._since < growth.window:
            return math.inf
        return max(growth.above, growth.factor * busiest(self._minutes, growth.window, now))

    def has_room(self, tokens: int, now: float) -> bool:
        """Return whether a request of so many tokens fits into the last minute."""
        return self._last_minute(now) + tokens <= self.allowed(now)

    def share(self, now: float) -> float:
        return 0.0 if self._is_full(now) else 1.0

    def barred_for(self, now: float) -> float:  # noqa: ARG002 - a Turn
        return 0.0

    def is_over(self, now: float) -> bool:
        is_easy = self._last_minute(now) <= EASY * self.allowed(now)
        return is_easy and self._left(now) <= self._burst(now) / 2

    def words(self, now: float) -> str:
        allowed = f"{self.allowed(now):,.0f} tokens a minute at present"
        if self._is_full(now):
            return f"may grow no faster: {allowed}"
        return f"may be sent {allowed}, {self._last_minute(now):,} in the last"

    def _is_full(self, now: float) -> bool:
        return self._left(now) > self._burst(now) or not self.has_room(1, now)

    def _add(self, tokens: int, second: int) -> None:
        before = 0
        if self._seconds and self._seconds[-1][0] == second:
            before = self._seconds.pop()[1]
        self._seconds.append((second, before + tokens))
        self._lately += tokens

    def _last_minute(self, now: float) -> int:
        """Return what was sent in the last minute, and in a part of the second before it."""
        while self._seconds and self._seconds[0][0] < int(now) - _MINUTE:
            self._lately -= self._seconds.popleft()[1]
        return self._lately

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
