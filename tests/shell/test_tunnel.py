"""Tunnels over raw sockets: what each end hears, what the books say, what is charged."""

import asyncio

import pytest

from tests.shell.gateway import UPSTREAM_SECRET, Gateway, Provider, gateway
from understudy.operations.kinds import Operation
from understudy.routing.topology import Route, Timeouts

UPGRADE = (
    b"GET /v1/realtime?model=r HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n"
    b"connection: Upgrade\r\nsec-websocket-key: abc\r\nsec-websocket-version: 13\r\n\r\n"
)
AGREED = b"HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: xyz\r\nserver: s\r\n\r\n"


def talking(first_token: float = 5.0) -> Route:
    return Route("r", (), operation=Operation.REALTIME, timeouts=Timeouts(first_token=first_token))


def run(provider: Provider, scene, route: Route | None = None) -> None:
    async def play() -> None:
        async with gateway(provider, route=route or talking()) as running:
            await scene(running)

    asyncio.run(play())


def saying(answer: bytes, *, then: bytes = b"") -> Provider:
    """A provider that answers the upgrade, says something more, and echoes until it is left."""
    heads: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer + then)
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        provider.gone.set()

    provider = Provider(script)
    provider.requests = heads
    return provider


async def opened(running: Gateway, more: bytes = b""):
    reader, writer = await running.connect()
    writer.write(UPGRADE + more)
    return await reader.readuntil(b"\r\n\r\n"), reader, writer


def test_bytes_behind_the_heads_are_not_lost():
    provider = saying(AGREED, then=b"at once")

    async def scene(running: Gateway) -> None:
        head, reader, writer = await opened(running, b"early")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"sec-websocket-accept: xyz\r\n" in head
        assert b"server:" not in head
        assert b"x-understudy-target: a" in head
        assert await reader.readexactly(12) == b"at onceearly"
        assert running.plane.busy_count == 1
        writer.close()
        entry = await running.settled()
        assert (entry.outcome, entry.status, entry.target) == ("ok", 101, "a")
        assert (entry.request_bytes, entry.response_bytes) == (5, 12)
        assert (entry.operation, entry.dialect) == ("realtime", "openai_realtime")
        assert running.plane.busy_count == 0
        await asyncio.wait_for(provider.gone.wait(), 5)

    run(provider, scene)
    (head,) = provider.requests
    assert UPSTREAM_SECRET.encode() in head
    assert b"sec-websocket-key: abc" in head
    assert b"content-length" not in head


def test_a_slow_reader_is_waited_for():
    provider = saying(AGREED)
    size = 8 * 1024 * 1024

    async def scene(running: Gateway) -> None:
        _, reader, writer = await opened(running)

        async def fill() -> None:
            for _ in range(size // 65536):
                writer.write(b"x" * 65536)
                await writer.drain()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fill())
            await asyncio.sleep(0.2)
            heard = 0
            while heard < size:
                heard += len(await reader.read(65536))
        writer.close()
        assert (await running.settled()).response_bytes == size

    run(provider, scene)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\nno", b"503"),
        (b"HTTP/1.1 500 Oops\r\n\r\n", b"502"),
        (b"no HTTP at all\r\n\r\n", b"502"),
    ],
)
def test_what_is_no_agreement_is_told_and_charged(answer: bytes, status: bytes):
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async def scene(running: Gateway) -> None:
        said = await running.raw(UPGRADE)
        assert said.startswith(b"HTTP/1.1 " + status)
        assert b"1 of 1 attempts failed" in said
        entry = await running.settled()
        assert entry.outcome == "failed"
        assert entry.attempts[0].outcome != "ok"
        assert running.plane.busy_count == 0

    run(Provider(script), scene)


def test_silence_ends_with_the_routes_limit():
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        assert not await reader.read()

    async def scene(running: Gateway) -> None:
        assert (await running.raw(UPGRADE)).startswith(b"HTTP/1.1 504 ")

    run(Provider(script), scene, talking(first_token=0.2))


def test_who_leaves_before_it_is_agreed_is_nobodys_fault():
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        assert not await reader.read()

    async def scene(running: Gateway) -> None:
        _, writer = await running.connect()
        writer.write(UPGRADE)
        await asyncio.sleep(0.2)
        writer.transport.abort()
        entry = await running.settled()
        assert entry.outcome == "client_gone"
        assert entry.attempts[0].charge is None

    run(Provider(script), scene)


def test_a_flood_before_it_is_agreed_is_cut():
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        assert not await reader.read()

    async def scene(running: Gateway) -> None:
        assert await running.raw(UPGRADE + b"x" * 200_000) == b""
        assert (await running.settled()).outcome == "client_gone"

    run(Provider(script), scene)


def test_only_this_is_upgraded_and_only_between_requests():
    provider = saying(AGREED)

    async def scene(running: Gateway) -> None:
        for wrong in (
            UPGRADE.replace(b"/v1/realtime", b"/v1/other"),
            UPGRADE.replace(b"websocket", b"h2c"),
            UPGRADE.replace(b"GET", b"POST"),
        ):
            assert b" 400 " in (await running.raw(wrong)).split(b"\r\n")[0]
        origin = UPGRADE.replace(b"host: x", b"host: x\r\norigin: https://evil.example")
        assert b" 403 " in (await running.raw(origin)).split(b"\r\n")[0]

    run(provider, scene)
    assert not provider.requests


def test_a_route_of_chat_is_none_of_this():
    async def scene(running: Gateway) -> None:
        said = await running.raw(UPGRADE)
        assert said.startswith(b"HTTP/1.1 400 ")
        assert b"serves chat, not realtime" in said

    run(saying(AGREED), scene, Route("r", ()))
