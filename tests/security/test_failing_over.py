"""T21 wallets, T23 poison, T24 policy: what failover must not do."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.security.hosting import Host, Script, answer, chat, completion, post, saying, site
from tests.shell.test_plane import status_of

WELL = saying(answer(completion("well")))


async def reset(asked: bytes, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def silent(asked: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3)


FAILURES: dict[str, Script] = {
    "reset": reset,
    "500": saying(answer(b'{"error":{"message":"x"}}', status=500)),
    "503": saying(answer(b"", status=503)),
    "429": saying(answer(b'{"error":{"message":"slow down"}}', status=429)),
    "401": saying(answer(b'{"error":{"message":"no such key"}}', status=401)),
    "404": saying(answer(b'{"error":{"message":"x","code":"model_not_found"}}', status=404)),
    "a page": saying(answer(b"<html>maintenance</html>", kind="text/html")),
    "silence": silent,
    "cut": saying(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {"),
    "cut after words": saying(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
        b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":'
        b'[{"index":0,"delta":{"content":"half"},"finish_reason":null}]}\n\n'
    ),
}
HERE = """
[providers.p0.models.eu]
labels = { residency = "eu" }
max_output_tokens = 4096
price = { input = 1.0, output = 1.0 }
[providers.p1.models.us]
labels = { residency = "us" }
max_output_tokens = 4096
price = { input = 90.0, output = 90.0 }
[routes.resident]
targets = ["p0/eu", "p1/us"]
on_break = "resume"
policy = { require = { residency = ["eu"] } }
timeouts = { first_token = 0.3, answer = 0.5 }
[routes.cheap]
targets = ["p0/eu", "p1/us"]
on_break = "resume"
policy = { max_price_output = 10 }
timeouts = { first_token = 0.3, answer = 0.5 }
[routes.free]
targets = ["p0/eu", "p1/us"]
timeouts = { first_token = 0.3, answer = 0.5 }
"""


def named(route: str, *, stream: bool) -> bytes:
    return chat(stream=stream).replace(b'"all"', b'"%b"' % route.encode())


@pytest.mark.timeout(90)
def test_no_failure_sends_a_request_where_policy_forbids(tmp_path: Path) -> None:
    """T24. All that is allowed is down, again and again, and breakers are open: still nobody else.

    Streamed, whole, and an answer that broke: what was said already goes nowhere else either.
    """

    async def scene() -> None:
        hosts = [Host(WELL), Host(WELL)]
        async with site(tmp_path, *hosts, more=HERE) as here:
            for script in FAILURES.values():
                hosts[0].script = script
                asked = [named(r, stream=s) for r in ("resident", "cheap") for s in (False, True)]
                answers = await asyncio.gather(*(here.post(body) for body in asked * 3))
                assert all(b"well" not in said for said in answers)
            assert hosts[1].connections == 0
            assert hosts[0].connections > len(FAILURES)
            assert b"well" in await here.post(named("free", stream=False)), "it could have answered"
            assert hosts[1].connections == 1

    asyncio.run(scene())


@pytest.mark.timeout(60)
def test_a_restricted_caller_reaches_no_more_by_failover(tmp_path: Path) -> None:
    """T24. Its own route's targets are all there is, however they fail."""
    more = '[routes.alone]\ntargets = ["p0/m"]\n'

    async def scene() -> None:
        hosts = [Host(FAILURES["500"]), Host(WELL)]
        async with site(tmp_path, *hosts, more=more) as here:
            for _ in range(5):
                assert status_of(await here.post(named("alone", stream=False))) >= 500
            assert hosts[1].connections == 0

    asyncio.run(scene())


@pytest.mark.timeout(60)
def test_a_request_that_killed_two_hosts_kills_no_third(tmp_path: Path) -> None:
    """T23. Nor when its caller sends it again; everybody else is served meanwhile."""

    async def mortal(asked: bytes, writer: asyncio.StreamWriter) -> None:
        await (reset if b"poison" in asked else WELL)(asked, writer)

    async def scene() -> None:
        hosts = [Host(mortal) for _ in range(4)]
        async with site(tmp_path, *hosts) as here:
            for _ in range(4):
                assert b"well" in await here.post(chat("good day"))
            for _ in range(3):
                said = await here.post(chat("poison"))
                assert status_of(said) >= 400
                assert b"well" in await here.post(chat("good day"))
            poisoned = [sum(b"poison" in each for each in host.requests) for host in hosts]
            assert sum(count > 0 for count in poisoned) <= 2
            assert sum(poisoned) <= 3

    asyncio.run(scene())


MANY = """
[defaults]
max_attempts = 3
"""


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["500", "503", "429", "a page"])
def test_one_request_is_paid_for_a_bounded_number_of_times(name: str, tmp_path: Path) -> None:
    """T21. However many targets a route has, and whatever they say."""

    async def scene() -> None:
        hosts = [Host(FAILURES[name]) for _ in range(6)]
        async with site(tmp_path, *hosts, more=MANY) as here:
            assert status_of(await here.post(chat())) >= 400
            assert 1 <= sum(host.connections for host in hosts) <= 3

    asyncio.run(scene())


@pytest.mark.timeout(60)
def test_an_outage_multiplies_no_bill(tmp_path: Path) -> None:
    """T21. When all fails, tries cost little more than requests, and soon much less."""

    async def scene() -> None:
        hosts = [Host(FAILURES["500"]) for _ in range(3)]
        async with site(tmp_path, *hosts) as here:
            for _ in range(15):
                answers = await asyncio.gather(*(here.post(chat()) for _ in range(20)))
                assert all(status_of(said) >= 500 for said in answers)
            assert sum(host.connections for host in hosts) <= 1.1 * 300 + 30

    asyncio.run(scene())


@pytest.mark.timeout(60)
def test_nobody_pays_for_an_answer_to_nobody(tmp_path: Path) -> None:
    """T21. A client that leaves takes its upstream request with it, and no other is made."""
    left: list[float] = []

    async def endless(asked: bytes, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not writer.transport.is_closing():
                writer.write(
                    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",'
                    b'"choices":[{"index":0,"delta":{"content":"on"},"finish_reason":null}]}\n\n'
                )
                await writer.drain()
                await asyncio.sleep(0.005)
        left.append(loop.time())

    async def scene() -> None:
        hosts = [Host(endless), Host(WELL)]
        async with site(tmp_path, *hosts) as here:
            writers = []
            for _ in range(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
                writer.write(post(chat(stream=True)))
                await reader.readuntil(b"on")
                writers.append(writer)
            for writer in writers:
                writer.transport.abort()
            async with asyncio.timeout(5):
                while len(left) < 10:
                    await asyncio.sleep(0.01)
            assert hosts[0].connections == 10
            assert hosts[1].connections == 0

    asyncio.run(scene())
