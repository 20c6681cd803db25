"""How often chance alone opens a breaker softly, worked out from the binomial distribution."""

import math

import pytest

from understudy.routing.proof import chance, is_down, is_poor, is_spared
from understudy.routing.thresholds import DEFAULTS

USUAL = DEFAULTS.usual_share
DAY = 86_400.0


def at_least(bad: int, every: int, share: float) -> float:
    """The probability that `bad` or more of `every` fail, exactly but for what is negligible."""
    return sum(
        math.exp(
            math.lgamma(every + 1)
            - math.lgamma(k + 1)
            - math.lgamma(every - k + 1)
            + k * math.log(share)
            + (every - k) * math.log1p(-share)
        )
        for k in range(bad, min(every, bad + 60) + 1)
    )


def least(every: int) -> int:
    """How many failures of so many calls open it softly."""
    return next(k for k in range(1, every + 1) if is_poor(DEFAULTS, k, every, relapse=False))


@pytest.mark.parametrize("every", [20, 30, 60, 120, 240, 600, 1500])
def test_chance_is_a_bound_of_the_true_probability(every: int) -> None:
    for bad in range(1, every + 1):
        assert at_least(bad, every, USUAL) <= chance(bad, every, USUAL) * (1 + 1e-9)


@pytest.mark.parametrize("rate", [0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8, 10, 15, 20, 50, 100, 1000])
def test_usual_failures_move_nothing_in_a_day(rate: float) -> None:
    """At each failure the window holds `every` calls; it is the last of at least `bad` failures.

    The sum over all failures of a day bounds the probability that one of them opens it.
    """
    every = max(DEFAULTS.min_volume, round(rate * DEFAULTS.window))
    each = at_least(least(every) - 1, every - 1, USUAL)
    assert rate * DAY * USUAL * each < 0.003, "not once in a year"


@pytest.mark.parametrize(
    ("share", "rate", "seconds"),
    [(0.25, 20.0, 1.0), (0.25, 1.0, 20.0), (0.1, 20.0, 3.5), (0.05, 20.0, 10.0)],
)
def test_what_fails_more_than_that_is_noticed_within(
    share: float, rate: float, seconds: float
) -> None:
    every = round(rate * seconds)
    assert is_poor(DEFAULTS, round(share * every), every, relapse=False)


def test_few_calls_need_a_large_share_and_many_the_one_that_matters() -> None:
    assert [least(every) for every in (20, 30, 60, 120, 240)] == [5, 6, 7, 9, 11]
    assert [least(every) / every for every in (600, 1500)] == [DEFAULTS.soft_share] * 2


def test_a_relapse_takes_less() -> None:
    assert is_poor(DEFAULTS, 2, 20, relapse=True)
    assert not is_poor(DEFAULTS, 2, 20, relapse=False)
    assert not is_poor(DEFAULTS, 1, 1, relapse=True), "one failure proves nothing"
    assert not is_poor(DEFAULTS, 2, 50, relapse=True), "as much as that is chance"
    assert not is_poor(DEFAULTS, 40, 1001, relapse=True), "too small a share to matter"


def test_half_is_down_where_there_is_enough_to_count() -> None:
    assert is_down(DEFAULTS, 10, 20)
    assert not is_down(DEFAULTS, 9, 20)
    assert not is_down(DEFAULTS, 10, 19)


def test_all_failed_and_none() -> None:
    assert chance(20, 20, USUAL) == pytest.approx(USUAL**20)
    assert chance(0, 20, USUAL) == 1.0


def test_others_are_spared_where_chance_alone_would_hardly_spare_them() -> None:
    assert is_spared(DEFAULTS, 0, 40, 0.08), "0.92 ** 40 = 3.6 %"
    assert not is_spared(DEFAULTS, 0, 30, 0.08), "0.92 ** 30 = 8.2 %"
    assert is_spared(DEFAULTS, 0, 5, 0.5)
    assert is_spared(DEFAULTS, 1, 100, 0.08)
    assert not is_spared(DEFAULTS, 0, 0, 0.9), "nobody was asked"


def test_who_fails_too_is_not_spared_however_much_worse_others_are() -> None:
    assert not is_spared(DEFAULTS, 20, 100, 0.9)
    assert not is_spared(DEFAULTS, 8, 100, 0.08)
