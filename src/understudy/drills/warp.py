"""Warp: a scenario in another time, for playing it with real processes: minutes become seconds.

A stretch between two changes is never shorter than three cooldowns, or breakers could not do what
they do in life, and never longer than `LONGEST`: nothing new happens in the rest of it.
"""

import bisect
import itertools
from collections.abc import Callable
from typing import Final

import msgspec

from understudy.drills.checks import Growth
from understudy.drills.scenario import Bursts, FaultLine, Scenario, Unchecked

MINUTE: Final = 60.0
SHORTEST: Final = 15.0
"""Seconds: three times `base_open` of a breaker."""

LONGEST: Final = 120.0
_CALM: Final = 60.0


def warped(scenario: Scenario) -> Scenario:
    """The same scenario in its real time, still told in minutes."""
    edges = {0.0}
    for line in scenario.faults:
        edges |= {line.begin, line.end}
    for action in scenario.actions:
        edges |= {action.at, action.at + action.over}
    warp = _Warp(sorted(edges))
    return msgspec.structs.replace(
        scenario,
        faults=tuple(_line(line, warp) for line in scenario.faults),
        actions=tuple(
            msgspec.structs.replace(
                action, at=warp(action.at), over=warp(action.at + action.over) - warp(action.at)
            )
            for action in scenario.actions
        ),
        checks=tuple(
            _moved(check, warp) for check in scenario.checks if not isinstance(check, Growth)
        ),
        unchecked=(*scenario.unchecked, *_left_out(scenario)),
        calm=_CALM / MINUTE,
    )


def _left_out(scenario: Scenario) -> tuple[Unchecked, ...]:
    why = (
        "a gateway limits no growth in the first `over` minutes that it runs; this is over by then"
    )
    is_asked = any(isinstance(check, Growth) for check in scenario.checks)
    return (Unchecked("How fast accounts grow", why),) if is_asked else ()


class _Warp:
    """From minutes of the file to minutes of the drill, over the minutes at which things change."""

    def __init__(self, edges: list[float]) -> None:
        self._edges = edges
        self._new = [0.0]
        for begin, end in itertools.pairwise(edges):
            length = min(max(end - begin, SHORTEST), LONGEST) / MINUTE
            self._new.append(self._new[-1] + length)

    def __call__(self, at: float) -> float:
        """What is near a change stays as many seconds from it, as far as there is room."""
        place = bisect.bisect_right(self._edges, at) - 1
        begin = self._new[place]
        if place == len(self._edges) - 1:
            return begin + min(at - self._edges[place], _CALM / MINUTE)
        since, till = at - self._edges[place], self._edges[place + 1] - at
        half = (self._new[place + 1] - begin) / 2
        if since <= till:
            return begin + min(since, half)
        return self._new[place + 1] - min(till, half)


def _line(line: FaultLine, warp: Callable[[float], float]) -> FaultLine:
    bursts = line.bursts
    if bursts is not None:
        bursts = Bursts(_seconds(bursts.up), _seconds(bursts.down))
    return msgspec.structs.replace(line, begin=warp(line.begin), end=warp(line.end), bursts=bursts)


def _seconds(minutes: tuple[float, float]) -> tuple[float, float]:
    low, high = minutes
    return max(low, SHORTEST) / MINUTE, max(high, SHORTEST) / MINUTE


def _moved(check: msgspec.Struct, warp: Callable[[float], float]) -> msgspec.Struct:
    times = {
        field: warp(value)
        for field in ("at", "begin", "end")
        if isinstance(value := getattr(check, field, None), float)
    }
    return msgspec.structs.replace(check, **times)
