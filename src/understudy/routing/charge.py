"""Charge: which of a target's domains pays for a failure, and how. Everything else is left alone.

A failure names one kind of domain (`Failure.charge`). A target need not stand in a domain of that
kind (a local server has no account), so each kind has stand-ins, nearest first:

| charged | stands in for it, in this order |
| ------- | ------------------------------- |
| key     | account, model, host            |
| account | key, model, host                |
| target  | model, key, account, host       |
| model   | host, key, account              |
| region  | host, model, edge               |
| host    | region, model, edge, lab        |
| lab     | host, model, region             |
| edge    | host, region, model             |

The one charged is the narrowest that explains what was seen; a wider one is taken only where
there is no other, because blaming too much costs targets that work.
"""

from collections.abc import Sequence
from typing import Final, assert_never

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.routing import cooldown
from understudy.routing.breaker import Breaker, Permit
from understudy.routing.seat import Seat
from understudy.routing.topology import Domain
from understudy.routing.verdict import Verdict

OUTRUN: Final = Failure(
    kind="outrun",
    fault=Fault.UPSTREAM,
    domain="host",
    charge=Scope.HOST,
    progress=Progress.SENT,
    message="a later attempt elsewhere began to answer sooner",
)
"""What an attempt that lost a race to a later one is charged for; no row of the taxonomy."""


def stand_ins(kind: Scope) -> tuple[Scope, ...]:
    """Return the kinds that may be charged in place of `kind`, itself first."""
    match kind:
        case Scope.NONE:
            return ()
        case Scope.TARGET:
            return (Scope.TARGET, Scope.MODEL, Scope.KEY, Scope.ACCOUNT, Scope.HOST)
        case Scope.KEY:
            return (Scope.KEY, Scope.ACCOUNT, Scope.MODEL, Scope.HOST)
        case Scope.ACCOUNT:
            return (Scope.ACCOUNT, Scope.KEY, Scope.MODEL, Scope.HOST)
        case Scope.MODEL:
            return (Scope.MODEL, Scope.HOST, Scope.KEY, Scope.ACCOUNT)
        case Scope.REGION:
            return (Scope.REGION, Scope.HOST, Scope.MODEL, Scope.EDGE)
        case Scope.HOST:
            return (Scope.HOST, Scope.REGION, Scope.MODEL, Scope.EDGE, Scope.LAB)
        case Scope.LAB:
            return (Scope.LAB, Scope.HOST, Scope.MODEL, Scope.REGION)
        case Scope.EDGE:
            return (Scope.EDGE, Scope.HOST, Scope.REGION, Scope.MODEL)
        case _:
            assert_never(kind)


def charged(seat: Seat, kind: Scope) -> int | None:
    """Return where in `seat.domains` the domain is that pays for `kind`, None when none does."""
    for stand_in in stand_ins(kind):
        place = seat.places.get(stand_in)
        if place is not None:
            return seat.cells.get(place, place)
    return None


def domain_of(seat: Seat, kind: Scope) -> Domain | None:
    """Return the domain that pays for `kind` at this target."""
    place = charged(seat, kind)
    return None if place is None else seat.domains[place]


def succeed(seat: Seat, permits: Sequence[tuple[Domain, Permit]], now: float) -> None:
    """Credit every domain: the call begins to answer, or has answered."""
    for breaker, (_, permit) in zip(seat.breakers, permits, strict=True):
        breaker.succeed(permit, now)


def complete(seat: Seat, now: float) -> None:
    """Note that an answer came to its end; it was credited when it began."""
    for breaker in seat.breakers:
        breaker.last_whole = now


def release(seat: Seat, permits: Sequence[tuple[Domain, Permit]]) -> None:
    """Give the permits back; nothing was learnt."""
    for breaker, (_, permit) in zip(seat.breakers, permits, strict=True):
        breaker.release(permit)


def fail(
    seat: Seat,
    permits: Sequence[tuple[Domain, Permit]],
    failure: Failure,
    verdict: Verdict,
    now: float,
    began: float | None = None,
) -> Domain | None:
    """Charge the one domain that the verdict names and return it; the others learn nothing.

    `began`: when the call began to answer, and every domain was credited for it.
    """
    place = charged(seat, verdict.charge)
    for index, (breaker, (_, permit)) in enumerate(zip(seat.breakers, permits, strict=True)):
        if index != place:
            breaker.release(permit)
        elif verdict.is_wave:
            breaker.fail(permit, now, why=failure.kind, trips=True)
        else:
            _charge(breaker, permit, failure, now, began, verdict.at_most)
    return None if place is None else seat.domains[place]


def _charge(
    breaker: Breaker,
    permit: Permit,
    failure: Failure,
    now: float,
    began: float | None,
    at_most: float,
) -> None:
    rest = cooldown.rest(failure)
    if rest is not None:
        is_limit = cooldown.is_limit(failure)
        breaker.rest(now, rest.seconds, known=rest.is_known, quota=is_limit, why=failure.kind)
        if breaker.why == failure.kind:
            whose = "as the provider asked" if rest.is_known else "for the provider did not say"
            breaker.words, breaker.evidence = f"rests for {rest.seconds:g} s, {whose}", ()
    if rest is not None and cooldown.is_limit(failure):
        # A spent quota is no defect: it ends by the clock, and needs no probe.
        breaker.release(permit)
        return
    if failure.kind == OUTRUN.kind:
        breaker.fall_behind(permit, now, why=failure.kind)
        return
    floor = min(cooldown.floor(failure), at_most)
    if failure.charge is Scope.KEY and _was_working(breaker, now):
        # A key that worked within a day is refused: the host's own authentication may be down
        # (Anthropic, 28 April 2026), also for keys that a drain or a fall kept from being used.
        # Ask again every few minutes rather than after an hour.
        floor = min(floor, cooldown.KEY_FLOOR)
    if began is None:
        breaker.fail(permit, now, why=failure.kind, floor=floor, trips=floor > 0.0)
    elif floor > 0.0:
        breaker.take_back(permit, now, began=began)
        breaker.fail(permit, now, why=failure.kind, floor=floor, trips=True)
    else:
        breaker.break_off(permit, now, began=began, why=failure.kind)


def _was_working(breaker: Breaker, now: float) -> bool:
    return breaker.was_working or cooldown.has_worked(breaker.last_success, now)
