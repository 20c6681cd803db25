"""The remote control: faults set, providers killed and logs read over HTTP."""

import asyncio
import json
from typing import Any

from tests.shell.raw_client import address, ask, asked, simulator
from understudy.shell.simulator_control import Control


def test_the_control_sets_faults_over_http():
    async def scene() -> list[Any]:
        async with simulator() as sim:
            control = Control(sim)
            url = await control.start()
            said = [
                await _call(url, "PUT", "/providers/a/fault", b"status(500)"),
                (await ask(sim.url("a"), asked("hello"))).status,
                await _call(url, "DELETE", "/providers/a/fault"),
                (await ask(sim.url("a"), asked("hello"))).status,
                await _call(url, "POST", "/providers/a/kill"),
                (await ask(sim.url("a"), asked("hello"))).end,
                await _call(url, "PUT", "/providers/a/fault", b"nonsense"),
                await _call(url, "GET", "/providers/a/requests"),
                await _call(url, "POST", "/providers/b/kill"),
            ]
            await control.close()
            return said

    set_, broken, cleared, well, killed, gone, wrong, log, nobody = asyncio.run(scene())
    assert (set_[0], broken, cleared[0], well) == (200, 500, 200, 200)
    assert (killed[1]["killed"], gone) == (True, "refused")
    assert wrong[0] == 400
    assert "'nonsense' is no fault" in wrong[1]["error"]
    assert [entry["effects"] for entry in log[1]] == [["Status"], []]
    assert nobody[0] == 404


def test_says_what_there_is():
    async def scene() -> list[Any]:
        async with simulator() as sim:
            control = Control(sim)
            url = await control.start()
            said = [
                await _call(url, "GET", "/"),
                await _call(url, "GET", "/faults"),
                await _call(url, "GET", "/nothing"),
                await _call(url, "POST", "/providers/a/sing"),
            ]
            await control.close()
            return said

    state, faults, nothing, wrong = asyncio.run(scene())
    assert state[1]["a"]["dialect"] == "toy"
    assert state[1]["a"]["faults"] == []
    assert "End the connection" in faults[1]["cut"]
    assert (nothing[0], wrong[0]) == (404, 404)


async def _call(url: str, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    reader, writer = await asyncio.open_connection(*address(url))
    head = f"{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    first, _, said = answer.partition(b"\r\n\r\n")
    return int(first.split(b" ")[1]), json.loads(said)
