import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.routing.backoff import full_jitter


@given(st.integers(0, 10_000), st.floats(0.0, 1.0, exclude_max=True))
def test_a_delay_is_never_negative_and_never_above_the_cap(retries: int, drawn: float) -> None:
    assert 0.0 <= full_jitter(retries, lambda: drawn, base=0.25, cap=8.0) <= 8.0


def test_the_interval_doubles_up_to_the_cap() -> None:
    ends = [full_jitter(retries, lambda: 1.0, base=0.25, cap=8.0) for retries in range(7)]
    assert ends == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_the_whole_interval_is_used() -> None:
    assert full_jitter(3, lambda: 0.0) == 0.0
    assert full_jitter(3, lambda: 0.5) == pytest.approx(1.0)
