"""T12 header injection, T22 hostile upstreams: whatever a provider sends, nobody is hurt by it."""

import asyncio
from pathlib import Path

import pytest

from tests.exchange.stage import frames, route
from tests.security.hosting import Host, Script, answer, chat, completion, saying, site
from tests.shell.gateway import Provider, gateway, request
from tests.shell.test_plane import ANSWER, STREAM, body_of, chunk, good, run, status_of
from tests.shell.test_plane import saying as bad
from understudy.routing.topology import Timeouts

MIB = 2**20
JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
DONE = chunk(ANSWER) + b"0\r\n\r\n"
FIELD = STREAM.partition(b"\r\n\r\n")[0]

SPLITTING = {
    "bare CR": FIELD + b"\r\nx-a: b\rset-cookie: evil=1\r\n\r\n" + DONE,
    "bare LF": FIELD + b"\r\nx-a: b\nset-cookie: evil=1\r\n\r\n" + DONE,
    "NUL": FIELD + b"\r\nx-a: b\0evil\r\n\r\n" + DONE,
    "fold": FIELD + b"\r\nx-a: b\r\n evil: 1\r\n\r\n" + DONE,
    "space in a name": FIELD + b"\r\nx a: evil\r\n\r\n" + DONE,
    "space before colon": FIELD + b"\r\nx-a : evil\r\n\r\n" + DONE,
    "LF LF": FIELD + b"\r\nx-a: b\n\nevil" + DONE,
    "reason": b"HTTP/1.1 200 OK\revil: 1" + FIELD[15:] + b"\r\n\r\n" + DONE,
    "status": b"HTTP/1.1 2000 evil" + FIELD[15:] + b"\r\n\r\n" + DONE,
    "no status": b"HTTP/1.1 evil" + FIELD[15:] + b"\r\n\r\n" + DONE,
    "two answers": FIELD + b"\r\n\r\n" + DONE + b"HTTP/1.1 200 evil\r\n\r\nevil",
}


@pytest.mark.parametrize("name", SPLITTING)
def test_no_provider_splits_an_answer(name: str) -> None:
    """T12. The client gets one head, and no field that was smuggled into another."""

    async def scene() -> None:
        async with gateway(bad(SPLITTING[name]), good()) as gate:
            said = await gate.ask()
            assert status_of(said) == 200
            assert body_of(said) == ANSWER
            assert said.count(b"HTTP/1.1") == 1
            assert b"evil" not in said

    run(scene())


def test_a_providers_fields_say_nothing_in_our_name() -> None:
    """T12. Cookies, framing, hops and our own receipt are not its to send."""
    sent = {
        b"set-cookie": b"evil=1",
        b"x-understudy-target": b"evil",
        b"x-understudy-request-id": b"evil",
        b"connection": b"x-evil",
        b"x-evil": b"1",
        b"upgrade": b"evil",
        b"trailer": b"evil",
        b"strict-transport-security": b"max-age=1; evil",
        b"alt-svc": b'evil=":1"',
        b"server": b"evil",
        b"via": b"evil",
        b"date": b"evil",
    }
    lines = b"".join(b"\r\n%b: %b" % field for field in sent.items())

    async def scene() -> None:
        async with gateway(bad(FIELD + lines + b"\r\nx-own: kept\r\n\r\n" + DONE)) as gate:
            said = await gate.ask()
            assert status_of(said) == 200
            assert b"evil" not in said
            assert b"x-own: kept" in said

    run(scene())


VALUES = (
    b"a\rb: c",
    b"a\nb: c",
    b"a\r\n b",
    b"a\0b",
    b"a\r\n\r\nGET / HTTP/1.1",
    b"\x7f",
    b"a\x0bb",
)


@pytest.mark.parametrize("value", VALUES)
def test_no_caller_writes_fields_of_our_requests(value: bytes) -> None:
    """T12. In the fields that are passed on, in the path, and in the name of the model."""

    async def scene() -> None:
        async with gateway(provider := good()) as gate:
            for line in (b"toy-version: " + value, b"x-forwarded-for: " + value):
                await gate.raw(request().replace(b"host: x", b"host: x\r\n" + line), limit=0.5)
            await gate.raw(request(path=f"/toy?{value.decode('latin-1')}"), limit=0.5)
            await gate.raw(request(model=value.decode("latin-1")), limit=0.5)
            for asked in provider.requests:
                head = asked.partition(b"\r\n\r\n")[0]
                assert b"b: c" not in head
                assert head.startswith(b"POST /toy HTTP/1.1\r\n")
                assert head.count(b" HTTP/1.1") == 1

    run(scene())


def flood(start: bytes, piece: bytes, count: int = 4000, pause: float = 0.0) -> Provider:
    """Begins, and then says the same until it is cut."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await provider.read_request(reader)
        writer.write(start)
        for _ in range(count):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    provider = Provider(script)
    return provider


CHUNKED = b"transfer-encoding: chunked\r\n\r\n"
ENDLESS = {
    "fields": (b"HTTP/1.1 200 OK\r\n", b"x-a: b\r\n" * 4096),
    "a field": (b"HTTP/1.1 200 OK\r\nx-a: ", b"x" * 32768),
    "a name": (b"HTTP/1.1 200 OK\r\n", b"x" * 32768),
    "a reason": (b"HTTP/1.1 200 ", b"x" * 32768),
    "interim heads": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1024),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 1024),
    "empty lines": (b"", b"\r\n" * 16384),
    "a chunk extension": (JSON + CHUNKED + b"1;", b"x" * 32768),
    "a chunk's size": (JSON + CHUNKED, b"0" * 32768),
    "a line": (STREAM, chunk(b"x" * 65536)),
    "comments": (STREAM, chunk((b": " + b"x" * 500 + b"\n\n") * 128)),
    "empty events": (STREAM, chunk((b"event: start\ndata: " + b"x" * 500 + b"\n\n") * 128)),
    "a data field": (STREAM, chunk(b"data: " + b"x" * 65536 + b"\n")),
    "a page": (JSON.replace(b"json", b"html") + CHUNKED, chunk(b"<html>" + b"x" * 65536)),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_left_for_another(name: str) -> None:
    """T22. Each has a bound in bytes, and the next target answers."""
    start, piece = ENDLESS[name]
    whole = name in {"a page", "a chunk extension", "a chunk's size"}

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await second.read_request(reader)
        body = b'{"id":"i","text":"hello","stop":"end"}'
        writer.write(answer(body) if whole else STREAM + DONE)
        await writer.drain()

    second = Provider(script)

    async def scene() -> None:
        async with gateway(hostile := flood(start, piece), second) as gate:
            said = await gate.raw(request(stream=not whole), limit=15)
            assert status_of(said) == 200
            assert b"hello" in said
            assert len(said) < MIB
            assert gate.plane.services.budget.held_bytes == 0
            async with asyncio.timeout(5):
                while hostile.busy:
                    await asyncio.sleep(0.01)

    run(scene())


WRONG = {
    "two lengths": JSON + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "length and coding": JSON + b"content-length: 2\r\n" + CHUNKED + chunk(b"{}") + b"0\r\n\r\n",
    "negative length": JSON + b"content-length: -1\r\n\r\n{}",
    "overflowing length": JSON + b"content-length: 18446744073709551618\r\n\r\n{}",
    "chunk of letters": JSON + CHUNKED + b"zz\r\n{}",
    "huge chunk": JSON + CHUNKED + b"ffffffffffffffff\r\n{}",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2": b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64",
    "version": b"HTTP/9.9 200 OK\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n"
    b"connection: upgrade\r\n\r\nx",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "reset content": b"HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n",
    "partial content": b"HTTP/1.1 206 Partial Content\r\ncontent-type: application/json\r\n"
    b"content-range: bytes 0-37/99\r\ncontent-length: 38\r\n\r\n"
    b'{"id":"i","text":"evil!","stop":"end"}',
    "short body": JSON + b"content-length: 100\r\n\r\n{}",
    "empty": JSON + b"content-length: 0\r\n\r\n",
    "null": JSON + b"content-length: 4\r\n\r\nnull",
    "a page": b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 32\r\n\r\n"
    b"<html><title>Sign in</title>evil",
    "cut": JSON,
    "nothing": b"",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_answer_is_replaced_by_one(name: str) -> None:
    """T22. Wrong framing, half an answer, another protocol: the next target answers."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await second.read_request(reader)
        writer.write(answer(b'{"id":"i","text":"hello","stop":"end"}'))
        await writer.drain()

    second = Provider(script)

    async def scene() -> None:
        async with gateway(bad(WRONG[name]), second) as gate:
            said = await gate.raw(request(stream=False))
            assert status_of(said) == 200
            assert b"hello" in said
            assert b"evil" not in said
            assert gate.plane.bugs == {}

    run(scene())


@pytest.mark.timeout(60)
def test_a_line_of_100_mb_costs_little_memory(tmp_path: Path) -> None:
    """T22. Through the real process: the line is cut at the bound, and another answers."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: "

    async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _piece in range(1600):
            writer.write(b"x" * 65536)
            await writer.drain()

    script: Script = endless

    async def scene() -> None:
        async with site(tmp_path, Host(script), Host(saying(answer(completion("well"))))) as here:
            before = here.rss()
            said = await here.post(chat(stream=True))
            assert b"error" in said
            assert here.rss() - before < 60 * MIB
            assert b"well" in await here.post(chat())

    asyncio.run(scene())


def test_a_byte_at_a_time_is_no_answer() -> None:
    """T22. A drip that keeps a connection busy is silence by its content, and is left in time."""
    text = b"".join(b"%b" % frames(("text", "x")) for _ in range(3))

    async def scene() -> None:
        short = route(timeouts=Timeouts(first_token=0.3))
        drip = flood(STREAM, chunk(b":"), count=2000, pause=0.01)
        async with gateway(drip, good(), route=short) as gate:
            said = await gate.ask()
            assert body_of(said) == ANSWER
            assert text not in said

    run(scene())
