"""SIGTERM while many streams are under way: does each client hear the end of its answer?"""

import asyncio
import resource
import signal
import time

import msgspec

from prove.client import ask, send
from prove.rig import Rig
from prove.verdict import faults_of

LATE = 5
RATE = 3
"""Tokens a second."""


class Ending(msgspec.Struct, frozen=True):
    """`refused`: how many of those who came after the signal got no connection."""

    complete: int
    refused: int
    code: int
    longest: float
    faults: tuple[str, ...]


async def end_under_load(there: Rig, route: str, count: int) -> Ending:
    """Begin streams, wait until each has its first token, and tell the gateway to end."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    seconds = 6 + count // 40
    words = f"[tokens={seconds * RATE}] [rate={RATE}]"
    asks = [ask(route, f"{k} {words}", stream=True) for k in range(count)]
    streams = []
    for each in asks:
        streams.append(asyncio.ensure_future(send(there.port, each, patience=240.0)))
        if len(streams) % 50 == 0:
            await asyncio.sleep(0.1)
    while await asyncio.to_thread(there.metric, "requests_in_progress") < count:
        assert not any(each.done() for each in streams), (
            "the streams are too short for this machine"
        )
        await asyncio.sleep(0.1)
    told = time.monotonic()
    there.gateway.signal(signal.SIGTERM)
    await asyncio.to_thread(there.gateway.await_event, "draining")
    late = [await send(there.port, each, patience=5.0) for each in asks[:LATE]]
    heard = await asyncio.gather(*streams)
    code = await asyncio.to_thread(there.gateway.wait, 60.0)
    faults = [fault for pair in zip(asks, heard, strict=True) for fault in faults_of(*pair)]
    return Ending(
        complete=sum(not faults_of(*pair) for pair in zip(asks, heard, strict=True)),
        refused=sum(bool(each.errors) and each.status == 0 for each in late),
        code=code,
        longest=max(each.ended for each in heard) - told,
        faults=tuple(faults),
    )
