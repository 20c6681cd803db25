"""Screens: the picture live, in plain lines, or not at all."""

import io

import pytest

pytest.importorskip("openai")
pytest.importorskip("anthropic")
pytest.importorskip("rich")

from rich.console import Console

from understudy.cli.demo_report import report
from understudy.cli.demo_scenes import DIRECTLY, GATEWAY, Mark, Show, Talk
from understudy.cli.demo_screen import Plain, Rich, Silent


def show() -> Show:
    talks = [
        Talk(0, "openai", "stream", via, "?", "a b", heard="a b", ended=1.0)
        for via in (GATEWAY, DIRECTLY)
    ]
    return Show(
        0.0,
        talks=talks,
        scenes=[(0.0, "all is well")],
        spoken={"lab-a": [True] * 200},
        marks=[Mark(0.5, "lab-a", "killed")],
        dead={"lab-a"},
    )


def test_plain_lines_come_once_and_in_their_order(capsys):
    seen = show()
    screen = Plain(seen)
    screen.changed()
    screen.changed()
    screen.finished(report(seen, None))
    said = capsys.readouterr().out
    begun, over, died = (
        said.index(text) for text in ("1. all is well", "1 of 1 conv", "is killed")
    )
    assert begun < over < died
    assert said.count("is killed") == said.count("1. all is well") == 1
    assert "tokens lost" in said
    assert "1 of 1 conversations complete: nothing lost" in said


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_rich_picture_fits_its_terminal(width):
    seen = show()
    paper = io.StringIO()
    console = Console(file=paper, width=width, force_terminal=False)
    screen = Rich(seen, console)
    with screen.live():
        screen.changed()
    console.print(screen.draw())
    screen.finished(report(seen, None))
    screen.print()
    said = paper.getvalue()
    assert "openai SDK hears" in said
    assert "Lab A" in said
    assert max(len(line) for line in said.splitlines()) <= width


def test_silence_is_silent(capsys):
    screen = Silent()
    screen.changed()
    screen.finished(report(show(), None))
    assert capsys.readouterr().out == ""
