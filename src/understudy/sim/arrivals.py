"""Arrivals: when clients ask. Processes as values, their moments from a stream of chance."""

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias, assert_never

import msgspec

from understudy.sim.chance import Stream
from understudy.sim.listening import Ask, Heard
from understudy.sim.world import World

DAY = 86_400.0


class Constant(msgspec.Struct, frozen=True):
    """`rate` a second, evenly."""

    rate: float


class Poisson(msgspec.Struct, frozen=True):
    """`rate` a second on average; nobody knows of anybody."""

    rate: float


class Bursts(msgspec.Struct, frozen=True):
    """`size` at once, every `every` seconds on average."""

    size: int
    every: float


class Diurnal(msgspec.Struct, frozen=True):
    """`rate` a second on average over a `period`, `swing` (0 to 1) of it more at its peak, in the
    middle, and less at its ends.
    """

    rate: float
    swing: float = 0.8
    period: float = DAY


Arrivals: TypeAlias = Constant | Poisson | Bursts | Diurnal


def moments(arrivals: Arrivals, stream: Stream, begin: float = 0.0) -> Iterator[float]:
    """When they come, in order, without end."""
    match arrivals:
        case Constant(rate=rate):
            return _evenly(1.0 / rate, begin)
        case Poisson(rate=rate):
            return _by_chance(1.0 / rate, stream, begin)
        case Bursts(size=size, every=every):
            return (when for when in _by_chance(every, stream, begin) for _ in range(size))
        case Diurnal():
            return _by_day(arrivals, stream, begin)
        case _:
            assert_never(arrivals)


def arrive(
    world: World,
    arrivals: Arrivals,
    ask: Callable[[int], Ask],
    until: float,
    heard: Callable[[Heard], None] | None = None,
) -> None:
    """Let requests come from now on until `until`; `ask` makes the one of a number (from 0)."""
    stream = world.chance.stream(f"arrivals {arrivals!r} from {world.now!r}")
    coming = moments(arrivals, stream, world.now)
    _next(world, coming, ask, (0, until), heard)


def _next(
    world: World,
    coming: Iterator[float],
    ask: Callable[[int], Ask],
    progress: tuple[int, float],
    heard: Callable[[Heard], None] | None,
) -> None:
    """Only the next one is ever on the agenda: a day of requests needs no room."""
    number, until = progress
    when = next(coming)
    if when >= until:
        return

    def come() -> None:
        world.ask(ask(number), heard)
        _next(world, coming, ask, (number + 1, until), heard)

    world.at(when, come)


def _evenly(step: float, begin: float) -> Iterator[float]:
    number = 0
    while True:
        yield begin + number * step
        number += 1


def _by_chance(mean: float, stream: Stream, begin: float) -> Iterator[float]:
    when = begin
    while True:
        when += stream.exponential(mean)
        yield when


def _by_day(arrivals: Diurnal, stream: Stream, begin: float) -> Iterator[float]:
    """Thinning (Lewis and Shedler, 1979): of those at the peak's rate, some do not come."""
    peak = arrivals.rate * (1.0 + arrivals.swing)
    for when in _by_chance(1.0 / peak, stream, begin):
        share = -math.cos(2.0 * math.pi * when / arrivals.period)
        if stream.happens(arrivals.rate * (1.0 + arrivals.swing * share) / peak):
            yield when
