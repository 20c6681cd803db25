"""Connections towards providers over real sockets: framing, reuse, limits, cancels."""

import asyncio
import random
import socket
import struct

import pytest

from tests.exchange.stage import frames
from tests.shell.gateway import Gateway, Provider, gateway, request
from tests.shell.listening import Heard, always, peer, send, start, until
from tests.shell.test_plane import STREAM, body_of, chunk, run
from understudy.shell.upstream import MAX_FIELDS, MAX_HEAD_BYTES, Address, Pools
from understudy.wire.http import Origin

OK = b"HTTP/1.1 200 OK\r\n"
FIVE = OK + b"content-length: 5\r\n\r\nhello"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"


@pytest.mark.parametrize("piece", [0, 1, 7])
@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (FIVE, b"hello"),
        (CHUNKED + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello"),
        (CHUNKED + b"5\r\nhello\r\n0\r\nx-trailer: 1\r\n\r\n", b"hello"),
        (INTERIM + FIVE, b"hello"),
        (OK + b"content-length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 5\r\n\r\nhello", b"hello"),
    ],
)
def test_a_complete_answer_ends_and_its_connection_is_used_again(
    answer: bytes, body: bytes, piece: int
) -> None:
    async def scene() -> None:
        async with peer(always(answer, piece=piece)) as found:
            pools = Pools()
            for _ in range(3):
                heard = await send(pools, found.address)
                assert heard.ended
                assert heard.body == body
                assert heard.statuses in ([200], [204])
            assert (found.connections, found.requests) == (1, 3)
            assert pools.counts() == {found.address.origin.authority: 1}
            pools.close()

    run(scene())


@pytest.mark.parametrize(
    ("answer", "closes"),
    [
        (OK + b"\r\nhello", True),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", True),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello", False),
        (OK + b"connection: close\r\ncontent-length: 5\r\n\r\nhello", False),
        (
            OK + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            False,
        ),
    ],
)
def test_an_answer_that_ends_its_connection_is_complete_all_the_same(
    answer: bytes, closes: bool
) -> None:
    async def scene() -> None:
        async with peer(always(answer, close=closes)) as found:
            pools = Pools()
            for _ in range(2):
                heard = await send(pools, found.address)
                assert heard.ended
                assert heard.body == b"hello"
            assert found.connections == 2
            await until(lambda: pools.counts() == {found.address.origin.authority: 0})

    run(scene())


@pytest.mark.parametrize(
    ("answer", "flag"),
    [
        (b"", "reset_before_headers"),
        (OK + b"content-le", "reset_before_headers"),
        (INTERIM, "reset_before_headers"),
        (OK + b"content-length: 10\r\n\r\nhello", "reset_mid_stream"),
        (CHUNKED, "reset_mid_stream"),
        (CHUNKED + b"5\r\nhel", "reset_mid_stream"),
        (CHUNKED + b"5\r\nhello\r\n", "reset_mid_stream"),
        (CHUNKED + b"5\r\nhello\r\n0\r\n", "reset_mid_stream"),
        (CHUNKED + b"zz\r\nhello\r\n", "protocol_error"),
        (
            OK + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "protocol_error",
        ),
        (OK + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello", "protocol_error"),
        (OK + b"x: " + b"y" * MAX_HEAD_BYTES + b"\r\n\r\n", "protocol_error"),
        (OK + b"x: y\r\n" * (MAX_FIELDS + 1) + b"\r\n", "protocol_error"),
        (b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 20_000, "protocol_error"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "protocol_error"),
        (b"HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "protocol_error"),
    ],
)
def test_an_answer_that_breaks_is_named_and_its_connection_is_gone(
    answer: bytes, flag: str
) -> None:
    async def scene() -> None:
        async with peer(always(answer, close=True)) as found:
            pools = Pools()
            heard = await send(pools, found.address)
            assert heard.flag == flag
            assert not heard.ended
            await until(lambda: pools.counts() == {found.address.origin.authority: 0})

    run(scene())


@pytest.mark.parametrize("surplus", [b" and more", FIVE.replace(b"hello", b"other"), b"\0" * 9])
@pytest.mark.parametrize("piece", [0, len(FIVE)])
def test_what_follows_an_answer_belongs_to_nobody(surplus: bytes, piece: int) -> None:
    async def scene() -> None:
        async with peer(always(FIVE + surplus, piece=piece)) as found:
            pools = Pools()
            for count in (1, 2):
                heard = await send(pools, found.address)
                assert heard.ended
                assert heard.statuses == [200]
                assert heard.body == b"hello"
                await until(lambda: set(pools.counts().values()) == {0})
                assert found.connections == count

    run(scene())


@pytest.mark.parametrize("kept", [1, 2])
def test_a_kept_connection_that_dies_is_told_apart_and_no_other_is_tried(kept: int) -> None:
    async def once(number: int, writer: asyncio.StreamWriter) -> None:
        if number == 0:
            writer.write(FIVE)
        else:
            writer.transport.abort()

    async def scene() -> None:
        async with peer(once) as found:
            pools = Pools()
            await asyncio.gather(*(send(pools, found.address) for _ in range(kept)))
            assert found.connections == kept
            assert (await send(pools, found.address)).flag == "reused_connection_closed"
            assert (await send(pools, found.address)).ended
            assert found.connections == kept + 1
            pools.close()

    run(scene())


def test_a_connection_that_closed_while_idle_is_not_taken() -> None:
    async def scene() -> None:
        async with peer(always(FIVE, close=True)) as found:
            pools = Pools()
            for count in (1, 2, 3):
                assert (await send(pools, found.address)).ended
                await until(lambda: set(pools.counts().values()) == {0})
                assert found.connections == count

    run(scene())


async def silent(number: int, writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(3600)


def test_no_more_connections_are_opened_than_allowed() -> None:
    async def scene() -> None:
        async with peer(silent) as found:
            pools = Pools(max_open=2)
            held = [Heard(), Heard()]
            for number, one in enumerate(held):
                start(pools, found.address, one, number)
            assert (await send(pools, found.address)).flag == "pool_timeout"
            await until(lambda: found.requests == 2)
            assert held[0].connection is not None
            held[0].connection.cancel()
            await until(lambda: sum(pools.counts().values()) == 1)
            start(pools, found.address, held[0], 3)
            await until(lambda: found.requests == 3)
            assert found.connections == 3
            for one in held:
                assert one.connection is not None
                one.connection.cancel()

    run(scene())


def test_idle_connections_are_bounded_and_swept() -> None:
    async def scene() -> None:
        async with peer(always(FIVE)) as found:
            pools = Pools(max_idle=2, idle_for=-1.0)
            await asyncio.gather(*(send(pools, found.address) for _ in range(6)))
            await until(lambda: sum(pools.counts().values()) == 2)
            pools.sweep()
            await until(lambda: sum(pools.counts().values()) == 0)

    run(scene())


def test_a_cancelled_attempt_is_heard_no_more_and_its_connection_is_closed() -> None:
    async def scene() -> None:
        async with peer(always(CHUNKED + b"2\r\nhe\r\n")) as found:
            pools = Pools()
            heard = Heard()
            start(pools, found.address, heard)
            await until(lambda: heard.body == b"he")
            assert heard.connection is not None
            heard.connection.cancel()
            await until(lambda: found.gone == 1)
            assert not heard.over.is_set()
            assert sum(pools.counts().values()) == 0

    run(scene())


def test_an_attempt_cancelled_while_connecting_is_heard_no_more() -> None:
    async def scene() -> None:
        async with peer(always(FIVE)) as found:
            pools = Pools()
            for turns in range(40):
                heard = Heard()
                start(pools, found.address, heard)
                for _ in range(turns % 8):
                    await asyncio.sleep(0)
                if heard.connection is None:
                    pools.cancel(heard, 1)
                    await asyncio.sleep(0)
                    assert heard.connection is None
                else:
                    heard.connection.cancel()
            await until(lambda: pools.counts() == {found.address.origin.authority: 0})
            await until(lambda: found.gone == found.connections)

    run(scene())


@pytest.mark.parametrize("ends", [True, False])
def test_a_detached_connection_is_used_again_only_if_http_ends_soon(ends: bool) -> None:
    async def late(number: int, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + b"5\r\nhello\r\n")
        await asyncio.sleep(0.05)
        if ends:
            writer.write(b"0\r\n\r\n")

    async def scene() -> None:
        async with peer(late) as found:
            pools = Pools()
            heard = Heard()
            start(pools, found.address, heard)
            await until(lambda: heard.body == b"hello")
            assert heard.connection is not None
            heard.connection.detach()
            await asyncio.sleep(0.15)
            heard.connection.pool.sweep(50.0, drain_for=0.1)
            await asyncio.sleep(0.02)
            assert sum(pools.counts().values()) == (1 if ends else 0)
            assert not heard.over.is_set()
            pools.close()

    run(scene())


def test_a_paused_connection_is_not_read() -> None:
    async def pour(number: int, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"content-length: 8000000\r\n\r\n")
        for _ in range(80):
            writer.write(b"x" * 100_000)
            await writer.drain()

    async def scene() -> None:
        async with peer(pour) as found:
            pools = Pools()
            heard = Heard()
            start(pools, found.address, heard)
            await until(lambda: bool(heard.body))
            assert heard.connection is not None
            heard.connection.pause()
            seen = len(heard.body)
            await asyncio.sleep(0.1)
            assert len(heard.body) == seen
            heard.connection.resume()
            async with asyncio.timeout(10):
                await heard.over.wait()
            assert len(heard.body) == 8_000_000
            pools.close()

    run(scene())


def test_names_that_nobody_knows_and_ports_where_nobody_listens_are_named() -> None:
    async def scene() -> None:
        pools = Pools()
        for host in ("nobody.invalid", "a" * 70 + ".invalid", "a..invalid"):
            address = Address(Origin("http", host, 80), verify_tls=True)
            assert (await send(pools, address)).flag == "dns_failure"
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            closed = Address(Origin("http", "127.0.0.1", taken.getsockname()[1]), verify_tls=True)
            assert (await send(pools, closed)).flag == "connect_refused"
        assert set(pools.counts().values()) == {0}

    run(scene())


def test_a_peer_that_resets_at_once_is_heard_of() -> None:
    async def scene() -> None:
        def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

        server = await asyncio.start_server(reset, "127.0.0.1", 0)
        origin = Origin("http", "127.0.0.1", server.sockets[0].getsockname()[1])
        pools = Pools()
        for _ in range(100):
            heard = await send(pools, Address(origin, verify_tls=True))
            assert heard.flag in {"reset_before_headers", "connect_refused"}
        await until(lambda: set(pools.counts().values()) == {0})
        server.close()

    run(scene())


def tagged(words: int = 4) -> Provider:
    """Answers slowly, with nothing but the tag that it was asked with."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await provider.read_request(reader):
            tag = asked.partition(b"tag-")[2].partition(b"!")[0].decode()
            writer.write(STREAM + chunk(frames(("start", f"<{tag}>"))))
            for _ in range(words):
                writer.write(chunk(frames(("text", f"<{tag}>"))))
                await writer.drain()
                await asyncio.sleep(0.001)
            writer.write(chunk(frames(("end", "end"))) + b"0\r\n\r\n")

    provider = Provider(script)
    return provider


async def ask_and_maybe_leave(gate: Gateway, tag: int, patience: float | None) -> bytes:
    reader, writer = await gate.connect()
    writer.write(request(turns=[f"tag-{tag}!"]))
    asking = asyncio.ensure_future(reader.read())
    await asyncio.wait([asking], timeout=patience)
    if not asking.done():
        asking.cancel()
    writer.transport.abort()
    return asking.result() if asking.done() and not asking.cancelled() else b""


def test_no_byte_of_one_callers_answer_reaches_another() -> None:
    async def scene() -> None:
        draw = random.Random(7)  # noqa: S311 - a dice, no secret
        provider = tagged()
        async with gateway(provider) as gate:
            answers: dict[int, bytes] = {}
            queue = list(range(400))

            async def caller() -> None:
                while queue:
                    tag = queue.pop()
                    patience = draw.random() * 0.02 if tag % 2 else None
                    answers[tag] = await ask_and_maybe_leave(gate, tag, patience)

            await asyncio.gather(*(caller() for _ in range(20)))
            for tag, answer in answers.items():
                if tag % 2 == 0:
                    assert body_of(answer).count(f"<{tag}>".encode()) == 5, answer
                    assert body_of(answer).count(b"<") == 5
            assert sum(1 for tag in answers if tag % 2) == 200
            assert provider.connections < 400, "some connections were used again"
            assert min(gate.plane.pools.counts().values()) >= 0

    run(scene())
