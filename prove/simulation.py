"""Random cases in the simulated world: how many in how long, and does anything break that must not?

It runs the swarm's own command (`understudy/cli/swarm.py`), as `make sim` does.
"""

import functools
import random
import re
import subprocess
import sys
import time

from prove import Row
from prove.command import main, say
from prove.virtual import Load, arm, play
from understudy.sim.world import World

LIMIT = 300.0
DAY = 86_400.0
QUIET = Load(rate=0.02, tokens=8)
KINDS = ("refuse", "status(status=503)", "status(status=500,p=0.5)", "hang", "html_200",
         "drop", "status(status=429,retry_after=20)", "slow_first_token(delay=60)")  # fmt: skip
_SUMMARY = re.compile(
    r"(\d+) cases, (\d+) requests .*?, (\d+) virtual seconds in ([\d.]+) s \(.*?([\d.]+) x real "
    r"time\); (\d+) broken"
)


def run(*, fast: bool) -> list[Row]:
    """Measure with 500 cases and 100 virtual days, or with 20 cases and a day."""
    return [swarm(20 if fast else 500, LIMIT), days(1 if fast else 100)]


def swarm(seeds: int, limit: float | None) -> Row:
    """So many random cases, two processes."""
    began = time.monotonic()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "understudy.cli.swarm"),
            *("--seeds", str(seeds), "--jobs", "2"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - began
    said = _SUMMARY.search(done.stdout)
    if said is None or done.returncode:
        say(done.stdout[-3000:] + done.stderr[-3000:])
    broken = int(said[6]) if said else seeds
    requests, virtual = (int(said[2]), int(said[3])) if said else (0, 0)
    return Row(
        name=f"simulation: {seeds:,} random cases",
        goal="nothing broken" + (f", in <= {limit / 60:.0f} min" if limit else ""),
        measured=f"{broken} broken, {took:.0f} s; {requests:,} requests, "
        f"{virtual / DAY:.2f} virtual days",
        passed=said is not None and not broken and (limit is None or took <= limit),
        conditions="two processes, virtual time; cases are drawn from their numbers",
        n=seeds,
    )


def days(count: int) -> Row:
    """So many virtual days of a primary that breaks once a day, each time in another way."""
    began = time.monotonic()
    trace = play(count * DAY, functools.partial(_outages, count), load=QUIET)
    took = time.monotonic() - began
    return Row(
        name=f"simulation: {count} virtual days with an outage of the primary each day",
        goal="nothing broken, no client failed",
        measured=f"0 invariants broken, {trace.failed} of {len(trace.requests):,} clients failed, "
        f"{took:.0f} s",
        passed=not trace.failed,
        conditions=f"virtual: {QUIET.rate * 60:.1f} requests a minute, outages of 1 to 120 min; a "
        "broken invariant would end the run",
        n=count,
    )


def _outages(count: int, world: World) -> None:
    draws = random.Random(20260729)
    for day in range(count):
        begin = day * DAY + draws.uniform(0.0, DAY / 2)
        arm(world, begin, draws.choice(KINDS))
        arm(world, begin + draws.uniform(60.0, 7200.0), "")


main(__name__, run)
