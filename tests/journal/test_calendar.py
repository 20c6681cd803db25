"""The day: it goes with the clock, and a leap ahead has to prove itself."""

from hypothesis import given
from hypothesis import strategies as st

from understudy.journal.calendar import Calendar

DAY = 86_400.0
YEAR = 365 * DAY
AT = 1_700_000_000.0


def made() -> Calendar:
    return Calendar(AT, 50.0, DAY)


def test_it_goes_with_the_clock_also_where_that_is_corrected() -> None:
    calendar = made()
    assert calendar.read(AT + 10, 60.0) == AT + 10
    assert calendar.read(AT + 3600, 70.0) == AT + 3600
    assert calendar.read(AT - 3600, 80.0) == AT - 3600


def test_a_leap_of_a_year_and_back_is_never_believed() -> None:
    calendar = made()
    assert calendar.read(AT + YEAR, 60.0) == AT + 10
    assert calendar.read(AT + YEAR + 3600, 3660.0) == AT + 3610
    assert calendar.read(AT + 3620, 3670.0) == AT + 3620


def test_a_clock_that_keeps_to_its_leap_is_believed_after_a_day() -> None:
    calendar = made()
    for hour in range(24):
        now = 60.0 + 3600 * hour
        assert calendar.read(AT + YEAR + now, now) == AT - 50 + now
    assert calendar.read(AT + YEAR + 60 + DAY, 60.0 + DAY) == AT + YEAR + 60 + DAY


def test_a_leap_on_top_of_a_leap_begins_anew() -> None:
    calendar = made()
    calendar.read(AT + YEAR, 60.0)
    assert calendar.read(AT + 3 * YEAR, 60.0 + DAY) == AT + 10 + DAY
    assert calendar.read(AT + 3 * YEAR + DAY, 60.0 + 2 * DAY) == AT + 3 * YEAR + DAY


def test_a_leap_back_is_believed_at_once() -> None:
    calendar = made()
    assert calendar.read(AT - YEAR, 60.0) == AT - YEAR
    assert calendar.read(AT - YEAR + 10, 70.0) == AT - YEAR + 10


@given(st.lists(st.tuples(st.floats(0.0, DAY / 4), st.floats(-2 * YEAR, 2 * YEAR)), max_size=12))
def test_no_leap_that_is_over_within_a_day_makes_anything_older_than_it_is(
    leaps: list[tuple[float, float]],
) -> None:
    calendar = made()
    now = 50.0
    for passed, leap in leaps:
        now += passed
        true = AT - 50 + now
        assert calendar.read(true + leap, now) <= true + DAY + 1
        assert calendar.read(true, now) <= true + DAY + 1
