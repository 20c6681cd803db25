"""Restarts: how long to wait before an engine that died is started again, and when to give up."""

from typing import Final

FIRST: Final = 1.0
LONGEST: Final = 60.0
"""Seconds between two starts; each pause is twice the one before."""

MOST: Final = 5
"""Deaths in a row after which it is not started any more."""

SOUND_AFTER: Final = 120.0
"""Seconds of life after which earlier deaths are forgotten."""


class Restarts:
    """Counts deaths in a row."""

    def __init__(self, first: float = FIRST) -> None:
        self.deaths = 0
        self._first = first

    def died(self, lived: float) -> float | None:
        """Return the pause before the next start, None for never. `lived`: seconds it was up."""
        self.deaths = 1 if lived >= SOUND_AFTER else self.deaths + 1
        if self.deaths >= MOST:
            return None
        return min(LONGEST, self._first * 2.0 ** (self.deaths - 1))
