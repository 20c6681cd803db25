"""A primary that comes back: when is it tried, when has it its traffic, and who pays for flaps?"""

import asyncio
import functools

from prove import Row
from prove.client import Ask, ask
from prove.command import main, say
from prove.kills import route_table
from prove.load import Answer, steady
from prove.virtual import PRIMARY, arm, play
from prove.world import Stand, folder, gateway, spots, stand
from understudy.sim.world import World

RATE = 20.0
OUTAGES = (20.0, 120.0, 3600.0)
"""Seconds; the longest is virtual only."""

BEGIN = 30.0
RUN_UP = 150.0
PROBE = 10.0
BACK = 60.0
HOUR = 3600.0
DOWN = "status(status=503)"
GONE = "refuse"
FLAP = "status(status=503,up=30,down=30)"


def run(*, fast: bool) -> list[Row]:
    """Measure over real sockets and in virtual time; the small run is virtual only."""
    outages = OUTAGES[:1] if fast else OUTAGES
    found = [row for outage in outages for row in virtual(outage)]
    found.append(flapping(HOUR / 20 if fast else HOUR))
    if not fast:
        found += real(OUTAGES[0]) + real(OUTAGES[1])
        found.append(real_flapping(300.0))
    return found


def virtual(outage: float) -> list[Row]:
    """Refused connections, then errors: the worse of the two counts."""
    probes, shares, failed, requests = [], [], 0, 0
    for fault in (DOWN, GONE):
        end = BEGIN + outage

        trace = play(end + RUN_UP, functools.partial(_outage, fault, end))
        good = [when for when, is_good in trace.asked if is_good and when >= end]
        probes.append(min(good, default=end + RUN_UP) - end)
        shares.append(trace.share(end + BACK, end + RUN_UP))
        failed += trace.failed
        requests += len(trace.requests)
    where = f"virtual, after {outage:.0f} s of errors or refused connections (the worse of both)"
    return _rows(max(probes), min(shares), failed, requests, where)


def _outage(fault: str, end: float, world: World) -> None:
    arm(world, BEGIN, fault)
    arm(world, end, "")


def real(outage: float) -> list[Row]:
    """The primary's process is killed and started again; over real sockets."""
    targets = spots([PRIMARY, "backup"], options="delay=0.1,rate=100")
    seconds = BEGIN + outage + BACK + 30.0
    with (
        folder() as home,
        stand(home, targets[1:]),
        folder() as other,
        stand(other, targets[:1]) as primary,
        gateway(home, targets, route_table("all", targets)) as running,
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
    return _rows(probe, share, len(failed), len(answers), where)


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


def flapping(seconds: float) -> Row:
    """Half a minute of health, half a minute of errors, and so on; in virtual time."""
    trace = play(seconds, lambda world: arm(world, 0.0, FLAP))
    return _flapping_row(trace.failed, len(trace.requests), seconds, "virtual")


def real_flapping(seconds: float) -> Row:
    """The same over real sockets, for less long."""
    targets = spots([PRIMARY, "backup"], options="delay=0.1,rate=100")
    table = route_table("all", targets)
    with folder() as home, stand(home, targets) as stood, gateway(home, targets, table) as running:
        stood.control.fault(PRIMARY, FLAP)
        answers = asyncio.run(steady(running.port, RATE, seconds, _ask))
    failed = sum(not answer.is_good for answer in answers)
    return _flapping_row(failed, len(answers), seconds, "over real sockets")


def _flapping_row(failed: int, n: int, seconds: float, where: str) -> Row:
    return Row(
        name=f"recovery: clients that fail while the primary flaps (30 s / 30 s), {where}",
        goal=f"0 in {seconds / 60:.0f} min",
        measured=f"{failed} of {n:,}",
        passed=not failed,
        conditions=f"{where}: {seconds / 60:.0f} min of 503 every other half minute",
        n=n,
    )


def _rows(probe: float, share: float, failed: int, n: int, where: str) -> list[Row]:
    conditions = f"{where}; {RATE:.0f} requests a second"
    return [
        Row(
            name=f"recovery: first good probe, {where}",
            goal="<= 10 s, and no client fails",
            measured=f"{probe:.1f} s; {failed} clients failed",
            passed=probe <= PROBE and not failed,
            conditions=conditions,
            n=n,
        ),
        Row(
            name=f"recovery: share of the primary from 60 s on, {where}",
            goal=">= 90 %",
            measured=f"{100 * share:.1f} %",
            passed=share >= 0.9,
            conditions=conditions,
            n=n,
        ),
    ]


def _is_from_primary(answer: Answer) -> bool:
    return answer.heard.target.startswith(f"{PRIMARY}/")


def _ask(k: int) -> Ask:
    return ask("all", f"request {k} [tokens=10]", stream=k % 2 == 0)


main(__name__, run)
