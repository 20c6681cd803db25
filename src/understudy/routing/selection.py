"""Selection: which of the targets that may take an attempt gets it. Randomness is an argument."""

from collections.abc import Callable, Sequence
from typing import assert_never

from understudy.routing.seat import Seat
from understudy.routing.topology import Strategy


def select(strategy: Strategy, seats: Sequence[Seat], draw: Callable[[], float]) -> Seat:
    """Return one of `seats` (in the route's order, not empty)."""
    match strategy:
        case Strategy.ORDERED:
            return seats[0]
        case Strategy.WEIGHTED:
            return weighted(seats, draw())
        case _:
            assert_never(strategy)


def weighted(seats: Sequence[Seat], drawn: float) -> Seat:
    """Return a seat with a chance in proportion to its weight; `drawn` is in [0, 1).

    Weights below zero count as zero. Where all are zero the first seat is taken: a weight of
    zero means "only when nothing else is left".
    """
    rest = drawn * sum(max(0.0, seat.target.weight) for seat in seats)
    chosen = seats[0]
    for seat in seats:
        weight = max(0.0, seat.target.weight)
        if weight > 0.0:
            chosen = seat
            rest -= weight
            if rest < 0.0:
                break
    return chosen
