"""What a failing primary adds to the time to first token, where no machine is noisy: virtual time.

The same run twice, from the same seed: once the primary fails at its middle, once nothing does.
Each request is compared with itself, so that what is added is exact.
"""

import functools

from prove import Row
from prove.command import main
from prove.verdict import percentile
from prove.virtual import PRIMARY, Load, Trace, arm, play
from understudy.sim.world import World

BEFORE = 240.0
AFTER = 30.0
LOAD = Load(rate=20.0, tokens=4, hedge=True, spread=0.5)
KINDS = {"connection refused": "refuse", "5xx": "status(status=503)", "silent host": "hang"}


def run(*, fast: bool) -> list[Row]:
    """Measure from 5 seeds, or from 1."""
    return rows(1, 60.0) if fast else rows(5, BEFORE)


def rows(seeds: int, before: float) -> list[Row]:
    """One row for each kind, and one for what comes after ejection."""
    added: dict[str, list[float]] = {kind: [] for kind in KINDS}
    ejected: list[float] = []
    usual: list[float] = []
    for seed in range(seeds):
        calm = play(before + AFTER, lambda _: None, seed=seed, load=LOAD)
        usual += [wait for _, _, _, wait in calm.first.values()]
        for kind, fault in KINDS.items():
            trouble = functools.partial(_trouble, before, fault)
            hit, later = _compare(before, calm, play(before + AFTER, trouble, seed=seed, load=LOAD))
            added[kind] += hit
            ejected += later
    p95 = 1000 * percentile(usual, 0.95)
    limits = {"connection refused": 25.0, "5xx": 25.0, "silent host": 1.5 * p95 + 50.0}
    goals = {
        "connection refused": "<= 25 ms",
        "5xx": "<= answer time + 25 ms",
        "silent host": f"<= 1.5 x p95 ({p95:.0f} ms) + 50 ms",
    }
    found = [_row(kind, added[kind], limits[kind], goals[kind]) for kind in KINDS]
    return [*found, _row("after ejection", ejected, 5.0, "<= 5 ms")]


def _trouble(when: float, fault: str, world: World) -> None:
    arm(world, when, fault)


def _compare(before: float, calm: Trace, failing: Trace) -> tuple[list[float], list[float]]:
    """Milliseconds added to requests that met the failure, and to those that began elsewhere."""
    hit, later = [], []
    for name, (when, attempts, first, wait) in failing.first.items():
        if when < before or name not in calm.first:
            continue
        more = 1000 * (wait - calm.first[name][3])
        if first != PRIMARY:
            later.append(more)
        elif attempts > 1:
            hit.append(more)
    return hit, later


def _row(kind: str, added: list[float], limit: float, goal: str) -> Row:
    worst = percentile(added, 0.99)
    return Row(
        name=f"added time to first token, p99, virtual: {kind}",
        goal=goal,
        measured=f"{worst:.1f} ms (p50 {percentile(added, 0.5):.1f} ms)",
        passed=worst <= limit,
        conditions="virtual: each request compared with itself in the run where nothing fails; "
        f"{LOAD.rate:.0f} requests a second, first tokens lognormal (0.3 s, sigma 0.5), "
        "connecting takes 3 to 4.5 ms, each way 2 to 3 ms, "
        "hedging is on",
        n=len(added),
    )


main(__name__, run)
