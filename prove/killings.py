"""kill -9 of the gateway itself, at random instants under load, and a start on the same journal.

What must hold is what docs/journal.md calls accepted: counted in `journal_written_total`.
"""

import asyncio
import contextlib
import random
import sqlite3
import time
from http.client import HTTPException

import msgspec

from prove.client import ask
from prove.command import say
from prove.rig import Rig, Traffic

CLIENTS = 8
FIRST = 0.02
LAST = 0.8
"""Seconds between which a kill comes, after traffic has begun."""


class Killings(msgspec.Struct):
    """What was seen. `missing`: complete answers without an entry, which may be; `oldest_missing`:
    how many seconds before the kill the first of them had ended.
    """

    kills: int = 0
    answers: int = 0
    accepted: int = 0
    entries: int = 0
    missing: int = 0
    oldest_missing: float = 0.0
    faults: list[str] = []


def kill_often(there: Rig, count: int, seed: int) -> Killings:
    """Start and kill the gateway `count` times; compare the journal with what was seen."""
    draws = random.Random(seed)
    seen = Killings()
    known: list[str] = []
    for k in range(count):
        there.start()
        traffic = _traffic(there.port, k)
        accepted, killed_at = asyncio.run(_one(there, traffic, draws.uniform(FIRST, LAST)))
        known = _compare(there, traffic, accepted, killed_at, known, seen)
        seen.kills += 1
        if k % 20 == 19:
            seen.faults += there.damage()
            say(f"{seen.kills} kills: {seen.entries} entries, {seen.faults or 'all well'}")
    there.start()
    there.gateway.stop()
    seen.faults += there.damage()
    return seen


def _traffic(port: int, round_: int) -> Traffic:
    """Half of the clients stream; each conversation is another one."""
    return Traffic(
        port,
        {
            f"client {k}": ask("quick", f"{round_}, {k} [tokens=4]", stream=k % 2 == 0)
            for k in range(CLIENTS)
        },
    )


async def _one(there: Rig, traffic: Traffic, after: float) -> tuple[float, float]:
    """Returns the last count of accepted entries that was seen, and when the kill came."""
    accepted = 0.0
    killing = asyncio.Event()

    async def scrape() -> None:
        nonlocal accepted
        while not killing.is_set():
            with contextlib.suppress(OSError, HTTPException, KeyError):
                accepted = await asyncio.to_thread(there.metric, "journal_written_total")
            await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(traffic.run())
        tasks.create_task(scrape())
        await asyncio.sleep(after)
        killing.set()
        there.gateway.process.kill()
        killed_at = time.monotonic()
        traffic.stop()
    there.kill()
    return accepted, killed_at


def _compare(
    there: Rig,
    traffic: Traffic,
    accepted: float,
    killed_at: float,
    known: list[str],
    seen: Killings,
) -> list[str]:
    """Returns the journal's ids. Reading recovers it, as the next start would."""
    if not there.journal.exists():
        seen.faults += ["no journal"] if accepted or known else []
        return known
    with contextlib.suppress(sqlite3.OperationalError):  # killed before there were tables
        ids = there.ids()
        seen.entries = len(ids)
        seen.accepted += int(accepted)
        if ids[: len(known)] != known:
            seen.faults.append(f"an entry of an earlier life is gone, after {seen.kills} kills")
        fresh = ids[len(known) :]
        if len(set(ids)) != len(ids):
            seen.faults.append("an entry is there twice")
        if len(fresh) < accepted:
            seen.faults.append(f"{len(fresh)} entries are there, {accepted:.0f} were accepted")
        _gaps(traffic, set(fresh), killed_at, seen)
        return ids
    seen.faults += ["no tables"] if accepted or known else []
    return known


def _gaps(traffic: Traffic, fresh: set[str], killed_at: float, seen: Killings) -> None:
    """Of each client the last answers may be missing, and none before one that is there."""
    for heard in traffic.heard.values():
        whole = [each for each in heard if each.is_whole and not each.errors]
        there = [each.headers["x-understudy-request-id"] in fresh for each in whole]
        seen.answers += len(whole)
        seen.missing += there.count(False)
        if there != sorted(there, reverse=True):
            seen.faults.append("an entry is missing before one that is there")
        for each, is_there in zip(whole, there, strict=True):
            if not is_there:
                seen.oldest_missing = max(seen.oldest_missing, killed_at - each.ended)
