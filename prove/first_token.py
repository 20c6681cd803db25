"""What a failing primary adds to the time to first token, beside healthy requests in between.

Every failing request is followed by healthy ones on another route of the same gateway, so that a
noisy machine disturbs both; what is compared are the 99th percentiles of the two.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from prove import Row
from prove.client import Ask, Heard, ask, send
from prove.command import main, say
from prove.kills import route_table
from prove.verdict import faults_of, percentile
from prove.world import Spot, Stand, folder, gateway, spots, stand

DELAY = 0.04
SLOW = 0.1
"""Seconds to a provider's first token; the second where silence is measured."""

MOST = 30
"""Requests that may fail at one primary before it is ejected; after that it counts as it is."""

AFTER = 5
"""Requests measured after a primary was ejected."""

BETWEEN = 7
"""Healthy requests after each failing one: the retry budget allows a tenth of all requests."""

WARM = 40
ERROR = "status(status=503)"
TOGETHER = 4
SILENT = 2
"""Primaries that fail at the same time; the second where they are silent, since a gateway has
twenty hedges to begin with, and each takes five before it is ejected.
"""
_DEFAULTS = """
[defaults]
hedge = true
deadline = "30s"
"""


class Samples(msgspec.Struct):
    """Milliseconds to first token, by what the request met; `wrong` counts bad answers.

    `direct` is how long the failing provider itself takes to say its error.
    """

    healthy: list[float] = []
    failing: list[float] = []
    ejected: list[float] = []
    direct: list[float] = []
    wrong: int = 0

    def added(self, values: Sequence[float]) -> float:
        """What the 99th percentile of these is above that of healthy requests."""
        return percentile(values, 0.99) - percentile(self.healthy, 0.99)


def run(*, fast: bool) -> list[Row]:
    """Measure with 240 failing requests of each kind, or with 20."""
    return rows(groups=1 if fast else 12)


def rows(groups: int) -> list[Row]:
    """One gateway for each group of primaries; four primaries fail at a time, or two are silent."""
    refused, failed, silent = Samples(), Samples(), Samples()
    for number in range(groups):
        asyncio.run(group(DELAY, refused, None))
        asyncio.run(group(DELAY, failed, ERROR))
        asyncio.run(group(SLOW, silent, "hang", SILENT))
        say(f"group {number + 1} of {groups}")
    ejected = Samples(
        healthy=refused.healthy + failed.healthy,
        ejected=refused.ejected + failed.ejected,
        wrong=refused.wrong + failed.wrong,
    )
    usual = percentile(silent.healthy, 0.95)
    answer_ms = percentile(failed.direct, 0.5)
    return [
        _row("connection refused", refused, refused.failing, 25.0, "<= 25 ms"),
        _row("5xx", failed, failed.failing, answer_ms + 25.0,
             f"<= answer time ({answer_ms:.1f} ms) + 25 ms"),
        _row("silent host", silent, silent.failing, 1.5 * usual + 50.0,
             f"<= 1.5 x p95 ({usual:.0f} ms) + 50 ms"),
        _row("after ejection", ejected, ejected.ejected, 5.0, "<= 5 ms"),
    ]  # fmt: skip


def _row(name: str, samples: Samples, values: Sequence[float], limit: float, goal: str) -> Row:
    added = samples.added(values)
    middle = percentile(values, 0.5) - percentile(samples.healthy, 0.5)
    wrong = f"; {samples.wrong} answers wrong" if samples.wrong else ""
    return Row(
        name=f"added time to first token, p99: {name}",
        goal=goal,
        measured=f"{added:.1f} ms (p50 {middle:.1f} ms){wrong}",
        passed=added <= limit and not samples.wrong,
        conditions=f"{len(samples.healthy):,} healthy requests in between; {TOGETHER} requests at "
        f"a time, providers speak after {1000 * DELAY:.0f} ms ({SILENT} and {1000 * SLOW:.0f} ms "
        "where a host is silent; hedging is on); fresh primaries, each asked until it is ejected",
        n=len(values),
    )


async def group(
    delay: float, samples: Samples, fault: str | None, together: int = TOGETHER
) -> None:
    """Let primaries fail together before one fresh gateway. No fault: nobody listens there."""
    options = f"delay={delay}"
    well = spots(["well", "backup"], options=options)
    bad = spots([f"bad-{k}" for k in range(together)], options=options)
    text = _DEFAULTS + route_table("healthy", well)
    for spot in bad:
        text += route_table(spot.name, [spot, well[1]])
    here = [*well, *bad] if fault else well
    with (
        folder() as home,
        stand(home, here) as stood,
        gateway(home, [*well, *bad], text) as running,
    ):
        async with asyncio.TaskGroup() as tasks:
            for spot in bad:
                trial = _Trial(running.port, stood, spot, fault, samples)
                tasks.create_task(_one_primary(trial))


class _Trial(msgspec.Struct, frozen=True):
    port: int
    stood: Stand
    bad: Spot
    fault: str | None
    samples: Samples


async def _one_primary(trial: _Trial) -> None:
    samples, name = trial.samples, trial.bad.name

    async def one(route: str, what: str) -> Heard:
        return await _timed(trial, ask(route, f"{name} {what} [tokens=4]", stream=True))

    for k in range(WARM):
        await one("healthy", f"warm {k}")
        if trial.fault:
            await one(name, f"warm {k}")
    if trial.fault:
        await asyncio.to_thread(trial.stood.control.fault, name, trial.fault)
    for k in range(MOST):
        if trial.fault == ERROR:
            told = await send(trial.bad.port, ask("m", f"direct {k}", stream=True))
            samples.direct.append(1000 * (told.ended - told.began))
        heard = await one(name, f"{k}")
        if heard.attempts == 1:
            break
        _keep(heard, samples.failing)
        for j in range(BETWEEN):
            _keep(await one("healthy", f"{k} {j}"), samples.healthy)
    for k in range(AFTER):
        _keep(await one(name, f"later {k}"), samples.ejected)
        _keep(await one("healthy", f"later {k}"), samples.healthy)


async def _timed(trial: _Trial, request: Ask) -> Heard:
    heard = await send(trial.port, request)
    wrong = faults_of(request, heard)
    trial.samples.wrong += bool(wrong)
    if wrong and trial.samples.wrong < 10:
        say(f"{wrong} {heard.status} {heard.errors}")
    return heard


def _keep(heard: Heard, into: list[float]) -> None:
    if heard.first is not None:
        into.append(heard.first_ms())


main(__name__, run)
