"""The plane's clock: seconds in which this process was able to do anything.

While the process is stopped, swapped out or held up by one slow step, no provider could be heard
and no client served. So the clock stands still too: what such a pause would have made late is not
late, and no provider pays for it.
"""

import math
from collections.abc import Callable

import structlog

STALL = 0.5
"""Seconds. A loop that is only busy comes round more often; what is shorter hurts no time limit."""


class Clock:
    """`now` is monotonic. `expect` says when the loop will be back; later than that is a stall."""

    def __init__(self, real: Callable[[], float]) -> None:
        self.stalls = 0
        self.stalled = 0.0
        self._real = real
        self._seen = real()
        self._alarm = math.inf
        self._log = structlog.get_logger("understudy")

    def now(self) -> float:
        """Whoever asks first after a stall, be it a timer or a socket, sees none of it."""
        real = self._real()
        if real > self._alarm:
            self._stall(real)
        self._seen = real
        return real - self.stalled

    def expect(self, within: float) -> None:
        """The loop will ask again `within` seconds; the latest word counts."""
        self.now()
        self._alarm = self._seen + within + STALL

    def _stall(self, real: float) -> None:
        lost = real - max(self._alarm - STALL, self._seen)
        self.stalls += 1
        self.stalled += lost
        self._alarm = math.inf
        self._log.warning("this process stood still; its time limits wait", seconds=round(lost, 3))
