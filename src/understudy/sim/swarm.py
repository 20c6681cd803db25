"""The swarm: runs random cases, and says what broke in them.

The referee of every call and the router's own look at each step; here is what shows only at the
end, or only to a client. A finding names the case's number, which is all that it takes to see it
again.
"""

from collections import Counter
from functools import partial

import msgspec

from understudy.chat.endpoint import Capability
from understudy.exchange.invariants import InvariantBroken
from understudy.journal.entry import RequestEntry
from understudy.routing.policy import denial
from understudy.routing.topology import Route, Strategy
from understudy.sim.cases import (
    Case,
    CutOff,
    Happening,
    Kill,
    Kit,
    Revive,
    Swap,
    WallClock,
    draw_case,
)
from understudy.sim.listening import Ask, Heard
from understudy.sim.troubles import is_lie
from understudy.sim.world import Tally, World

CALM = 14_400.0
"""Seconds after which nothing may be held against anybody any more: four hours."""

CALM_ASKS = 30

PATIENT = 10.0
"""Seconds: with a shorter deadline a slow provider need not have the time to answer."""

LATE = 0.5
"""Seconds by which a deadline may be missed: timers are late, and networks slow."""


class Ran(msgspec.Struct, frozen=True):
    """What came of a case. `broken` None: nothing that must not be; `seconds` are virtual ones."""

    seed: int
    broken: str | None
    seconds: float
    tally: Tally
    outcomes: dict[str, int]
    entries: list[RequestEntry]


def run_case(kit: Kit, seed: int, seconds: float = 40.0) -> Ran:
    """Draw the case of that number and run it to its end, or to what breaks."""
    case = draw_case(kit, seed, seconds)
    world = World(case.setting, seed)
    watcher = _Watcher(case, kit, world)
    broken: str | None = None
    try:
        watcher.run()
    except InvariantBroken as error:
        broken = f"at {world.now:.6f}: {error}"
    except Exception as error:  # noqa: BLE001 - whatever a bug raises is what was looked for
        broken = f"at {world.now:.6f}: {type(error).__name__}: {error}"
    outcomes = Counter(entry.outcome for entry in world.entries)
    return Ran(seed, broken, world.now, world.heard, dict(sorted(outcomes.items())), world.entries)


class _Watcher:
    """Sets a case going, and looks at what each client heard."""

    def __init__(self, case: Case, kit: Kit, world: World) -> None:
        self._case = case
        self._world = world
        self._lasting = {row.id for row in kit.taxonomy.rows if (row.cooldown_s or 0) >= CALM}
        self._lies = any(
            is_lie(fault.effect, kit.taxonomy)
            for faults in case.faults.values()
            for fault in faults
        )

    def run(self) -> None:
        """Raises: InvariantBroken, or what a bug raises."""
        case, world = self._case, self._world
        for provider, faults in case.faults.items():
            world.arm(provider, faults)
        for when, happening in case.happenings:
            world.at(when, lambda happening=happening: _happen(world, happening))  # type: ignore[misc]
        for when, ask in case.asks:
            world.at(when, lambda ask=ask: self._ask(ask))  # type: ignore[misc]
        if case.asks:
            world.run(case.asks[-1][0])
        world.finish()
        self._calm_down()
        if world.heard.ended != world.heard.asked:
            raise InvariantBroken(f"{world.heard.asked} asked, {world.heard.ended} were answered")

    def _calm_down(self) -> None:
        """All is well again; hours later every route that can answer does, and by its first target.

        Traffic is thin meanwhile, so that probes are all that leads back.
        """
        world = self._world
        for provider in world.setting.providers:
            world.arm(provider.name, ())
            world.revive(provider.name)
            world.cut_off((provider.name,), None)
        begin, step = world.now, CALM / CALM_ASKS
        last: dict[str, Heard] = {}
        for number in range(CALM_ASKS):
            for name in world.topology.routes:
                dialect = sorted(world.setting.dialects)[number % len(world.setting.dialects)]
                ask = Ask(
                    name, dialect, f"Is {number} well again? [tokens=2]", stream=number % 2 == 0
                )
                world.at(
                    begin + number * step,
                    partial(world.ask, ask, partial(last.__setitem__, name)),
                )
        world.run(begin + CALM)
        world.finish()
        for name, heard in last.items():
            if name in world.topology.routes:  # a late reload may have taken it away
                self._check_recovery(world.topology.routes[name], heard)

    def _check_recovery(self, route: Route, heard: Heard) -> None:
        targets = self._world.topology.targets
        able = [
            name
            for name in route.targets
            if denial(route.policy, targets[name]) is None
            and Capability.STREAMING in targets[name].capabilities
        ]
        if not able or route.deadline < PATIENT:
            return
        if not heard.is_exact:
            raise InvariantBroken(f"all is well, and {route.name} does not answer: {heard!r}")
        first = able[0]
        if (
            route.strategy is Strategy.ORDERED
            and heard.target != first
            and not self._is_gone(first)
        ):
            raise InvariantBroken(f"{route.name} never returned to {first}: {heard!r}")

    def _is_gone(self, target: str) -> bool:
        """Whether its provider said what keeps it away for longer than the calm lasts."""
        place = target.partition("#")[0]
        said = {
            attempt.outcome
            for entry in self._world.entries
            for attempt in entry.attempts
            if attempt.target.partition("#")[0] == place
        }
        return not said.isdisjoint(self._lasting)

    def _ask(self, ask: Ask) -> None:
        route = self._world.topology.routes.get(ask.model)
        limit = 0.0 if route is None else route.deadline
        self._world.ask(ask, lambda heard: self._hear(ask, limit, heard))

    def _hear(self, ask: Ask, limit: float, heard: Heard) -> None:
        if heard.ended - heard.began > limit + LATE:
            took = heard.ended - heard.began
            raise InvariantBroken(f"a request took {took:.3f} s, its deadline was {limit:g} s")
        if heard.finishes > 1:
            raise InvariantBroken(f"{heard.finishes} finishes in one answer")
        if heard.left:
            return
        if not heard.complete and heard.error is None and 200 <= heard.status < 300 and ask.stream:
            raise InvariantBroken(f"an answer that breaks off without a word: {heard!r}")
        if (
            heard.duplicated_tokens
            and 200 <= heard.status < 300
            and not self._lies
            and not ask.tools
        ):
            raise InvariantBroken(f"foreign or doubled tokens: {heard!r}")
        if heard.complete and not heard.is_exact and not self._lies:
            raise InvariantBroken(f"a complete answer that is not exact: {heard!r}")


def _happen(world: World, happening: Happening) -> None:
    match happening:
        case Kill(provider):
            world.kill(provider)
        case Revive(provider):
            world.revive(provider)
        case CutOff(providers, flag):
            world.cut_off(providers, flag)
        case Swap(topology):
            world.swap(topology)
        case WallClock(jump):
            world.set_wall_clock(jump)
