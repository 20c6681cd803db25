"""Shares of traffic, and attempts."""

import pytest
from tests.drills.small import asked, attempt, case

from understudy.drills import checks
from understudy.drills.selector import Selector
from understudy.drills.shares import measure, measure_attempts

A, B = Selector(host="a"), Selector(host="b")


def at_a(at: float):
    return asked(at, attempt("a/m", began=at))


def at_b(at: float):
    return asked(at, attempt("b/m", began=at))


def failed_over(at: float):
    return asked(at, attempt("a/m", began=at, outcome="any.http.500"), attempt("b/m", began=at))


def every(begin: float, end: float, make, step: float = 0.1):
    return [make(begin + step * k) for k in range(round((end - begin) / step))]


def test_a_share_of_answers():
    found = case([at_a(1), at_b(2), at_b(3), at_b(4)])
    assert measure(found, checks.Share(B, at_least=0.75)).ok
    assert not measure(found, checks.Share(B, at_least=0.76)).ok
    assert not measure(found, checks.Share(B, at_most=0.74)).ok
    assert measure(found, checks.Share(B, begin=0.03)).value == 1.0


def test_no_answers_are_no_share():
    assert not measure(case(), checks.Share(B, at_most=0.5)).ok


def test_traffic_has_moved_when_it_is_no_longer_asked_first():
    moved = every(0, 12, failed_over) + every(12, 60, at_b)
    found = measure(case(moved), checks.Moved(A, at=0, within=12.5))
    assert found.ok
    assert found.value == pytest.approx(12, abs=0.5)
    assert not measure(case(moved), checks.Moved(A, at=0, within=11)).ok


def test_traffic_that_fails_over_each_time_has_not_moved():
    found = measure(case(every(0, 60, failed_over)), checks.Moved(A, at=0))
    assert not found.ok
    assert "never" in found.measured


def test_traffic_is_back():
    back = every(0, 20, at_b) + every(20, 60, at_a)
    assert measure(case(back), checks.Back(A, at=0, within=21)).ok
    assert not measure(case(back), checks.Back(A, at=0, within=18)).ok


def test_growth_counts_only_above_the_floor():
    minutes = [asked(60.0 * m, attempt("a/m", began=60.0 * m, read=n))
               for m, n in enumerate((100, 130, 190))]  # fmt: skip
    assert not measure(case(minutes), checks.Growth(A, above=1000)).ok
    grown = measure(case(minutes), checks.Growth(A, above=100))
    assert grown.value == pytest.approx(0.9)
    assert not grown.ok
    assert measure(case(minutes), checks.Growth(A, above=130)).value == pytest.approx(60 / 130)


def test_failed_attempts_there():
    found = case([failed_over(1), failed_over(2), at_a(3)])
    assert measure_attempts(found, checks.FailedAttempts(A)).value == 2
    assert measure_attempts(found, checks.FailedAttempts(A, at_most=2, each=True)).ok
    assert measure_attempts(found, checks.FailedAttempts(B)).ok
    assert measure_attempts(found, checks.FailedAttempts(A, begin=0.02)).value == 1


def test_probes_are_counted_per_target_and_time_at_the_full_rate():
    found = case([failed_over(at) for at in range(0, 60, 5)])
    once = checks.Probes(A, begin=0, end=1)
    assert measure_attempts(found, once).value == pytest.approx(1.0)
    found.evidence.dense = ((0.0, 5.0),)
    assert measure_attempts(found, once).value == pytest.approx(1.0)
    found.evidence.dense = ()
    assert not measure_attempts(found, once).ok


def test_spend():
    found = case([at_a(1), at_b(2)])
    assert measure_attempts(found, checks.Spend(A)).value == 24
    assert measure_attempts(found, checks.Spend(A, begin=1)).ok
    assert measure_attempts(found, checks.ProbeSpend(A)).value == pytest.approx(0.5)


def test_growth_is_measured_from_a_window_ago_and_for_each_account():
    minutes = [asked(60.0 * m, attempt(key, began=60.0 * m, read=n))
               for m, n in ((0, 100), (1, 150), (2, 225)) for key in ("a/m", "a/m#2")]  # fmt: skip
    found = measure(case(minutes), checks.Growth(A, over=1, above=100))
    assert found.value == pytest.approx(0.5)
    assert found.ok
