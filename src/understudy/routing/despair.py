"""Despair: nobody that works is left. Which of those that are down is asked all the same?

The least bad one: one that only rests on a guess, else the one whose breakers reopen first. When
that fails too, one more at another host: they do not fail for the same reason. Not so a target that
rests because its provider said until when: asking early is certain to fail, and may lengthen the
penalty. And who only rests for a moment more is waited for.
"""

from collections.abc import Sequence
from typing import Final

from understudy.routing.budget import RetryBudget
from understudy.routing.chain import Chain
from understudy.routing.seat import Seat

_RATIO: Final = 0.1
_RESERVE: Final = 5.0
_WINDOW: Final = 10.0
"""Of the requests of ten seconds a tenth, and five, may ask a target that is known to be down."""


MOST: Final = 2
"""Hosts that a chain may ask although they are down."""

BRIEF: Final = 0.5
"""Seconds for which a request waits rather than be refused, once."""


class Despair:
    """One for a router."""

    def __init__(self) -> None:
        self._budget = RetryBudget(_RATIO, _RESERVE, _WINDOW)
        self.deposit = self._budget.deposit

    def least_bad(self, chain: Chain, pool: Sequence[Seat], now: float) -> Seat | None:
        """Return whom of `pool` the chain may ask although it is down."""
        candidates = desperate(chain, pool, now)
        if chain.wanted:
            candidates = [seat for seat in candidates if seat.name in chain.wanted] or candidates
        least_bad = min(candidates, key=lambda seat: seat.badness(now), default=None)
        # After a failure of who was up, `Decisions` has paid for it. Else most are told at once
        # when to return: who asks what is down for every request keeps it down.
        is_free = least_bad is None or (bool(chain.wanted) and not chain.despaired)
        is_paid = is_free or self._budget.withdraw(now)
        return least_bad if is_paid else None

    def has_left(self, now: float) -> bool:
        """Return whether one more attempt is paid for."""
        return self._budget.view(now).left >= 1.0


def desperate(chain: Chain, pool: Sequence[Seat], now: float) -> list[Seat]:
    """Return those of `pool` that the chain may ask at all although they are down."""
    asked = chain.despaired
    if len(asked) >= MOST:
        return []
    return [seat for seat in pool if seat.host not in asked and not seat.is_resting(now)]


def brief_wait(chain: Chain, pool: Sequence[Seat], now: float) -> float:
    """Return for how many seconds the chain may wait for who only rests; 0 for not at all.

    Once: who is waited for may be at rest again by then.
    """
    rests = [rest for seat in pool if (rest := seat.rests_for(now)) is not None and rest <= BRIEF]
    first = min(rests, default=0.0)
    if chain.has_waited or now + first >= chain.deadline:
        return 0.0
    chain.has_waited = first > 0.0
    return first
