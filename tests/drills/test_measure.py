"""Measures: figures beside bounds."""

from tests.drills.small import asked, case

from understudy.drills.measure import at_least, at_most, nothing, percent, quantile
from understudy.drills.selector import Selector


def test_bounds_are_inclusive():
    assert at_most(1.0, 1.0, "").ok
    assert not at_most(1.01, 1.0, "").ok
    assert at_least(0.9999, 0.9999, "").ok
    assert not at_least(0.9998, 0.9999, "").ok


def test_nothing_to_measure_is_no_success():
    assert not nothing("no requests", "<= 1").ok


def test_words():
    assert percent(1, 8) == "12.5 % (1 of 8)"
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0


def test_mistakes_are_left_out_and_routes_chosen():
    found = case([asked(1.0), asked(2.0, mistaken=True), asked(3.0, route="s", stream=False)])
    assert [one.at for one in found.requests(None, None)] == [1.0, 3.0]
    assert [one.at for one in found.requests(None, None, route="s|t")] == [3.0]
    assert [one.at for one in found.requests(None, None, stream=True)] == [1.0]
    assert found.targets(Selector(host="b")) == {"b/m"}
