"""Scenarios as values."""

import msgspec
from tests.drills.small import scenario

from understudy.drills.scenario import Action, Deed, places


def test_places_are_named_as_configuration_names_targets():
    found = {place.target: place for place in places(scenario())}
    assert found["a/m"].key == "a#1"
    assert found["a/m#2"].key == "a#2"
    assert found["a/m#2"].account == "a/two"
    assert found["b/m"].region == "eu"


def test_it_lasts_until_the_last_thing_and_the_calm_after_it():
    small = scenario()
    assert small.minutes == 3.0
    late = msgspec.structs.replace(small, actions=(Action(3, Deed.DRAIN, "host:a", over=5),))
    assert late.minutes == 9.0
