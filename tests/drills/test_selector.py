"""Selectors."""

from tests.drills.small import scenario

from understudy.drills.scenario import places
from understudy.drills.selector import Selector, fits


def names(selector: Selector) -> set[str]:
    return {place.target for place in places(scenario()) if selector.matches(place)}


def test_patterns_and_alternatives():
    assert fits("gpt-*", "gpt-4")
    assert fits("x | gpt-4", "gpt-4")
    assert not fits("gpt", "gpt-4")


def test_all_fields_must_fit():
    assert names(Selector()) == {"a/m", "a/m#2", "a/n", "a/n#2", "b/m"}
    assert names(Selector(host="a", model="m")) == {"a/m", "a/m#2"}
    assert names(Selector(account="a/two")) == {"a/m#2", "a/n#2"}
    assert names(Selector(key="b#1")) == names(Selector(region="eu")) == {"b/m"}
    assert names(Selector(lab="la", region="eu")) == set()
