"""Picture: what happened, in cells and sentences."""

import pytest

pytest.importorskip("openai")
pytest.importorskip("anthropic")

from understudy.cli import demo_picture as picture
from understudy.cli.demo_report import report
from understudy.cli.demo_scenes import DIRECTLY, GATEWAY, SAMPLE_EVERY, Mark, Show, Talk


def talk(scene: int, via: str, *, heard: str = "a b", error: str | None = None) -> Talk:
    return Talk(scene, "openai", "stream", via, "?", "a b", heard=heard, ended=1.0, error=error)


def show(*talks: Talk) -> Show:
    return Show(
        0.0,
        talks=list(talks),
        scenes=[(0.0, "one"), (4 * SAMPLE_EVERY, "two")],
        spoken={"lab-a": [False, True, True, False, False, False, True, True]},
        marks=[
            Mark(3 * SAMPLE_EVERY, "lab-a", "killed"),
            Mark(5 * SAMPLE_EVERY, "lab-a", "revived"),
        ],
    )


def test_a_row_shows_speech_death_and_life():
    (line,) = picture.timeline(show(), 80)
    assert line.cells == "·██✖ ·██"
    assert line.is_alive


def test_the_ruler_numbers_the_scenes():
    assert picture.ruler(show(), 80) == "1───2───"


def test_too_many_cells_are_squeezed_and_a_death_stays_visible():
    (line,) = picture.timeline(show(), 4)
    assert line.cells == "█✖ █"
    assert picture.ruler(show(), 4) == "1─2─"


def test_a_scene_counts_both_sides():
    score, _ = picture.scores(show(talk(0, GATEWAY), talk(0, DIRECTLY, heard="a", error="cut")))
    assert (score.complete, score.conversations) == (1, 1)
    assert (score.complete_direct, score.conversations_direct) == (0, 1)
    assert score.is_over


def test_a_good_end_says_so():
    said = picture.verdict(report(show(talk(0, GATEWAY), talk(0, DIRECTLY, heard="")), None))
    assert said == (
        "1 of 1 conversations complete: nothing lost, nothing said twice. Without a plan B: 0 of 1."
    )


@pytest.mark.parametrize(
    ("heard", "counted"),
    [("a", "1 tokens lost"), ("a b b", "1 said twice"), ("a b z", "1 wrong")],
)
def test_a_bad_end_says_what_was_bad(heard, counted):
    found = report(show(talk(0, GATEWAY, heard=heard)), None)
    assert not found.ok
    assert counted in picture.verdict(found)
