"""A station of the simulated world: one provider, the faults that are set, and chance for these.

The same order of questions as `shell/simulator.py`, which does this over real sockets.
"""

import enum
from collections.abc import Callable, Sequence

from understudy.dialects.base import Dialect
from understudy.sim.faults import Effect, Fault, Moment, Refuse, active, moment_of
from understudy.sim.plan import plan
from understudy.sim.provider import Draft, Incoming, Provider, respond
from understudy.sim.steps import Step

KEPT_PLANS = 512


class Knock(enum.Enum):
    """What becomes of a new connection."""

    LISTENS = "listens"
    RESETS = "resets"
    REFUSES = "refuses"


class Station:
    """`requests` counts those that came, `cancelled` those whose peer went before the end."""

    def __init__(
        self,
        provider: Provider,
        dialect: Dialect,
        clock: Callable[[], float],
        draw: Callable[[], float],
    ) -> None:
        self.provider = provider
        self.is_killed = False
        self.requests = 0
        self.cancelled = 0
        self._dialect = dialect
        self._clock = clock
        self._draw = draw
        self._faults: tuple[Fault, ...] = ()
        self._since = 0.0
        self._count = 0
        self._base = 0
        self._plans: dict[tuple[str, str | None, bytes], tuple[Step, ...]] = {}

    def arm(self, faults: Sequence[Fault]) -> None:
        """Do this wrong from now on, in the place of all that was set before."""
        self._faults = tuple(faults)
        self._since = self._clock()
        self._base = self._count

    def knock(self) -> Knock:
        """A connection is being opened."""
        if self.is_killed or any(
            _is_sure_refusal(fault) and fault.when.meets(self._moment(None), _never)
            for fault in self._faults
        ):
            return Knock.REFUSES
        refusals = [fault for fault in self._faults if isinstance(fault.effect, Refuse)]
        if refusals and active(refusals, self._moment(None), self._draw):
            self._count += 1
            return Knock.RESETS
        return Knock.LISTENS

    def take(self, incoming: Incoming, *, is_first: bool) -> tuple[Step, ...]:
        """What is sent in answer. `is_first`: on its connection, so that it has been let in."""
        effects: tuple[Effect, ...] = ()
        if self._faults:
            effects = self._effects(incoming, is_first=is_first)
        self._count += 1
        self.requests += 1
        if effects:
            return plan(self._dialect, respond(self.provider, self._dialect, incoming), effects)
        key = (incoming.path, incoming.key, incoming.body)
        known = self._plans.get(key)
        if known is None:
            said = respond(self.provider, self._dialect, incoming)
            known = plan(self._dialect, said)
            if isinstance(said, Draft):
                if len(self._plans) >= KEPT_PLANS:
                    self._plans.clear()
                self._plans[key] = known
        return known

    def _effects(self, incoming: Incoming, *, is_first: bool) -> tuple[Effect, ...]:
        faults = self._faults
        if is_first:
            faults = tuple(fault for fault in faults if not isinstance(fault.effect, Refuse))
        return active(faults, self._moment(incoming), self._draw)

    def _moment(self, incoming: Incoming | None) -> Moment:
        since, number = self._clock() - self._since, self._count - self._base
        if incoming is None:
            return Moment(since, number)
        return moment_of(since, number, incoming.body, incoming.key)


def _is_sure_refusal(fault: Fault) -> bool:
    when = fault.when
    is_for_all = when.model is None and when.key is None and when.streamed is None
    return isinstance(fault.effect, Refuse) and when.p >= 1 and when.times is None and is_for_all


def _never() -> float:
    return 1.0
