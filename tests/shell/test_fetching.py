"""One plain request to a target: its answer, or a status that says why there is none."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from understudy.shell import fetching
from understudy.shell.fetching import OURS, Fetch
from understudy.shell.plane import Wiring
from understudy.shell.upstream import Address, Pools
from understudy.wire.http import Headers, HttpRequest, Origin

Told = tuple[int, Headers, bytes]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def ask(serve: Serve) -> tuple[Told, list[bytes]]:
    """Ask a server of one's own; returns what was told, and the heads that came."""
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        await serve(reader, writer)
        writer.close()

    async def run() -> Told:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        pools = Pools()
        origin = Origin("http", "127.0.0.1", server.sockets[0].getsockname()[1])
        wiring = Wiring(pools.pool(Address(origin, verify_tls=True)), b"host: x\r\n")
        told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        request = HttpRequest("GET", "/v1/responses/r1", OURS, b"")
        Fetch(pools, wiring, request, lambda *said: told.set_result(said))
        try:
            return await asyncio.wait_for(told, 10)
        finally:
            pools.close()
            server.close()

    return asyncio.run(run()), heads


def test_an_answer_is_told_whole() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nab")
        await writer.drain()
        writer.write(b"cd")

    (status, headers, body), heads = ask(serve)
    assert (status, body) == (404, b"abcd")
    assert (b"content-length", b"4") in headers
    assert heads[0].startswith(b"GET /v1/responses/r1 HTTP/1.1\r\nhost: x\r\n")


def test_one_that_breaks_off_is_none() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab")

    assert ask(serve)[0] == (502, (), b"")


def test_nobody_is_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PATIENCE", 0.05)

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    assert ask(serve)[0] == (504, (), b"")


def test_too_long_an_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 3)

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd")

    assert ask(serve)[0] == (502, (), b"")
