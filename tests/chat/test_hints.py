import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.chat.hints import LONGEST, retry_after, should_retry

NOW = (b"date", b"Sun, 06 Nov 1994 08:49:37 GMT")


def wait(value: bytes, *more: tuple[bytes, bytes]) -> float | None:
    return retry_after(((b"retry-after", value), *more))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(b"20", 20.0), (b"0", 0.0), (b"1.5", 1.5), (b" 7 ", 7.0), (b"86400", LONGEST)],
)
def test_seconds_are_read_and_bounded(value, seconds):
    assert wait(value) == seconds


@pytest.mark.parametrize("value", [b"-1", b"NaN", b"inf", b"1e9", b"soon", b"", b"1, 2", b"9" * 40])
def test_nonsense_is_no_hint(value):
    assert wait(value) is None


def test_two_values_are_no_hint():
    assert wait(b"1", (b"retry-after", b"2")) is None


def test_milliseconds_win_over_seconds():
    assert wait(b"20", (b"retry-after-ms", b"250")) == 0.25
    assert wait(b"20", (b"x-ms-retry-after-ms", b"1500")) == 1.5


@pytest.mark.parametrize("value", [b"0", b"-1"])
def test_zero_milliseconds_mean_unknown(value):
    assert wait(b"20", (b"retry-after-ms", value)) == 20.0


@pytest.mark.parametrize(
    "date",
    [
        b"Sun, 06 Nov 1994 08:50:07 GMT",
        b"Sunday, 06-Nov-94 08:50:07 GMT",
        b"Sun Nov  6 08:50:07 1994",
    ],
)
def test_dates_count_from_the_answers_own(date):
    if b"-94" in date:
        date, now = date.replace(b"-94", b"-24"), (b"date", b"Wed, 06 Nov 2024 08:49:37 GMT")
    else:
        now = NOW
    assert wait(date, now) == 30.0


def test_a_date_alone_says_nothing():
    assert wait(b"Sun, 06 Nov 1994 08:50:07 GMT") is None


def test_a_date_in_the_past_is_no_hint():
    assert wait(b"Sun, 06 Nov 1994 08:00:00 GMT", NOW) is None


@pytest.mark.parametrize(
    "date", [b"Sun, 31 Feb 1994 08:50:07 GMT", b"Sun, 06 Foo 1994 08:50:07 GMT"]
)
def test_impossible_dates_are_no_hint(date):
    assert wait(date, NOW) is None


@given(
    st.lists(st.tuples(st.sampled_from([b"retry-after", b"retry-after-ms", b"date"]), st.binary()))
)
def test_any_header_gives_a_bounded_wait_or_none(headers):
    found = retry_after(tuple(headers))
    assert found is None or 0 <= found <= LONGEST


@pytest.mark.parametrize(("value", "said"), [(b"true", True), (b"false", False), (b"1", None)])
def test_should_retry_is_read(value, said):
    assert should_retry(((b"x-should-retry", value),)) is said


def test_should_retry_is_absent_mostly():
    assert should_retry(()) is None
