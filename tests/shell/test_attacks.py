"""Attacks over real sockets, on the gateway from both sides: each of these once worked."""

import asyncio
import socket
import time

import pytest

from tests.shell.gateway import gateway, request
from tests.shell.listening import Heard, always, peer, send, start, until
from tests.shell.test_plane import ANSWER, body_of, chunk, good, run, status_of
from understudy.config.secret import KeyDigest, Secret
from understudy.config.settings import Caller
from understudy.shell.upstream import Address, Pools
from understudy.wire.http import Origin

CHUNKED = b"POST /toy HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
ENDLESS = {
    "header name": b"POST /toy HTTP/1.1\r\n",
    "header value": b"POST /toy HTTP/1.1\r\nx-a: ",
    "trailer": CHUNKED + b"\r\n1\r\nx\r\n0\r\nx-a: ",
    "chunk extension": CHUNKED + b"\r\n1;a=",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_cut_while_it_is_cheap(name: str) -> None:
    """The parser joins the pieces of a field at quadratic cost: 50 MB took 20 s of everybody's."""

    async def scene() -> None:
        async with gateway(good()) as gate:
            reader, writer = await gate.connect()
            writer.write(ENDLESS[name])
            before = time.process_time()
            for _ in range(400):
                writer.write(b"x" * 65536)
                await asyncio.sleep(0)
            assert status_of(await reader.readuntil(b"\r\n\r\n")) == 431
            assert time.process_time() - before < 1.5
            writer.transport.abort()
            assert body_of(await gate.ask()) == ANSWER

    run(scene())


def test_a_trailer_is_no_header() -> None:
    """Nobody may add after the body what a proxy in front has taken out of the head."""

    async def scene() -> None:
        key = "us-key-0123456789abcdef"
        digest = KeyDigest.of(Secret(key))
        callers = {digest.digest: Caller("one", digest)}
        async with gateway(good(), callers=callers) as gate:
            body = request().partition(b"\r\n\r\n")[2]
            head = CHUNKED + b"connection: close\r\n"
            trailer = b"0\r\nauthorization: Bearer " + key.encode() + b"\r\n\r\n"
            answer = await gate.raw(head + b"\r\n" + chunk(body) + trailer)
            assert status_of(answer) == 401

    run(scene())


def test_a_coding_of_http_1_0_is_refused() -> None:
    async def scene() -> None:
        async with gateway(provider := good()) as gate:
            body = request().partition(b"\r\n\r\n")[2]
            head = CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"connection: keep-alive\r\n\r\n"
            assert status_of(await gate.raw(head + chunk(body) + b"0\r\n\r\n")) == 400
            assert provider.requests == []

    run(scene())


FLOODS = {
    "interim answers": b"HTTP/1.1 100 Go on\r\n\r\n" * 4096,
    "header value": b"HTTP/1.1 200 OK\r\nx-a: " + b"x" * 200_000,
    "header name": b"HTTP/1.1 200 OK\r\n" + b"x" * 200_000,
    "trailer": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-a: " + b"x" * 200_000,
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_head_without_end_is_a_failure(name: str) -> None:
    async def scene() -> None:
        async with peer(always(FLOODS[name])) as hostile:
            heard = await send(Pools(), hostile.address)
            assert heard.flag == "protocol_error"
            await until(lambda: hostile.gone == 1)

    run(scene())


def test_bytes_after_a_response_meet_nobody_even_when_they_come_just_before_a_request() -> None:
    """They are in the socket, unread, when the next caller's request takes the connection."""

    async def scene() -> None:
        forged = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"
        server = socket.create_server(("127.0.0.1", 0))
        origin = Origin("http", "127.0.0.1", server.getsockname()[1])
        pools, address = Pools(), Address(origin, verify_tls=True)
        first, second = Heard(), Heard()
        async with asyncio.timeout(5):
            start(pools, address, first)
            wire = await asyncio.to_thread(lambda: server.accept()[0])
            await asyncio.to_thread(wire.recv, 65_536)
            wire.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst")
            await first.over.wait()
            wire.sendall(forged)  # the loop gets no chance to see it before the next request
            start(pools, address, second)
            other = await asyncio.to_thread(lambda: server.accept()[0])
            await asyncio.to_thread(other.recv, 65_536)
            other.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecond")
            await second.over.wait()
        assert (first.body, second.body) == (b"first", b"second")
        pools.close()
        for each in (wire, other, server):
            each.close()

    run(scene())


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9"])
def test_another_version_is_not_taken_for_ours(version: bytes) -> None:
    async def scene() -> None:
        async with gateway(provider := good()) as gate:
            answer = await gate.raw(request().replace(b"HTTP/1.1", version))
            assert status_of(answer) == 505
            assert provider.requests == []

    run(scene())


ORIGINS = {
    b"https://evil.example": 403,
    b"http://localhost.evil.example:8080": 403,
    b"http://[::1].evil.example": 403,
    b"null": 403,
    b"http://localhost:3000": 200,
    b"http://127.0.0.1": 200,
    b"http://[::1]:5173": 200,
}


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_web_page_cannot_spend_the_money_of_who_looks_at_it(origin: bytes) -> None:
    """A form needs no permission to post to loopback, and a name may be rebound to it."""

    async def scene() -> None:
        async with gateway(provider := good()) as gate:
            answer = await gate.raw(request().replace(b"host: x", b"host: x\r\norigin: " + origin))
            assert status_of(answer) == ORIGINS[origin]
            assert len(provider.requests) == (ORIGINS[origin] == 200)

    run(scene())
