"""Drill: plays a scenario to the real router and exchange in the simulated world.

The full rate is kept around each change; between changes nothing is new, and the quick pace thins
requests out there. `evidence` is what is kept, `judge` what is made of it.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec

from understudy.chat.failure import Scope
from understudy.dialects.base import Dialect
from understudy.drills.evidence import Evidence, Look, Shut, request_of, within
from understudy.drills.scenario import LEAST, Action, Deed, Scenario, warm_up
from understudy.drills.stage import setting
from understudy.drills.timeline import MINUTE, Timeline, Turn, timeline
from understudy.drills.traffic import Asker
from understudy.journal.entry import RequestEntry
from understudy.providers.classifier import Classifier
from understudy.routing.breaker import State
from understudy.routing.drain import Drain
from understudy.routing.topology import Domain
from understudy.sim.listening import Heard
from understudy.sim.world import World


class Pace(msgspec.Struct, frozen=True):
    """How much of the traffic is played. `after`: seconds at the full rate after each change, and
    from wherever a check begins; `before` each of them, so that it finds breakers as they would be
    (nothing is judged by these); `after_small` after each of at most `small` bursts (of the others
    only thinly). Else `thin` requests a second. `look` and `look_thin`: seconds between two looks
    at the breakers.
    """

    after: float
    before: float
    after_small: float
    small: int
    thin: float
    look: float = 1.0
    look_thin: float = 20.0


FULL: Final = Pace(float("inf"), 0.0, 0.0, 0, 1.0)
QUICK: Final = Pace(70.0, 35.0, 15.0, 4, 0.03)


def run(
    scenario: Scenario,
    dialects: Mapping[str, Dialect],
    classifier: Classifier,
    seed: int,
    pace: Pace = QUICK,
) -> Evidence:
    """Play it once; the same seed gives the same evidence. Raises: InvariantBroken."""
    play = _Play(scenario, dialects, classifier, seed, pace)
    return play.run()


class _Play:
    def __init__(
        self,
        scenario: Scenario,
        dialects: Mapping[str, Dialect],
        classifier: Classifier,
        seed: int,
        pace: Pace,
    ) -> None:
        self._scenario = scenario
        self._pace = pace
        self._warm_up = warm_up(scenario)
        self._entry: RequestEntry | None = None
        world = World(setting(scenario, dialects, classifier), seed, record=self._record)
        self._world = world
        self._timeline = timeline(scenario, world.chance.stream("drill timeline"))
        self._stream = world.chance.stream("drill traffic")
        self._asker = Asker(scenario, self._stream)
        self._end = scenario.minutes * MINUTE
        marks, small = self._timeline.marks, self._timeline.small
        dense = stretches(self._timeline, pace, self._end)
        self._played = stretches(self._timeline, pace, self._end, before=pace.before)
        self.evidence = Evidence([], [], dense, marks, small, -self._warm_up, self._end)

    def run(self) -> Evidence:
        world = self._world
        for turn in self._timeline.turns:
            world.at(self._warm_up + turn.at, partial(self._turn, turn))
        for action in self._scenario.actions:
            world.at(self._warm_up + action.at * MINUTE, partial(self._act, action))
        world.at(0.0, self._come)
        world.at(0.0, self._look)
        world.run(self._warm_up + self._end)
        world.finish()
        self.evidence.sorted()
        return self.evidence

    @property
    def _now(self) -> float:
        return self._world.now - self._warm_up

    def _turn(self, turn: Turn) -> None:
        for provider, faults in turn.faults.items():
            self._world.arm(provider, faults)
        for provider, flag in turn.network.items():
            self._world.cut_off((provider,), flag)

    def _act(self, action: Action) -> None:
        kind, _, name = action.domain.partition(":")
        domain = Domain(Scope(kind), name)
        drains, now, over = self._world.router.drains, self._world.now, action.over * MINUTE
        if action.do is Deed.DRAIN:
            drains.start(domain, Drain(now, over), now)
        else:
            drains.give_back(domain, over, now)

    # Traffic

    def _come(self) -> None:
        now = self._now
        if now >= self._end:
            return
        traffic = self._scenario.traffic
        rate = traffic.rps if self._is_played(now) else min(self._pace.thin, traffic.rps)
        ask, mistaken = self._asker.next()
        self._world.ask(ask, partial(self._heard, mistaken))
        self._after(self._stream.exponential(1.0 / rate), self._come)

    def _record(self, entry: RequestEntry) -> None:
        self._entry = entry

    def _heard(self, mistaken: bool, heard: Heard) -> None:  # noqa: FBT001 - bound by `partial`
        entry, self._entry = self._entry, None
        assert entry is not None, "a request is entered in the journal before its client is left"
        self.evidence.requests.append(request_of(entry, heard, self._warm_up, mistaken=mistaken))

    # Breakers

    def _look(self) -> None:
        now = self._now
        if now >= self._end:
            return
        found = [
            Shut(
                view.domain.kind.value,
                view.domain.name,
                view.state.value,
                max(view.open_for, view.resting_for),
                view.why,
            )
            for view in self._world.router.snapshot(self._world.now).domains
            if view.state is not State.CLOSED or view.resting_for > 0
        ]
        self.evidence.looks.append(Look(now, tuple(found)))
        pace = self._pace
        self._after(pace.look if self._is_played(now) else pace.look_thin, self._look)

    def _after(self, wait: float, action: Callable[[], None]) -> None:
        """Do it in a while, but no later than when the full rate begins again."""
        now = self._now
        begin = next((begin for begin, _ in self._played if begin > now), self._end)
        self._world.at(self._warm_up + min(now + wait, max(begin, now)), action)

    def _is_played(self, now: float) -> bool:
        return within(self._played, now)


def stretches(
    found: Timeline, pace: Pace, end: float, before: float = 0.0
) -> tuple[tuple[float, float], ...]:
    """The seconds from and to which all of the traffic is played, in order, without overlap."""
    every = max(1, -(-len(found.small) // pace.small)) if pace.small else 0
    chosen = found.small[::every] if every else ()
    wanted = [(-LEAST, pace.after if pace.after == float("inf") else 0.0)]
    wanted += [(at, at + pace.after) for at in found.marks]
    wanted += [(at - before, at + pace.after) for at in found.calls]
    wanted += [(at, at + pace.after_small) for at in chosen]
    joined: list[tuple[float, float]] = []
    for begin, wished in sorted(wanted):
        stop = min(wished, end)
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        elif begin < stop:
            joined.append((begin, stop))
    return tuple(joined)
