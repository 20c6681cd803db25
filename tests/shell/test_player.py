"""A connection: requests one after the other, answers in their time, and what is no HTTP."""

import asyncio

import pytest
import uvloop

from tests.shell.raw_client import Heard, address, ask, asked, simulator


def exchange(sent: bytes, *, until: bytes = b"") -> bytes:
    """Send bytes on one connection, and hear what comes until it ends or says `until`."""

    async def scene() -> bytes:
        async with simulator() as sim:
            reader, writer = await asyncio.open_connection(*address(sim.url("a")))
            writer.write(sent)
            heard = b""
            while not (until and until in heard):
                data = await asyncio.wait_for(reader.read(4096), 2)
                if not data:
                    break
                heard += data
            writer.close()
            return heard

    return asyncio.run(scene())


def test_rate_paces_the_tokens():
    async def scene() -> Heard:
        async with simulator() as sim:
            return await ask(sim.url("a"), asked("hello [tokens=40] [rate=200]"))

    heard = asyncio.run(scene())
    assert 0.15 < heard.times[-1] - heard.times[0] < 0.5
    assert len(heard.times) > 20


def test_answers_several_requests_on_one_connection():
    async def scene() -> bytes:
        async with simulator() as sim:
            reader, writer = await asyncio.open_connection(*address(sim.url("a")))
            body = asked("hello [tokens=1]", stream=False)
            writer.write(
                2 * (b"POST /toy HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
            )
            heard = b""
            while heard.count(b"HTTP/1.1 200") < 2 or not heard.endswith(b"}"):
                heard += await asyncio.wait_for(reader.read(4096), 2)
            writer.close()
            return heard

    assert asyncio.run(scene()).count(b'"stop":"end"') == 2


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_slow_reader_holds_up_a_large_answer(run):
    async def scene() -> tuple[int, int]:
        async with simulator() as sim:
            reader, writer = await asyncio.open_connection(*address(sim.url("a")))
            body = asked("hello [tokens=5000000] [chunk=500000]", stream=False)
            writer.write(b"POST /toy HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
            await reader.read(1)
            await asyncio.sleep(0.2)
            held = sim.seen("a")[0].sent_bytes
            total = 1
            while total < 20_000_000:
                total += len(await reader.read(1 << 20))
            writer.close()
            return held, sim.seen("a")[0].sent_bytes

    held, total = run(scene())
    assert held < 10_000_000
    assert total > 20_000_000


def test_stamps_carry_the_time_of_sending():
    async def scene() -> Heard:
        async with simulator() as sim:
            return await ask(sim.url("a"), asked("[stamp] [tokens=10] [rate=100]"))

    stamps = [int(text.strip().removeprefix("T")) for text in asyncio.run(scene()).texts]
    assert len(stamps) == 10
    assert stamps == sorted(stamps)
    assert 50_000 < stamps[-1] - stamps[0] < 500_000


def test_what_is_no_http_gets_an_error_and_an_end():
    heard = exchange(b"hello there\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 400 ")


def test_a_client_that_asks_may_go_on():
    heard = exchange(
        b"POST /toy HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n",
        until=b"100 Continue",
    )
    assert heard == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_a_chunked_request_is_read():
    body = asked("hello [tokens=2]", stream=False)
    sent = b"POST /toy HTTP/1.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    sent += b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    heard = exchange(sent)
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert heard.endswith(b'"stop":"end"}')


def test_a_client_of_http_1_0_gets_an_end():
    body = asked("hello [tokens=2]", stream=False)
    heard = exchange(b"POST /toy HTTP/1.0\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    assert heard.endswith(b'"stop":"end"}')
