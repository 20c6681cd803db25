"""A scenario's setting: domains and labels as configuration would make them."""

from tests.drills.small import CLASSIFIER, DIALECTS, TEXT, scenario

from understudy.drills.scenario import LEAST, places, warm_up
from understudy.drills.stage import members, setting
from understudy.routing.topology import Growth


def test_targets_stand_in_the_domains_that_configuration_names():
    found = setting(scenario(), DIALECTS, CLASSIFIER)
    domains = {str(domain) for domain in found.topology.targets["b/m"].domains}
    assert domains == {
        "model:b/eu/m",
        "host:b",
        "account:b/one",
        "key:b#1",
        "region:b/eu",
        "lab:lb",
    }
    assert found.topology.routes["r"].targets == ("a/m", "a/m#2", "b/m")
    assert found.keys["a/m#2"] == "a#2"
    assert found.wiring["a/m#2"] == "a"


def test_a_key_can_be_preferred():
    small = scenario(TEXT.replace('"a/m", "b/m"', '"a/m#2", "a/m#1", "b/m"'))
    assert members(small.routes[0], places(small)) == ("a/m#2", "a/m", "b/m")


def test_the_gateway_is_told_how_fast_an_account_may_grow():
    text = TEXT.replace('models = ["m", "n"]', 'models = ["m"]\nramp = { over = 2, above = 600 }')
    found = setting(scenario(text), DIALECTS, CLASSIFIER).topology.targets
    assert found["a/m"].growth == Growth(1.5, 120.0, 600.0)
    assert found["b/m"].growth is None
    assert warm_up(scenario(text)) == LEAST + 120.0
    assert warm_up(scenario()) == LEAST
