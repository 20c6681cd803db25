"""Arrivals: as many as were asked for, at the times that the process says."""

from itertools import pairwise, takewhile

import pytest
from tests.sim.stage import OPENAI, world

from understudy.sim.arrivals import Bursts, Constant, Diurnal, Poisson, arrive, moments
from understudy.sim.chance import Stream
from understudy.sim.listening import Ask


def until(end: float, process, begin: float = 0.0) -> list[float]:
    return list(takewhile(lambda when: when < end, moments(process, Stream(1), begin)))


def test_constant_is_even():
    assert until(2.0, Constant(2.0), 0.5) == [0.5, 1.0, 1.5]


def test_poisson_keeps_its_rate_and_varies():
    found = until(1000.0, Poisson(2.0))
    assert len(found) == pytest.approx(2000, rel=0.1)
    gaps = [b - a for a, b in pairwise(found)]
    mean = sum(gaps) / len(gaps)
    assert sum((gap - mean) ** 2 for gap in gaps) / len(gaps) == pytest.approx(mean**2, rel=0.2)


def test_bursts_come_together():
    found = until(1000.0, Bursts(5, 10.0))
    assert all(found.count(when) == 5 for when in found)
    assert len(found) / 5 == pytest.approx(100, rel=0.3)


def test_a_day_has_its_peak_in_the_middle():
    found = until(1000.0, Diurnal(2.0, swing=0.8, period=1000.0))
    assert len(found) == pytest.approx(2000, rel=0.1)
    middle = sum(1 for when in found if 400 < when < 600)
    ends = sum(1 for when in found if when < 100 or when > 900)
    assert middle > 5 * ends


def test_arrivals_ask_until_their_end():
    made = world("a")
    heard: list[str] = []
    arrive(
        made,
        Constant(10.0),
        lambda n: Ask("r", OPENAI, f"{n}"),
        1.0,
        lambda h: heard.append(h.text),
    )
    made.run(5.0)
    assert made.heard.asked == made.heard.exact == 10
    assert len(set(heard)) == 10
