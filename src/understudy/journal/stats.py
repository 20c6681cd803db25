"""What a stretch of the journal adds up to. Values and arithmetic only."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

NOBODYS_FAULT: Final = "abandoned"


class RequestRow(msgspec.Struct, frozen=True, gc=False):
    """What counts of one request. `waited`: of one that failed over and ended well, seconds until
    the attempt began that ended it well.
    """

    route: str
    outcome: str
    failure: str | None
    attempts: int
    first_content: float | None
    duration: float
    cost_usd: float | None
    has_seam: int
    losses: int
    waited: float | None

    @property
    def failed_over(self) -> bool:
        return self.outcome == "ok" and self.attempts > 1


class AttemptRow(msgspec.Struct, frozen=True, gc=False):
    """What counts of one attempt. `first_content` is seconds since it began."""

    target: str
    outcome: str
    first_content: float | None
    cost_usd: float | None
    prompt_tokens: int | None
    output_tokens: int | None


class Times(msgspec.Struct, frozen=True):
    """Seconds that 50, 95 and 99 of a hundred stayed within; `count` is how many there were."""

    count: int
    p50: float
    p95: float
    p99: float


class TargetStats(msgspec.Struct, frozen=True):
    """One target. `failures` are attempts by taxonomy row.

    `success` is the share of attempts that worked, without those that were given up for no fault
    of the target's; None: there were none. Tokens are None where no answer told any.
    """

    target: str
    attempts: int
    ok: int
    abandoned: int
    success: float | None
    failures: dict[str, int]
    first_content: Times | None
    cost_usd: float | None
    prompt_tokens: int | None
    output_tokens: int | None


class RouteStats(msgspec.Struct, frozen=True):
    """One route. `failed_over` ended well after more than one attempt."""

    route: str
    requests: int
    outcomes: dict[str, int]
    failed_over: int
    first_content: Times | None


class Stats(msgspec.Struct, frozen=True):
    """All of it. `since` is Unix seconds.

    `failures` are attempts by taxonomy row; `refusals` are requests that did not end well, by why.
    `added_by_failures` is for requests that failed over: how long until the attempt that answered.
    """

    since: float
    requests: int
    attempts: int
    outcomes: dict[str, int]
    refusals: dict[str, int]
    failures: dict[str, int]
    failed_over: int
    seams: int
    lossy: int
    cost_usd: float | None
    first_content: Times | None
    duration: Times | None
    added_by_failures: Times | None
    routes: tuple[RouteStats, ...]
    targets: tuple[TargetStats, ...]


def add_up(since: float, requests: Sequence[RequestRow], attempts: Sequence[AttemptRow]) -> Stats:
    """Return what rows of the journal add up to."""
    routes: dict[str, list[RequestRow]] = defaultdict(list)
    for request in requests:
        routes[request.route].append(request)
    targets: dict[str, list[AttemptRow]] = defaultdict(list)
    for attempt in attempts:
        targets[attempt.target].append(attempt)
    return Stats(
        since=since,
        requests=len(requests),
        attempts=len(attempts),
        outcomes=_count(row.outcome for row in requests),
        refusals=_count(row.failure for row in requests if row.failure is not None),
        failures=_failures(attempts),
        failed_over=sum(row.failed_over for row in requests),
        seams=sum(bool(row.has_seam) for row in requests),
        lossy=sum(row.losses > 0 for row in requests),
        cost_usd=_dollars(row.cost_usd for row in requests),
        first_content=times(row.first_content for row in requests),
        duration=times(row.duration for row in requests),
        added_by_failures=times(row.waited for row in requests),
        routes=tuple(_route(name, rows) for name, rows in sorted(routes.items())),
        targets=tuple(_target(name, rows) for name, rows in sorted(targets.items())),
    )


def times(seconds: Iterable[float | None]) -> Times | None:
    """Sum up durations, in any order; None where there are none."""
    ranked = sorted(value for value in seconds if value is not None)
    if not ranked:
        return None
    return Times(
        count=len(ranked),
        p50=percentile(ranked, 50),
        p95=percentile(ranked, 95),
        p99=percentile(ranked, 99),
    )


def percentile(ranked: Sequence[float], share: int) -> float:
    """Return the smallest of `ranked`, which is sorted, that `share` of a hundred stay within."""
    return ranked[max(0, math.ceil(share * len(ranked) / 100) - 1)]


def _route(name: str, rows: Sequence[RequestRow]) -> RouteStats:
    return RouteStats(
        route=name,
        requests=len(rows),
        outcomes=_count(row.outcome for row in rows),
        failed_over=sum(row.failed_over for row in rows),
        first_content=times(row.first_content for row in rows),
    )


def _target(name: str, rows: Sequence[AttemptRow]) -> TargetStats:
    ok = sum(row.outcome == "ok" for row in rows)
    abandoned = sum(row.outcome == NOBODYS_FAULT for row in rows)
    counted = len(rows) - abandoned
    return TargetStats(
        target=name,
        attempts=len(rows),
        ok=ok,
        abandoned=abandoned,
        success=ok / counted if counted else None,
        failures=_failures(rows),
        first_content=times(row.first_content for row in rows),
        cost_usd=_dollars(row.cost_usd for row in rows),
        prompt_tokens=_tokens(row.prompt_tokens for row in rows),
        output_tokens=_tokens(row.output_tokens for row in rows),
    )


def _failures(rows: Iterable[AttemptRow]) -> dict[str, int]:
    return _count(row.outcome for row in rows if row.outcome not in {"ok", NOBODYS_FAULT})


def _count(words: Iterable[str]) -> dict[str, int]:
    """Most first; what is as many, by name."""
    return dict(sorted(Counter(words).items(), key=lambda item: (-item[1], item[0])))


def _dollars(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) if known else None


def _tokens(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
