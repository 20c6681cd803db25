"""A steady load: so many requests a second, whatever becomes of the earlier ones."""

import asyncio
from collections.abc import Callable

import msgspec

from prove.client import Ask, Heard, send
from prove.verdict import faults_of


class Answer(msgspec.Struct, frozen=True):
    """One request of a load: when it was sent, in seconds from the start, and what came of it."""

    at: float
    request: Ask
    heard: Heard

    @property
    def is_good(self) -> bool:
        return not faults_of(self.request, self.heard)


async def steady(
    port: int, rate: float, seconds: float, request: Callable[[int], Ask]
) -> list[Answer]:
    """Send `rate` requests a second for so many seconds, each when its time has come."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one(k: int) -> Answer:
        asked = request(k)
        await asyncio.sleep(began + k / rate - loop.time())
        at = loop.time() - began
        return Answer(at, asked, await send(port, asked))

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(k)) for k in range(round(rate * seconds))]
    return [task.result() for task in tasks]
