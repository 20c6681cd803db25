"""Counters and histograms over entries."""

from hypothesis import given
from hypothesis import strategies as st
from tests.journal.entries import entry, failed_over

from understudy.journal.entry import AttemptEntry
from understudy.telemetry.metrics import SECONDS, Histogram, Metrics


def observed(*entries) -> Metrics:
    metrics = Metrics()
    for each in entries:
        metrics.observe(each)
    return metrics


def test_requests_are_counted_by_route_dialect_and_outcome():
    metrics = observed(entry(1), entry(2), entry(3, route="writer", outcome="failed"))
    assert metrics.requests == {("assistant", "toy", "ok"): 2, ("writer", "toy", "failed"): 1}


def test_attempts_are_counted_by_target_and_outcome():
    metrics = observed(entry(1), failed_over(2))
    assert metrics.attempts == {("here/small", "ok"): 2, ("there/large#2", "any.overloaded"): 1}


def test_a_failover_is_a_request_that_ended_well_after_more_than_one_attempt():
    metrics = observed(entry(1), failed_over(2), failed_over(3, outcome="failed"))
    assert metrics.failovers == {"assistant": 1}


def test_a_hedge_is_no_failover_and_is_counted_by_its_result():
    late = AttemptEntry(1, "there/large#2", 0.0, 0.9, "outrun")
    won = AttemptEntry(2, "here/small", 0.4, 1.6, "ok", first_content=0.8, is_hedge=True)
    lost = AttemptEntry(2, "here/small", 0.4, 0.6, "abandoned", is_hedge=True)
    metrics = observed(entry(1, attempts=(late, won)), entry(2, attempts=(lost,)))
    assert metrics.hedges == {("here/small", "won"): 1, ("here/small", "lost"): 1}
    assert not metrics.failovers


def test_tokens_and_cost_are_the_attempts():
    metrics = observed(entry(1), failed_over(2))
    assert metrics.tokens == {
        ("here/small", "input"): 200,
        ("here/small", "cache_read"): 40,
        ("here/small", "output"): 80,
    }
    assert metrics.cost_usd == {"here/small": 1.0}


def test_seams_and_losses_count_requests():
    metrics = observed(entry(1, seam=0, losses=("a", "b")), entry(2, losses=("c",)), entry(3))
    assert metrics.seams == {"assistant": 1}
    assert metrics.lossy == {"assistant": 2}


def test_a_client_waits_from_the_request_on_a_target_is_timed_from_its_attempt():
    metrics = observed(failed_over(1))
    assert metrics.waits["assistant"].total == 0.85
    assert round(metrics.first_content["here/small"].total, 6) == 0.25
    assert metrics.durations["assistant"].total == 1.6
    assert "there/large#2" not in metrics.first_content


@given(st.lists(st.floats(0, 1000)))
def test_a_bucket_counts_everything_up_to_its_bound(values):
    histogram = Histogram()
    for value in values:
        histogram.observe(value)
    rows = histogram.cumulative()
    assert [float(bound) for bound, _ in rows[:-1]] == list(SECONDS)
    assert rows[-1] == ("+Inf", len(values))
    for bound, count in rows:
        assert count == sum(value <= float(bound) for value in values)
