"""Our own failures: kill -9, a large journal, the end under load, and nonsense to read."""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from prove import Row
from prove.client import ask
from prove.command import main, say
from prove.crashes import (
    SMALL_PAGE,
    TAILS,
    USUAL_PAGE,
    Cut,
    Scene,
    checkpoints,
    drawn,
    everywhere,
    faults,
    scene,
)
from prove.endings import end_under_load
from prove.killings import kill_often
from prove.nonsense import read_nonsense
from prove.readiness import fill, measure
from prove.rig import Rig, Traffic, rig
from prove.verdict import faults_of
from prove.world import folder, spots, stand

SEED = 20260726


class Size(msgspec.Struct, frozen=True):
    """`drawn`: simulated kills for each kind of page and log; 0 tries every byte, too."""

    kills: int
    drawn: int
    is_exhaustive: bool
    entries: int
    streams: int
    reloads: int


FULL = Size(
    kills=200, drawn=1000, is_exhaustive=True, entries=1_000_000, streams=1000, reloads=1000
)
FAST = Size(kills=10, drawn=100, is_exhaustive=False, entries=100_000, streams=300, reloads=50)


def run(*, fast: bool) -> list[Row]:
    """Measure all of it: about twenty minutes, or one."""
    size = FAST if fast else FULL
    return [_kills(size), _simulated(size), _ready(size), _ending(size), _nonsense(size)]


@contextmanager
def _rig(drain: str = "60s") -> Iterator[Rig]:
    providers = spots(["quick"])
    with folder() as home, stand(home, providers), rig(home, providers, drain=drain) as there:
        yield there


def _kills(size: Size) -> Row:
    with _rig() as there:
        seen = kill_often(there, size.kills, SEED)
    return Row(
        name="kill -9 under load, real",
        goal="no accepted entry lost or there twice",
        measured=(
            f"{len(seen.faults)} faults; {seen.accepted:,} entries seen accepted, all there; of "
            f"{seen.answers:,} answers {seen.missing:,} had no entry, the oldest of them "
            f"{1000 * seen.oldest_missing:.0f} ms before the kill"
        ),
        passed=not seen.faults and seen.kills == size.kills,
        conditions="8 clients, killed 0.02 to 0.8 s after they begin, next start on what is left",
        n=seen.kills,
    )


def _simulated(size: Size) -> Row:
    count, wrong = 0, []
    for page in (SMALL_PAGE, USUAL_PAGE):
        for is_reused in (False, True):
            with tempfile.TemporaryDirectory() as home:
                there = scene(Path(home), page, is_reused=is_reused)
            cuts = _cuts(there, size)
            count += len(cuts)
            wrong += list(faults(there, cuts, SEED))
            say(f"{count:,} simulated kills: {wrong[:3] or 'all well'}")
    return Row(
        name="kill -9, simulated",
        goal="opens, nothing committed lost, nothing twice, goes on",
        measured=f"{len(wrong)} faults",
        passed=not wrong,
        conditions=(
            "the log cut at every byte of its last transaction, with what was there before, zeros "
            "or garbage behind; the database cut within a checkpoint; opened by the real store"
        ),
        n=count,
    )


def _cuts(there: Scene, size: Size) -> list[Cut]:
    cuts = drawn(there, size.drawn, SEED)
    cuts += checkpoints(there, len(there.copied) // size.drawn)
    if size.is_exhaustive and there.page == SMALL_PAGE:
        cuts += [cut for tail in TAILS for cut in everywhere(there, tail)]
    return random.Random(SEED).sample(cuts, len(cuts))


def _ready(size: Size) -> Row:
    with _rig() as there:
        fill(there.journal, size.entries)
        say(f"a journal of {size.entries:,} entries is there")
        found = measure(there, ask("quick", "are you there? [tokens=1]", stream=False))
    return Row(
        name=f"ready with {size.entries:,} journal entries",
        goal="<= 2 s",
        measured=(
            f"first answer after {found.serving:.2f} s, first entry after {found.written:.2f} s"
        ),
        passed=found.written <= 2.0 and found.entries >= size.entries,
        conditions=(
            f"from the start of the process, interpreter and imports included; the file has "
            f"{found.size_bytes / 2**20:.0f} MiB and is in the page cache"
        ),
        n=1,
    )


def _ending(size: Size) -> Row:
    with _rig() as there:
        there.start()
        seen = asyncio.run(end_under_load(there, "quick", size.streams))
    return Row(
        name=f"SIGTERM with {size.streams:,} streams",
        goal="all complete, nothing new taken, exit code 0",
        measured=f"{seen.complete:,} complete, {seen.refused} of 5 late refused, exit {seen.code}",
        passed=(seen.complete, seen.refused, seen.code) == (size.streams, 5, 0),
        conditions=(
            f"each was within its answer, 3 tokens a second; the last ended {seen.longest:.0f} s "
            "after the signal"
        ),
        n=size.streams,
    )


def _nonsense(size: Size) -> Row:
    clients = {f"client {k}": ask("quick", f"{k} [tokens=4]", stream=True) for k in range(4)}
    with _rig() as there:
        there.start()
        traffic = Traffic(there.port, clients)

        async def story() -> tuple[int, int]:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(traffic.run())
                read = await asyncio.to_thread(read_nonsense, there, size.reloads, SEED)
                traffic.stop()
            return read.refused, len(read.placeless)

        refused, placeless = asyncio.run(story())
        there.gateway.stop()
    wrong = [
        fault
        for name, heard in traffic.heard.items()
        for each in heard
        for fault in faults_of(clients[name], each)
    ]
    return Row(
        name="config reloaded to nonsense under load",
        goal="never down, the last good one serves, errors say where",
        measured=(
            f"{refused:,} refused, {placeless} without a place; {len(wrong)} of "
            f"{traffic.count:,} answers wrong"
        ),
        passed=(refused, placeless, len(wrong)) == (size.reloads, 0, 0),
        conditions="4 clients; files mutated at random, each one that no loader takes",
        n=size.reloads,
    )


main(__name__, run)
