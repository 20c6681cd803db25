"""Hedge: whether a second target may be asked while the first has not said anything yet.

A hedge buys time for money, and doubles the load on providers exactly when they are slow, so two
buckets bound it: one counts requests, one US dollars. Both fill with what the hedging routes of
this process do and never above their reserve, which is there at the start: over any stretch,
hedges <= `ratio` x requests + `reserve`, and what they risk <= `spend_ratio` x spend +
`reserve_usd`. (Dean and Barroso, The Tail at Scale, 2013: hedge at the 95th percentile.)

One request in twenty is later than the 95th percentile when all is well, and the ratio is less than
that: left alone, the buckets would always be empty on the day that a host falls silent. So the less
is left, the longer hedges wait (`wait`), and the fewer need one: a level that keeps itself.

What a hedge risks is the prompt, read once more: the loser is cancelled before its first token.
"""

from collections.abc import Sequence
from typing import Final

from understudy.chat.endpoint import Needs
from understudy.chat.failure import Scope
from understudy.routing.seat import Seat

LEAST: Final = 0.05
"""Seconds: no hedge starts sooner, however quick a target usually is."""

LONGEST: Final = 1.5
"""Times its 95th percentile: when a target is hedged while nothing is left of a reserve."""


class HedgeBudget:
    """`deposit` once for every request, `spent` for every answer's cost; `withdraw` for a hedge."""

    def __init__(
        self,
        ratio: float = 0.02,
        reserve: float = 20.0,
        spend_ratio: float = 0.01,
        reserve_usd: float = 0.10,
    ) -> None:
        self._ratio = ratio
        self._reserve = reserve
        self._spend_ratio = spend_ratio
        self._reserve_usd = reserve_usd
        self._left = reserve
        self._left_usd = reserve_usd

    def deposit(self) -> None:
        """Count a request that could be hedged."""
        self._left = min(self._reserve, self._left + self._ratio)

    def spent(self, cost_usd: float) -> None:
        """Count what an answer cost."""
        self._left_usd = min(self._reserve_usd, self._left_usd + self._spend_ratio * cost_usd)

    def wait(self, usual: float) -> float:
        """Return how many seconds a target gets that `usual`ly is no later than that."""
        left = min(self._left / self._reserve, self._left_usd / self._reserve_usd)
        return max(LEAST, usual * (LONGEST - (LONGEST - 1.0) * left))

    def withdraw(self, cost_usd: float) -> bool:
        """Take leave for one hedge that risks `cost_usd`, or return False."""
        if self._left < 1.0 or cost_usd > self._left_usd:
            return False
        self._left -= 1.0
        self._left_usd -= cost_usd
        return True


def risk_usd(seat: Seat, needs: Needs) -> float:
    """Return what it costs, at most, that the target reads the prompt; 0 where no price is known.

    `Needs.input_tokens` is an estimate from above, so this is one too.
    """
    return needs.input_tokens * (seat.target.price.input or 0.0) / 1e6


def rivals(first: Seat, seats: Sequence[Seat], now: float) -> list[Seat]:
    """Return the seats that a hedge may go to: sound ones only, at another host if there is one."""
    sound = [seat for seat in seats if seat.is_free(now) and seat.is_sound()]
    host = first.domain(Scope.HOST)
    elsewhere = [seat for seat in sound if seat.domain(Scope.HOST) != host]
    return elsewhere or sound
