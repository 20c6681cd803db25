"""Connections by name: names that cannot be resolved any more, and addresses that say nothing."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from tests.shell.listening import always, peer, send
from tests.shell.test_plane import run
from understudy.shell import dialing
from understudy.shell.dialing import Addresses, Dialer
from understudy.shell.upstream import Address, Pools
from understudy.wire.http import Origin

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
HOST = "api.provider.test"
ADDRESS = Address(Origin("http", HOST, 80), verify_tls=True)


class NameServer:
    """Says where HOST is, for as long as it is well."""

    def __init__(self, *where: tuple[str, int]) -> None:
        self.where = where
        self.asked = 0
        self.error: OSError | None = None
        self.delay = 0.0

    async def lookup(self, host: str, port: int) -> Addresses:
        assert host == HOST
        self.asked += 1
        await asyncio.sleep(self.delay)
        if self.error is not None:
            raise self.error
        kind = socket.SOCK_STREAM
        return [(socket.AF_INET, kind, 6, "", where) for where in self.where]


@contextlib.contextmanager
def swallowing() -> Iterator[tuple[str, int]]:
    """An address that answers no packet: the queue of its socket is full."""
    with socket.socket() as full, contextlib.ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        where = full.getsockname()
        for _ in range(4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(where)
        yield where


def pools_of(names: NameServer) -> Pools:
    pools = Pools()
    pools.dialer = Dialer(names.lookup)
    return pools


def gone() -> OSError:
    return socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses are old at once, and nobody waits long for a name server."""
    monkeypatch.setattr(dialing, "FRESH", 0.0)
    monkeypatch.setattr(dialing, "PATIENCE", 0.05)


def test_an_address_that_swallows_packets_holds_nobody_up() -> None:
    async def scene() -> None:
        async with peer(always(ANSWER)) as found:
            with swallowing() as dead:
                names = NameServer(dead, ("127.0.0.1", found.address.origin.port))
                pools = pools_of(names)
                heard = await send(pools, ADDRESS)
                assert (heard.ended, heard.body) == (True, b"ok")
                pools.close()

    run(scene())


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("how", ["gone", "silent"])
def test_the_last_known_addresses_serve_while_a_name_cannot_be_resolved(how: str) -> None:
    async def scene() -> None:
        async with peer(always(ANSWER)) as found:
            names = NameServer(("127.0.0.1", found.address.origin.port))
            pools = pools_of(names)
            assert (await send(pools, ADDRESS)).body == b"ok"
            if how == "gone":
                names.error = gone()
            else:
                names.delay = 60.0
            with capture_logs() as logs:
                for _ in range(3):
                    assert (await send(pools, ADDRESS)).body == b"ok"
            assert names.asked == 2  # and not for each connection
            assert [entry["host"] for entry in logs] == [HOST]
            pools.close()

    run(scene())


@pytest.mark.usefixtures("hasty")
def test_addresses_of_long_ago_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "KEPT", -1.0)

    async def scene() -> None:
        names = NameServer(("127.0.0.1", 9))
        dialer = Dialer(names.lookup)
        await dialer.find(HOST, 80)
        names.error = gone()
        with pytest.raises(socket.gaierror):
            await dialer.find(HOST, 80)

    run(scene())


def test_a_name_that_nobody_knows_fails_as_one() -> None:
    async def scene() -> None:
        names = NameServer()
        names.error = gone()
        pools = pools_of(names)
        assert (await send(pools, ADDRESS)).flag == "dns_failure"
        pools.close()

    run(scene())


def test_many_ask_once_and_who_leaves_takes_no_answer_along() -> None:
    async def scene() -> None:
        names = NameServer(("127.0.0.1", 9))
        names.delay = 0.05
        dialer = Dialer(names.lookup)
        asks = [asyncio.ensure_future(dialer.find(HOST, 80)) for _ in range(5)]
        await asyncio.sleep(0.01)
        asks[0].cancel()
        found = await asyncio.gather(*asks, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert [where for _, _, _, _, where in found[1]] == [("127.0.0.1", 9)]  # type: ignore[union-attr]
        assert (names.asked, found[1:]) == (1, [found[1]] * 4)
        assert await dialer.find(HOST, 80) == found[1]
        assert names.asked == 1

    run(scene())


def test_where_nothing_listens_the_name_is_asked_for_again() -> None:
    async def scene() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            where = free.getsockname()
        names = NameServer(where)
        dialer = Dialer(names.lookup)
        for count in (1, 2):
            with pytest.raises(ConnectionRefusedError):
                await dialer.dial(asyncio.Protocol, ADDRESS.origin)
            assert names.asked == count

    run(scene())


def test_an_address_needs_no_name_server() -> None:
    async def scene() -> None:
        dialer = Dialer()
        first = await dialer.find("127.0.0.1", 80)
        assert await dialer.find("127.0.0.1", 80) is first
        assert [where for *_, where in await dialer.find("::1", 80)] == [("::1", 80, 0, 0)]

    run(scene())


def test_who_leaves_in_a_handshake_leaves_no_connection_open() -> None:
    async def scene() -> None:
        greeted, ended = asyncio.Event(), asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            greeted.set()
            await reader.read()
            writer.close()
            ended.set()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        origin = Origin("https", "127.0.0.1", port)
        leaving = asyncio.ensure_future(Dialer().dial(asyncio.Protocol, origin))
        await greeted.wait()
        leaving.cancel()
        await asyncio.wait_for(ended.wait(), 5.0)
        server.close()

    run(scene())
