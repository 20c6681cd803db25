"""A primary that fails for some: is everybody answered, and does the traffic move?"""

import asyncio
import functools

from prove import Row
from prove.client import Ask, ask
from prove.command import main, say
from prove.kills import route_table
from prove.load import Answer, steady
from prove.virtual import PRIMARY, arm, play
from prove.world import folder, gateway, spots, stand

RATE = 50.0
MOVED = 30.0
FAULTS = "status(status=503,p=0.25)"


def run(*, fast: bool) -> list[Row]:
    """Measure for four minutes and from 20 seeds, or for 35 s and from 3."""
    found = real(seconds=35.0 if fast else 240.0)
    found.append(moved(seeds=3 if fast else 20))
    return found


def real(seconds: float) -> list[Row]:
    """A quarter of what the primary is asked fails; over real sockets."""
    options = "delay=0.1,rate=100"
    targets = spots([PRIMARY, "backup"], options=options)
    table = route_table("all", targets)
    with folder() as home, stand(home, targets) as stood, gateway(home, targets, table) as running:
        asyncio.run(steady(running.port, RATE, 3.0, functools.partial(_ask, "before")))
        stood.control.fault(PRIMARY, FAULTS)
        answers = asyncio.run(steady(running.port, RATE, seconds, functools.partial(_ask, "then")))
    bad = [answer for answer in answers if not answer.is_good]
    for answer in bad[:5]:
        say(f"{answer.heard.status} {answer.heard.errors}")
    success = 1 - len(bad) / len(answers)
    late = [answer for answer in answers if answer.at >= MOVED]
    return [
        Row(
            name="a quarter of the primary's answers are 503: client success",
            goal=">= 99.99 %",
            measured=f"{100 * success:.3f} % ({len(bad)} failed)",
            passed=success >= 0.9999,
            conditions=f"{RATE:.0f} requests a second, one backup",
            n=len(answers),
        ),
        _row("over real sockets", 1 - _share(late), len(late), "from 30 s on"),
    ]


def moved(seeds: int) -> Row:
    """The same in virtual time, from many seeds: the worst of them."""
    shares = []
    for seed in range(seeds):
        trace = play(120.0, lambda world: arm(world, 30.0, FAULTS), seed=seed)
        shares.append(1 - trace.share(30.0 + MOVED, 60.0 + MOVED))
    mean = sum(shares) / seeds
    conditions = (
        f"virtual: the worst of {seeds} seeds (mean {100 * mean:.1f} %), 20 requests a second, the "
        "half minute from 30 s on"
    )
    return _row("virtual", min(shares), seeds, conditions)


def _row(where: str, share: float, n: int, conditions: str) -> Row:
    return Row(
        name=f"a quarter of the primary's answers are 503: traffic moved, {where}",
        goal="95 % in 30 s",
        measured=f"{100 * share:.1f} %",
        passed=share >= 0.95,
        conditions=conditions,
        n=n,
    )


def _ask(what: str, k: int) -> Ask:
    return ask("all", f"{what} {k} [tokens=10]", stream=k % 2 == 0)


def _share(answers: list[Answer]) -> float:
    """How many were answered by the primary, or began there."""
    here = [a for a in answers if a.heard.attempts > 1 or a.heard.target.startswith(f"{PRIMARY}/")]
    return len(here) / max(1, len(answers))


main(__name__, run)
