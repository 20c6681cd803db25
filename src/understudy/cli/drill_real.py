"""A drill with real processes: simulated providers behind sockets, and a real `understudy serve`.

Minutes of the incident are played as seconds (`drills/warp.py`); what is asked, kept and judged is
the same as in the simulated world.
"""

import asyncio
import contextlib
import json
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from understudy.cli.demo_world import CannotStart, free_port, spawn, wait_for
from understudy.cli.drill_client import ask_over
from understudy.cli.drill_config import config_text, environment
from understudy.dialects.catalog import DIALECTS
from understudy.drills.evidence import Evidence, Look, Shut, request_of
from understudy.drills.scenario import Action, Scenario
from understudy.drills.stage import simulated
from understudy.drills.timeline import MINUTE, Timeline, Turn, timeline
from understudy.drills.traffic import Asker
from understudy.journal.query import Reader
from understudy.shell.guard import MARK
from understudy.shell.simulator import Simulator
from understudy.sim.chance import Chance
from understudy.sim.listening import Heard

WARM_UP = 20.0
LOOK_EVERY = 1.0
STOP_WITHIN = 20.0
PATIENCE = 90.0

__all__ = ["CannotStart", "play"]


async def play(scenario: Scenario, seed: int, warm_up: float = WARM_UP) -> Evidence:
    """Play a scenario that is in its real time already, after `warm_up` seconds of health.

    Raises: CannotStart.
    """
    with (
        tempfile.TemporaryDirectory(prefix="understudy-drill-") as name,
        free_port() as port,
        free_port() as admin,
    ):
        folder = Path(name)
        providers = [simulated(provider) for provider in scenario.providers]
        async with Simulator(providers, DIALECTS, seed=seed, keep=1) as simulator:
            journal = folder / "journal.db"
            config = folder / "understudy.toml"
            config.write_text(config_text(scenario, simulator.urls(), port, admin, str(journal)))
            process = await spawn(
                config, folder / "gateway.log", {**os.environ, **environment(scenario)}
            )
            try:
                await wait_for(process, port, folder / "gateway.log")
                drill = _Drill(scenario, seed, simulator, (port, admin))
                drill.warm_up = warm_up
                await drill.run()
            finally:
                await _stop(process)
            return drill.evidence(journal)


class _Drill:
    """Plays the timeline, lets clients ask, and looks at the breakers, all at once."""

    def __init__(
        self, scenario: Scenario, seed: int, simulator: Simulator, ports: tuple[int, int]
    ) -> None:
        chance = Chance(seed)
        self._scenario = scenario
        self._simulator = simulator
        self._port, self._admin = ports
        self._timeline: Timeline = timeline(scenario, chance.stream("drill timeline"))
        self._stream = chance.stream("drill traffic")
        self._asker = Asker(scenario, self._stream)
        self._loop = asyncio.get_running_loop()
        self.warm_up = WARM_UP
        self._zero = 0.0
        self._end = scenario.minutes * MINUTE
        self._heard: list[tuple[str, Heard, bool]] = []
        self._looks: list[Look] = []
        self._trouble = ""

    async def run(self) -> None:
        self._zero = self._loop.time() + self.warm_up
        async with asyncio.TaskGroup() as group:
            for turn in self._timeline.turns:
                group.create_task(self._turn(turn))
            for action in self._scenario.actions:
                group.create_task(self._act(action))
            group.create_task(self._look())
            await self._ask(group)

    def evidence(self, journal: Path) -> Evidence:
        """What was seen, once the gateway has ended and its journal is complete."""
        if self._trouble:
            raise CannotStart(self._trouble)
        entries = {}
        with Reader(journal) as reader:
            place = 0
            while kept := reader.after(place):
                entries.update({each.entry.id: each.entry for each in kept})
                place = kept[-1].seq
        requests = [
            request_of(entries[name], heard, self._zero, mistaken=mistaken)
            for name, heard, mistaken in self._heard
            if name in entries
        ]
        lost = len(self._heard) - len(requests)
        if lost:
            raise CannotStart(f"{lost} requests got no answer that the journal knows of")
        found = Evidence(
            requests,
            self._looks,
            ((-self.warm_up, self._end),),
            self._timeline.marks,
            self._timeline.small,
            -self.warm_up,
            self._end,
        )
        found.sorted()
        return found

    @property
    def _now(self) -> float:
        return self._loop.time() - self._zero

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._now))

    async def _turn(self, turn: Turn) -> None:
        """Over real sockets a network that is not there is a provider that refuses everybody."""
        await self._until(turn.at)
        for provider, faults in turn.faults.items():
            await self._simulator.set_fault(provider, faults)
        for provider, flag in turn.network.items():
            if flag is None:
                await self._simulator.revive(provider)
            else:
                await self._simulator.kill(provider)

    async def _act(self, action: Action) -> None:
        await self._until(action.at * MINUTE)
        order = {"domain": action.domain, "over": action.over * MINUTE}
        data = json.dumps(order).encode()
        url = f"http://127.0.0.1:{self._admin}/admin/{action.do.value}"
        try:
            await asyncio.to_thread(_post, url, data)
        except OSError as error:
            self._trouble = f"{action.do.value} {action.domain}: {error}"

    async def _ask(self, group: asyncio.TaskGroup) -> None:
        at = -self.warm_up
        while at < self._end:
            await self._until(at)
            group.create_task(self._one())
            at += self._stream.exponential(1.0 / self._scenario.traffic.rps)

    async def _one(self) -> None:
        ask, mistaken = self._asker.next()
        name, heard = await ask_over(self._port, ask, PATIENCE)
        self._heard.append((name, heard, mistaken))

    async def _look(self) -> None:
        url = f"http://127.0.0.1:{self._admin}/admin/health"
        at = -self.warm_up
        while at < self._end:
            await self._until(at)
            shut = await asyncio.to_thread(_shut, url)
            if shut is not None:
                self._looks.append(Look(self._now, shut))
            at += LOOK_EVERY


def _post(url: str, data: bytes) -> None:
    fields = {"content-type": "application/json", MARK: "drill"}
    request = urllib.request.Request(url, data, fields, method="POST")  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=5):  # noqa: S310
        pass


def _shut(url: str) -> tuple[Shut, ...] | None:
    """The domains that let nothing through now; None where nobody could say."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            domains = json.load(answer)["router"]["domains"]
    except OSError:
        return None
    return tuple(_domains(domains))


def _domains(domains: list[dict[str, object]]) -> Iterator[Shut]:
    for view in domains:
        domain, state = view["domain"], str(view["state"])
        waits = [float(str(view[field])) for field in ("open_for", "resting_for")]
        if (state != "closed" or waits[1] > 0) and isinstance(domain, dict):
            yield Shut(domain["kind"], domain["name"], state, max(waits), str(view["why"]))


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()
