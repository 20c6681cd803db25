"""Snapshot: what the router knows at one moment, as plain values for people and metrics."""

from collections.abc import Sequence

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.routing.breaker import Breaker, State
from understudy.routing.budget import BudgetView
from understudy.routing.chain import Chain, Plan
from understudy.routing.policy import shortfall, unfulfilled
from understudy.routing.seat import Seat
from understudy.routing.standby import standby_of
from understudy.routing.steps import NoTarget
from understudy.routing.topology import Domain


class DomainView(msgspec.Struct, frozen=True):
    """One failure domain. `successes` and `failures` are those in the breaker's window.

    `open_for` and `resting_for` are seconds still to go, 0 for neither. `is_soft`: open, but used
    where there is no choice. `rule` is what opened it or put it to rest: a row of the taxonomy, or
    a rule over several failures. `why` says it in words, and `evidence` how the domains in question
    had been doing then. `share` of the requests may prefer it, and `turned` says why not all.
    """

    domain: Domain
    state: State
    successes: int
    failures: int
    open_for: float
    resting_for: float
    is_soft: bool
    rule: str
    why: str
    evidence: tuple[str, ...]
    share: float = 1.0
    turned: tuple[str, ...] = ()


class TargetView(msgspec.Struct, frozen=True):
    """One target. `reasons`: why no attempt would go there now, empty when one would.

    `turned`: why not all requests may prefer it. `ttft_p50` and `ttft_p95` are seconds to the first
    content, None while too little is known.
    """

    name: str
    is_eligible: bool
    reasons: tuple[str, ...]
    in_flight: int
    ttft_p50: float | None
    ttft_p95: float | None
    turned: tuple[str, ...] = ()


class Snapshot(msgspec.Struct, frozen=True):
    """Everything, at `now` of the router's clock. Domains and targets in their own order."""

    now: float
    domains: tuple[DomainView, ...]
    targets: tuple[TargetView, ...]
    budget: BudgetView


class Health(msgspec.Struct, frozen=True):
    """One route: how many of its targets could take an attempt now, and on how many hosts.

    `has_plan_b`: its targets stand on two hosts or more, whether or not they work now.
    """

    route: str
    eligible: int
    targets: int
    hosts: int
    has_plan_b: bool


class Candidate(msgspec.Struct, frozen=True):
    """One target of a route as `explain` shows it. `place` counts from 1, None when it is out.

    `reasons`: why it is out, why it would be asked only as a last resort or by some requests, or
    what is wished for that it has not.
    """

    target: str
    place: int | None
    weight: float
    reasons: tuple[str, ...]
    domains: tuple[Domain, ...]
    ttft_p95: float | None


def domain(which: Domain, breaker: Breaker, now: float) -> DomainView:
    """Return what is known of one domain."""
    successes, failures = breaker.counts(now)
    is_told = bool(breaker.why) and not breaker.is_clear
    return DomainView(
        domain=which,
        state=breaker.state(now),
        successes=successes,
        failures=failures,
        open_for=breaker.open_for(now),
        resting_for=breaker.resting_for(now),
        is_soft=breaker.is_soft,
        rule=breaker.why if is_told else "",
        why=breaker.words if is_told else "",
        evidence=breaker.evidence if is_told else (),
        share=breaker.share(now),
        turned=tuple(turn.words(now) for turn in breaker.turns if not turn.is_over(now)),
    )


def target(seat: Seat, cells: Sequence[Seat], in_flight: int, now: float) -> TargetView:
    """Return what is known of one target. `cells` are what some calls see in its place."""
    reasons = blocks(seat, now)
    partly = tuple(each for view in cells for each in blocks(view, now) if each not in reasons)
    return TargetView(
        name=seat.name,
        is_eligible=seat.is_free(now),
        reasons=reasons,
        in_flight=in_flight,
        ttft_p50=seat.latency.p50(now),
        ttft_p95=seat.latency.p95(now),
        turned=tuple(
            dict.fromkeys((*partly, *(t for s in (seat, *cells) for t in _turned(s, now))))
        ),
    )


def health(plan: Plan, now: float) -> Health:
    """Return how a route stands for those calls that it stands worst for."""
    hosts = {seat.host for seat in plan.seats}
    return Health(
        route=plan.route.name,
        eligible=min(
            sum(seat.is_free(now) or seat.is_usable(now) for seat in seats)
            for seats in plan.faces or (plan.seats,)
        ),
        targets=len(plan.route.targets),
        hosts=len(hosts),
        has_plan_b=len(hosts) > 1,
    )


def explain(plan: Plan, seats: Sequence[Seat], needs: Needs, now: float) -> list[Candidate]:
    """Return the targets of a route: those in question in order, then those that are out. `seats`
    are those of the plan as such a request sees them.
    """
    able = [seat for seat in seats if shortfall(seat, needs) is None]
    ranked = sorted(able, key=lambda seat: (_tier(seat, now), len(unfulfilled(seat, needs))))
    stands_by = (f"stands by, gets {plan.route.standby:.1%} of the requests",)
    standby = standby_of(ranked) if plan.route.standby and ranked else None
    found = [
        _candidate(
            plan,
            seat,
            place,
            (
                *blocks(seat, now),
                *_turned(seat, now),
                *_without(seat, needs),
                *(stands_by if seat is standby else ()),
            ),
            now,
        )
        for place, seat in enumerate(ranked, 1)
    ]
    for seat in plan.seats:
        lack = shortfall(seat, needs)
        if lack is not None:
            found.append(_candidate(plan, seat, None, (lack,), now))
    for name, why in plan.denied.items():
        found.append(Candidate(name, None, 0.0, (why,), (), None))
    return found


def blocks(seat: Seat, now: float) -> tuple[str, ...]:
    """Return why no attempt would go to the target now: one reason for each domain that is shut."""
    found: list[str] = []
    for domain, breaker in zip(seat.domains, seat.breakers, strict=True):
        if breaker.is_clear or breaker.blocked_for(now) <= 0.0:
            continue
        why = f" ({breaker.why})" if breaker.why else ""
        resting = breaker.resting_for(now)
        if breaker.is_barred(now):
            bars = [turn for turn in breaker.turns if turn.barred_for(now) > 0.0]
            found.extend(f"{domain} {turn.words(now)}" for turn in bars)
        elif resting > 0.0:
            found.append(f"{domain} rests for {resting:.1f} s{why}")
        elif breaker.state(now) is State.HALF_OPEN:
            found.append(f"{domain} is being probed{why}")
        else:
            word = "poor" if breaker.is_soft else "down"
            found.append(f"{domain} is {word}, next probe in {breaker.open_for(now):.1f} s{why}")
    return tuple(found)


def _turned(seat: Seat, now: float) -> tuple[str, ...]:
    """Return how the traffic of its domains is turned, short of nothing."""
    return tuple(
        f"{domain} {turn.words(now)}"
        for domain, breaker in zip(seat.domains, seat.breakers, strict=True)
        for turn in breaker.turns
        if not turn.is_over(now) and turn.barred_for(now) <= 0.0
    )


def no_target(
    chain: Chain, capabilities: frozenset[Capability], now: float, *, wait: float = 0.0
) -> NoTarget:
    """Return why no target takes the next attempt of `chain`. `wait`: it may ask again then.

    It is the caller's fault when no target that the policy allows has what the request needs,
    and at least one lacks nothing else. A policy that allows none is the owner's doing.
    """
    reasons = dict(chain.plan.denied)
    able = {seat.name: seat for seat in chain.seats}
    for seat in chain.plan.seats:
        reasons[seat.name] = _reason(able.get(seat.name, seat), chain, capabilities, now)
    waits = [seat.blocked_for(now) for seat in chain.seats]
    first = min((wait for wait in waits if wait > 0.0), default=None)
    is_hopeless = not able and bool(chain.plan.seats)
    empty = msgspec.structs.replace(chain.needs, input_tokens=0)
    is_too_long = is_hopeless and any(shortfall(seat, empty) is None for seat in chain.plan.seats)
    is_spent = bool(able) and all(seat.is_spent(now) for seat in chain.seats)
    return NoTarget(reasons, is_hopeless, first, is_too_long, is_spent, wait)


def _reason(seat: Seat, chain: Chain, capabilities: frozenset[Capability], now: float) -> str:
    if chain.is_poison:
        return "the same request has brought down whoever served it"
    lack = shortfall(seat, chain.needs, larger_than=chain.larger_than)
    if lack is not None:
        return lack
    if not capabilities <= seat.capabilities:
        missing = sorted(capability.value for capability in capabilities - seat.capabilities)
        return f"cannot do: {', '.join(missing)}"
    shut = blocks(seat, now)
    if shut:
        return "; ".join(shut)
    return "tried already" if seat.name in chain.tried else "not asked for"


def _without(seat: Seat, needs: Needs) -> tuple[str, ...]:
    missing = sorted(capability.value for capability in unfulfilled(seat, needs))
    return (f"answers without {', '.join(missing)}",) if missing else ()


def _candidate(
    plan: Plan, seat: Seat, place: int | None, reasons: tuple[str, ...], now: float
) -> Candidate:
    return Candidate(
        target=seat.name,
        place=place,
        weight=plan.route.weights.get(seat.name, 1.0),
        reasons=reasons,
        domains=seat.domains,
        ttft_p95=seat.latency.p95(now),
    )


def _tier(seat: Seat, now: float) -> int:
    if seat.is_free(now):
        return 0
    return 1 if seat.is_usable(now) else 2
