"""Selection: which of the targets that may take an attempt gets it. Randomness is an argument.

The usual case is `select`: the route's order, or its weights. Where a domain is down, half-open or
has only a share of its traffic, `tier` says who is in question at all, and `ease` lets each such
domain pass or not, at most once for a request: a target that did not get this one stands back for
the next in the route's order. A domain that wants a probe gets a small request, streamed, soon;
any other only after a while.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from understudy.chat.endpoint import Capability, Needs
from understudy.routing.breaker import Breaker
from understudy.routing.chain import Chain
from understudy.routing.policy import preferred
from understudy.routing.seat import Seat
from understudy.routing.topology import Route, Strategy

PATIENCE: Final = 3.0
"""Seconds that a domain waits for a cheap probe; then it takes any."""

CHEAP_INPUT: Final = 2_000
CHEAP_OUTPUT: Final = 1_000
"""Tokens, as `Needs` has them, up to which a request is cheap."""

_PROBE_STANDING: Final = 0.001
"""A domain that wants a probe comes after those with any share, and before those with none."""

_CLOSE: Final = 1e-9

_ORDERED: Final = Strategy.ORDERED


def select(route: Route, seats: Sequence[Seat], draw: Callable[[], float]) -> Seat:
    """Return one of `seats` (in the route's order, not empty)."""
    if route.strategy is _ORDERED:
        return seats[0]
    return weighted(seats, route.weights, draw())


def weighted(seats: Sequence[Seat], weights: Mapping[str, float], drawn: float) -> Seat:
    """Return a seat with a chance in proportion to its weight; `drawn` is in [0, 1).

    Weights below zero count as zero. Where all are zero the first seat is taken: a weight of
    zero means "only when nothing else is left".
    """
    shares = [max(0.0, weights.get(seat.name, 1.0)) for seat in seats]
    rest = drawn * sum(shares)
    chosen = seats[0]
    for seat, weight in zip(seats, shares, strict=True):
        if weight > 0.0:
            chosen = seat
            rest -= weight
            if rest < 0.0:
                break
    return chosen


def tier(pool: Sequence[Seat], now: float) -> Sequence[Seat]:
    """Return those of `pool` to choose from: free ones, else poor ones, else what has no share.

    Empty when none of them lets anything through.
    """
    usable = [seat for seat in pool if seat.is_usable(now)]
    free = [seat for seat in usable if seat.is_free(now)]
    if free and any(seat.share(now) > 0.0 for seat in free):
        return [seat for seat in free if seat.share(now) > 0.0]
    return [seat for seat in usable if seat.share(now) > 0.0] or free or usable


def narrowed(chain: Chain, seats: Sequence[Seat]) -> Sequence[Seat]:
    """Return those of `seats` that the chain should go to, all of them where none is such."""
    if chain.wanted:
        seats = [seat for seat in seats if seat.name in chain.wanted] or seats
    seats = preferred(seats, chain.needs)
    if chain.attempts and len(seats) > 1:
        # A request that has failed once is no guinea pig where something sound is to be had.
        seats = [seat for seat in seats if seat.is_sound()] or seats
    return seats


def strays(chain: Chain, seats: Sequence[Seat], pool: Sequence[Seat], now: float) -> bool:
    """Whether all that work are beside the failure's reactions, while one that is down is not.

    The decision for it knew of the others: no reaction leads to them.
    """
    wanted = chain.wanted
    if not wanted or chain.despaired or any(seat.name in wanted for seat in seats):
        return False
    return any(seat.name in wanted and not seat.is_resting(now) for seat in pool)


def ease(
    route: Route, seats: Sequence[Seat], needs: Needs, now: float, draw: Callable[[], float]
) -> Seat:
    """Return one of `seats`, some of which are not sound.

    Where every one stands back, the one that may have the largest share takes it.
    """
    seats = [seat for seat in seats if seat.has_room(needs.input_tokens, now)] or seats
    left = list(seats)
    passed: list[Breaker] = []
    while left:
        seat = select(route, left, draw)
        shy = _shy(seat, needs, now, draw, passed)
        if shy is None:
            return seat
        left = [other for other in left if shy not in other.breakers]
    return max(seats, key=lambda seat: _standing(seat, now))


def patience(needs: Needs) -> float:
    """Return how long a domain that wants a probe waits before it takes a request like this.

    A probe is a client's request, and may fail: it should be cheap to repeat, and its first content
    should be known soon.
    """
    is_cheap = (
        needs.input_tokens <= CHEAP_INPUT
        and needs.output_tokens <= CHEAP_OUTPUT
        and Capability.TOOLS not in needs.capabilities
    )
    if not is_cheap:
        return PATIENCE
    return 0.0 if Capability.STREAMING in needs.capabilities else PATIENCE / 2


def _shy(
    seat: Seat, needs: Needs, now: float, draw: Callable[[], float], passed: list[Breaker]
) -> Breaker | None:
    """Return the domain that does not let the request pass. One that did, does so again."""
    for breaker in seat.breakers:
        if breaker.is_clear or breaker in passed:
            continue
        unprobed = breaker.unprobed_for(now)
        if unprobed is not None and unprobed < patience(needs) - _CLOSE:
            return breaker
        share = breaker.share(now)
        if share < 1.0 and draw() >= share:
            return breaker
        passed.append(breaker)
    return None


def _standing(seat: Seat, now: float) -> float:
    if any(breaker.unprobed_for(now) is not None for breaker in seat.breakers):
        return min(seat.share(now), _PROBE_STANDING)
    return seat.share(now)
