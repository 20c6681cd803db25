"""Report: what was heard, counted."""

from typing import Any

import msgspec
import pytest

pytest.importorskip("openai")
pytest.importorskip("anthropic")

from understudy.cli.demo_report import added_by_failures, figures, report
from understudy.cli.demo_scenes import DIRECTLY, GATEWAY, Show, Talk


def talk(**fields: Any) -> Talk:
    given = Talk(0, "openai", "stream", GATEWAY, "?", "a b c", heard="a b c", ended=1.0)
    return msgspec.structs.replace(given, **fields)


def test_counts_one_side():
    found = figures([talk(), talk(heard="a", error="cut"), talk(silence=0.7)])
    assert (found.conversations, found.complete, found.silence) == (3, 2, 0.7)
    assert (found.verdict.expected, found.verdict.lost) == (9, 2)


def test_is_well_only_if_the_gateways_side_is():
    assert report(Show(0.0, talks=[talk(), talk(via=DIRECTLY, heard="")]), None).ok
    assert not report(Show(0.0, talks=[talk(heard="a b"), talk(via=DIRECTLY)]), None).ok


def test_an_error_at_the_end_is_not_well_even_if_all_was_heard():
    assert not report(Show(0.0, talks=[talk(error="reset")]), None).ok


def test_what_failures_added_is_measured_against_the_first_scene():
    talks = [
        talk(ended=2.0),
        talk(kind="whole", ended=3.0),
        talk(scene=1, ended=2.5),
        talk(scene=2, kind="whole", ended=3.2),
    ]
    assert added_by_failures(talks) == pytest.approx(0.5)
    assert added_by_failures([talk()]) == 0.0


def test_every_conversation_is_in_it():
    rows = report(Show(0.0, talks=[talk(), talk(scene=3, error="x")]), None).talks
    assert [(row.scene, row.complete) for row in rows] == [
        ("all is well", True),
        ("gone for good", False),
    ]
