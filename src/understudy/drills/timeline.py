"""Timeline: what a scenario's lines do to each provider at which second. Chance only for bursts."""

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from understudy.drills.checks import Check
from understudy.drills.scenario import FaultLine, Scenario, places
from understudy.drills.selector import Place, Selector
from understudy.sim.chance import Stream
from understudy.sim.fault_text import parse_faults
from understudy.sim.faults import Fault, When

MINUTE: Final = 60.0
RAMP_STEPS: Final = 12


class Turn(msgspec.Struct, frozen=True):
    """From `at` on (seconds) these providers do this wrong, and their network is like this."""

    at: float
    faults: dict[str, tuple[Fault, ...]]
    network: dict[str, str | None]


class Timeline(msgspec.Struct, frozen=True):
    """`turns` in order. `marks` are the seconds at which a line or an action begins or ends,
    `small` those of bursts in between. `calls` are the `marks` at which something ends, and when
    checks begin to measure: it matters there how breakers are.
    """

    turns: tuple[Turn, ...]
    marks: tuple[float, ...]
    small: tuple[float, ...]
    calls: tuple[float, ...] = ()


class _Stretch(msgspec.Struct, frozen=True):
    """A line as it is for a while, with one probability."""

    begin: float
    end: float
    line: FaultLine
    p: float


def timeline(scenario: Scenario, stream: Stream) -> Timeline:
    """Work out when what changes."""
    stretches = [part for line in scenario.faults for part in _stretches(line, stream)]
    borders = sorted({edge for part in stretches for edge in (part.begin, part.end)})
    known = places(scenario)
    turns: list[Turn] = []
    faults: dict[str, tuple[Fault, ...]] = {p.name: () for p in scenario.providers}
    network: dict[str, str | None] = {p.name: None for p in scenario.providers}
    for at in borders:
        live = [part for part in stretches if part.begin <= at < part.end]
        new = {name: _faults(known, name, live) for name in faults}
        cut = {name: _network(known, name, live) for name in network}
        changed = {name: found for name, found in new.items() if found != faults[name]}
        reached = {name: flag for name, flag in cut.items() if flag != network[name]}
        if changed or reached:
            turns.append(Turn(at * MINUTE, changed, reached))
        faults, network = new, cut
    marks = {edge * MINUTE for line in scenario.faults for edge in (line.begin, line.end)}
    marks |= {edge * MINUTE for a in scenario.actions for edge in (a.at, a.at + a.over)}
    bursts = {
        edge * MINUTE
        for part in stretches
        if part.line.bursts is not None
        for edge in (part.begin, part.end)
    }
    calls = {at * MINUTE for check in scenario.checks for at in _asked(check)}
    calls -= {line.begin * MINUTE for line in scenario.faults}
    calls |= {line.end * MINUTE for line in scenario.faults}
    return Timeline(
        tuple(turns), tuple(sorted(marks)), tuple(sorted(bursts - marks)), tuple(sorted(calls))
    )


def _asked(check: Check) -> list[float]:
    """The minutes at which a check begins to measure."""
    found = (getattr(check, "at", None), getattr(check, "begin", None))
    return [at for at in found if isinstance(at, float)]


def _stretches(line: FaultLine, stream: Stream) -> Iterable[_Stretch]:
    if line.bursts is not None:
        at = line.begin
        while True:
            at += stream.between(*line.bursts.up)
            end = min(line.end, at + stream.between(*line.bursts.down))
            if at >= line.end:
                return
            yield _Stretch(at, end, line, _mean(line.p))
            at = end
    elif isinstance(line.p, tuple):
        first, last = line.p
        span = line.end - line.begin
        edges = [line.begin + span * step / RAMP_STEPS for step in range(RAMP_STEPS)]
        for step, (begin, end) in enumerate(itertools.pairwise([*edges, line.end])):
            p = first + (last - first) * (step + 0.5) / RAMP_STEPS
            yield _Stretch(begin, end, line, p)
    else:
        yield _Stretch(line.begin, line.end, line, line.p)


def _mean(p: float | tuple[float, float]) -> float:
    return sum(p) / 2 if isinstance(p, tuple) else p


def _faults(known: Sequence[Place], provider: str, live: Sequence[_Stretch]) -> tuple[Fault, ...]:
    """All that a provider does wrong, what a line above says before what one below says."""
    found: list[Fault] = []
    own = [place for place in known if place.provider == provider]
    spared: set[str] = set()
    for part in live:
        met = [p for p in own if p.target not in spared and part.line.where.matches(p)]
        if part.line.healthy:
            spared |= {place.target for place in met}
        elif part.line.network is None:
            for when in _whens(own, met):
                found += _weighed(part, when)
    return tuple(found)


def _network(known: Sequence[Place], provider: str, live: Sequence[_Stretch]) -> str | None:
    for part in live:
        if not any(p.provider == provider and part.line.where.matches(p) for p in known):
            continue
        if part.line.healthy:
            return None
        if part.line.network is not None:
            return "" if part.line.network == "silence" else part.line.network
    return None


def _whens(own: Sequence[Place], met: Sequence[Place]) -> list[When]:
    """The fewest conditions that mean exactly the targets `met` of one provider."""
    if len(met) == len(own):
        return [When()]
    models = {place.model for place in met}
    keys = {place.key for place in met}
    if len(met) == len(models) * len({place.key for place in own}):
        return [When(model=model) for model in sorted(models)]
    if len(met) == len(keys) * len({place.model for place in own}):
        return [When(key=key) for key in sorted(keys)]
    return [When(model=place.model, key=place.key) for place in met]


def _weighed(part: _Stretch, when: When) -> list[Fault]:
    """The faults of a line with their probabilities: each is asked only where none before met."""
    mix = part.line.mix or {part.line.fault or "": 1.0}
    total = math.fsum(mix.values())
    found: list[Fault] = []
    left = 1.0
    for text, weight in mix.items():
        share = part.p * weight / total
        chance = min(1.0, share / left) if left > 0 else 1.0
        left -= share
        for fault in parse_faults(text):
            own = fault.when
            found.append(
                Fault(
                    fault.effect,
                    msgspec.structs.replace(
                        own,
                        p=own.p * chance,
                        model=when.model,
                        key=when.key,
                        streamed=part.line.streamed,
                    ),
                )
            )
    return found


def selected(known: Sequence[Place], selector: Selector) -> frozenset[str]:
    """The names of the targets that a selector means."""
    return frozenset(place.target for place in known if selector.matches(place))
