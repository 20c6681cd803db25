"""An errand walks a course over real sockets; to whoever sent it it is one attempt."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from tests.shell.gateway import Provider, gateway
from tests.shell.listening import until
from understudy.dialects.course import Ask, Told
from understudy.exchange.services import Limits
from understudy.shell.errand import Errand
from understudy.wire.http import HttpRequest, ResponseHead


def get(path: str, *, after: float = 0.0, patience: float = 5.0) -> Ask:
    return Ask(HttpRequest("GET", path, ((b"accept", b"*/*"),), b""), after, patience)


class Walk:
    """Asks for /0, /1 ... and tells all that it heard; /stop once it is left."""

    def __init__(self, rounds: int = 3, *, patience: float = 5.0, binding: int = -1) -> None:
        self.heard_bodies: list[str] = []
        self.has_left = False
        self._rounds = rounds
        self._patience = patience
        self._binding = binding

    @property
    def is_binding(self) -> bool:
        return len(self.heard_bodies) == self._binding

    @property
    def held_bytes(self) -> int:
        return sum(map(len, self.heard_bodies))

    def begin(self) -> Ask:
        return get("/0", patience=self._patience)

    def heard(self, head: ResponseHead, body: bytes) -> Ask | Told | None:
        if self.has_left:
            return None
        assert head.status == 200
        self.heard_bodies.append(body.decode())
        number = len(self.heard_bodies)
        if body == b"bug":
            raise ZeroDivisionError
        if number == self._rounds:
            return Told(head, json.dumps(self.heard_bodies).encode())
        return get(f"/{number}", after=0.01, patience=self._patience)

    def leave(self) -> Ask | None:
        self.has_left = True
        return get("/stop") if len(self.heard_bodies) not in {0, self._rounds} else None


class Sender:
    """Keeps what it is told, in words."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.over = asyncio.Event()

    def errand_begun(self, attempt: int) -> None:
        self.told.append(f"begun {attempt}")

    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None:
        assert head is not None
        assert is_end
        self.told.append(f"{attempt}: {head.status} {data.decode()}")
        self.over.set()

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None:
        self.told.append(f"{attempt}: {flag}")
        self.over.set()


Reply = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
Act = Callable[[Errand, Sender, Provider], Awaitable[None]]


async def wait(errand: Errand, sender: Sender, provider: Provider) -> None:
    async with asyncio.timeout(5):
        await sender.over.wait()


def paths(provider: Provider) -> list[str]:
    return [request.split()[1].decode() for request in provider.requests]


def play(
    walk: Walk, reply: Reply, act: Act = wait, *, most: int = 10_000
) -> tuple[list[str], Provider]:
    """Walk, and return what the sender was told; nothing is counted as held any more then."""
    sender = Sender()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await provider.read_request(reader):
            await reply(request.split()[1].decode(), writer)

    provider = Provider(script)

    async def scene() -> None:
        async with gateway(provider) as gate:
            plane = gate.plane
            plane.services = msgspec.structs.replace(plane.services, limits=Limits(answer=most))
            errand = Errand(plane, plane.wiring("a"), walk, sender, 7)
            errand.begin()
            await act(errand, sender, provider)
            await until(lambda: plane.services.budget.held_bytes == 0)
            await asyncio.sleep(0.05)

    asyncio.run(scene())
    return sender.told, provider


def answer(body: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


async def named(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(path))


def test_several_exchanges_are_one_answer_over_one_connection() -> None:
    told, provider = play(Walk(), named)
    assert told == ["begun 7", '7: 200 ["/0", "/1", "/2"]']
    assert paths(provider) == ["/0", "/1", "/2"]
    assert provider.connections == 1
    assert b"authorization: Bearer" in provider.requests[-1]


async def dies(path: str, writer: asyncio.StreamWriter) -> None:
    if path == "/1":
        writer.transport.abort()
    else:
        writer.write(answer(path))


async def falls_silent(path: str, writer: asyncio.StreamWriter) -> None:
    if path != "/1":
        writer.write(answer(path))


async def says_a_lot(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(answer("x" * 60 if path == "/1" else path))


async def stumbles(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(answer("bug" if path == "/1" else path))


@pytest.mark.parametrize(
    ("reply", "flag"),
    [
        (dies, "reused_connection_closed"),
        (falls_silent, "ttfb_timeout"),
        (says_a_lot, "response_over_limit"),
        (stumbles, "protocol_error"),
    ],
)
def test_what_goes_wrong_on_the_way_ends_the_attempt_and_stops_the_work(
    reply: Reply, flag: str
) -> None:
    patience = 0.2 if reply is falls_silent else 5.0

    async def act(errand: Errand, sender: Sender, provider: Provider) -> None:
        await wait(errand, sender, provider)
        await until(lambda: "/stop" in paths(provider))

    told, _ = play(Walk(patience=patience), reply, act, most=50)
    assert told == ["begun 7", f"7: {flag}"]


def test_one_that_is_cancelled_on_its_way_stops_the_work() -> None:
    async def act(errand: Errand, sender: Sender, provider: Provider) -> None:
        await until(lambda: "/1" in paths(provider))
        errand.cancel()
        errand.cancel()
        await until(lambda: "/stop" in paths(provider))

    told, provider = play(Walk(), falls_silent, act)
    assert told == ["begun 7"]
    assert paths(provider) == ["/0", "/1", "/stop"]


def test_one_that_is_cancelled_waits_for_what_names_the_work() -> None:
    late = asyncio.Event()

    async def reply(path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/0":
            await late.wait()
        writer.write(answer(path))

    async def act(errand: Errand, sender: Sender, provider: Provider) -> None:
        await until(lambda: paths(provider) == ["/0"])
        errand.cancel()
        await asyncio.sleep(0.05)
        assert paths(provider) == ["/0"]
        late.set()
        await until(lambda: "/stop" in paths(provider))

    told, provider = play(Walk(binding=0), reply, act)
    assert told == ["begun 7"]
    assert paths(provider) == ["/0", "/stop"]


def test_one_that_is_cancelled_before_it_is_connected_asks_nothing() -> None:
    async def act(errand: Errand, sender: Sender, provider: Provider) -> None:
        errand.cancel()
        await asyncio.sleep(0.05)

    told, provider = play(Walk(binding=0), named, act)
    assert (told, paths(provider)) == ([], [])
