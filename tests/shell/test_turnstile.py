"""Callers are let in as their limits allow, over real sockets; what came of a request counts."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from tests.contract.toy import Toy
from tests.exchange.stage import frames
from tests.journal.entries import AT, WELL, entry
from tests.shell.gateway import Gateway, Provider, gateway, request
from tests.shell.test_plane import STREAM, chunk, good, run, saying, status_of
from tests.shell.test_tunnel import AGREED, opened, talking
from tests.shell.test_tunnel import saying as agreeing
from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Failure
from understudy.chat.usage import Usage
from understudy.dialects.base import Glance
from understudy.exchange.asked import Asked
from understudy.journal.spending import DAY, Spending
from understudy.operations.kinds import Operation
from understudy.operations.task import Expected
from understudy.operations.units import Units
from understudy.providers.price import Price
from understudy.routing.allowance import Limits, Use, View
from understudy.shell.call import Call
from understudy.shell.turnstile import PICTURED, UNSAID, Estimate, Pass, Turnstile, came_to

TODAY = int(AT // DAY)
ESTIMATE = Estimate(input=100, output=500, price=Price(input=1.0, output=2.0))


def limit(gate: Gateway, past: Iterable[Spending] = (), **limits: float) -> Turnstile:
    """Limit whoever calls, at AT by the wall clock."""
    turnstile = gate.plane.turnstile or Turnstile(gate.plane, lambda since: past, lambda: AT)
    gate.plane.turnstile = turnstile
    turnstile.adopt(replace(gate.plane.settings, limits={"anyone": Limits(**limits)}))  # type: ignore[arg-type]
    return turnstile


def view(turnstile: Turnstile) -> View:
    (found,) = turnstile.views()
    return found


async def ended(gate: Gateway, count: int = 1) -> None:
    async with asyncio.timeout(5):
        while len(gate.entries) < count:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("changes", "tokens", "usd"),
    [
        ({}, 160, 0.5),
        ({"cost_usd": None}, 160, 0.0),
        ({"outcome": "failed", "usage": None, "cost_usd": None}, 0, 0.0),
        ({"usage": None, "cost_usd": None}, 107, 114e-6),
        ({"usage": None, "cost_usd": None, "stream": False}, 325, 550e-6),
        ({"outcome": "client_gone", "usage": None, "cost_usd": None}, 107, 114e-6),
        ({"outcome": "client_gone", "usage": Usage(90), "cost_usd": 1.0}, 107, 1.0),
        (
            {"outcome": "client_gone", "usage": None, "cost_usd": None, "response_bytes": 10**9},
            600,
            1100e-6,
        ),
        (
            {"outcome": "client_gone", "usage": None, "cost_usd": None, "stream": False},
            600,
            1100e-6,
        ),
        ({"outcome": "client_gone", "usage": None, "cost_usd": None, "attempts": ()}, 0, 0.0),
    ],
)
def test_what_a_request_came_to(changes: dict[str, object], tokens: int, usd: float) -> None:
    used = came_to(replace(entry(1), **changes), ESTIMATE)
    assert used.tokens == tokens
    assert used.usd == pytest.approx(usd)


@pytest.mark.parametrize(
    ("changes", "usd"),
    [
        ({"usage": None, "cost_usd": 0.04}, 0.04),
        ({"usage": None, "cost_usd": None}, 0.12),
        ({"usage": None, "cost_usd": None, "outcome": "client_gone"}, 0.12),
        ({"usage": None, "cost_usd": None, "outcome": "failed"}, 0.0),
    ],
)
def test_pictures_cost_what_was_set_aside_unless_the_answer_tells(
    changes: dict[str, object], usd: float
) -> None:
    estimate = Estimate(units=Units(pictures=3), price=Price(picture=0.04))
    used = came_to(replace(entry(1), **changes), estimate)
    assert used.tokens == 0
    assert used.usd == pytest.approx(usd)


def test_where_no_guess_can_be_made_none_is() -> None:
    said = entry(1, usage=None, cost_usd=None, outcome="client_gone", attempts=(WELL,))
    assert came_to(said, Estimate()) == Use()


def test_who_is_over_a_limit_is_refused_and_nobody_upstream_hears_of_it() -> None:
    async def scene() -> None:
        provider = good()
        async with gateway(provider) as gate:
            turnstile = limit(gate, requests_per_minute=2)
            for _ in range(2):
                assert status_of(await gate.ask()) == 200
            with capture_logs() as logged:
                answers = [await gate.ask() for _ in range(5)]
            assert {status_of(answer) for answer in answers} == {429}
            body = json.loads(answers[0].partition(b"\r\n\r\n")[2])
            assert body["oops"] == "gateway.caller_limit.requests_per_minute"
            assert "2 of 2 used; come again in" in body["why"]
            assert len(provider.requests) == 2
            assert gate.plane.refused[429] == 5
            assert view(turnstile).refused == {"requests_per_minute": 5}
            refusals = [each for each in gate.entries if each.outcome == "rejected"]
            assert len(refusals) == 1  # the others came within the same second
            (refusal,) = refusals
            assert (refusal.caller, refusal.route, refusal.status) == ("anyone", "r", 429)
            assert refusal.failure == "gateway.caller_limit.requests_per_minute"
            assert refusal.attempts == ()
            (line,) = logged
            assert (line["caller"], line["limit"]) == ("anyone", "requests_per_minute")

    run(scene())


def test_a_client_that_leaves_gives_its_place_back() -> None:
    async def scene() -> None:
        held = saying(STREAM + chunk(frames(("start", "id"), ("text", "he"))), hold=True)
        async with gateway(held) as gate:
            turnstile = limit(gate, concurrent_requests=1)
            reader, writer = await gate.connect()
            writer.write(request())
            await reader.readuntil(b"he")
            assert status_of(await gate.ask()) == 429
            assert view(turnstile).used == {"concurrent_requests": 1}
            writer.close()
            async with asyncio.timeout(5):
                while view(turnstile).used["concurrent_requests"]:
                    await asyncio.sleep(0.005)
            assert gate.entries[-1].outcome == "client_gone"

    run(scene())


def test_a_bug_of_ours_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            turnstile = limit(gate, concurrent_requests=1, tokens_per_day=10**6)

            def broken(self: Call, command: object) -> None:
                raise RuntimeError("a bug")

            with monkeypatch.context() as patch, capture_logs():
                patch.setattr(Call, "_start", broken)
                await gate.ask()
            used = view(turnstile).used
            assert used["concurrent_requests"] == 0
            assert used["tokens_per_day"] > UNSAID

    run(scene())


def test_what_is_set_aside_follows_from_the_request_and_the_dearest_price() -> None:
    async def scene() -> None:
        async with gateway(Provider(_silent), Provider(_silent)) as gate:
            plane = gate.plane
            targets = dict(plane.settings.topology.targets)
            targets["b"] = replace(targets["b"], price=Price(input=3.0, output=15.0))
            topology = replace(plane.settings.topology, targets=targets)
            plane.adopt(replace(plane.settings, topology=topology))
            turnstile = limit(gate, usd_per_day=100.0, tokens_per_minute=10_000)
            _reader, writer = await gate.connect()
            sent = request()
            writer.write(sent)
            async with asyncio.timeout(5):
                while not plane.busy_count:
                    await asyncio.sleep(0.005)
            size = len(sent.partition(b"\r\n\r\n")[2]) // 3
            used = view(turnstile).used
            assert used["tokens_per_minute"] == size + UNSAID
            assert used["usd_per_day"] == pytest.approx((size * 3.0 + UNSAID * 15.0) / 1e6)
            writer.close()
            await ended(gate)

    run(scene())


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


def test_what_was_used_before_is_read_once_for_those_who_get_a_limit() -> None:
    past = [
        Spending(TODAY, "anyone", 3, 700, 1.5),
        Spending(TODAY - 2, "anyone", 3, 300, 2.5),
        Spending(TODAY + 1, "anyone", 1, 9, 9.0),
        Spending(TODAY, "another", 1, 5, 5.0),
    ]

    async def scene() -> None:
        async with gateway(good()) as gate:
            turnstile = limit(gate, past, tokens_per_day=1000, usd_per_day=9.0, usd_per_month=9.0)
            assert view(turnstile).used == {
                "tokens_per_day": 700,
                "usd_per_day": 1.5,
                "usd_per_month": 4.0,
            }
            limit(gate, usd_per_month=4.0)
            assert status_of(await gate.ask()) == 429
            limit(gate, usd_per_month=4.5)
            assert status_of(await gate.ask()) == 200

    run(scene())


def test_what_other_processes_use_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("understudy.shell.turnstile.RECOUNTED_EVERY", 0.01)
    past: list[Spending] = []

    async def scene() -> None:
        async with gateway(good()) as gate:
            turnstile = limit(gate, past, usd_per_day=2.0)
            watching = asyncio.ensure_future(turnstile.watch())
            assert status_of(await gate.ask()) == 200
            past.append(Spending(TODAY, "anyone", 3, 700, 2.0))
            async with asyncio.timeout(5):
                while view(turnstile).used["usd_per_day"] < 2.0:
                    await asyncio.sleep(0.005)
            assert status_of(await gate.ask()) == 429
            watching.cancel()

    run(scene())


def test_a_request_that_cannot_be_read_is_told_so_and_counts_as_one() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            limit(gate, requests_per_minute=1)
            head = (
                b"POST /toy HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\n"
            )
            assert status_of(await gate.raw(head + b"{x}")) == 400
            assert status_of(await gate.raw(head + b"{x}")) == 429
            assert gate.entries[-1].route == "unknown"

    run(scene())


def test_open_sockets_hold_a_place_until_they_close() -> None:
    async def scene() -> None:
        async with gateway(agreeing(AGREED), route=talking()) as gate:
            turnstile = limit(gate, concurrent_requests=1)
            head, _reader, writer = await opened(gate)
            assert status_of(head) == 101
            head, _, refused = await opened(gate)
            assert status_of(head) == 429
            refused.close()
            writer.close()
            async with asyncio.timeout(5):
                while view(turnstile).used["concurrent_requests"]:
                    await asyncio.sleep(0.005)

    run(scene())


def test_a_socket_that_nobody_can_serve_holds_no_place() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:  # its route is for chat
            turnstile = limit(gate, concurrent_requests=1)
            for _ in range(3):
                head, _reader, writer = await opened(gate)
                assert status_of(head) == 400
                writer.close()
            assert view(turnstile).used == {"concurrent_requests": 0}

    run(scene())


class Seen:
    """A dialect that sees the same in every request, and counts how often it looks."""

    def __init__(self, glance: Glance) -> None:
        self._glance = glance
        self.looks = 0

    def glance(self, body: bytes, path: str = "") -> Glance:
        self.looks += 1
        return self._glance


@pytest.mark.parametrize(
    ("needs", "operation", "tokens"),
    [
        (Needs(input_tokens=10**7), Operation.CHAT, 10**7 + UNSAID),
        (Needs(input_tokens=10**7, output_tokens=5), Operation.CHAT, 10**7 + 5),
        (Needs(frozenset({Capability.VISION}), 10**7), Operation.CHAT, PICTURED + UNSAID),
        (Needs(frozenset({Capability.VISION}), 30), Operation.CHAT, 30 + UNSAID),
        (Needs(input_tokens=40), Operation.EMBEDDINGS, 40),
        (Needs(input_tokens=10**7), Operation.TRANSCRIPTION, 0),
        (Needs(), Operation.CHAT, 0),
    ],
)
def test_what_a_request_may_come_to(needs: Needs, operation: Operation, tokens: int) -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            turnstile = limit(gate, tokens_per_minute=10)
            seen: Any = Seen(Glance("r", stream=False, needs=needs, operation=operation))
            turnstile.enter(Asked("id", AT, "toy", b"", "anyone"), seen)
            assert view(turnstile).used == {"tokens_per_minute": tokens}

    run(scene())


def test_a_request_is_not_read_where_only_requests_count() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            turnstile = limit(gate, requests_per_minute=1, concurrent_requests=9)
            seen: Any = Seen(Glance("r", stream=False, needs=Needs(input_tokens=9)))
            asked = Asked("id", AT, "toy", b"", "anyone")
            assert isinstance(turnstile.enter(asked, seen), Pass)
            assert seen.looks == 0
            for _ in range(9):
                assert isinstance(turnstile.enter(asked, seen), Failure)
            assert seen.looks == 1  # for the one that is written down
            assert gate.entries[-1].route == "r"

    run(scene())


def test_units_are_set_aside_at_the_dearest_price() -> None:
    async def scene() -> None:
        async with gateway(good(), good()) as gate:
            plane = gate.plane
            targets = dict(plane.settings.topology.targets)
            targets["b"] = replace(targets["b"], price=Price(picture=0.04))
            topology = replace(plane.settings.topology, targets=targets)
            plane.adopt(replace(plane.settings, topology=topology))
            turnstile = limit(gate, usd_per_day=10.0)
            expected = Expected(3, units=Units(pictures=3))
            needs = Needs()
            glance = Glance(
                "r", stream=False, needs=needs, operation=Operation.IMAGES, expected=expected
            )
            seen: Any = Seen(glance)
            turnstile.enter(Asked("id", AT, "toy", b"", "anyone"), seen)
            assert view(turnstile).used == {"usd_per_day": pytest.approx(0.12)}

    run(scene())


def test_a_request_whose_length_was_looked_at_is_not_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[bytes] = []
    look = Toy.glance

    def counted(self: Toy, body: bytes, path: str = "") -> Glance:
        looks.append(body)
        return look(self, body, path)

    async def scene() -> None:
        async with gateway(good()) as gate:
            limit(gate, tokens_per_minute=10**6)
            assert status_of(await gate.ask()) == 200
            assert len(looks) == 1

    monkeypatch.setattr(Toy, "glance", counted)
    run(scene())
