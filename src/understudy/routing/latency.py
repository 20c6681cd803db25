"""Latency: how long a target usually takes to its first content. Seconds in, quantiles out.

The estimator is the plain empirical quantile (nearest rank) of the last `size` observations in a
ring: bounded memory, no assumption about the shape (times to a first token have heavy tails), and
it forgets a bad hour after `size` better requests. It is sorted again only every `stride`
observations, which keeps the cost of one of them near constant. An estimate that nobody has fed
for `stale_after` seconds is no estimate: a target that only ever ran into an adaptive limit would
otherwise never be allowed the time to show that it has merely become slower.
"""

from typing import Final

from understudy.routing.topology import Timeouts

ADAPTIVE_FACTOR: Final = 3.0
ADAPTIVE_LEAST: Final = 1.0


class FirstToken:
    """The times to first content of one target."""

    __slots__ = (
        "_fresh",
        "_last",
        "_min",
        "_next",
        "_p50",
        "_p95",
        "_ring",
        "_size",
        "_stale",
        "_stride",
    )

    def __init__(
        self, size: int = 128, *, minimum: int = 20, stride: int = 16, stale_after: float = 300.0
    ) -> None:
        assert 1 <= minimum <= size
        assert stride >= 1
        self._size = size
        self._min = minimum
        self._stride = stride
        self._stale = stale_after
        self._ring: list[float] = []
        self._next = 0
        self._fresh = 0
        self._last = float("-inf")
        self._p50: float | None = None
        self._p95: float | None = None

    def observe(self, seconds: float, now: float) -> None:
        """Take in one time to first content."""
        if len(self._ring) < self._size:
            self._ring.append(seconds)
        else:
            self._ring[self._next] = seconds
            self._next = (self._next + 1) % self._size
        self._last = now
        self._fresh += 1
        if self._fresh >= self._stride or len(self._ring) == self._min:
            self._sort()

    def p50(self, now: float) -> float | None:
        """Return the median in seconds, None while too little is known or too long ago."""
        return self._p50 if now - self._last < self._stale else None

    def p95(self, now: float) -> float | None:
        """Return the 95th percentile in seconds, None while too little is known or too long ago."""
        return self._p95 if now - self._last < self._stale else None

    def _sort(self) -> None:
        self._fresh = 0
        count = len(self._ring)
        if count >= self._min:
            ordered = sorted(self._ring)
            self._p50 = ordered[(count * 50 + 99) // 100 - 1]
            self._p95 = ordered[(count * 95 + 99) // 100 - 1]


def first_token_limit(timeouts: Timeouts, p95: float | None) -> float:
    """Return the limit on the first content for a target that another could relieve, in seconds."""
    if p95 is None or not timeouts.is_adaptive:
        return timeouts.first_token
    return min(timeouts.first_token, max(ADAPTIVE_LEAST, ADAPTIVE_FACTOR * p95))
