from understudy.routing.thresholds import DEFAULTS


def test_noise_is_below_and_a_small_outage_above_the_soft_share() -> None:
    assert 0.02 < DEFAULTS.soft_share < 0.05, "hedges cost healthy targets up to 2 % of their races"
    assert DEFAULTS.soft_share < DEFAULTS.hard_share


def test_a_window_has_time_for_enough_failures_at_twenty_requests_a_second() -> None:
    assert DEFAULTS.min_failures <= 0.05 * DEFAULTS.window * 20
    assert DEFAULTS.min_failures <= DEFAULTS.min_volume
