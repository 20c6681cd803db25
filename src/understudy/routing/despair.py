"""Despair: nobody that works is left. Which of those that are down is asked all the same?

The least bad one: one that only rests on a guess, else the one whose breakers reopen first. When
that fails too, one more at another host: they do not fail for the same reason. Not so a target that
rests because its provider said until when: asking early is certain to fail, and may lengthen the
penalty.
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
