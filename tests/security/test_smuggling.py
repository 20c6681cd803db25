"""T11, request smuggling: directly, and behind the servers that people put in front of us.

The property: nobody ever takes for a request what was hidden in another one, and the server in
front and the one behind it never count differently.
"""

import asyncio
import contextlib
from collections import Counter
from pathlib import Path

import pytest

from tests.security import fronts
from tests.security.smuggling import CORPUS, MARKER
from tests.shell.gateway import Gateway, Provider, gateway, request
from tests.shell.test_plane import ANSWER, body_of, good, run, status_of
from understudy.shell.client import ClientConnection, Incoming
from understudy.shell.plane import Bounds

QUICK = Bounds(head_timeout=1.0, body_timeout=1.0, idle_timeout=60.0)
TOGETHER = 16
"""Connections at once, so that a front has connections to us that it may use again."""


class Served:
    """What the gateway took for a request: whole, or to be refused."""

    def __init__(self, gate: Gateway) -> None:
        self.urls: list[bytes] = []
        self.cases: Counter[str] = Counter()
        self._serve = gate.plane.serve
        self._refuse = gate.plane.refuse
        self.answered: Counter[str] = Counter()
        gate.plane.serve = self.serve  # type: ignore[method-assign]
        gate.plane.refuse = self.refuse  # type: ignore[method-assign]

    def serve(self, client: ClientConnection, incoming: Incoming) -> None:
        self.urls.append(incoming.url)
        self.cases[_case(incoming)] += 1
        self.answered[_case(incoming)] += 1
        self._serve(client, incoming)

    def refuse(
        self, client: ClientConnection, incoming: Incoming, status: int, reason: str
    ) -> None:
        self.answered[_case(incoming)] += 1
        self._refuse(client, incoming, status, reason)


def _case(incoming: Incoming) -> str:
    return incoming.url.partition(b"?")[2].removeprefix(b"case=").decode("latin-1")


def _tag(name: str) -> str:
    return name.replace(" ", "-")


async def send(port: int, data: bytes) -> bytes:
    """Send, and read until the other side closes: each side here has short time limits."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    answer = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(12):
            while data := await reader.read(65536):
                answer += data
    writer.transport.abort()
    return answer


async def send_all(port: int) -> None:
    names = list(CORPUS)

    async def one() -> None:
        while names:
            await send(port, CORPUS[names.pop()].data)

    await asyncio.gather(*(one() for _ in range(TOGETHER)))


def check(served: Served, provider: Provider) -> None:
    """Nobody has taken what is hidden for a request."""
    assert [url for url in served.urls if MARKER in url] == []
    assert [each for each in provider.requests if b"smuggled" in each] == []
    found = {name: served.cases[_tag(name)] for name in CORPUS}
    assert {name: count for name, count in found.items() if count > CORPUS[name].serves} == {}


def test_the_corpus_is_large_and_has_requests_of_both_kinds() -> None:
    assert len(CORPUS) >= 150
    assert len({raw.data for raw in CORPUS.values()}) == len(CORPUS)
    assert 15 < sum(raw.serves for raw in CORPUS.values()) < 50


def test_nothing_hidden_is_ever_served() -> None:
    async def scene() -> None:
        async with gateway(
            provider := good(), bounds=Bounds(head_timeout=0.3, body_timeout=0.3, idle_timeout=0.3)
        ) as gate:
            served = Served(gate)
            await send_all(gate.port)
            check(served, provider)
            assert len(served.urls) >= 10, "what is well is served"
            assert body_of(await gate.ask()) == ANSWER

    run(scene())


@pytest.mark.parametrize("name", CORPUS)
def test_a_request_that_is_refused_ends_its_connection(name: str) -> None:
    """Byte by byte too: where a read ends makes no difference to what is served."""

    async def scene() -> None:
        async with gateway(provider := good(), bounds=QUICK) as gate:
            served = Served(gate)
            data = CORPUS[name].data
            reader, writer = await gate.connect()
            # RuntimeError is what uvloop says to a write after the peer has gone.
            with contextlib.suppress(ConnectionError, RuntimeError):
                for k in range(len(data)):
                    writer.write(data[k : k + 1])
                    if k % 16 == 0:
                        await asyncio.sleep(0)
                writer.write_eof()
                await reader.read()
            writer.transport.abort()
            check(served, provider)

    run(scene())


@pytest.mark.servers
@pytest.mark.timeout(120)
@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lax"])
@pytest.mark.parametrize("front", fronts.FRONTS)
def test_the_front_and_we_count_the_same_requests(front: str, strict: bool, tmp_path: Path) -> None:
    if not fronts.is_installed(front):
        pytest.skip(f"{front} is not installed: {len(CORPUS)} raw requests are not sent through it")

    async def scene() -> None:
        async with gateway(provider := good(), bounds=QUICK) as gate:
            served = Served(gate)
            make = fronts.FRONTS[front]
            with make(tmp_path, gate.port, strict=strict) as before:
                await send_all(before.port)
                for _ in range(TOGETHER):  # whoever comes next on those connections is answered
                    answer = await send(before.port, request())
                    assert status_of(answer) == 200
                    assert body_of(answer) == ANSWER
                ours = Counter({case: n for case, n in served.answered.items() if case})
                for _ in range(60):  # it writes to its log when it has a moment
                    if before.answered() == ours:
                        break
                    await asyncio.sleep(0.05)
                theirs = before.answered()
                assert (theirs - ours, ours - theirs) == (Counter(), Counter())
                assert len(served.urls) >= 10 + TOGETHER
                assert len(provider.requests) >= 10 + TOGETHER

    run(scene())
