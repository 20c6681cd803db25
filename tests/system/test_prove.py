"""The proofs in their smallest form: real processes, a handful of requests, and a verdict."""

import asyncio

import msgspec
import pytest
from prove import (
    Row,
    answers,
    brown_out,
    double_kills,
    first_token,
    rare,
    recovery,
    report,
    simulation,
    streams,
    tool_kills,
)
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


def test_two_deaths_in_one_answer_leave_it_whole() -> None:
    for row in double_kills.rows(5):
        assert row.passed, row


def test_a_brown_out_is_told_and_costs_providers_little() -> None:
    attempts, _, told = brown_out.rows(2, window=3.0)
    assert attempts.passed, attempts
    assert "0 without Retry-After" in told.measured


def test_what_fails_adds_no_wrong_answer_while_it_is_timed() -> None:
    samples = first_token.Samples()
    asyncio.run(first_token.group(first_token.DELAY, samples, first_token.ERROR))
    assert samples.wrong == 0
    assert len(samples.failing) >= 4
    assert len(samples.ejected) == first_token.TOGETHER * first_token.AFTER


def test_rare_failures_move_no_traffic_in_virtual_time() -> None:
    assert rare.stays(2.0, 300.0).passed


def test_a_flapping_primary_costs_no_client_in_virtual_time() -> None:
    assert recovery.flapping(120.0).passed


def test_the_swarm_is_understood() -> None:
    assert simulation.swarm(2, None).passed


def test_no_call_gets_arguments_of_two_halves() -> None:
    for row in tool_kills.rows(5):
        assert row.passed, row


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"headers": {"x-understudy-target": "broken/m"}}, "spliced"),
        ({"headers": {"x-understudy-target": "other/m"}}, "complete"),
        ({"arguments": "{}"}, "wrong"),
        ({"names": []}, "wrong"),
        ({"finishes": 0}, "ended in silence"),
        ({"errors": ["{}"], "finishes": 0}, "told of the break"),
        ({"errors": ["{}"]}, "told, after a mixture"),
    ],
)
def test_what_becomes_of_a_call_is_seen(changes: dict[str, object], word: str) -> None:
    request = tool_kills.request("route", 0)
    call = heard(arguments=tool_kills.arguments(request), names=[tool_kills.TOOL])
    assert tool_kills.verdict(request, msgspec.structs.replace(call, **changes), "broken") == word


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
