"""Where the demo's picture is shown: live on a terminal with `rich`, or as plain lines."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import click

from understudy.cli import demo_picture as picture
from understudy.cli.demo_report import Report
from understudy.cli.demo_scenes import GATEWAY, Show

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_TITLE = "understudy demo: two applications, three providers, one gateway"
_LEGEND = "█ answering   · alive, not asked   ✖ killed"
WIDTH = 112


class Screen(Protocol):
    """What the demo tells while it runs."""

    def changed(self) -> None:
        """Something happened: look at the show again."""
        ...

    def finished(self, report: Report) -> None: ...


class Silent:
    """For programs: says nothing until the end."""

    def changed(self) -> None: ...

    def finished(self, report: Report) -> None: ...


class Plain:
    """A line when a scene begins, when somebody dies, and when a scene is over."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._begun = self._over = self._marks = 0
        click.echo(_TITLE)

    def changed(self) -> None:
        for score in picture.scores(self._show):
            if score.number > self._begun:
                self._begun += 1
                click.echo(f"{score.number}. {score.title}: {score.story}")
            if score.number > self._over and score.is_over:
                self._end(score)
        for mark in self._show.marks[self._marks :]:
            self._marks += 1
            click.echo(f"   {mark.at:5.1f} s  {picture.WHO[mark.provider]} is {mark.what}")

    def finished(self, report: Report) -> None:
        for score in picture.scores(self._show)[self._over :]:
            self._end(score)
        click.echo()
        width = picture.LABEL_WIDTH
        room = WIDTH - width
        click.echo(f"{'':<{width}}{picture.ruler(self._show, room)}")
        for line in picture.timeline(self._show, room):
            click.echo(f"{line.label:<{width}}{line.cells}")
        click.echo(f"{'':<{width}}{_LEGEND}\n")
        click.echo(f"{'':<{width + 4}}{'with understudy':>16}{'directly':>12}")
        for name, ours, direct in picture.comparison(report):
            click.echo(f"{name:<{width + 4}}{ours:>16}{direct:>12}")
        click.echo()
        for said in picture.journal_says(report):
            click.echo(f"journal: {said}")
        click.echo(f"\n{picture.verdict(report)} ({report.seconds:.0f} s)")

    def _end(self, score: picture.Score) -> None:
        self._over += 1
        click.echo(
            f"   {score.complete} of {score.conversations} conversations complete; "
            f"without the gateway {score.complete_direct} of {score.conversations_direct}"
        )


class Rich:
    """The picture, drawn anew ten times a second, and once more at the end."""

    def __init__(self, show: Show, console: "Console") -> None:
        self._show = show
        self._console = console
        self._report: Report | None = None

    def changed(self) -> None:
        """It is drawn by the clock."""

    def finished(self, report: Report) -> None:
        self._report = report

    @contextlib.contextmanager
    def live(self) -> Iterator[None]:
        """Draw while the demo runs."""
        from rich.live import Live

        with Live(
            console=self._console,
            get_renderable=self.draw,
            refresh_per_second=10,
            transient=True,
        ):
            yield

    def print(self) -> None:
        """Leave the last picture on the screen."""
        self._console.print(self.draw())

    def draw(self) -> "RenderableType":
        from rich.console import Group
        from rich.text import Text

        parts: list[RenderableType] = [
            Text(_TITLE, style="bold"),
            Text(),
            self._timeline(),
            Text(),
            self._scenes(),
        ]
        if self._report is None:
            parts += [Text(), *self._sentences()]
        else:
            parts += [Text(), *_ending(self._report)]
        return Group(*parts)

    def _timeline(self) -> "RenderableType":
        from rich.text import Text

        pad = " " * (picture.LABEL_WIDTH + 2)
        room = min(WIDTH, self._console.width) - len(pad)
        text = Text(pad + picture.ruler(self._show, room) + "\n", style="bright_black")
        for line in picture.timeline(self._show, room):
            text.append("● " if line.is_alive else "✖ ", style="green" if line.is_alive else "red")
            text.append(f"{line.label:<{picture.LABEL_WIDTH}}", style="default")
            for cell in line.cells:
                text.append(cell, style=picture.STYLES[cell])
            text.append("\n")
        text.append(pad + _LEGEND, style="bright_black")
        return text

    def _scenes(self) -> "RenderableType":
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="bright_black")
        for title in ("", "scene", "", "with understudy", "directly"):
            table.add_column(
                title, justify="right" if title in {"with understudy", "directly"} else "left"
            )
        for score in picture.scores(self._show):
            table.add_row(
                str(score.number),
                score.title,
                f"[bright_black]{score.story}[/]",
                _share(score.complete, score.conversations, is_over=score.is_over),
                _share(score.complete_direct, score.conversations_direct, is_over=score.is_over),
            )
        return table

    def _sentences(self) -> "Iterator[RenderableType]":
        from rich.text import Text

        for label, said in picture.sentences(self._show, min(WIDTH, self._console.width) - 26):
            yield Text.assemble((f"{label:<22}", "bright_black"), (said, "italic"), overflow="crop")
        busy = sum(talk.ended is None for talk in self._show.talks if talk.via == GATEWAY)
        yield Text(f"{busy} conversations under way", style="bright_black")


def _share(complete: int, count: int, *, is_over: bool) -> str:
    colour = "green" if complete == count else "red" if is_over else "bright_black"
    return f"[{colour}]{complete} of {count}[/]"


def _ending(report: Report) -> "Iterator[RenderableType]":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bright_black")
    for title in ("", "with understudy", "directly"):
        table.add_column(title, justify="right" if title else "left", min_width=16 if title else 26)
    bad = {"failed or cut short", "tokens lost", "tokens said twice", "tokens wrong"}
    for name, *values in picture.comparison(report):
        shown = [
            f"[{'green' if value == '0' else 'red'}]{value}[/]" if name in bad else value
            for value in values
        ]
        table.add_row(name, *shown)
    yield table
    yield Text()
    for said in picture.journal_says(report):
        yield Text.assemble(("journal  ", "bright_black"), said)
    yield Text()
    yield Text(picture.verdict(report), style="bold green" if report.ok else "bold red")
