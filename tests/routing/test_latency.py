from hypothesis import given
from hypothesis import strategies as st

from understudy.routing.latency import FirstToken, first_token_limit
from understudy.routing.topology import Timeouts


def fed(*seconds: float, **fields: float) -> FirstToken:
    latency = FirstToken(**fields)  # type: ignore[arg-type]
    for each in seconds:
        latency.observe(each, 0.0)
    return latency


def test_too_few_observations_are_no_estimate() -> None:
    assert fed(*[1.0] * 19).p95(0.0) is None
    assert fed(*[1.0] * 20).p95(0.0) == 1.0


def test_the_quantiles_are_the_nearest_ranks() -> None:
    latency = fed(*[float(each) for each in range(1, 101)], size=100, stride=1)
    assert latency.p50(0.0) == 50.0
    assert latency.p95(0.0) == 95.0


def test_old_observations_are_forgotten() -> None:
    latency = fed(*[30.0] * 128, *[0.5] * (128 + 16))
    assert latency.p95(0.0) == 0.5


def test_an_estimate_that_nobody_feeds_goes_stale() -> None:
    latency = fed(*[1.0] * 32)
    assert latency.p50(299.9) == 1.0
    assert latency.p50(300.0) is None
    assert latency.p95(300.0) is None


@given(st.lists(st.floats(0.0, 100.0), min_size=20, max_size=400))
def test_an_estimate_is_one_of_the_latest_observations(seconds: list[float]) -> None:
    latency = fed(*seconds, stride=1)
    latest = sorted(seconds[-128:])
    p50, p95 = latency.p50(0.0), latency.p95(0.0)
    assert p50 in latest
    assert p95 in latest
    assert sum(each <= p95 for each in latest) >= 0.95 * len(latest)
    assert p50 <= p95


def test_the_limit_is_three_times_the_slow_end_within_bounds() -> None:
    timeouts = Timeouts(first_token=30.0)
    assert first_token_limit(timeouts, None) == 30.0
    assert first_token_limit(timeouts, 2.0) == 6.0
    assert first_token_limit(timeouts, 0.1) == 1.0
    assert first_token_limit(timeouts, 20.0) == 30.0
    assert first_token_limit(Timeouts(first_token=0.5), 0.1) == 0.5
    assert first_token_limit(Timeouts(first_token=30.0, is_adaptive=False), 2.0) == 30.0
