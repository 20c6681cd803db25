"""A call carries out commands over real sockets, wakes in time, and holds nothing back."""

import asyncio

from tests.exchange.stage import route
from tests.shell.gateway import gateway
from tests.shell.test_plane import ANSWER, STREAM, body_of, chunk, good, run, saying
from understudy.routing.topology import Timeouts


def test_commands_become_one_answer() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            assert body_of(await gate.ask()) == ANSWER
            assert (await gate.settled()).outcome == "ok"
            assert gate.plane.busy_count == 0

    run(scene())


def test_a_call_wakes_when_its_time_has_come_and_not_much_later() -> None:
    async def scene() -> None:
        quick = route(timeouts=Timeouts(first_token=0.15))
        async with gateway(saying(STREAM, hold=True), good(), route=quick) as gate:
            assert body_of(await gate.ask()) == ANSWER
            first = (await gate.settled()).attempts[0]
            assert first.ended - first.started >= 0.15
            assert first.outcome == "any.transport.headers_then_silence"

    run(scene())


def test_a_connection_whose_answer_is_over_but_not_its_response_is_let_go() -> None:
    async def scene() -> None:
        endless = saying(STREAM + chunk(ANSWER), hold=True)
        async with gateway(endless) as gate:
            assert body_of(await gate.ask()) == ANSWER
            async with asyncio.timeout(4):
                await endless.gone.wait()
            assert gate.plane.busy_count == 0

    run(scene())
