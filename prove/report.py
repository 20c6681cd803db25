"""What is published: results kept as JSON, and the table of docs/reliability.md made of them."""

import os
import platform
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from prove import MODULES, Row

RESULTS = Path("prove/results.json")
"""The last full measurement of each module: kept in the repository, so that docs can be made."""

_HEAD = """\
# Reliability: what is promised, and what was measured

<!-- Written by `python -m prove --write docs/reliability.md` from prove/results.json. -->

```sh
make prove-fast                   # every proof in small, a few minutes
make prove                        # the full sizes, about an hour
python -m prove --only streams    # one proof; also python -m prove.streams [--fast] [--json]
```

A real `understudy serve` stands before real simulated providers, each process of its own, and the
clients are raw sockets that compare every token with what must come. A row says MISSED where the
figure was not reached, and is not left out. Rows marked *virtual* were measured in the simulated
world, whose clock is exact; all others on a wall clock, on the machine named with them.
"""


class Result(msgspec.Struct, frozen=True):
    """One module's rows, and where and when they were measured."""

    rows: list[Row]
    date: str
    commit: str
    machine: str
    is_fast: bool
    seconds: float
    load: str


def measured(rows: list[Row], *, is_fast: bool, seconds: float) -> Result:
    """Note the circumstances of rows that were measured just now."""
    one, five, _ = os.getloadavg()
    return Result(
        rows=rows,
        date=time.strftime("%Y-%m-%d", time.gmtime()),
        commit=_commit(),
        machine=_machine(),
        is_fast=is_fast,
        seconds=round(seconds, 1),
        load=f"{one:.1f} / {five:.1f}",
    )


def load() -> dict[str, Result]:
    """All results so far, by module."""
    if not RESULTS.exists():
        return {}
    return msgspec.json.decode(RESULTS.read_bytes(), type=dict[str, Result])


def store(results: Mapping[str, Result]) -> None:
    """Keep results; those of modules that were not measured again stay."""
    ordered = dict(sorted((load() | dict(results)).items()))
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")


def page(results: Mapping[str, Result]) -> str:
    """The whole of docs/reliability.md."""
    rows = [row for result in results.values() for row in result.rows]
    missed = [row for row in rows if not row.passed]
    unmeasured = [name for name in MODULES if name not in results]
    lines = [_HEAD, f"{len(rows) - len(missed)} of {len(rows)} figures are met.", ""]
    lines += _section("Missed", [f"* **{row.name}**: {row.measured} (goal: {row.goal})"
                                 for row in missed])  # fmt: skip
    lines += _section("Not measured yet", [f"* `python -m prove.{name}`" for name in unmeasured])
    for name in MODULES:
        if name in results:
            lines += _table(name, results[name])
    return "\n".join(lines).rstrip() + "\n"


def _section(title: str, items: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *items, ""] if items else []


def _table(name: str, result: Result) -> list[str]:
    size = " --fast" if result.is_fast else ""
    lines = [
        f"## {name.replace('_', ' ').capitalize()}",
        "",
        f"`python -m prove.{name}{size}`, {result.date}, commit `{result.commit}`, "
        f"{result.seconds:.0f} s, {result.machine}, load over 1 and 5 minutes {result.load}.",
        "",
        "| figure | goal | measured | n | |",
        "|---|---|---|---:|---|",
    ]
    for row in result.rows:
        verdict = "met" if row.passed else "**MISSED**"
        cells = (row.name, row.goal, row.measured, f"{row.n:,}", verdict)
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    lines += ["", *dict.fromkeys(f"* {row.conditions}." for row in result.rows), ""]
    return lines


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _machine() -> str:
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", text)
    return f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores"
