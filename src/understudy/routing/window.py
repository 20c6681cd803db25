"""Window: how many of the outcomes of the last seconds were good and bad. Knows counts and time.

It is cut into buckets on a fixed grid, so that the same outcomes always fall into the same ones;
what falls out of it no longer counts. Its counts are read and written in place by the breaker,
which sees every call: roll it first when `now` has reached `end`.
"""

from typing import Final

_NEVER: Final = float("-inf")


class Window:
    """`good` and `bad` are sums over `goods` and `bads`, of which `slot` is the present one."""

    __slots__ = ("_bucket", "_buckets", "_width", "bad", "bads", "end", "good", "goods", "slot")

    def __init__(self, seconds: float, buckets: int) -> None:
        assert buckets >= 1
        self._width = seconds / buckets
        self._buckets = buckets
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.good = 0
        self.bad = 0
        self.goods = [0] * self._buckets
        self.bads = [0] * self._buckets
        self.slot = 0
        self.end = _NEVER
        self._bucket = 0

    def roll(self, now: float) -> None:
        """Move to the bucket of `now`."""
        buckets = self._buckets
        bucket = int(now // self._width)
        steps = buckets if self.end == _NEVER else min(buckets, bucket - self._bucket)
        for _ in range(steps):
            self.slot = (self.slot + 1) % buckets
            self.good -= self.goods[self.slot]
            self.bad -= self.bads[self.slot]
            self.goods[self.slot] = 0
            self.bads[self.slot] = 0
        self._bucket = bucket
        self.end = (bucket + 1.0) * self._width

    def fail(self, now: float) -> None:
        """Count a bad outcome."""
        if now >= self.end:
            self.roll(now)
        self.bad += 1
        self.bads[self.slot] += 1

    def succeed(self, now: float) -> None:
        """Count a good outcome. A breaker, which does it for every call, says this in place."""
        if now >= self.end:
            self.roll(now)
        self.good += 1
        self.goods[self.slot] += 1

    def good_since(self, at: float, now: float) -> int:
        """Return the good outcomes since the beginning of the bucket of `at`."""
        if now >= self.end:
            self.roll(now)
        age = min(self._bucket - int(at // self._width), self._buckets - 1)
        return sum(self.goods[(self.slot - step) % self._buckets] for step in range(age + 1))

    def take_back(self, at: float, now: float) -> None:
        """Take back a good outcome that was counted at `at`, unless it has fallen out already."""
        if now >= self.end:
            self.roll(now)
        age = self._bucket - int(at // self._width)
        if not 0 <= age < self._buckets:
            return
        slot = (self.slot - age) % self._buckets
        if self.goods[slot]:
            self.goods[slot] -= 1
            self.good -= 1
