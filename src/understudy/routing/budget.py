"""Retry budget: how many attempts beyond the first a process may make. Knows counts and time only.

Why a budget and not only a limit on attempts: three attempts for each request treble the load on
providers exactly when they are short of it. A budget bounds the sum: retries of the last window
stay within a share of its requests, plus a reserve, so that a process with little traffic (where
a share of nothing is nothing) still fails over.
"""

import msgspec


class BudgetView(msgspec.Struct, frozen=True):
    """The budget at one moment, over its window."""

    requests: int
    retries: int
    refused: int
    left: float


class RetryBudget:
    """Deposit once for every request, withdraw once for every further attempt.

    At every withdrawal that is granted, with the requests and retries of the last `window`
    seconds (counted in whole buckets): retries <= `ratio` x requests + `reserve`.
    """

    def __init__(
        self,
        ratio: float = 0.10,
        reserve: float = 20.0,
        window: float = 60.0,
        buckets: int = 12,
    ) -> None:
        assert ratio >= 0.0
        assert reserve >= 0.0
        assert window > 0.0
        assert buckets >= 1
        self._ratio = ratio
        self._reserve = reserve
        self._width = window / buckets
        self._requests = [0] * buckets
        self._retries = [0] * buckets
        self._slot = 0
        self._bucket_end = float("-inf")
        self._total_requests = 0
        self._total_retries = 0
        self._refused = 0

    def deposit(self, now: float) -> None:
        """Count a request."""
        if now >= self._bucket_end:
            self._roll(now)
        self._requests[self._slot] += 1
        self._total_requests += 1

    def withdraw(self, now: float, *, keep: float = 0.0) -> bool:
        """Take leave for one retry, or return False. `keep`: what share of all is for others."""
        left = self._left(now)
        if left - keep * (self._ratio * self._total_requests + self._reserve) < 1.0:
            self._refused += 1
            return False
        self._retries[self._slot] += 1
        self._total_retries += 1
        return True

    def give_back(self, now: float) -> None:
        """Take one retry for not made: it was answered, where the first refused it wrongly."""
        self._left(now)
        newest = (self._slot - age for age in range(len(self._retries)))
        slot = next((each for each in newest if self._retries[each]), None)
        if slot is not None:
            self._retries[slot] -= 1
            self._total_retries -= 1

    def view(self, now: float) -> BudgetView:
        left = self._left(now)
        return BudgetView(self._total_requests, self._total_retries, self._refused, max(0.0, left))

    def _left(self, now: float) -> float:
        if now >= self._bucket_end:
            self._roll(now)
        return self._ratio * self._total_requests + self._reserve - self._total_retries

    def _roll(self, now: float) -> None:
        buckets = len(self._requests)
        steps = buckets
        if self._bucket_end != float("-inf"):
            steps = min(buckets, 1 + int((now - self._bucket_end) / self._width))
        for _ in range(steps):
            self._slot = (self._slot + 1) % buckets
            self._total_requests -= self._requests[self._slot]
            self._total_retries -= self._retries[self._slot]
            self._requests[self._slot] = 0
            self._retries[self._slot] = 0
        self._bucket_end = (now // self._width + 1.0) * self._width
