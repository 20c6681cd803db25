"""Metrics: plain counters and histograms over journal entries. No idea of how they are exposed."""

from bisect import bisect_left
from collections import Counter
from typing import Final

from understudy.journal.entry import AttemptEntry, RequestEntry

SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of histogram buckets; one more is open."""

_NO_FAILURE: Final = frozenset({"ok", "abandoned", "outrun"})
_BOUNDS: Final = (*(f"{bound:g}" for bound in SECONDS), "+Inf")


class Histogram:
    """Counts by bucket, and the sum of what was observed (seconds)."""

    def __init__(self) -> None:
        self.counts = [0] * (len(SECONDS) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(SECONDS, value)] += 1
        self.total += value

    def cumulative(self) -> list[tuple[str, int]]:
        """Upper bound as text and how many were at most that, "+Inf" last."""
        seen = 0
        rows = []
        for bound, count in zip(_BOUNDS, self.counts, strict=True):
            seen += count
            rows.append((bound, seen))
        return rows


class Metrics:
    """One for a process. Written by one thread, read by any.

    Keys are routes and targets, dialects, outcomes and taxonomy rows: the configuration and the
    program bound how many there are. Nothing that a client or a provider makes up is a key.
    """

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, str]] = Counter()
        self.attempts: Counter[tuple[str, str]] = Counter()
        self.failovers: Counter[str] = Counter()
        self.hedges: Counter[tuple[str, str]] = Counter()
        self.seams: Counter[str] = Counter()
        self.lossy: Counter[str] = Counter()
        self.tokens: Counter[tuple[str, str]] = Counter()
        self.cost_usd: dict[str, float] = {}
        self.durations: dict[str, Histogram] = {}
        self.waits: dict[str, Histogram] = {}
        self.first_content: dict[str, Histogram] = {}

    def observe(self, entry: RequestEntry) -> None:
        """Count one request with its attempts."""
        route = entry.route
        self.requests[route, entry.dialect, entry.outcome] += 1
        _histogram(self.durations, route).observe(entry.duration)
        if entry.first_content is not None:
            _histogram(self.waits, route).observe(entry.first_content)
        if entry.outcome == "ok" and any(_has_failed(one) for one in entry.attempts):
            self.failovers[route] += 1
        if entry.seam is not None:
            self.seams[route] += 1
        if entry.losses:
            self.lossy[route] += 1
        for attempt in entry.attempts:
            self._attempt(attempt)

    def _attempt(self, attempt: AttemptEntry) -> None:
        target = attempt.target
        self.attempts[target, attempt.outcome] += 1
        if attempt.is_hedge:
            self.hedges[target, "lost" if attempt.first_content is None else "won"] += 1
        if attempt.first_content is not None:
            waited = attempt.first_content - attempt.started
            _histogram(self.first_content, target).observe(waited)
        if attempt.cost_usd is not None:
            self.cost_usd[target] = self.cost_usd.get(target, 0.0) + attempt.cost_usd
        usage = attempt.usage
        if usage is not None:
            self.tokens[target, "input"] += usage.input_tokens
            self.tokens[target, "output"] += usage.output_tokens
            if usage.cache_read_tokens:
                self.tokens[target, "cache_read"] += usage.cache_read_tokens
            if usage.cache_write_tokens:
                self.tokens[target, "cache_write"] += usage.cache_write_tokens


def _has_failed(attempt: AttemptEntry) -> bool:
    return attempt.outcome not in _NO_FAILURE


def _histogram(held: dict[str, Histogram], name: str) -> Histogram:
    found = held.get(name)
    if found is None:
        found = held[name] = Histogram()
    return found
