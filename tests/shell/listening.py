"""Providers as raw bytes, and someone who listens to what connections towards them bring."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

from typing_extensions import override

from understudy.shell.upstream import Address, Listener, Pools, Upstream
from understudy.wire.http import Origin, ResponseHead

REQUEST = (b"POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n", b"{}")

Answer = Callable[[int, asyncio.StreamWriter], Awaitable[None]]


class Heard(Listener):
    """Keeps what an attempt brought. `over` is set once, at its end."""

    def __init__(self) -> None:
        self.connection: Upstream | None = None
        self.heads: list[ResponseHead] = []
        self.body = b""
        self.ended = False
        self.flag = ""
        self.over = asyncio.Event()

    @override
    def upstream_connected(self, attempt: int, connection: Upstream) -> None:
        self.connection = connection

    @override
    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None:
        assert not self.over.is_set(), "nothing comes after the end"
        if head is not None:
            self.heads.append(head)
        self.body += data
        if is_end:
            self.ended = True
            self.over.set()

    @override
    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None:
        assert not self.over.is_set(), "nothing comes after the end"
        self.flag = flag
        self.over.set()

    @property
    def statuses(self) -> list[int]:
        return [head.status for head in self.heads]


class Peer:
    """A server that answers the requests of each connection, counted from 0, with raw bytes."""

    def __init__(self, answer: Answer) -> None:
        self.address = Address(Origin("http", "127.0.0.1", 1), verify_tls=True)
        self.connections = 0
        self.requests = 0
        self.gone = 0
        self._answer = answer
        self._tasks: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        await asyncio.wait([task])
        self._tasks.discard(task)
        self.gone += 1
        writer.close()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        async with asyncio.timeout(5):
            while self.gone < self.connections:
                await asyncio.sleep(0.005)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = 0
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            while not writer.is_closing():
                await reader.readuntil(b"\r\n\r\n{}")
                self.requests += 1
                await self._answer(number, writer)
                await writer.drain()
                number += 1


@contextlib.asynccontextmanager
async def peer(
    answer: Answer, *, tls: ssl.SSLContext | None = None, verify_tls: bool = True
) -> AsyncIterator[Peer]:
    """Run a peer until the block is over."""
    found = Peer(answer)
    server = await asyncio.start_server(found.connected, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    origin = Origin("http" if tls is None else "https", "127.0.0.1", port)
    found.address = Address(origin, verify_tls=verify_tls)
    try:
        yield found
    finally:
        server.close()
        await found.stop()
        await asyncio.sleep(0.02)


def always(data: bytes, *, close: bool = False, piece: int = 0) -> Answer:
    """Answers every request with these bytes, at once or in pieces; and then maybe closes."""

    async def answer(number: int, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(data), piece or max(1, len(data))):
            writer.write(data[start : start + (piece or len(data))])
            await writer.drain()
            await asyncio.sleep(0)
        if close:
            writer.close()

    return answer


def start(pools: Pools, address: Address, heard: Heard, attempt: int = 1) -> None:
    pools.start(pools.pool(address), heard, attempt, REQUEST)


async def send(pools: Pools, address: Address) -> Heard:
    """One request; returns when its attempt is over."""
    heard = Heard()
    start(pools, address, heard)
    async with asyncio.timeout(5):
        await heard.over.wait()
    return heard


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another task or process does."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)
