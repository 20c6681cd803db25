"""Selection: which of the targets that may take an attempt gets it. Randomness is an argument."""

from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from understudy.routing.seat import Seat
from understudy.routing.topology import Route, Strategy


def select(route: Route, seats: Sequence[Seat], draw: Callable[[], float]) -> Seat:
    """Return one of `seats` (in the route's order, not empty)."""
    match route.strategy:
        case Strategy.ORDERED:
            return seats[0]
        case Strategy.WEIGHTED:
            return weighted(seats, route.weights, draw())
        case _:
            assert_never(route.strategy)


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
