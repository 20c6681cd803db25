"""The swarm, for developers (`make sim SEED=n SEEDS=m`): random cases in the simulated world.

Prints what broke, and the one command that shows it again. No command of `understudy` itself.
"""

import concurrent.futures
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from understudy.dialects.catalog import DIALECTS
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy
from understudy.sim.cases import Kit, draw_case
from understudy.sim.swarm import Ran, run_case

CHUNK = 25
"""Cases that one process runs in a row."""

SECONDS = 40.0
"""How long the clients of a case ask, unless told otherwise."""

SHOWN = 20
"""Findings that are printed; the rest is counted."""


class Summary(msgspec.Struct):
    """What came of several cases."""

    cases: int = 0
    requests: int = 0
    attempts: int = 0
    virtual_seconds: float = 0.0
    cpu_seconds: float = 0.0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    broken: list[tuple[int, str]] = []
    journal: bytes = b""

    def add(self, ran: Ran) -> None:
        self.cases += 1
        self.requests += ran.tally.asked
        self.attempts += ran.tally.attempts
        self.virtual_seconds += ran.seconds
        self.outcomes.update(ran.outcomes)
        if ran.broken is not None:
            self.broken.append((ran.seed, ran.broken))

    def join(self, other: "Summary") -> None:
        self.cases += other.cases
        self.requests += other.requests
        self.attempts += other.attempts
        self.virtual_seconds += other.virtual_seconds
        self.cpu_seconds += other.cpu_seconds
        self.outcomes.update(other.outcomes)
        self.broken += other.broken


def kit() -> Kit:
    """All that cases are made from: the dialects and the taxonomy that ship with the package."""
    taxonomy = load_taxonomy()
    return Kit(DIALECTS, taxonomy, Classifier(taxonomy.rows))


def run_many(seeds: range, seconds: float, *, keeps_journal: bool = False) -> Summary:
    """Run the cases of these numbers one after the other."""
    made = kit()
    summary = Summary()
    began = time.process_time()
    for seed in seeds:
        ran = run_case(made, seed, seconds)
        summary.add(ran)
        if keeps_journal:
            summary.journal += journal_of(ran)
    summary.cpu_seconds = time.process_time() - began
    return summary


def journal_of(ran: Ran) -> bytes:
    """The journal of a case: an entry a line."""
    return b"".join(msgspec.json.encode(entry) + b"\n" for entry in ran.entries)


@click.command()
@click.option("--seed", default=0, show_default=True, help="The first case's number.")
@click.option("--seeds", default=1, show_default=True, help="How many cases.")
@click.option("--seconds", default=SECONDS, show_default=True, help="Virtual seconds of asking.")
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option("--journal", type=click.Path(path_type=Path), help="Write all entries there.")
@click.option("--show", is_flag=True, help="Print the case itself.")
def swarm(
    seed: int, seeds: int, seconds: float, jobs: int, journal: Path | None, *, show: bool
) -> None:
    """Run random cases in the simulated world, and say what must never be and was."""
    if show:
        _show(seed, seconds)
    began = time.perf_counter()
    total = Summary()
    if journal is not None or jobs < 2 or seeds <= CHUNK:
        total = run_many(range(seed, seed + seeds), seconds, keeps_journal=True)
    else:
        for part in _in_processes(range(seed, seed + seeds), seconds, jobs):
            total.join(part)
    took = time.perf_counter() - began
    if journal is not None:
        journal.write_bytes(total.journal)
    if total.journal:
        count = total.journal.count(b"\n")
        digest = hashlib.blake2b(total.journal, digest_size=8).hexdigest()
        click.echo(f"journal {digest} ({count} entries)")
    _report(total, took)
    for number, what in sorted(total.broken)[:SHOWN]:
        click.echo(f"\ncase {number}: {what}\n  again: {_command(number, seconds)}")
    if total.broken:
        sys.exit(1)


def _in_processes(seeds: range, seconds: float, jobs: int) -> Iterator[Summary]:
    parts = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(run_many, parts, [seconds] * len(parts))


def _report(total: Summary, took: float) -> None:
    cpu = max(total.cpu_seconds, 1e-9)
    outcomes = ", ".join(f"{name} {count}" for name, count in total.outcomes.most_common())
    click.echo(
        f"{total.cases} cases, {total.requests} requests ({outcomes}), {total.attempts} attempts, "
        f"{total.virtual_seconds:.0f} virtual seconds in {took:.1f} s "
        f"({cpu:.1f} s of CPU: {total.requests / cpu:.0f} requests a second, "
        f"{total.virtual_seconds / cpu:.0f} x real time); {len(total.broken)} broken"
    )


def _command(seed: int, seconds: float) -> str:
    plain = f"make sim SEED={seed} SEEDS=1"
    return plain if seconds == SECONDS else f"{plain} FOR={seconds:g}"


def _show(seed: int, seconds: float) -> None:
    """Print what a case is made of."""
    case = draw_case(kit(), seed, seconds)
    for route in case.setting.topology.routes.values():
        click.echo(f"{route}\n")
    for target in case.setting.topology.targets.values():
        domains = ", ".join(str(domain) for domain in target.domains)
        click.echo(f"{target.name} ({target.endpoint.dialect}, {target.taxonomy}): {domains}")
    for provider in case.setting.providers:
        click.echo(str(provider))
    click.echo(f"{case.setting.network}\n")
    for name, faults in case.faults.items():
        for fault in faults:
            click.echo(f"{name}: {fault}")
    for when, happening in case.happenings:
        click.echo(f"{when:.3f}: {str(happening)[:300]}")


if __name__ == "__main__":
    swarm()
