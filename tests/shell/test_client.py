"""One client connection: HTTP/1.0, HEAD, pipelining, 100-continue, clients that are slow."""

import asyncio
import contextlib

import pytest

from tests.exchange.stage import frames
from tests.shell.gateway import Provider, gateway, request
from tests.shell.listening import until
from tests.shell.test_plane import ANSWER, STREAM, body_of, chunk, good, run, saying, status_of
from understudy.shell.plane import Bounds

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def as_http10(data: bytes, *more: str) -> bytes:
    lines = "".join(f"{line}\r\n" for line in more).encode()
    return data.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n" + lines)


def test_an_http10_client_gets_an_answer_that_ends_with_its_connection() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            answer = await gate.raw(as_http10(request(close=False)))
            head, _, body = answer.partition(b"\r\n\r\n")
            assert b"transfer-encoding" not in head
            assert b"connection: close" in head
            assert body == ANSWER

    run(scene())


def test_an_http10_client_may_keep_its_connection_where_the_length_is_known() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            reader, writer = await gate.connect()
            for _ in range(2):
                get = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
                writer.write(as_http10(get, "connection: keep-alive"))
                assert (await reader.readuntil(b"ok\n")).count(b"HTTP/1.1 200") == 1
            writer.close()

    run(scene())


@pytest.mark.parametrize(
    ("path", "status"), [("/healthz", 200), ("/v1/models", 200), ("/toy", 405), ("/x", 404)]
)
def test_head_is_answered_without_a_body(path: str, status: int) -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            head = f"HEAD {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()
            last = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
            answer = await gate.raw(head + last)
            first, second, body = answer.split(b"\r\n\r\n")
            assert status_of(first) == status
            assert int(first.partition(b"content-length: ")[2].split(b"\r\n")[0]) > 0
            assert second.startswith(b"HTTP/1.1 200")
            assert body == b"ok\n"

    run(scene())


def test_a_burst_of_pipelined_requests_is_answered_in_order() -> None:
    async def scene() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while asked := await provider.read_request(reader):
                tag = asked.partition(b"tag-")[2].partition(b"!")[0].decode()
                text = frames(("start", "x"), ("text", tag), ("end", "end"))
                writer.write(STREAM + chunk(text) + b"0\r\n\r\n")

        provider = Provider(script)
        async with gateway(provider) as gate:
            burst = b"".join(request(close=False, turns=[f"tag-{n}!"]) for n in range(199))
            answer = await gate.raw(burst + request(turns=["tag-199!"]))
            texts = answer.split(b"event: text\ndata: ")[1:]
            assert [int(text.partition(b"\n")[0]) for text in texts] == list(range(200))

    run(scene())


def test_a_client_that_pipelines_without_end_is_not_read_without_end() -> None:
    async def scene() -> None:
        async with gateway(saying(hold=True)) as gate:
            _, writer = await gate.connect()
            big = request(close=False, turns=["x" * 250_000])
            sent = 0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.7):
                    while sent < 100_000_000:
                        writer.write(big)
                        await writer.drain()
                        sent += len(big)
            assert sent < 40_000_000
            writer.transport.abort()

    run(scene())


def expecting(body: bytes, *, path: str = "/toy", length: int | None = None) -> tuple[bytes, bytes]:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\n"
        f"content-length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode(), body


def test_a_client_that_waits_to_be_asked_is_asked() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            head, body = expecting(request().partition(b"\r\n\r\n")[2])
            reader, writer = await gate.connect()
            writer.write(head)
            assert await reader.readexactly(len(CONTINUE)) == CONTINUE
            writer.write(body)
            assert body_of(await reader.read()) == ANSWER
            writer.close()

    run(scene())


def test_a_body_that_is_too_large_is_not_asked_for() -> None:
    async def scene() -> None:
        async with gateway(good(), bounds=Bounds(body_bytes=1000)) as gate:
            head, _ = expecting(b"", length=1001)
            assert status_of(await gate.raw(head, limit=3.0)) == 413

    run(scene())


def test_an_http10_client_is_not_asked() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            head, body = expecting(request().partition(b"\r\n\r\n")[2])
            assert status_of(await gate.raw(as_http10(head) + body)) == 200

    run(scene())


def test_a_body_is_asked_for_when_its_turn_has_come_and_not_inside_another_answer() -> None:
    async def scene() -> None:
        async with gateway(good(delay=0.1)) as gate:
            head, body = expecting(request().partition(b"\r\n\r\n")[2])
            reader, writer = await gate.connect()
            writer.write(request(close=False) + head)
            first = await reader.readuntil(b"0\r\n\r\n")
            assert status_of(first) == 200
            assert body_of(first) == ANSWER
            assert await reader.readexactly(len(CONTINUE)) == CONTINUE
            writer.write(body)
            assert body_of(await reader.read()) == ANSWER
            writer.close()

    run(scene())


def test_a_client_that_does_not_read_is_cut_off() -> None:
    async def scene() -> None:
        async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await provider.read_request(reader)
            writer.write(STREAM + chunk(frames(("start", "x"))))
            while True:
                writer.write(chunk(frames(("text", "word " * 2000))))
                await writer.drain()

        provider = Provider(pour)
        async with gateway(provider, bounds=Bounds(write_timeout=0.2)) as gate:
            _, writer = await gate.connect()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(request())
            assert (await gate.settled()).outcome == "client_gone"
            await until(lambda: provider.busy == 0)
            assert gate.plane.client_count == 0
            writer.transport.abort()

    run(scene())


def test_a_client_that_reads_slowly_but_reads_is_served() -> None:
    async def scene() -> None:
        text = "word " * 50_000

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await provider.read_request(reader)
            for event in (("start", "x"), *(("text", text) for _ in range(20)), ("end", "end")):
                writer.write((STREAM if event[0] == "start" else b"") + chunk(frames(event)))
                await writer.drain()
            writer.write(b"0\r\n\r\n")

        provider = Provider(script)
        async with gateway(provider) as gate:
            reader, writer = await gate.connect()
            writer.write(request())
            answer = b""
            while piece := await reader.read(300_000):
                answer += piece
                await asyncio.sleep(0.01)
            assert answer.count(b"word ") == 1_000_000
            assert (await gate.settled()).outcome == "ok"
            writer.close()

    run(scene())


@pytest.mark.parametrize(
    ("sent", "answer"),
    [(b"", b""), (request(close=False)[:-5], b"HTTP/1.1 408")],
)
def test_a_client_that_says_nothing_more_is_not_waited_for(sent: bytes, answer: bytes) -> None:
    async def scene() -> None:
        bounds = Bounds(head_timeout=0.2, body_timeout=0.2, idle_timeout=0.2)
        async with gateway(good(), bounds=bounds) as gate:
            got = await gate.raw(sent)
            assert got[: len(answer)] == answer
            assert bool(got) == bool(answer)

    run(scene())


def test_an_idle_kept_connection_is_closed() -> None:
    async def scene() -> None:
        async with gateway(good(), bounds=Bounds(idle_timeout=0.2)) as gate:
            assert body_of(await gate.ask(close=False)) == ANSWER

    run(scene())


def test_a_body_in_chunks_is_read_as_one() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            body = request().partition(b"\r\n\r\n")[2]
            head = (
                b"POST /toy HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n"
                b"Connection: close\r\n\r\n"
            )
            chunks = b"".join(chunk(body[at : at + 7]) for at in range(0, len(body), 7))
            assert body_of(await gate.raw(head + chunks + b"0\r\n\r\n")) == ANSWER

    run(scene())


def test_an_empty_line_after_a_body_is_forgiven() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            reader, writer = await gate.connect()
            for _ in range(2):
                writer.write(request(close=False) + b"\r\n")
                assert status_of(await reader.readuntil(b"0\r\n\r\n")) == 200
            writer.write(request() + b"\r\n")
            assert body_of(await reader.read()) == ANSWER
            writer.close()

    run(scene())


def test_nothing_is_started_for_a_connection_that_is_about_to_close() -> None:
    async def scene() -> None:
        provider = good()
        async with gateway(provider) as gate:
            gate.plane.is_draining = True
            answer = await gate.raw(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n" + request())
            assert answer.count(b"HTTP/1.1 ") == 1
            assert b"connection: close" in answer
            await asyncio.sleep(0.05)
            assert provider.requests == []
            assert gate.entries == []

    run(scene())
