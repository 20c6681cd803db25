"""The data plane over real sockets: failover, cancels, pooling, back-pressure, and bad input."""

import asyncio
import contextlib
import hashlib
from collections.abc import Coroutine
from typing import Any

import pytest
import uvloop

from tests.exchange.stage import frames, route
from tests.shell.gateway import UPSTREAM_SECRET, Provider, gateway, request
from understudy.config.secret import KeyDigest
from understudy.config.settings import Caller
from understudy.routing.topology import OnBreak, Timeouts
from understudy.shell.plane import Wiring
from understudy.shell.upstream import Address
from understudy.wire.http import Origin

STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
ANSWER = frames(("start", "id"), ("text", "hello"), ("end", "end"))


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop, as production does."""
    uvloop.run(test)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def good(*, delay: float = 0.0) -> Provider:
    """Answers every request on a connection with a whole stream."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await provider.read_request(reader):
            await asyncio.sleep(delay)
            writer.write(STREAM + chunk(ANSWER) + b"0\r\n\r\n")
            await writer.drain()

    provider = Provider(script)
    return provider


def saying(*pieces: bytes, hold: bool = False) -> Provider:
    """Answers with these raw bytes, and then breaks the connection, or holds it."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await provider.read_request(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        if hold:
            await provider.read_request(reader)

    provider = Provider(script)
    return provider


def body_of(answer: bytes) -> bytes:
    """The dechunked body of a response."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return rest
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_an_answer_comes_back_byte_for_byte_with_our_key_and_not_the_clients() -> None:
    async def scene() -> None:
        provider = good()
        async with gateway(provider) as gate:
            answer = await gate.ask(key="sk-clients-own")
            assert body_of(answer) == ANSWER
            assert b"x-understudy-target: a" in answer
            assert UPSTREAM_SECRET.encode() in provider.requests[0]
            assert b"sk-clients-own" not in provider.requests[0]
            assert b'"model":"up-a"' in provider.requests[0]

    run(scene())


def test_connections_are_kept_and_reused_on_both_sides() -> None:
    async def scene() -> None:
        provider = good()
        async with gateway(provider) as gate:
            reader, writer = await gate.connect()
            for _ in range(5):
                writer.write(request(close=False))
                assert (await reader.readuntil(b"0\r\n\r\n")).startswith(b"HTTP/1.1 200")
            writer.close()
            assert provider.connections == 1
            assert len(provider.requests) == 5

    run(scene())


def test_pipelined_requests_are_answered_in_order() -> None:
    async def scene() -> None:
        async with gateway(good(delay=0.02)) as gate:
            reader, writer = await gate.connect()
            writer.write(request(close=False) * 4)
            for _ in range(4):
                assert (await reader.readuntil(b"0\r\n\r\n")).startswith(b"HTTP/1.1 200")
            writer.close()

    run(scene())


@pytest.mark.parametrize(
    "broken",
    [
        saying(),
        saying(b"HTTP/1.1 500 Oops\r\ncontent-length: 2\r\n\r\n{}"),
        saying(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"),
        saying(STREAM, chunk(frames(("start", "x")))),
        saying(b"this is not HTTP\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"),
        saying(STREAM + b"zz\r\n"),
        saying(STREAM + chunk(b": ping\n\n") + b"0\r\n\r\n"),
        saying(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\n" + b"x-filler: y\r\n" * 5000 + b"\r\n"),
    ],
)
def test_what_breaks_before_content_is_answered_by_the_next_target(broken: Provider) -> None:
    async def scene() -> None:
        async with gateway(broken, good()) as gate:
            answer = await gate.ask()
            assert body_of(answer) == ANSWER
            assert b"x-understudy-target: b" in answer
            assert b"x-understudy-attempts: 2" in answer

    broken.gone = asyncio.Event()
    run(scene())


def test_a_refused_connection_is_answered_by_the_next_target() -> None:
    async def scene() -> None:
        async with gateway(good(), good()) as gate:
            wirings = gate.plane._wirings
            nowhere = Address(Origin("http", "127.0.0.1", 1), verify_tls=True)
            wirings["a"] = Wiring(gate.plane.pools.pool(nowhere), b"host: x\r\n")
            assert body_of(await gate.ask()) == ANSWER
            entry = await gate.settled()
            assert entry.attempts[0].outcome == "any.transport.connect_refused"

    run(scene())


def test_a_kept_connection_that_the_provider_closed_is_not_the_clients_trouble() -> None:
    async def scene() -> None:
        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await provider.read_request(reader)
            writer.write(STREAM + chunk(ANSWER) + b"0\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

        provider = Provider(once)
        async with gateway(provider) as gate:
            assert body_of(await gate.ask()) == ANSWER
            await asyncio.sleep(0.15)
            assert body_of(await gate.ask()) == ANSWER

    run(scene())


def test_an_answer_that_is_cut_ends_in_an_explicit_error() -> None:
    async def scene() -> None:
        cut = saying(STREAM, chunk(frames(("start", "x"), ("text", "hel"))))
        async with gateway(cut, good()) as gate:
            body = body_of(await gate.ask())
            assert body.endswith(frames(("error", "any.transport.reset_mid_stream")))
            assert (await gate.settled()).outcome == "cut"

    run(scene())


def test_an_answer_that_is_cut_is_resumed_where_the_route_says_so() -> None:
    async def scene() -> None:
        cut = saying(STREAM, chunk(frames(("start", "x"), ("text", "one two"))))
        rest = frames(("start", "y"), ("text", " three"), ("end", "end"))
        second = saying(STREAM + chunk(rest) + b"0\r\n\r\n")
        async with gateway(cut, second, route=route(OnBreak.RESUME)) as gate:
            body = body_of(await gate.ask())
            text = b"".join(line[6:] for line in body.split(b"\n") if line.startswith(b"data: "))
            assert text == b"xone two threeend"
            assert b'"one two"' in second.requests[0]

    run(scene())


@pytest.mark.parametrize("answered", [False, True])
def test_a_client_that_leaves_cancels_upstream_within_a_second(*, answered: bool) -> None:
    async def scene() -> None:
        pieces = (STREAM, chunk(frames(("start", "x"), ("text", "hello")))) if answered else ()
        slow = saying(*pieces, hold=True)
        backup = good()
        async with gateway(slow, backup) as gate:
            reader, writer = await gate.connect()
            writer.write(request())
            if answered:
                await reader.readuntil(b"hello")
            else:
                while not slow.requests:
                    await asyncio.sleep(0.005)
            writer.close()
            async with asyncio.timeout(1.0):
                await slow.gone.wait()
            assert backup.requests == []
            assert (await gate.settled()).outcome == "client_gone"

    run(scene())


def test_a_silent_provider_is_left_for_another() -> None:
    async def scene() -> None:
        quick = route(timeouts=Timeouts(first_token=0.2))
        async with gateway(saying(STREAM, hold=True), good(), route=quick) as gate:
            assert body_of(await gate.ask()) == ANSWER
            entry = await gate.settled()
            assert entry.attempts[0].outcome == "any.transport.headers_then_silence"

    run(scene())


def test_a_slow_reader_stops_the_reading_upstream() -> None:
    async def scene() -> None:
        sent = 0

        async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            await provider.read_request(reader)
            writer.write(STREAM + chunk(frames(("start", "x"))))
            piece = chunk(frames(("text", "word " * 2000)))
            for _ in range(3000):
                writer.write(piece)
                await writer.drain()
                sent += len(piece)

        provider = Provider(pour)
        async with gateway(provider) as gate:
            _, writer = await gate.connect()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(request())
            last = -1
            async with asyncio.timeout(10):
                while last != sent or not sent:
                    last = sent
                    await asyncio.sleep(0.3)
            assert sent < 25_000_000
            writer.close()

    run(scene())


def test_models_are_listed_and_health_needs_no_key() -> None:
    async def scene() -> None:
        digest = hashlib.sha256(b"caller-key-0123456789").digest()
        callers = {digest: Caller("app", KeyDigest(digest), frozenset({"other"}))}
        async with gateway(good(), callers=callers) as gate:
            get = b"GET %b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%b\r\n"
            assert status_of(await gate.raw(get % (b"/healthz", b""))) == 200
            assert status_of(await gate.raw(get % (b"/v1/models", b""))) == 401
            key = b"x-api-key: caller-key-0123456789\r\n"
            listed = await gate.raw(get % (b"/v1/models", key))
            assert body_of(listed) == b"[]"
            queried = await gate.raw(get % (b"/v1/models?key=caller-key-0123456789", b""))
            assert body_of(queried) == b"[]"
            unknown = await gate.raw(get % (b"/v1/models?key=caller-key", b""))
            assert status_of(unknown) == 401
            hidden = await gate.raw(get % (b"/v1/models/r", key))
            missing = await gate.raw(get % (b"/v1/models/s", key))
            assert status_of(hidden) == status_of(missing) == 404
            assert status_of(await gate.ask()) == 401
            assert status_of(await gate.ask(key="caller-key-0123456789")) == 404

    run(scene())


def test_one_model_is_there_or_it_is_not() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            get = b"GET %b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
            assert body_of(await gate.raw(get % b"/v1/models/r")) == b'"r"'
            assert body_of(await gate.raw(get % b"/v1/models/%72")) == b'"r"'
            assert status_of(await gate.raw(get % b"/v1/models/nobody")) == 404

    run(scene())


def test_a_drain_finishes_what_is_in_progress() -> None:
    async def scene() -> None:
        async with gateway(good(delay=0.2)) as gate:
            idle_reader, idle_writer = await gate.connect()
            await asyncio.sleep(0.02)
            asking = asyncio.ensure_future(gate.ask(close=False))
            await asyncio.sleep(0.05)
            gate.plane.drain()
            assert await idle_reader.read() == b""
            answer = await asking
            assert body_of(answer) == ANSWER
            assert b"connection: close" in answer
            idle_writer.close()

    run(scene())


def test_no_secret_is_in_what_can_be_printed() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            await gate.ask()
            entry = await gate.settled()
            wiring = gate.plane.wiring("a")
            printed = f"{entry!r} {wiring!r} {gate.plane.settings!r}"
            assert UPSTREAM_SECRET not in printed

    run(scene())


def test_hundreds_of_random_cancels_leave_nothing_behind() -> None:
    async def scene() -> None:
        async with gateway(good(delay=0.003)) as gate:
            for index in range(300):
                _, writer = await gate.connect()
                writer.write(request())
                await asyncio.sleep(0.0003 * (index % 20))
                with contextlib.suppress(ConnectionError):
                    writer.transport.abort()
            await asyncio.sleep(0.3)
            assert gate.plane.busy_count == 0
            assert gate.plane.client_count == 0
            assert gate.plane.services.router._leased == {}
            assert gate.plane.pools._tasks == {}
            assert body_of(await gate.ask()) == ANSWER

    run(scene())
