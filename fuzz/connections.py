"""Targets that read HTTP: what clients send, what providers answer, what a simulator is asked."""

import asyncio
import functools
from collections.abc import Callable, Coroutine, Sequence
from types import SimpleNamespace
from typing import cast

from fuzz.target import pieces
from understudy.dialects.catalog import DIALECTS
from understudy.exchange.services import HeldBudget
from understudy.shell.client import MAX_PIPELINED, ClientConnection
from understudy.shell.client import Incoming as Asked
from understudy.shell.plane import Bounds, Plane
from understudy.shell.player import Player
from understudy.shell.simulator import Simulator
from understudy.shell.simulator_control import Control
from understudy.shell.upstream import READ_BYTES, Pool, Upstream
from understudy.sim.provider import Provider
from understudy.wire.http import ResponseHead

BOUNDS = Bounds(body_bytes=4096, head_bytes=2048, url_bytes=256, fields=16)
REFUSED = "refused"


class Transport(asyncio.Transport):
    """Keeps what is written; says nothing of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:  # type: ignore[explicit-override]
        self.written.append(bytes(data))

    def writelines(self, list_of_data: object) -> None:  # type: ignore[explicit-override]
        self.written.extend(cast("Sequence[bytes]", list_of_data))

    def is_closing(self) -> bool:  # type: ignore[explicit-override]
        return self.is_aborted

    def close(self) -> None:  # type: ignore[explicit-override]
        self.is_aborted = True

    def abort(self) -> None:  # type: ignore[explicit-override]
        self.is_aborted = True

    def can_write_eof(self) -> bool:  # type: ignore[explicit-override]
        return True

    def write_eof(self) -> None:  # type: ignore[explicit-override]
        """Nothing follows."""

    def pause_reading(self) -> None:  # type: ignore[explicit-override]
        """Whoever feeds it goes on."""

    def resume_reading(self) -> None:  # type: ignore[explicit-override]
        """Whoever feeds it went on."""

    def get_write_buffer_size(self) -> int:  # type: ignore[explicit-override]
        return 0

    def set_write_buffer_limits(  # type: ignore[explicit-override]
        self, high: int | None = None, low: int | None = None
    ) -> None:
        """No limits."""


class StubPlane:
    """As much of a plane as a connection asks of it. Answers every request at once."""

    bounds = BOUNDS
    is_draining = False

    def __init__(self) -> None:
        self.served: list[object] = []
        self.soon: list[Callable[[], None]] = []
        self.loop = SimpleNamespace(call_soon=self.soon.append)
        self.services = SimpleNamespace(budget=HeldBudget())

    def settle(self) -> None:
        """Do what was put off, as a loop does when it has read."""
        while self.soon:
            self.soon.pop(0)()

    def now(self) -> float:
        return 0.0

    def opened(self, connection: ClientConnection) -> None:
        """Nobody counts."""

    def lost(self, connection: ClientConnection) -> None:
        """Nobody counts."""

    def date_line(self) -> bytes:
        return b""

    def serve(self, connection: ClientConnection, incoming: Asked) -> None:
        body = b"".join(incoming.body)
        assert len(body) <= BOUNDS.body_bytes
        assert len(incoming.url) <= BOUNDS.url_bytes
        assert len(incoming.fields) <= BOUNDS.fields
        self.served.append((incoming.method, incoming.url, tuple(incoming.fields), body))
        connection.answer(200, (), b"ok")

    def refuse(self, connection: ClientConnection, incoming: Asked, *why: object) -> None:
        assert why
        self.served.append(REFUSED)
        connection.answer(400, (), b"no")


def client(data: bytes) -> None:
    """Requests are the same however their bytes are cut, within bounds, and never a bug.

    Where something is refused, requests that came before it in the same read go unanswered.
    """
    whole, split = _served([data]), _served(pieces(data))
    if whole != split:
        assert REFUSED in split, "cuts change the requests"
        assert not whole or whole == [one for one in split if one != REFUSED]


def _served(reads: Sequence[bytes]) -> list[object]:
    plane, transport = StubPlane(), Transport()
    connection = ClientConnection(cast("Plane", plane))
    connection.connection_made(transport)
    for read in reads:
        if transport.is_aborted:
            break
        connection.data_received(read)
        plane.settle()
        assert len(connection._waiting) <= MAX_PIPELINED + len(read)
    connection.connection_lost(None)
    assert plane.services.budget.held_bytes == 0, "memory is accounted for that is not held"
    return plane.served


class Heard:
    """Listens to one attempt."""

    def __init__(self) -> None:
        self.heads: list[ResponseHead] = []
        self.body = b""
        self.end: str | None = None

    def upstream_connected(self, attempt: int, connection: Upstream) -> None:
        """It is."""

    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None:
        assert self.end is None, "an end is the last thing"
        if head is not None:
            assert not self.body
            self.heads.append(head)
        self.body += data
        self.end = "whole" if is_end else None

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None:
        assert self.end is None, "an end is the last thing"
        assert detail
        self.end = flag

    def all(self) -> tuple[object, ...]:
        assert len(self.heads) <= 1
        return self.heads, self.body, self.end


def upstream(data: bytes) -> None:
    """A response is the same however its bytes are cut, has one end, and is never a bug."""
    whole, split = _heard([data]), _heard(pieces(data))
    if whole[-1] == split[-1] == "protocol_error":
        return  # how much of a broken response was heard before it broke is no matter
    assert whole == split, "cuts change the response"


def _heard(reads: Sequence[bytes]) -> tuple[object, ...]:
    buffer = memoryview(bytearray(READ_BYTES))
    pool = cast("Pool", _StubPool(buffer))
    connection, transport, heard = Upstream(pool), Transport(), Heard()
    connection._transport = transport
    connection.send(heard, 1, (b"", b""))
    for read in reads:
        for start in range(0, len(read), READ_BYTES):
            part = read[start : start + READ_BYTES]
            if transport.is_aborted:
                break
            buffer[: len(part)] = part
            connection.buffer_updated(len(part))
    connection.connection_lost(None)
    assert heard.end is not None
    return heard.all()


class _StubPool:
    """As much of a pool as a connection asks of it."""

    def __init__(self, buffer: memoryview) -> None:
        self.buffer = buffer

    def put(self, connection: Upstream) -> None:
        """It is not used again."""

    def lost(self, connection: Upstream) -> None:
        """Nobody counts."""

    def draining(self, connection: Upstream) -> None:
        """Nobody waits."""


def control(data: bytes) -> None:
    """Whatever reaches the simulator's control is answered, and its faults stay readable."""
    loop, make = _control()
    loop.run_until_complete(make(data))


@functools.cache
def _control() -> tuple[asyncio.AbstractEventLoop, Callable[[bytes], Coroutine[None, None, None]]]:
    loop = asyncio.new_event_loop()
    names = [Provider("a", "openai_chat"), Provider("b", "anthropic_messages")]

    async def ask(data: bytes) -> None:
        simulator = Simulator(names, DIALECTS)
        remote = Control(simulator)
        # Nothing listens, so nothing has an address, and no listener comes or goes.
        remote._sync = lambda station: None  # type: ignore[method-assign]
        remote._state = lambda name: simulator.station(name).faults  # type: ignore[method-assign]
        transport = Transport()
        player = Player(remote)
        player.connection_made(transport)
        for read in pieces(data):
            if not transport.is_aborted:
                player.data_received(read)
        player.connection_lost(None)
        for name in simulator.names():
            remote._state(name)

    return loop, ask
