"""Call: carries out an exchange's commands on real connections, for a client made of lists."""

import asyncio
import math

from tests.exchange.stage import frames, route
from tests.shell.gateway import Gateway, Provider, gateway
from tests.shell.listening import until
from tests.shell.test_plane import ANSWER, STREAM, chunk, good, run, saying
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import SendHead
from understudy.routing.topology import Timeouts
from understudy.shell.call import Call
from understudy.wire.http import Headers


class Caller:
    """Keeps what it is told, as one list of words, and the bytes."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.status = 0
        self.body = b""
        self.over = asyncio.Event()

    def send_head(self, status: int, headers: Headers, length: int | None) -> None:
        self.told.append("head")
        self.status = status

    def send_data(self, data: bytes) -> None:
        self.told.append("data")
        self.body += data

    def flush(self) -> None:
        """Nothing is held back."""

    def answered(self, *, clean: bool) -> None:
        self.told.append("clean" if clean else "cut")
        self.over.set()


def call(gate: Gateway) -> tuple[Call, Caller]:
    """One request, begun."""
    caller = Caller()
    asked = Asked("c-1", 0.0, "toy", b'{"model":"r","stream":true,"turns":["hi"]}')
    plane = gate.plane
    made = Call(plane, caller, Exchange(plane.services, asked, plane.now()))
    made.begin()
    return made, caller


async def over(caller: Caller) -> None:
    async with asyncio.timeout(5):
        await caller.over.wait()


def test_an_answer_is_told_in_order_and_recorded_once() -> None:
    async def scene() -> None:
        provider = good()
        async with gateway(provider) as gate:
            made, caller = call(gate)
            assert made.due < math.inf
            await over(caller)
            assert caller.status == 200
            assert caller.body == ANSWER
            assert caller.told[0] == "head"
            assert caller.told[-1] == "clean"
            assert set(caller.told[1:-1]) == {"data"}
            assert [entry.outcome for entry in gate.entries] == ["ok"]

    run(scene())


def test_the_connection_of_a_whole_answer_is_used_again() -> None:
    async def scene() -> None:
        provider = good()
        async with gateway(provider) as gate:
            for _ in range(3):
                _, caller = call(gate)
                await over(caller)
                await asyncio.sleep(0.01)
            assert provider.connections == 1

    run(scene())


def test_a_client_that_is_gone_ends_everything() -> None:
    async def scene() -> None:
        provider = saying(STREAM, chunk(frames(("start", "x"), ("text", "hello"))), hold=True)
        async with gateway(provider) as gate:
            made, caller = call(gate)
            await until(lambda: caller.body != b"")
            made.client_gone()
            assert caller.told[-1] in {"cut", "clean"}
            await until(provider.gone.is_set)
            assert [entry.outcome for entry in gate.entries] == ["client_gone"]
            made.client_gone()
            made.wake()
            assert len(gate.entries) == 1

    run(scene())


def test_a_client_that_is_gone_while_a_connection_opens_leaves_nothing() -> None:
    async def scene() -> None:
        provider = good()
        async with gateway(provider) as gate:
            made, caller = call(gate)
            made.client_gone()
            await over(caller)
            await asyncio.sleep(0.05)
            assert provider.requests == []
            assert set(gate.plane.pools.counts().values()) == {0}

    run(scene())


def test_waking_a_call_whose_provider_is_late_moves_it_on() -> None:
    async def scene() -> None:
        quick = route(timeouts=Timeouts(first_token=0.1))
        slow = saying(STREAM, hold=True)
        async with gateway(slow, good(), route=quick) as gate:
            made, caller = call(gate)
            await until(lambda: bool(slow.requests))
            made.wake()
            assert not caller.told, "it was woken too early, and waits on"
            assert made.due < math.inf
            await until(lambda: made.due <= gate.plane.now())
            made.wake()
            await until(slow.gone.is_set)
            await over(caller)
            assert caller.body == ANSWER

    run(scene())


def pouring(count: int = 400) -> Provider:
    """Sends a long answer, as fast as it is taken; `sent` counts its bytes."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await provider.read_request(reader):
            writer.write(STREAM + chunk(frames(("start", "x"))))
            for _ in range(count):
                writer.write(chunk(frames(("text", "word " * 4000))))
                await writer.drain()
            writer.write(chunk(frames(("end", "end"))) + b"0\r\n\r\n")

    provider = Provider(script)
    return provider


def test_nothing_is_read_for_a_client_that_is_blocked() -> None:
    async def scene() -> None:
        provider = pouring()
        async with gateway(provider) as gate:
            made, caller = call(gate)
            await until(lambda: caller.body != b"")
            made.client_blocked()
            seen = len(caller.body)
            await asyncio.sleep(0.1)
            assert len(caller.body) == seen
            made.client_ready()
            await over(caller)
            assert caller.body.count(b"word ") == 1_600_000
            assert gate.entries[0].outcome == "ok"

    run(scene())


def test_what_is_read_once_more_belongs_to_a_connection_that_is_read_again() -> None:
    async def scene() -> None:
        provider = pouring(count=1)
        async with gateway(provider) as gate:
            made, caller = call(gate)
            await until(lambda: caller.body != b"")
            made.client_blocked()
            made.client_gone()
            await asyncio.sleep(0.05)
            _, second = call(gate)
            await over(second)
            assert second.body.endswith(frames(("end", "end")))

    run(scene())


def test_a_bug_of_ours_costs_the_request_that_it_met_and_no_other(monkeypatch) -> None:
    async def scene() -> None:
        provider = saying(STREAM, chunk(frames(("start", "x"), ("text", "hello"))), hold=True)
        async with gateway(provider, good()) as gate:
            made, caller = call(gate)
            await until(lambda: caller.body != b"")
            head = SendHead(200, (), None)
            monkeypatch.setattr(made._exchange, "handle", lambda event, now: [head])
            made.wake()
            assert caller.told[-1] == "cut"
            assert caller.told.count("head") == 1
            assert gate.plane.bugs == {"InvariantBroken": 1}
            assert gate.plane.busy_count == 0
            await until(provider.gone.is_set)
            made.wake()
            assert caller.told.count("cut") == 1

    run(scene())


def test_a_bug_gives_the_lease_back_and_drops_a_connection_being_opened(monkeypatch) -> None:
    async def scene() -> None:
        provider = good()
        async with gateway(provider) as gate:
            monkeypatch.setattr(Exchange, "_timer", lambda self, now: 1 / 0)
            made, caller = call(gate)
            made.wake()
            assert caller.told == ["cut"]
            assert gate.plane.bugs == {"ZeroDivisionError": 1}
            assert gate.plane.services.router._leased == {}
            await asyncio.sleep(0.05)
            assert provider.requests == []
            _, second = call(gate)
            await over(second)
            assert second.body == ANSWER

    run(scene())
