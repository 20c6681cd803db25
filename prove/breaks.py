"""Waves of requests whose primary dies in each of the five ways: what `streams` and `answers` are.

One gateway serves all waves. Primaries and clients take turns at the two dialects, so half of all
answers are translated; of the two backups each speaks one.
"""

import asyncio
import contextlib
import functools
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from prove.client import CHAT, MESSAGES, Ask, ask
from prove.command import say
from prove.kills import MODES, Pace, nothing, route_tables, script, sigkill, wave
from prove.verdict import Tally
from prove.world import Spot, Stand, folder, gateway, spots, stand

_DEFAULTS = """
[defaults]
on_break = "resume"
deadline = "60s"
[defaults.timeouts]
connect = "2s"
first_token = "2s"
idle = "1s"
answer = "4s"
"""
SPREAD = 0.6
"""Seconds in which the requests of one wave come."""


class Size(msgspec.Struct, frozen=True):
    """`hits`: broken answers wanted of each mode. `batch`: requests in one wave."""

    hits: int
    batch: int
    waves: int


FULL = Size(hits=2000, batch=100, waves=40)
FAST = Size(hits=25, batch=40, waves=3)
LEAST = Size(hits=8, batch=24, waves=3)


def run_modes(size: Size, *, stream: bool, modes: Sequence[str] = MODES) -> dict[str, Tally]:
    """Break answers in each mode until enough were hit; what became of them, by mode."""
    tallies = {mode: Tally() for mode in modes}
    pace = Pace()
    backups = [
        *spots(["floor"], CHAT, pace.options()),
        *spots(["spare"], MESSAGES, pace.options()),
    ]
    primaries = {mode: _primaries(mode, size.waves, pace) for mode in modes}
    every = [spot for group in primaries.values() for spot in group]
    routes = _DEFAULTS + route_tables(every, backups)
    scripted = [spot for mode in modes if mode != "sigkill" for spot in primaries[mode]]
    with (
        folder() as home,
        stand(home, [*backups, *scripted]) as others,
        gateway(home, [*backups, *every], routes) as running,
    ):
        hall = _Hall(home, others, running.port, pace, random.Random(20260726))
        for mode, tally in tallies.items():
            for spot in primaries[mode]:
                _one_wave(hall, mode, spot, _requests(spot, size.batch, stream=stream), tally)
                if tally.hit >= size.hits:
                    break
            say(f"{mode}: {tally.hit} hit of {tally.total}, {tally.told()} {dict(tally.phases)}")
            for example in tally.examples:
                say(f"  {example}")
    return tallies


def conditions(tally: Tally, size: Size) -> str:
    """What must be known to judge a row of these."""
    return (
        f"waves of {size.batch} requests, each with a primary of its own, {tally.total:,} in all; "
        "n are those under way when it died; half of primaries and clients speak the second dialect"
    )


class _Hall(msgspec.Struct, frozen=True):
    """Where waves happen."""

    home: Path
    others: Stand
    port: int
    pace: Pace
    draws: random.Random


def _one_wave(hall: _Hall, mode: str, spot: Spot, requests: Sequence[Ask], tally: Tally) -> None:
    with _primary(hall, mode, spot, len(requests)) as own:
        during: Callable[[], Awaitable[None]] = nothing
        if own is not None:
            during = functools.partial(sigkill, own, hall.pace, SPREAD, hall.draws)
        for request, heard in asyncio.run(wave(hall.port, requests, during, SPREAD)):
            tally.count(request, heard)


@contextlib.contextmanager
def _primary(hall: _Hall, mode: str, spot: Spot, count: int) -> Iterator[Stand | None]:
    """The wave's primary: a process to be killed, or a script for one that runs already."""
    if mode != "sigkill":
        hall.others.control.fault(spot.name, script(mode, count, hall.pace, hall.draws))
        yield None
        return
    home = hall.home / spot.name
    home.mkdir()
    with stand(home, [spot]) as own:
        yield own


def _primaries(mode: str, waves: int, pace: Pace) -> list[Spot]:
    names = [f"{mode}-{k}" for k in range(waves)]
    dialects = [CHAT if k % 2 == 0 else MESSAGES for k in range(waves)]
    return [
        spot
        for name, dialect in zip(names, dialects, strict=True)
        for spot in spots([name], dialect, pace.options())
    ]


def _requests(spot: Spot, batch: int, *, stream: bool) -> list[Ask]:
    """Each conversation is another one, so that no foreign token could pass for the right one."""
    return [
        ask(
            spot.name,
            f"{spot.name}, request {k} [tokens={Pace().tokens}]",
            stream=stream,
            dialect=CHAT if k % 2 == 0 else MESSAGES,
        )
        for k in range(batch)
    ]
