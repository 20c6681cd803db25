"""TLS towards providers: a certificate that nobody vouches for is refused unless told otherwise."""

import asyncio
import ssl
from pathlib import Path

import pytest

from tests.shell.gateway import Provider, gateway, self_signed
from tests.shell.listening import always, peer, send, until
from tests.shell.test_plane import ANSWER, STREAM, body_of, chunk, good, run
from understudy.shell.upstream import Address, Pools

FIVE = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
TO_THE_END = b"HTTP/1.1 200 OK\r\n\r\nhello"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    return self_signed(folder)


def test_an_unknown_certificate_is_refused(tls: ssl.SSLContext) -> None:
    async def scene() -> None:
        async with peer(always(FIVE), tls=tls) as found:
            pools = Pools()
            assert (await send(pools, found.address)).flag == "tls_failure"
            assert found.requests == 0
            await until(lambda: set(pools.counts().values()) == {0})

    run(scene())


def test_an_unknown_certificate_is_taken_where_it_need_not_be_verified(
    tls: ssl.SSLContext,
) -> None:
    async def scene() -> None:
        async with peer(always(FIVE), tls=tls, verify_tls=False) as found:
            pools = Pools()
            for _ in range(2):
                heard = await send(pools, found.address)
                assert heard.ended
                assert heard.body == b"hello"
            assert found.connections == 1
            pools.close()

    run(scene())


def test_whether_to_verify_is_part_of_where_a_connection_belongs(tls: ssl.SSLContext) -> None:
    async def scene() -> None:
        async with peer(always(FIVE), tls=tls, verify_tls=False) as found:
            pools = Pools()
            assert (await send(pools, found.address)).ended
            strict = Address(found.address.origin, verify_tls=True)
            assert (await send(pools, strict)).flag == "tls_failure"
            pools.close()

    run(scene())


def test_an_answer_that_ends_with_the_connection_is_complete(tls: ssl.SSLContext) -> None:
    async def scene() -> None:
        answer = always(TO_THE_END, close=True)
        async with peer(answer, tls=tls, verify_tls=False) as found:
            heard = await send(Pools(), found.address)
            assert heard.ended
            assert heard.body == b"hello"

    run(scene())


def test_plain_http_where_tls_is_spoken_and_the_other_way_round(tls: ssl.SSLContext) -> None:
    async def scene() -> None:
        async with peer(always(FIVE), tls=tls, verify_tls=False) as found:
            origin = found.address.origin
            plain = Address(type(origin)("http", origin.host, origin.port), verify_tls=True)
            assert (await send(Pools(), plain)).flag in {"reset_before_headers", "protocol_error"}
        async with peer(always(FIVE, close=True)) as found:
            origin = found.address.origin
            wrapped = Address(type(origin)("https", origin.host, origin.port), verify_tls=False)
            pools = Pools()
            pending = asyncio.ensure_future(send(pools, wrapped))
            await until(lambda: found.connections == 1)
            await found.stop()
            assert (await pending).flag in {"tls_failure", "connect_refused"}

    run(scene())


def secured(tls: ssl.SSLContext) -> Provider:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await provider.read_request(reader):
            writer.write(STREAM + chunk(ANSWER) + b"0\r\n\r\n")
            await writer.drain()

    provider = Provider(script, tls)
    return provider


def test_another_target_answers_for_one_that_cannot_be_trusted(tls: ssl.SSLContext) -> None:
    async def scene() -> None:
        untrusted = secured(tls)
        async with gateway(untrusted, good()) as gate:
            assert body_of(await gate.ask()) == ANSWER
            entry = await gate.settled()
            assert [one.outcome for one in entry.attempts] == ["any.transport.tls_failure", "ok"]
            assert untrusted.requests == []

    run(scene())


def test_a_target_that_need_not_be_verified_answers(tls: ssl.SSLContext) -> None:
    async def scene() -> None:
        trusted = secured(tls)
        async with gateway(trusted, verify_tls=False) as gate:
            for _ in range(2):
                assert body_of(await gate.ask()) == ANSWER
            assert len(trusted.requests) == 2
            assert trusted.connections == 1

    run(scene())
