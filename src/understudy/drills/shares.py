"""Shares: how much of the traffic goes where, and what attempts there came to."""

import bisect
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, assert_never

from understudy.drills import checks
from understudy.drills.evidence import Try
from understudy.drills.measure import (
    MINUTE,
    Case,
    Measure,
    at_least,
    at_most,
    nothing,
    number,
    percent,
    seconds,
)
from understudy.drills.scenario import places
from understudy.routing.growth import busiest

WINDOW: Final = 5.0
"""Seconds of requests that a share is counted over."""

ENOUGH: Final = 20
_FAR: Final = 3600.0


def measure(
    case: Case, check: checks.Share | checks.Moved | checks.Back | checks.Growth
) -> Measure:
    """Measure how much of the traffic goes where."""
    match check:
        case checks.Share():
            return _share(case, check)
        case checks.Moved():
            bound = f"<= {number(check.within)} s"
            return _reaches(case, check, bound, lambda share: share <= check.at_most)
        case checks.Back():
            bound = f"<= {number(check.within)} s"
            return _reaches(case, check, bound, lambda share: share >= check.at_least)
        case checks.Growth():
            return _growth(case, check)
        case _:
            assert_never(check)


def measure_attempts(
    case: Case,
    check: checks.Spend | checks.ProbeSpend | checks.Probes | checks.FailedAttempts,
) -> Measure:
    """Measure what attempts at some targets came to."""
    targets = case.targets(check.where)
    begin, end = seconds(check.begin), seconds(check.end)
    tries = _tries(case, begin, end)
    there = [each for each in tries if each.target in targets]
    match check:
        case checks.Spend():
            tokens = sum(each.tokens for each in there)
            return at_most(tokens, check.at_most, f"{tokens} tokens in {len(there)} attempts")
        case checks.ProbeSpend():
            whole = sum(each.cost_usd for each in tries)
            if not whole:
                return nothing("nothing was spent", f"<= {check.at_most:g}")
            share = sum(each.cost_usd for each in there) / whole
            return at_most(share, check.at_most, f"{share:.4%} of {whole:.2f} $")
        case checks.Probes():
            return _probes(case, check, there)
        case checks.FailedAttempts():
            return _failed(check, there)
        case _:
            assert_never(check)


def _share(case: Case, check: checks.Share) -> Measure:
    targets = case.targets(check.where)
    found = case.requests(
        check.begin, check.end, route=check.route, stream=check.stream, dense=True
    )
    answered = [request for request in found if request.target]
    bound = _range(check.at_least, check.at_most)
    if not answered:
        return nothing("no answers", bound)
    count = sum(request.target in targets for request in answered)
    share = count / len(answered)
    ok = check.at_least <= share <= check.at_most
    return Measure(ok, percent(count, len(answered)), bound, share)


def _reaches(
    case: Case, check: checks.Moved | checks.Back, bound: str, is_there: Callable[[float], bool]
) -> Measure:
    """The first moment from which a window's share of first attempts is where it should be."""
    targets = case.targets(check.where)
    start = check.at * MINUTE
    end = check.at + _FAR / MINUTE
    found = case.requests(check.at, end, route=check.route, stream=check.stream)
    firsts = [(r.at - start, r.tries[0].target in targets) for r in found if r.tries]
    times = [at for at, _ in firsts]
    last = 0.0
    for index, (at, _) in enumerate(firsts):
        stop = bisect.bisect_left(times, max(at + WINDOW, 0.0))
        stop = max(stop, index + ENOUGH)
        window = firsts[index:stop]
        if len(window) < ENOUGH:
            break
        last = sum(hit for _, hit in window) / len(window)
        if is_there(last):
            return Measure(at <= check.within, f"{at:.1f} s", bound, at)
    if not firsts:
        return nothing("no requests", bound)
    return Measure(
        ok=False, measured=f"never within {times[-1]:.0f} s (at last {last:.1%})", bound=bound
    )


def _growth(case: Case, check: checks.Growth) -> Measure:
    """As `routing.growth` has it: a minute of an account, and its busiest one a window before."""
    targets = case.targets(check.where)
    accounts = {place.target: place.account for place in places(case.scenario)}
    sent: dict[str, Counter[int]] = {}
    everywhere: Counter[int] = Counter()
    for each in _tries(case, seconds(check.begin), seconds(check.end)):
        everywhere[int(each.began // MINUTE)] += each.read
        if each.target in targets:
            tokens = sent.setdefault(accounts[each.target], Counter())
            tokens[int(each.began // MINUTE)] += each.read
    bound = f"<= {check.at_most:.0%} in {check.over:g} min above {check.above:,.0f} a minute"
    most = max((n for tokens in sent.values() for n in tokens.values()), default=0)
    worst = 0.0
    for tokens in sent.values():
        for minute, after in tokens.items():
            before = busiest(tokens.items(), check.over * MINUTE, minute * MINUTE)
            worst = max(worst, after / max(before, check.above) - 1.0)
    if max(everywhere.values(), default=0) <= check.above:
        return nothing("there was never so much", bound)
    return Measure(worst <= check.at_most, f"{worst:.0%} (most: {most:,} a minute)", bound, worst)


def _probes(case: Case, check: checks.Probes, there: Sequence[Try]) -> Measure:
    """Attempts that began while the full rate was played, for each target and `every` seconds."""
    begin, end = seconds(check.begin) or 0.0, seconds(check.end) or case.evidence.end
    played = sum(
        max(0.0, min(stop, end) - max(start, begin)) for start, stop in case.evidence.dense
    )
    if played < check.every:
        return nothing("the full rate was not played then", f"<= {check.at_most:g}")
    counts = Counter(each.target for each in there if case.evidence.is_dense(each.began))
    most, target = max(((n, name) for name, n in counts.items()), default=(0, "none"))
    rate = most / (played / check.every)
    word = f"{rate:.2f} in {check.every:g} s ({most} at {target} in {played:.0f} s)"
    return at_most(rate, check.at_most, word)


def _failed(check: checks.FailedAttempts, there: Sequence[Try]) -> Measure:
    counts = Counter(each.target for each in there if each.failed)
    if not check.each:
        return at_most(counts.total(), check.at_most, f"{counts.total()}")
    most, target = max(((n, name) for name, n in counts.items()), default=(0, "none"))
    return at_most(most, check.at_most, f"{most} at {target}")


def _tries(case: Case, begin: float | None, end: float | None) -> list[Try]:
    """All attempts that began in these seconds."""
    early = None if begin is None else begin - 120.0
    return [
        each
        for request in case.evidence.between(early, end)
        for each in request.tries
        if (begin is None or each.began >= begin) and (end is None or each.began < end)
    ]


def _range(low: float, high: float) -> str:
    if low > 0 and high < 1:
        return f"{low:.4g} to {high:.4g}"
    return at_least(1.0, low, "").bound if low > 0 else at_most(0.0, high, "").bound
