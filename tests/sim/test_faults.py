"""Faults: which requests they meet."""

from typing import Any

import pytest

from understudy.sim.faults import Fault, Hang, Moment, Stall, When, active, moment_of


def meets(when: When, draw: float = 0.0, **moment: Any) -> bool:
    return when.meets(Moment(**moment), lambda: draw)


def test_a_fault_meets_everything_unless_told_otherwise():
    assert meets(When(), since=9.0, number=9, model="m", key="k", draw=0.99)


def test_probability():
    assert meets(When(p=0.3), draw=0.29)
    assert not meets(When(p=0.3), draw=0.3)
    assert not meets(When(p=0.0), draw=0.0)


def test_nothing_is_drawn_where_nothing_hangs_on_it():
    def never() -> float:
        raise AssertionError

    assert When().meets(Moment(), never)
    assert not When(p=0.5, begin=1.0).meets(Moment(), never)


@pytest.mark.parametrize(
    ("since", "is_met"), [(0.9, False), (1.0, True), (1.9, True), (2.0, False)]
)
def test_a_window_of_time(since, is_met):
    assert meets(When(begin=1.0, until=2.0), since=since) is is_met


@pytest.mark.parametrize(
    ("since", "is_met"),
    [(0.0, False), (2.9, False), (3.0, True), (3.9, True), (4.0, False), (7.5, True)],
)
def test_a_flap_begins_in_health(since, is_met):
    assert meets(When(up=3, down=1), since=since) is is_met


def test_a_count_of_requests():
    met = [meets(When(skip=1, times=2), number=number) for number in range(5)]
    assert met == [False, True, True, False, False]


def test_one_model_or_one_key():
    assert meets(When(model="m"), model="m")
    assert not meets(When(model="m"), model="n")
    assert not meets(When(key="k"), key=None)


def test_only_streams_or_only_whole_answers():
    assert meets(When(streamed=True), streamed=True)
    assert not meets(When(streamed=True), streamed=False)
    assert not meets(When(streamed=True), streamed=None)
    assert meets(When(streamed=False), streamed=False)


def test_a_moment_knows_what_the_request_asks_for():
    found = moment_of(1.5, 2, b'{"model": "m", "stream": true}', "k")
    assert found == Moment(1.5, 2, "m", "k", streamed=True)
    assert moment_of(0, 0, b'{"model": "m"}', None).streamed is False
    assert moment_of(0, 0, b"{", "k") == Moment(0, 0, None, "k")


def test_the_effects_that_meet_keep_their_order():
    faults = [Fault(Stall(3)), Fault(Hang(), When(begin=9)), Fault(Hang())]
    assert active(faults, Moment(), lambda: 0.0) == (Stall(3), Hang())
