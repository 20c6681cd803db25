"""Pause: a host says beside an answer that nothing is left, so the next request goes elsewhere.

That is a preference and no wall (see `ramp`): where nobody else works, it is asked nevertheless.
"""

from typing import Final

import msgspec

from understudy.chat.failure import Supply
from understudy.routing.breaker import Breaker

LONGEST: Final = 60.0
"""Seconds that one answer is believed for: then a request finds out."""


class Pause(msgspec.Struct, frozen=True, gc=False):
    """A `ramp.Turn`: nothing is left of `what` before `until`."""

    until: float
    what: str

    def share(self, now: float) -> float:
        return 0.0 if now < self.until else 1.0

    def barred_for(self, now: float) -> float:  # noqa: ARG002 - a Turn
        return 0.0

    def is_over(self, now: float) -> bool:
        return now >= self.until

    def words(self, now: float) -> str:
        return f"has no {self.what} left for {max(0.0, self.until - now):.0f} s"


def pause(breaker: Breaker, supply: Supply, now: float) -> None:
    """Lead traffic past a domain until there is more, if it is known when."""
    if not supply.spent or supply.wait is None:
        return
    others = tuple(turn for turn in breaker.turns if not isinstance(turn, Pause))
    turn = Pause(now + min(supply.wait, LONGEST), supply.spent)
    breaker.turn((*others, turn), now)
