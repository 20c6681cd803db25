"""The proofs in their smallest form: real processes, a handful of requests, and a verdict."""

import msgspec
import pytest
from prove import Row, answers, report, streams
from prove.breaks import LEAST
from prove.client import CHAT, Ask, Heard
from prove.verdict import Tally, faults_of

pytestmark = pytest.mark.timeout(90)

ASKED = Ask(CHAT, b"", "Ace, act add", stream=True)


def heard(**changes: object) -> Heard:
    good = Heard(0.0, status=200, text=ASKED.expected, finishes=1, ends=1, is_whole=True)
    return msgspec.structs.replace(good, **changes)


def test_broken_streams_are_whole_at_the_client() -> None:
    for row in streams.rows(LEAST):
        assert row.passed, row


def test_broken_answers_are_whole_at_the_client() -> None:
    for row in answers.rows(LEAST):
        assert row.passed, row


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"text": "Ace, act"}, "missing"),
        ({"text": "Ace, act act add"}, "duplicated"),
        ({"text": "Ace, act bay"}, "missing"),
        ({"finishes": 2}, "not one finish"),
        ({"ends": 0}, "not one finish"),
        ({"after_end": 1}, "not one finish"),
        ({"errors": ["{}"]}, "failed"),
        ({"status": 503}, "failed"),
        ({"is_whole": False}, "failed"),
    ],
)
def test_a_wrong_answer_is_called_what_it_is(changes: dict[str, object], fault: str) -> None:
    assert faults_of(ASKED, heard(**changes)) == [fault]


def test_a_good_answer_counts_as_good() -> None:
    tally = Tally()
    tally.count(ASKED, heard(headers={"x-understudy-attempts": "2"}))
    assert not tally.wrong
    assert tally.hit == 1


def test_a_missed_figure_is_published_as_missed() -> None:
    row = Row("figure", "0 failed", "1 failed", passed=False, conditions="here", n=10)
    page = report.page({"streams": report.measured([row], is_fast=False, seconds=1.0)})
    assert "0 of 1 figures are met" in page
    assert "| figure | 0 failed | 1 failed | 10 | **MISSED** |" in page
    assert "* `python -m prove.answers`" in page
