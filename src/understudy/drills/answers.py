"""Answers: what clients got, when, and by how many attempts."""

import itertools
from typing import Final, TypeAlias, assert_never

from understudy.drills import checks
from understudy.drills.evidence import Request
from understudy.drills.measure import (
    MINUTE,
    Case,
    Measure,
    at_least,
    at_most,
    nothing,
    percent,
    quantile,
    seconds,
)
from understudy.drills.selector import fits
from understudy.drills.stage import members

ENOUGH: Final = 100
"""Requests below which a stretch between two changes says nothing of attempts for each."""

_Whole: TypeAlias = (
    checks.ClientSuccess
    | checks.NoDuplicates
    | checks.NoMissing
    | checks.RightAnswers
    | checks.Resumed
    | checks.ClearErrors
)


def measure(case: Case, check: _Whole) -> Measure:
    """Measure what came of requests."""
    match check:
        case checks.ClientSuccess():
            found = case.requests(check.begin, check.end, route=check.route, stream=check.stream)
            good = sum(request.complete for request in found)
            return _share(good, len(found), check.at_least, "requests")
        case checks.NoDuplicates():
            tokens = sum(request.duplicated for request in case.requests(None, None))
            return at_most(tokens, 0, f"{tokens} tokens")
        case checks.NoMissing():
            tokens = sum(request.missing for request in case.requests(None, None))
            return at_most(tokens, 0, f"{tokens} tokens")
        case checks.RightAnswers():
            whole = [r for r in case.requests(check.begin, check.end) if r.complete]
            good = sum(request.exact for request in whole)
            return _share(good, len(whole), check.at_least, "whole answers")
        case checks.Resumed():
            victims = [r for r in case.requests(check.begin, check.end) if _was_cut(r)]
            good = sum(request.exact for request in victims)
            return _share(good, len(victims), check.at_least, "streams broke in mid-answer")
        case checks.ClearErrors():
            found = case.requests(None, None, route=check.route)
            bad = [request for request in found if not request.complete]
            good = sum(request.status >= 400 and bool(request.error) for request in bad)
            return _share(good, len(bad), check.at_least, "requests failed")
        case _:
            assert_never(check)


def measure_time(
    case: Case, check: checks.Hedges | checks.Losers | checks.Late | checks.FirstToken
) -> Measure:
    """Measure how long clients waited, and what was done about it."""
    match check:
        case checks.Hedges():
            found = case.requests(check.begin, check.end, dense=True)
            count = sum(each.is_hedge for request in found for each in request.tries)
            if check.at_least:
                return at_least(count, check.at_least, f"{count} of {len(found)} requests")
            return at_most(count, check.at_most, f"{count} of {len(found)} requests")
        case checks.Losers():
            return _losers(case, check)
        case checks.Late():
            return _late(case, check)
        case checks.FirstToken():
            return _first_token(case, check)
        case _:
            assert_never(check)


def measure_ways(
    case: Case, check: checks.Attempts | checks.PolicyKept | checks.Mistakes | checks.Named
) -> Measure:
    """Measure the ways that requests went."""
    match check:
        case checks.Attempts():
            return _attempts(case, check)
        case checks.PolicyKept():
            return _policy(case, check)
        case checks.Mistakes():
            return _mistakes(case, check)
        case checks.Named():
            whole = [request for request in case.requests(None, None) if request.complete]
            good = sum(request.named == request.target for request in whole)
            return _share(good, len(whole), check.at_least, "whole answers")
        case _:
            assert_never(check)


def _share(good: int, whole: int, bound: float, what: str) -> Measure:
    if not whole:
        return nothing(f"no {what}", f">= {bound:g}")
    return at_least(good / whole, bound, percent(good, whole))


def _was_cut(request: Request) -> bool:
    return request.stream and any(t.failed and t.spoke is not None for t in request.tries)


def _usual(case: Case) -> list[float]:
    """Seconds to the first token of streams, before anything went wrong."""
    calm = case.requests(None, 0.0, stream=True)
    return [request.first for request in calm if request.first is not None] or [0.0]


def _first_token(case: Case, check: checks.FirstToken) -> Measure:
    usual = _usual(case)
    middle, p95 = quantile(usual, 0.5), quantile(usual, 0.95)
    streams = case.requests(check.begin, check.end, stream=True, dense=True)
    found = [request.first for request in streams if request.first]
    if not found or not p95:
        return nothing("no streams", f"<= {check.at_most:g}")
    added = quantile(found, 0.5) - middle
    word = f"{added / p95:.2f} x p95 ({added:.2f} s added, p95 is {p95:.2f} s)"
    return at_most(added / p95, check.at_most, word)


def _late(case: Case, check: checks.Late) -> Measure:
    """Where only some bursts were played, their late streams stand for those of all bursts."""
    evidence = case.evidence
    usual = quantile(_usual(case), 0.5)
    found = case.requests(check.begin, check.end, stream=True, dense=True)
    if not found:
        return nothing("no streams", f"<= {check.at_most:g}")
    late = sum((request.first or 0.0) > usual + check.by for request in found)
    begin = evidence.begin if check.begin is None else check.begin * MINUTE
    end = evidence.end if check.end is None else check.end * MINUTE
    edges = [at for at in evidence.small if begin <= at < end]
    played = sum(evidence.is_dense(at) for at in edges)
    if not edges or played == len(edges):
        return at_most(late / len(found), check.at_most, percent(late, len(found)))
    traffic = case.scenario.traffic
    whole = round(traffic.rps * (1.0 - traffic.whole) * (end - begin))
    all_late = round(late * len(edges) / max(1, played))
    word = f"{percent(all_late, whole)}, reckoned from {played} of {len(edges)} changes"
    return at_most(all_late / whole, check.at_most, word)


def _losers(case: Case, check: checks.Losers) -> Measure:
    longest, count = 0.0, 0
    for request in case.requests(None, None):
        if not any(each.is_hedge for each in request.tries):
            continue
        winner = next((t for t in request.tries if t.outcome == "ok"), None)
        if winner is None or winner.spoke is None:
            continue
        for each in request.tries:
            if each.outcome in ("outrun", "abandoned"):
                count += 1
                longest = max(longest, each.ended - winner.spoke)
    if not count:
        return nothing("no races", f"<= {check.within:g} s")
    return at_most(longest, check.within, f"{longest:.3f} s ({count} losers)")


def _attempts(case: Case, check: checks.Attempts) -> Measure:
    evidence = case.evidence
    begin, end = seconds(check.begin), seconds(check.end)
    edges = sorted({evidence.begin, *evidence.marks, *evidence.small, evidence.end})
    worst, where, measured = 0.0, 0.0, 0
    for start, stop in itertools.pairwise(edges):
        if (begin is not None and start < begin) or (end is not None and start >= end):
            continue
        found = [
            request
            for request in evidence.between(start + check.after, stop)
            if evidence.is_dense(request.at)
        ]
        if len(found) < ENOUGH:
            continue
        measured += 1
        ratio = sum(len(request.tries) for request in found) / len(found)
        if ratio > worst:
            worst, where = ratio, start
    if not measured:
        return nothing("no stretch has enough requests", f"<= {check.at_most:g}")
    word = f"{worst:.4f} at worst (from minute {where / 60:g}; {measured} stretches)"
    return at_most(worst, check.at_most, word)


def _policy(case: Case, check: checks.PolicyKept) -> Measure:
    count = outside = 0
    known = tuple(case.places.values())
    labels = {
        provider.name: {"region": provider.region, "lab": provider.lab, "host": provider.where}
        | provider.labels
        for provider in case.scenario.providers
    }
    for route in case.scenario.routes:
        if not fits(check.route, route.name):
            continue
        allowed = {
            name
            for name in members(route, known)
            if all(
                {**labels[case.places[name].provider], "model": case.places[name].model}.get(key)
                in values
                for key, values in route.require.items()
            )
        }
        for request in case.requests(None, None, route=route.name):
            count += len(request.tries)
            outside += sum(each.target not in allowed for each in request.tries)
    if not count:
        return nothing("no attempts", "<= 0")
    return at_most(outside, 0, f"{outside} of {count} attempts")


def _mistakes(case: Case, check: checks.Mistakes) -> Measure:
    """Who never got as far as reading a mistake (it was down) says nothing about it."""
    good = whole = 0
    for request in case.evidence.requests:
        refused = sum(each.status == check.status for each in request.tries)
        if request.mistaken and (refused or not request.tries):
            whole += 1
            good += request.status == check.status and refused <= 1 + check.extra
    return _share(good, whole, check.at_least, "mistakes")
