"""A primary that comes back: when is it tried, when has it its traffic, and who pays for flaps?"""

import functools

from prove import Row
from prove.command import main
from prove.virtual import arm, play
from understudy.sim.world import World

RATE = 20.0
OUTAGES = (20.0, 120.0, 3600.0)
"""Seconds."""

BEGIN = 30.0
RUN_UP = 150.0
PROBE = 10.0
BACK = 60.0
HOUR = 3600.0
DOWN = "status(status=503)"
GONE = "refuse"
FLAP = "status(status=503,up=30,down=30)"


def run(*, fast: bool) -> list[Row]:
    """Measure three outages and an hour of flapping, or one and three minutes; virtual time."""
    outages = OUTAGES[:1] if fast else OUTAGES
    found = [row for outage in outages for row in virtual(outage)]
    found.append(flapping(HOUR / 20 if fast else HOUR))
    return found


def virtual(outage: float) -> list[Row]:
    """Errors, then refused connections: the worse of the two counts."""
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
    return measured(max(probes), min(shares), failed, requests, where)


def _outage(fault: str, end: float, world: World) -> None:
    arm(world, BEGIN, fault)
    arm(world, end, "")


def flapping(seconds: float) -> Row:
    """Half a minute of health, half a minute of errors, and so on; in virtual time."""
    trace = play(seconds, lambda world: arm(world, 0.0, FLAP))
    return flapping_row(trace.failed, len(trace.requests), seconds, "virtual")


def flapping_row(failed: int, n: int, seconds: float, where: str) -> Row:
    return Row(
        name=f"recovery: clients that fail while the primary flaps (30 s / 30 s), {where}",
        goal=f"0 in {seconds / 60:.0f} min",
        measured=f"{failed} of {n:,}",
        passed=not failed,
        conditions=f"{where}: {seconds / 60:.0f} min of 503 every other half minute",
        n=n,
    )


def measured(probe: float, share: float, failed: int, n: int, where: str) -> list[Row]:
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


main(__name__, run)
