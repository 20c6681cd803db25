"""The warp: minutes as seconds, and what is near a change stays as near to it."""

import pytest
from tests.drills.small import TEXT, scenario

from understudy.drills.reading import load, shipped
from understudy.drills.warp import LONGEST, SHORTEST, warped

CHECK = '[[checks]]\ncheck = "share"\nwhere = { host = "a" }\nbegin = %s\nend = %s\n'


def seconds(begin: float, end: float, check: tuple[float, float]) -> tuple[float, ...]:
    text = TEXT.replace("begin = 0\nend = 2", f"begin = {begin}\nend = {end}") + CHECK % check
    found = warped(scenario(text))
    line, share = found.faults[0], found.checks[-1]
    return tuple(
        round(minute * 60, 6)
        for minute in (line.begin, line.end, getattr(share, "begin"), getattr(share, "end"))  # noqa: B009
    )


def test_a_minute_is_a_second():
    assert seconds(0, 60, (0.0, 60.0)) == (0, 60, 0, 60)


def test_a_stretch_is_never_too_short_and_never_too_long():
    assert seconds(0, 4, (0.0, 4.0))[:2] == (0, SHORTEST)
    assert seconds(20, 900, (20.0, 900.0))[:2] == (20, 20 + LONGEST)


def test_half_a_minute_after_a_change_is_half_a_minute_after_it():
    assert seconds(0, 100, (0.5, 99.5))[2:] == (30, 70)
    assert seconds(0, 30, (5.0, 29.0))[2:] == (15, 15)


def test_after_the_last_change_time_is_as_it_was():
    assert seconds(0, 60, (60.0, 60.5))[2:] == (60, 90)


@pytest.mark.parametrize("name", shipped())
def test_all_that_ships_can_be_played_in_real_time(name):
    found = warped(load(name))
    assert 1 < found.minutes < 25
    assert all(line.end - line.begin > 0 for line in found.faults)


def test_growth_is_not_asked_of_a_gateway_that_has_just_begun():
    text = TEXT + '[[checks]]\ncheck = "growth"\nwhere = { host = "a" }\n'
    assert len(scenario(text).checks) == 3
    found = warped(scenario(text))
    assert len(found.checks) == 2
    assert [each.what for each in found.unchecked] == ["How fast accounts grow"]
