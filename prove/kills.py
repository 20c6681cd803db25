"""The five ways in which a primary dies under its requests, at an instant that is drawn.

A primary is used for one wave of requests only, since the gateway stops using it once it is known
dead; the next wave has the next primary. All requests of a wave are under way when it dies.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from prove.client import Ask, Heard, send
from prove.world import Spot, Stand

MODES = ("sigkill", "rst", "fin", "silence", "error")
EARLY_SHARE = 0.1
"""This share of a wave, its last requests, meets a primary that dies before any head or content.

They come last because five such failures eject the primary, and nobody would be left to break.
"""

_CUTS = {
    "rst": "cut(after={k},how=rst,skip={i},times=1)",
    "fin": "cut(after={k},how=fin,skip={i},times=1)",
    "silence": "stall(after={k},skip={i},times=1)",
    "error": "in_stream_error(after={k},skip={i},times=1)",
}
_EARLY = {
    "rst": ("refuse(skip={i},times=1)", "drop(how=rst,skip={i},times=1)"),
    "fin": ("drop(how=fin,skip={i},times=1)", "cut(after=0,how=fin,skip={i},times=1)"),
    "silence": ("hang(skip={i},times=1)", "silence(skip={i},times=1)"),
    "error": ("status(status=500,skip={i},times=1)", "status(status=503,skip={i},times=1)"),
}


class Pace(msgspec.Struct, frozen=True):
    """How providers speak in a wave: `delay` seconds, then `tokens` at `rate` a second."""

    delay: float = 0.6
    rate: float = 60.0
    tokens: int = 40

    def options(self) -> str:
        return f"delay={self.delay},rate={self.rate},tokens={self.tokens}"

    @property
    def length(self) -> float:
        return self.delay + self.tokens / self.rate


def script(mode: str, count: int, pace: Pace, draws: random.Random) -> str:
    """The faults of a primary, one for each request of a wave in the order of their coming."""
    early = max(1, round(count * EARLY_SHARE))
    faults = []
    for i in range(count):
        if i < count - early:
            text = _CUTS[mode].format(k=draws.randrange(pace.tokens), i=i)
        else:
            text = draws.choice(_EARLY[mode]).format(i=i)
        faults.append(text)
    return "+".join(faults)


async def wave(
    port: int, requests: Sequence[Ask], during: Callable[[], Awaitable[None]], spread: float
) -> list[tuple[Ask, Heard]]:
    """Send requests over `spread` seconds, and let `during` happen beside them."""

    async def one(k: int, request: Ask) -> Heard:
        await asyncio.sleep(spread * k / len(requests))
        return await send(port, request)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(k, request)) for k, request in enumerate(requests)]
        group.create_task(_awaited(during))
    return [(request, task.result()) for request, task in zip(requests, tasks, strict=True)]


async def sigkill(stand: Stand, pace: Pace, spread: float, draws: random.Random) -> None:
    """Kill the primary's process at an instant drawn from the whole of a wave."""
    await asyncio.sleep(draws.uniform(0.1 * spread, spread + 0.9 * pace.length))
    await asyncio.to_thread(stand.kill)


async def nothing() -> None:
    """Nobody does anything: the primary's script is enough."""


def route_tables(primaries: Sequence[Spot], backups: Sequence[Spot]) -> str:
    """One route for each primary, with the same name; the backups take turns at being second."""
    text = ""
    for k, primary in enumerate(primaries):
        order = backups if k % 2 == 0 else list(reversed(backups))
        text += route_table(primary.name, [primary, *order])
    return text


def route_table(name: str, order: Sequence[Spot]) -> str:
    """A route of that name; more of its fields may follow."""
    targets = ", ".join(f'"{spot.name}/m"' for spot in order)
    return f"\n[routes.{name}]\ntargets = [{targets}]\n"


async def _awaited(during: Callable[[], Awaitable[None]]) -> None:
    await during()
