"""The vigil: when to look at attempts that have said nothing yet, and for which reason.

Three reasons to ask another target beside: the first token is later than it usually is (`hedge_at`,
where the route hedges); half of what was left of the deadline is over, as long as a silent target
may have to itself (`half_at`); and now and then, whether its target was shut since.
"""

import math
from typing import Final

LOOK_EVERY: Final = 2.0
"""Seconds between two looks at an attempt that has said nothing: has its target been shut since?"""

LOOK_SOON: Final = 0.1
"""Seconds until the next look where a hedge was due and there was no leave for it."""


class Vigil:
    """One for a request. `at` is the moment of the next look, infinity for none."""

    __slots__ = ("_half_at", "_hedge_at", "at")

    def __init__(self) -> None:
        self.at = math.inf
        self._hedge_at = math.inf
        self._half_at = math.inf

    def begin(self, now: float, deadline: float, hedge_at: float | None) -> None:
        """An attempt begins; `hedge_at` None: beside another, or in the place of one."""
        self._half_at = now + (deadline - now) / 2
        self._hedge_at = math.inf
        self.at = self._half_at
        if hedge_at is not None:
            self._hedge_at = hedge_at
            self.at = min(self._half_at, hedge_at, now + LOOK_EVERY)

    def look(self, now: float) -> tuple[bool, bool]:
        """Return whether a hedge is due, and whether half of the time is over; set the next look,
        for when nobody can be asked.
        """
        is_late, is_half = now >= self._hedge_at, now >= self._half_at
        if is_half:
            self._half_at = math.inf
        again = now + LOOK_SOON if is_late else min(self._hedge_at, now + LOOK_EVERY)
        self.at = min(self._half_at, again)
        return is_late, is_half

    def end(self) -> None:
        """Somebody speaks, or nobody is asked: there is nothing to look at."""
        self.at = self._hedge_at = self._half_at = math.inf
