"""World: a real gateway comes up before the simulated providers, and goes without a trace."""

import asyncio
import socket

import pytest

from understudy.cli import demo_world
from understudy.cli.demo_world import CannotStart, open_world


def test_comes_up_and_leaves_nothing_behind():
    async def scene() -> tuple[bool, int]:
        async with open_world() as world:
            port = int(world.gateway.rpartition(":")[2])
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await world.stop()
            return "serving" in world.log.read_text(), port

    has_served, port = asyncio.run(scene())
    assert has_served
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_says_what_the_gateway_said_when_it_does_not_start(monkeypatch):
    monkeypatch.setattr(demo_world, "_CONFIG", "[server]\nlisten = {port}\n# {journal}\n")

    async def scene() -> None:
        async with open_world():
            pass

    with pytest.raises(CannotStart, match="did not start"):
        asyncio.run(scene())
