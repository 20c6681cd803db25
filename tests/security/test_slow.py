"""T16, slow loris, and T17, slow readers: neither time nor memory is for who is slow."""

import asyncio
from pathlib import Path

import pytest

from tests.security.hosting import ANTHROPIC, OPENAI, Host, answer, chat, completion, post, site
from tests.security.hosting import saying as script
from tests.shell.gateway import gateway, request
from tests.shell.listening import until
from tests.shell.test_plane import ANSWER, body_of, chunk, good, run, saying, status_of
from understudy.config.secret import KeyDigest, Secret
from understudy.config.settings import Caller
from understudy.shell.plane import Bounds

MIB = 2**20
BIG = 20_000_000
READERS = 24
LETTERS = completion("x" * BIG)


@pytest.mark.parametrize("piece", [b"x", b"x-a: b\r\n"], ids=["byte by byte", "field by field"])
def test_a_head_that_never_ends_is_cut_however_busy_it_looks(piece: bytes) -> None:
    """The limit is on the whole head: one more byte buys no more time."""

    async def scene() -> None:
        async with gateway(provider := good(), bounds=Bounds(head_timeout=0.3)) as gate:
            reader, writer = await gate.connect()
            writer.write(b"POST /toy HTTP/1.1\r\n")
            reading = asyncio.ensure_future(reader.read())
            async with asyncio.timeout(8):
                while not reading.done():
                    writer.write(piece)
                    await asyncio.sleep(0.01)
            assert status_of(reading.result()) == 408
            assert provider.requests == []
            writer.close()

    run(scene())


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_never_ends_is_cut(chunked: bool) -> None:
    async def scene() -> None:
        async with gateway(good(), bounds=Bounds(body_timeout=0.3)) as gate:
            reader, writer = await gate.connect()
            how = b"transfer-encoding: chunked" if chunked else b"content-length: 100000"
            writer.write(b"POST /toy HTTP/1.1\r\nhost: x\r\n" + how + b"\r\n\r\n")
            reading = asyncio.ensure_future(reader.read())
            async with asyncio.timeout(8):
                while not reading.done():
                    writer.write(chunk(b"x") if chunked else b"x")
                    await asyncio.sleep(0.01)
            assert status_of(reading.result()) == 408
            assert body_of(await gate.ask()) == ANSWER
            writer.close()

    run(scene())


def test_many_of_them_keep_nobody_else_waiting() -> None:
    async def scene() -> None:
        async with gateway(good(), bounds=Bounds(head_timeout=1.0)) as gate:
            slow = [await gate.connect() for _ in range(200)]
            for _, writer in slow:
                writer.write(b"POST /toy HTTP/1.1\r\nhost:")
            assert body_of(await gate.ask()) == ANSWER
            await until(lambda: gate.plane.client_count == 0)
            for _, writer in slow:
                writer.close()

    run(scene())


def test_nothing_is_kept_of_a_body_from_somebody_unknown() -> None:
    """10,000 connections may send 32 MiB each before anybody looks at their key."""

    async def scene() -> None:
        digest = KeyDigest.of(Secret("us-key-0123456789abcdef"))
        async with gateway(good(), callers={digest.digest: Caller("one", digest)}) as gate:
            reader, writer = await gate.connect()
            head = (
                b"POST /toy HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            )
            writer.write(head % (8 * MIB) + b"x" * (8 * MIB - 1))
            await writer.drain()
            (client,) = gate.plane._clients
            await until(lambda: client._incoming.body_bytes == 8 * MIB - 1)
            assert client._incoming.body == []
            writer.write(b"x")
            assert status_of(await reader.read()) == 401
            writer.close()

    run(scene())


def test_what_a_client_does_not_read_counts_as_held() -> None:
    async def scene() -> None:
        body = b'{"id":"i","text":"%b","stop":"end"}' % (b"x" * BIG)
        long = saying(answer(body), hold=True)
        async with gateway(long) as gate:
            budget = gate.plane.services.budget
            for is_read in (True, False):
                reader, writer = await gate.connect()
                writer.write(request(stream=False, close=False))
                await until(lambda: gate.plane.busy_count == 0 and budget.held_bytes > MIB)
                if is_read:
                    await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(len(body))
                else:
                    writer.transport.abort()
                await until(lambda: budget.held_bytes == 0)
                writer.transport.abort()

    run(scene())


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("dialect", "most"), [(OPENAI, 250), (ANTHROPIC, 560)], ids=["same dialect", "translated"]
)
def test_slow_readers_of_large_answers_cost_a_bounded_amount(
    dialect: str, most: int, tmp_path: Path
) -> None:
    """24 whole answers of 20 MB, of which nobody reads a byte: 480 MB, copies not counted.

    What speaks the client's dialect is passed on unfinished, and waits in the provider; what has to
    be translated is held as far as there is room, and then given up.
    """
    path = "/v1/chat/completions" if dialect == OPENAI else "/v1/messages"

    async def scene() -> None:
        host = Host(script(answer(LETTERS)))
        async with site(tmp_path, host) as here:
            before = peak = here.rss()
            held = [await asyncio.open_connection("127.0.0.1", here.port) for _ in range(READERS)]
            for _, writer in held:
                writer.write(post(chat(max_tokens=9), path))
            for _ in range(60):
                await asyncio.sleep(0.05)
                peak = max(peak, here.rss())
            assert len(host.requests) == READERS
            assert (peak - before) / MIB < most
            for _, writer in held:
                writer.transport.abort()
            small = await here.raw(post(chat(max_tokens=9), path))
            assert status_of(small) == 200
            assert len(small) > BIG

    asyncio.run(scene())
