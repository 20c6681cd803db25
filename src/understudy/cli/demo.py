"""`understudy demo`: see failover happen, on this machine, without a key or a configuration."""

import asyncio
import contextlib
import importlib.util
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from understudy.cli.options import json_option

if TYPE_CHECKING:
    from rich.console import Console

    from understudy.cli.demo_report import Report
    from understudy.cli.demo_scenes import Show
    from understudy.cli.demo_screen import Screen

_NEEDED = ("openai", "anthropic")
_FONT_FACE = re.compile(r"@font-face \{[^}]*\}\s*")
"""Fonts from elsewhere: a picture in a README shall not ask a third party for anything."""

_EPILOG = """\b
What it does, in about ten seconds and over real sockets:
  it starts three simulated providers (a lab with OpenAI's API, a lab with Anthropic's, and a
  model server of one's own) and a gateway before them; two applications on the official SDKs
  stream, ask whole answers and use a tool, while their providers are killed: before the first
  token, in mid-answer, and for good. The same applications also call their providers directly.

\b
Every word of an answer is known beforehand, so that nothing can be lost or said twice unseen.
Exit code 1 if anything was.
"""


@click.command(epilog=_EPILOG)
@json_option
@click.option("--plain", is_flag=True, help="Plain lines, also where the terminal can do more.")
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the last picture, of this very run.",
)
def demo(*, as_json: bool, plain: bool, svg: Path | None) -> None:
    """Watch two applications go on talking while their providers are killed."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if svg is not None and importlib.util.find_spec("rich") is None:
        missing.append("rich")
    if missing:
        raise click.ClickException(
            f"the demo talks through the official SDKs, and {' and '.join(missing)} cannot be "
            "imported: pip install 'understudy[demo]'"
        )
    from understudy.cli.demo_world import CannotStart

    try:
        report = _run(as_json=as_json, plain=plain, svg=svg)
    except CannotStart as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
    sys.exit(0 if report.ok else 1)


def _run(*, as_json: bool, plain: bool, svg: Path | None) -> "Report":
    from understudy.cli.demo_scenes import Show
    from understudy.cli.demo_screen import Plain, Rich, Silent

    show = Show(time.monotonic())
    console = None if as_json or plain else _console()
    if console is None:
        screen: Screen = Silent() if as_json else Plain(show)
        report = asyncio.run(_play(show, screen))
    else:
        rich = screen = Rich(show, console)
        with rich.live() if console.is_terminal else contextlib.nullcontext():
            report = asyncio.run(_play(show, screen))
        rich.print()
    if svg is not None:
        _save(show, report, svg)
    return report


async def _play(show: "Show", screen: "Screen") -> "Report":
    from understudy.cli.demo_report import report
    from understudy.cli.demo_scenes import perform
    from understudy.cli.demo_world import open_world
    from understudy.journal.query import Reader

    async with open_world() as world:
        show.began = time.monotonic()
        await perform(world, show, screen.changed)
        await world.stop()
        with Reader(world.journal) as reader:
            found = report(show, reader.stats(0.0))
    screen.finished(found)
    return found


def _console() -> "Console | None":
    """A terminal that can show the live picture; None where there is none, or no `rich`."""
    if not sys.stdout.isatty() or importlib.util.find_spec("rich") is None:
        return None
    from rich.console import Console

    return Console()


def _save(show: "Show", report: "Report", path: Path) -> None:
    import io

    from rich.console import Console

    from understudy.cli.demo_screen import WIDTH, Rich

    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    rich = Rich(show, console)
    rich.finished(report)
    console.print(rich.draw())
    path.parent.mkdir(parents=True, exist_ok=True)
    svg = console.export_svg(title="understudy demo")
    path.write_text(_FONT_FACE.sub("", svg), encoding="utf-8")
