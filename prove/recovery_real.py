"""The same as `recovery` over real sockets: a process that is killed, and started again."""

import asyncio

from prove import Row
from prove.client import Ask, ask
from prove.command import main, say
from prove.kills import route_table
from prove.load import Answer, steady
from prove.recovery import BACK, BEGIN, FLAP, RATE, flapping_row, measured
from prove.virtual import PRIMARY
from prove.world import Spot, Stand, folder, gateway, spots, stand


def run(*, fast: bool) -> list[Row]:
    """Measure two outages and four minutes of flapping, or a minute of it."""
    if fast:
        return [real_flapping(61.0)]
    return [*real(20.0), *real(120.0), real_flapping(240.0)]


def real(outage: float) -> list[Row]:
    """The primary's process is killed and started again; over real sockets."""
    targets = spots([PRIMARY, "backup"], options="delay=0.1,rate=100")
    seconds = BEGIN + outage + BACK + 30.0
    with (
        folder() as home,
        stand(home, targets[1:]),
        folder() as other,
        stand(other, targets[:1]) as primary,
        gateway(home, targets, _route(targets)) as running,
    ):
        answers, ended = asyncio.run(_through(running.port, primary, outage, seconds))
    good = [a.at for a in answers if a.at >= ended and _is_from_primary(a)]
    late = [a for a in answers if a.at >= ended + BACK]
    share = sum(map(_is_from_primary, late)) / len(late)
    failed = [a for a in answers if not a.is_good]
    for answer in failed[:5]:
        say(f"at {answer.at:.1f}: {answer.heard.status} {answer.heard.errors}")
    probe = min(good, default=seconds) - ended
    where = f"over real sockets, its process dead for {outage:.0f} s"
    return measured(probe, share, len(failed), len(answers), where)


async def _through(
    port: int, primary: Stand, outage: float, seconds: float
) -> tuple[list[Answer], float]:
    """Load, and beside it the death of a process, and its second life."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    ended = [0.0]

    async def trouble() -> None:
        await asyncio.sleep(BEGIN)
        await asyncio.to_thread(primary.kill)
        await asyncio.sleep(outage)
        await asyncio.to_thread(primary.open)
        ended[0] = loop.time() - began

    async with asyncio.TaskGroup() as group:
        group.create_task(trouble())
        load = group.create_task(steady(port, RATE, seconds, _ask))
    return load.result(), ended[0]


def real_flapping(seconds: float) -> Row:
    """The same over real sockets, for less long."""
    targets = spots([PRIMARY, "backup"], options="delay=0.1,rate=100")
    table = _route(targets)
    with folder() as home, stand(home, targets) as stood, gateway(home, targets, table) as running:
        stood.control.fault(PRIMARY, FLAP)
        answers = asyncio.run(steady(running.port, RATE, seconds, _ask))
    failed = sum(not answer.is_good for answer in answers)
    return flapping_row(failed, len(answers), seconds, "over real sockets")


def _route(targets: list[Spot]) -> str:
    return route_table("all", targets) + 'on_break = "resume"\n'


def _is_from_primary(answer: Answer) -> bool:
    return answer.heard.target.startswith(f"{PRIMARY}/")


def _ask(k: int) -> Ask:
    return ask("all", f"request {k} [tokens=10]", stream=k % 2 == 0)


main(__name__, run)
