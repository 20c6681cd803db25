"""Bad HTTP over real sockets: refused, in the caller's dialect, and nothing else breaks."""

import asyncio

import pytest

from tests.shell.gateway import Gateway, gateway, request
from tests.shell.test_plane import ANSWER, body_of, chunk, good, run, status_of
from understudy.shell.plane import Bounds

BAD_HTTP = {
    "both lengths": b"POST /toy HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n"
    b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST /toy HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n"
    b"content-length: 3\r\n\r\n{}",
    "chunked garbage": b"POST /toy HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "unknown coding": b"POST /toy HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n",
    "NUL in a field": b"POST /toy HTTP/1.1\r\nhost: x\r\nx-a: b\0c\r\ncontent-length: 2\r\n\r\n{}",
    "CR in a field": b"POST /toy HTTP/1.1\r\nhost: x\r\nx-a: b\rc\r\ncontent-length: 2\r\n\r\n{}",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "many fields": b"POST /toy HTTP/1.1\r\n" + b"a: b\r\n" * 500 + b"\r\n",
    "long field": b"POST /toy HTTP/1.1\r\na: " + b"b" * 100_000 + b"\r\n\r\n",
    "long URL": b"POST /" + b"b" * 100_000 + b" HTTP/1.1\r\n\r\n",
    "length over the limit": b"POST /toy HTTP/1.1\r\nhost: x\r\ncontent-length: 1073741824\r\n\r\n",
    "negative length": b"POST /toy HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    "compressed body": b"POST /toy HTTP/1.1\r\nhost: x\r\ncontent-encoding: gzip\r\n"
    b"content-length: 2\r\n\r\n{}",
    "upgrade": b"GET /toy HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
}


@pytest.mark.parametrize("name", BAD_HTTP)
def test_bad_http_is_refused_and_nothing_else_breaks(name: str) -> None:
    async def scene() -> None:
        provider = good()
        async with gateway(provider) as gate:
            answer = await gate.raw(BAD_HTTP[name])
            assert 400 <= status_of(answer) < 502
            assert b"oops" in answer
            assert provider.requests == []
            assert body_of(await gate.ask()) == ANSWER

    run(scene())


def test_a_refusal_never_passes_for_the_answer_to_an_earlier_request() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            bad = b"GE\xff / HTTP/1.1\r\nhost: x\r\n\r\n"
            assert await gate.raw(request(close=False) + bad) == b""

    run(scene())


def test_a_large_body_is_answered_although_it_is_still_being_sent() -> None:
    async def scene() -> None:
        async with gateway(good(), bounds=Bounds(body_bytes=1000)) as gate:
            head = b"POST /toy HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            answer = await gate.raw(head + chunk(b"x" * 900) * 200)
            assert status_of(answer) == 413

    run(scene())


def test_a_slow_loris_is_cut_off() -> None:
    async def scene() -> None:
        async with gateway(good(), bounds=Bounds(head_timeout=0.1)) as gate:
            reader, writer = await gate.connect()
            writer.write(b"POST /toy HTTP/1.1\r\nhost:")
            answer = b""
            async with asyncio.timeout(5):
                while chunk_ := await reader.read(1000):
                    answer += chunk_
            assert status_of(answer) == 408
            writer.close()

    run(scene())


def test_connections_over_the_limit_are_refused() -> None:
    async def scene() -> None:
        async with gateway(good(), bounds=Bounds(connections=2)) as gate:
            held = [await gate.connect() for _ in range(2)]
            await asyncio.sleep(0.02)
            assert await gate.raw(request()) == b""
            for _, writer in held:
                writer.close()

    run(scene())


async def paths(gate: Gateway) -> None:
    for path, method, status in (
        ("/nowhere", "POST", 404),
        ("/toy", "GET", 405),
        ("/toy/../toy", "POST", 404),
        ("//toy", "POST", 404),
        ("/%74oy", "POST", 404),
        ("http://elsewhere/toy", "POST", 404),
    ):
        answer = await gate.raw(
            f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode()
        )
        assert status_of(answer) == status, path


def test_paths_are_exact() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            await paths(gate)

    run(scene())
