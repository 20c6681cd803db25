"""Ramp: how large a share of the requests may prefer a failure domain while that share changes.

Four things turn traffic: a domain that was down comes back (`Comeback`), its owner leads traffic
away from it or back to it (`drain.Drain`), a provider wants its traffic to grow slowly
(`growth.Meter`), or says that nothing of a limit is left (`pause.Pause`). Each is a `Turn`: a share
at a moment, worked out from the time alone. A share is a preference, never a wall: where nobody
else works, a domain with little of it answers everything. Only a turn that `bars` lets nothing
through.
"""

from collections.abc import Iterable
from typing import Final, Protocol

import msgspec

STEPS: Final = (0.10, 0.25, 0.50)
"""The share of a domain that comes back, a third of the time each; then all of it."""

LENGTH: Final = 30.0
"""Seconds that a first comeback takes."""

LONGEST: Final = 120.0
"""Seconds that a comeback takes at most, however often the domain fell."""


class Turn(Protocol):
    """Something that changes a domain's share for a while."""

    def share(self, now: float) -> float:
        """Return the share of requests that may prefer the domain, from 0 to 1."""
        ...

    def barred_for(self, now: float) -> float:
        """Return how many seconds nothing may pass at all, as far as is known; mostly 0."""
        ...

    def is_over(self, now: float) -> bool:
        """Return whether it changes nothing any more."""
        ...

    def words(self, now: float) -> str:
        """Say what is going on, for people."""
        ...


class Comeback(msgspec.Struct, frozen=True, gc=False):
    """A domain that was down works again, since `at`. `falls`: its openings not yet forgiven.

    One that falls again and again starts lower, and takes longer.
    """

    at: float
    falls: int = 1

    def share(self, now: float) -> float:
        step = self.step(now)
        if step >= len(STEPS):
            return 1.0
        return STEPS[step] / (max(1, self.falls) if step == 0 else 1)

    def step(self, now: float) -> int:
        """Return the place in `STEPS`; beyond the last it is over."""
        return int((now - self.at) / self._length() * len(STEPS))

    def barred_for(self, now: float) -> float:  # noqa: ARG002 - a Turn
        return 0.0

    def is_over(self, now: float) -> bool:
        return now - self.at >= self._length()

    def words(self, now: float) -> str:
        return f"comes back, {self.share(now):.0%} of the traffic"

    def _length(self) -> float:
        return min(LENGTH * max(1, self.falls), LONGEST)


Turns = tuple[Turn, ...]


def share(turns: Iterable[Turn], now: float) -> float:
    """Return the share that several turns leave together."""
    found = 1.0
    for turn in turns:
        found *= turn.share(now)
    return found


def barred_for(turns: Iterable[Turn], now: float) -> float:
    """Return for how many seconds one of them lets nothing pass."""
    return max((turn.barred_for(now) for turn in turns), default=0.0)


def going_on(turns: Iterable[Turn], now: float) -> Turns:
    """Return those that are not over."""
    return tuple(turn for turn in turns if not turn.is_over(now))


def lasting(turns: Iterable[Turn]) -> Turns:
    """Return those that stay when the domain falls: all but its comeback."""
    return tuple(turn for turn in turns if not isinstance(turn, Comeback))


def step_of(turns: Iterable[Turn], now: float) -> int | None:
    """Return how many steps of its comeback a domain has done, None where it is not coming back."""
    for turn in turns:
        if isinstance(turn, Comeback) and not turn.is_over(now):
            return turn.step(now)
    return None
