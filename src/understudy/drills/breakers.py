"""Breakers: what the breakers did, by what was seen of them at each look."""

from collections.abc import Iterator
from typing import assert_never

from understudy.drills import checks
from understudy.drills.evidence import Look, Shut
from understudy.drills.measure import MINUTE, Case, Measure, at_most, nothing, number, seconds
from understudy.drills.selector import fits


def measure(
    case: Case,
    check: checks.Charged | checks.Uncharged | checks.Openings | checks.OpenFor | checks.NotRetired,
) -> Measure:
    """Measure what breakers did."""
    match check:
        case checks.Charged():
            return _charged(case, check)
        case checks.Uncharged():
            return _uncharged(case, check)
        case checks.Openings():
            return _openings(case, check)
        case checks.OpenFor():
            return _open_for(case, check)
        case checks.NotRetired():
            return _not_retired(case, check)
        case _:
            assert_never(check)


def _charged(case: Case, check: checks.Charged) -> Measure:
    bound = f"<= {number(check.within)} s"
    start = check.at * MINUTE
    for look in case.evidence.looks_between(start, None):
        for shut in _met(look, check.kind, check.name):
            after = look.at - start
            word = f"{after:.1f} s: {shut.kind}:{shut.name} ({shut.why})"
            return Measure(after <= check.within, word, bound, after)
    return Measure(ok=False, measured="never", bound=bound)


def _uncharged(case: Case, check: checks.Uncharged) -> Measure:
    looks = list(case.evidence.looks_between(seconds(check.begin), seconds(check.end)))
    if not looks:
        return nothing("nobody looked", f"<= {check.at_most:g} s")
    total, who = 0.0, ""
    for here, after in zip(looks, [*looks[1:], looks[-1]], strict=True):
        met = next(_met(here, check.kind, check.name), None)
        if met is not None:
            total += after.at - here.at
            who = who or f" ({met.kind}:{met.name}, {met.why})"
    return at_most(total, check.at_most, f"{total:.0f} s{who}")


def _openings(case: Case, check: checks.Openings) -> Measure:
    count = 0
    before: set[tuple[str, str]] = set()
    for look in case.evidence.looks_between(seconds(check.begin), seconds(check.end)):
        now = {(shut.kind, shut.name) for shut in look.shut if shut.kind in check.kinds}
        count += len(now - before)
        before = now
    return at_most(count, check.at_most, f"{count}")


def _open_for(case: Case, check: checks.OpenFor) -> Measure:
    longest, who = 0.0, "none"
    for look in case.evidence.looks_between(seconds(check.begin), seconds(check.end)):
        for shut in _met(look, check.kind, check.name):
            if shut.open_for > longest:
                longest, who = shut.open_for, f"{shut.kind}:{shut.name}"
    bounds = []
    if check.at_least > 0:
        bounds.append(f">= {number(check.at_least)} s")
    if check.at_most < 1e9:
        bounds.append(f"<= {number(check.at_most)} s")
    ok = check.at_least <= longest <= check.at_most
    return Measure(ok, f"{longest:.0f} s ({who})", ", ".join(bounds), longest)


def _not_retired(case: Case, check: checks.NotRetired) -> Measure:
    """A key answers again when an attempt with it succeeds."""
    start = check.at * MINUTE
    wanted = {case.places[target].key for target in case.targets(check.where)}
    bound = f"<= {number(check.within)} s"
    found: dict[str, float] = {}
    for request in case.evidence.between(start, None):
        for each in request.tries:
            key = case.places[each.target].key
            if each.outcome == "ok" and key in wanted:
                found.setdefault(key, each.began - start)
    missing = sorted(wanted - found.keys())
    if missing:
        return Measure(ok=False, measured=f"never: {', '.join(missing)}", bound=bound)
    last = max(found.values())
    return Measure(last <= check.within, f"{last:.1f} s ({len(wanted)} keys)", bound, last)


def _met(look: Look, kind: str, name: str) -> Iterator[Shut]:
    return (shut for shut in look.shut if fits(kind, shut.kind) and fits(name, shut.name))
