"""Report: what a drill showed, as a value, and as lines of text."""

import enum
from collections import Counter
from collections.abc import Sequence
from typing import Final, assert_never

import msgspec

from understudy.drills.evidence import Evidence
from understudy.drills.judge import Verdict
from understudy.drills.scenario import Fact, Scenario, Unchecked
from understudy.drills.timeline import MINUTE

CELLS: Final = 60
LEVELS: Final = " ▁▂▃▄▅▆▇█"


class Mode(enum.Enum):
    """How it was played: in virtual time, thinly or not between changes, or by real processes."""

    QUICK = "quick"
    FULL = "full"
    REAL = "real"


class Band(msgspec.Struct, frozen=True):
    """One target's, or one breaker's, row over time: a value for each cell, None for no data."""

    label: str
    cells: tuple[float | None, ...]


class Spell(msgspec.Struct, frozen=True):
    """A domain was shut from `begin` to `end` (minutes), as far as was looked."""

    domain: str
    begin: float
    end: float
    why: str


class Report(msgspec.Struct, frozen=True):
    """One run. `shares`: of the answers in a cell's time, who gave how many. Times in minutes."""

    name: str
    title: str
    seed: int
    ok: bool
    begin: float
    minutes: float
    mode: Mode
    full_minutes: float
    requests: int
    complete: int
    attempts: int
    verdicts: tuple[Verdict, ...]
    unchecked: tuple[Unchecked, ...]
    facts: tuple[Fact, ...]
    targets: dict[str, int]
    shares: tuple[Band, ...]
    spells: tuple[Spell, ...]
    marks: tuple[float, ...]


def report(
    scenario: Scenario, evidence: Evidence, verdicts: Sequence[Verdict], seed: int, mode: Mode
) -> Report:
    """Sum a run up."""
    requests = evidence.requests
    played = sum(stop - begin for begin, stop in evidence.dense)
    return Report(
        name=scenario.name,
        title=scenario.title,
        seed=seed,
        ok=all(verdict.ok for verdict in verdicts),
        begin=evidence.begin / MINUTE,
        minutes=scenario.minutes,
        mode=mode,
        full_minutes=played / MINUTE,
        requests=len(requests),
        complete=sum(request.complete for request in requests),
        attempts=sum(len(request.tries) for request in requests),
        verdicts=tuple(verdicts),
        unchecked=scenario.unchecked,
        facts=scenario.facts,
        targets=dict(Counter(r.target for r in requests if r.target).most_common()),
        shares=_shares(evidence),
        spells=_spells(evidence),
        marks=tuple(mark / MINUTE for mark in evidence.marks),
    )


def _shares(evidence: Evidence) -> tuple[Band, ...]:
    width = (evidence.end - evidence.begin) / CELLS
    cells = [Counter[str]() for _ in range(CELLS)]
    for request in evidence.requests:
        if request.target:
            place = int((request.at - evidence.begin) / width)
            cells[min(place, CELLS - 1)][request.target] += 1
    names = sorted({name for cell in cells for name in cell})
    return tuple(
        Band(name, tuple(c[name] / c.total() if c.total() else None for c in cells))
        for name in names
    )


def _spells(evidence: Evidence) -> tuple[Spell, ...]:
    found: list[Spell] = []
    since: dict[str, tuple[float, str]] = {}
    for look in evidence.looks:
        now = {f"{shut.kind}:{shut.name}": shut.why for shut in look.shut}
        for domain in [each for each in since if each not in now]:
            begin, why = since.pop(domain)
            found.append(Spell(domain, begin / MINUTE, look.at / MINUTE, why))
        for domain, why in now.items():
            since.setdefault(domain, (look.at, why))
    end = evidence.end / MINUTE
    found += [Spell(domain, at / MINUTE, end, why) for domain, (at, why) in since.items()]
    return tuple(sorted(found, key=lambda spell: (spell.begin, spell.domain)))


def lines(found: Report, command: str) -> list[str]:
    """The report for people; `command` plays the same again."""
    said = [f"{found.name}: {found.title}", f"  {_played(found)}", ""]
    said += _table([(_mark(v), v.title, v.measured, v.bound) for v in found.verdicts])
    for each in found.unchecked:
        said.append(f"  --    not checked: {each.what} ({each.why})")
    said += ["", "who answered (a column is " + f"{_column(found):.3g} minutes)"]
    said += _table([(band.label, _bar(band), _total(found, band)) for band in found.shares])
    said += ["", *_closed(found), ""]
    bad = sum(not verdict.ok for verdict in found.verdicts)
    said.append(f"{len(found.verdicts) - bad} of {len(found.verdicts)} checks hold")
    if bad:
        said.append(f"the same again: {command}")
    return said


def again(found: Report) -> str:
    """The command that plays the same once more."""
    how = "" if found.mode is Mode.QUICK else f" --{found.mode.value}"
    return f"understudy drill {found.name} --seed {found.seed}{how}"


def _played(found: Report) -> str:
    match found.mode:
        case Mode.QUICK:
            whole = f"{found.full_minutes:.0f} of them"
            rate = f"{whole} (around changes) at the full rate, thinly between"
        case Mode.FULL:
            rate = "the full rate throughout"
        case Mode.REAL:
            rate = "with real processes, the incident's minutes as seconds"
        case _:
            assert_never(found.mode)
    return (
        f"{found.minutes:.0f} minutes, {rate}; {found.requests} requests, "
        f"{found.complete} whole answers, {found.attempts} attempts; seed {found.seed}"
    )


def _column(found: Report) -> float:
    return (found.minutes + 0.5) / CELLS


def _bar(band: Band) -> str:
    top = len(LEVELS) - 1
    return "".join(
        "·" if cell is None else LEVELS[0 if cell == 0 else max(1, round(cell * top))]
        for cell in band.cells
    )


def _total(found: Report, band: Band) -> str:
    return f"{found.targets.get(band.label, 0)}"


def _closed(found: Report) -> list[str]:
    """The breakers that stopped calls, each with how often and how long."""
    if not found.spells:
        return ["no breaker opened"]
    groups: dict[str, list[Spell]] = {}
    for spell in found.spells:
        groups.setdefault(spell.domain, []).append(spell)
    rows = []
    for domain, spells in groups.items():
        length = sum(spell.end - spell.begin for spell in spells)
        why = Counter(spell.why for spell in spells).most_common(1)[0][0]
        first = f"first at minute {spells[0].begin:.2f}"
        rows.append((domain, f"{len(spells)} times, {length:.1f} minutes", first, why))
    return ["breakers that stopped calls", *_table(rows)]


def _mark(verdict: Verdict) -> str:
    return "ok" if verdict.ok else "FAIL"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))] if rows else []
    return [
        "  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
