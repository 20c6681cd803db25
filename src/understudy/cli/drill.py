"""`understudy drill`: play an incident of the past to the gateway, and check what it does."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from understudy.cli.options import json_option
from understudy.cli.table import align

if TYPE_CHECKING:
    from understudy.drills.report import Report
    from understudy.drills.scenario import Scenario

_EPILOG = """\b
Examples:
  understudy drill                            the incidents that ship with understudy
  understudy drill openai-2023-11             the five days of November 2023, in seconds
  understudy drill openai-2023-11 --full      the same at the full rate throughout
  understudy drill openai-2023-11 --real      the same with real processes, in some minutes
  understudy drill ./ours.toml --seed 7       an incident of your own

\b
It plays the incident in a simulated world with a virtual clock: simulated providers, clients and
network around the gateway's own router and exchange. The same seed gives the same run.
Exit code 0: all checks hold. 1: some do not. 2: no such drill, or a file that cannot be read.
"""


@click.command(epilog=_EPILOG)
@click.argument("name", required=False)
@click.option("--seed", default=0, show_default=True, help="Decides all that is left to chance.")
@click.option("--full", is_flag=True, help="Full rate throughout; it can take many minutes.")
@click.option(
    "--real",
    is_flag=True,
    help="With real processes and sockets: minutes of the incident are played as seconds.",
)
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Draw the run as SVG: who answered when, which breakers were open.",
)
@json_option
def drill(
    name: str | None,
    seed: int,
    picture: Path | None,
    *,
    full: bool,
    real: bool,
    as_json: bool,
) -> None:
    """Play an incident of the past to the gateway; without a name, list them."""
    from understudy.drills.reading import ScenarioError

    if full and real:
        raise click.UsageError("--full and --real exclude each other: real time is always full")
    try:
        if name is None:
            _list(as_json=as_json)
            return
        scenario = _read(name)
    except ScenarioError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    from understudy.drills.report import again, lines

    found = _play_real(scenario, seed) if real else _play(scenario, seed, full=full)
    if picture is not None:
        _draw(found, picture)
    command = again(found).replace(found.name, name, 1)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        click.echo("\n".join(lines(found, command)))
    sys.exit(0 if found.ok else 1)


def _list(*, as_json: bool) -> None:
    from understudy.drills.reading import load, shipped

    known = [load(name) for name in shipped()]
    if as_json:
        rows = [{"name": s.name, "title": s.title, "minutes": s.minutes} for s in known]
        click.echo(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    table = [(s.name, f"{s.minutes:.0f} min", f"{len(s.checks)} checks", s.title) for s in known]
    click.echo("\n".join(align(table)))


def _read(name: str) -> "Scenario":
    """A drill by its name; a file by its path. Raises: ScenarioError."""
    from understudy.drills.reading import ScenarioError, load, read

    if not name.endswith(".toml"):
        return load(name)
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{name}: {error}") from None
    return read(text, name)


def _draw(found: "Report", path: Path) -> None:
    from understudy.drills.picture import picture

    try:
        path.write_text(picture(found), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None


def _play(scenario: "Scenario", seed: int, *, full: bool) -> "Report":
    from understudy.dialects.catalog import DIALECTS
    from understudy.drills.drill import FULL, QUICK, run
    from understudy.drills.judge import judge
    from understudy.drills.report import Mode, report
    from understudy.providers.classifier import Classifier
    from understudy.providers.taxonomy import load_taxonomy

    pace, mode = (FULL, Mode.FULL) if full else (QUICK, Mode.QUICK)
    evidence = run(scenario, DIALECTS, Classifier(load_taxonomy().rows), seed, pace)
    return report(scenario, evidence, judge(scenario, evidence), seed, mode)


def _play_real(scenario: "Scenario", seed: int) -> "Report":
    import uvloop

    from understudy.cli.drill_real import CannotStart, play
    from understudy.drills.judge import judge
    from understudy.drills.report import Mode, report
    from understudy.drills.warp import warped

    real = warped(scenario)
    click.echo(f"playing {real.minutes:.0f} minutes with real processes ...", err=True)
    try:
        evidence = uvloop.run(play(real, seed))
    except (CannotStart, OSError) as error:
        raise click.ClickException(str(error)) from None
    return report(real, evidence, judge(real, evidence), seed, Mode.REAL)
