import pytest
from tests.routing.world import policy, router, target

from understudy.chat.endpoint import Capability, Needs
from understudy.routing.policy import (
    denial,
    least_tokens,
    preferred,
    shortfall,
    unfulfilled,
)
from understudy.routing.seat import Seat


def seat(**fields) -> Seat:
    made, route = router(target("a/m", **fields))
    return made.begin(route, Needs(), 0.0).plan.seats[0]


def test_without_a_policy_everything_is_allowed() -> None:
    assert denial(policy(), target("a/m", price=1e6)) is None


@pytest.mark.parametrize(
    ("labels", "allowed"),
    [
        ({"region": "eu"}, True),
        ({"region": "us"}, False),
        ({}, False),
        ({"residency": "eu"}, False),
    ],
)
def test_a_label_must_be_there_and_have_an_allowed_value(
    labels: dict[str, str],
    allowed: bool,
) -> None:
    eu = policy(require={"region": ("eu", "ch")})
    assert (denial(eu, target("a/m", labels=labels)) is None) == allowed


def test_the_reason_says_what_was_found_and_what_is_allowed() -> None:
    eu = policy(require={"region": ("eu", "ch")})
    assert denial(eu, target("a/m")) == "policy: region is missing, allowed: eu, ch"
    found = denial(eu, target("a/m", labels={"region": "us"}))
    assert found == "policy: region is 'us', allowed: eu, ch"


def test_a_known_price_above_the_limit_is_not_allowed() -> None:
    cheap = policy(max_price_output=10.0)
    assert denial(cheap, target("a/m", price=10.0)) is None
    assert denial(cheap, target("a/m", price=None)) is None
    found = denial(cheap, target("a/m", price=15.0))
    assert found == "policy: output costs 15 $ for a million tokens, allowed: 10"


def test_a_missing_capability_is_named() -> None:
    plain = seat(capabilities=frozenset({Capability.STREAMING}))
    needs = Needs(frozenset({Capability.TOOLS, Capability.VISION, Capability.STREAMING}))
    assert shortfall(plain, needs) == "cannot do: tools, vision"
    assert shortfall(plain, Needs(frozenset({Capability.STREAMING}))) is None


JSON = frozenset({Capability.JSON_MODE})


def test_json_without_a_schema_is_wished_for_and_a_schema_is_needed() -> None:
    plain = seat(capabilities=frozenset({Capability.STREAMING}))
    assert shortfall(plain, Needs(JSON)) is None
    assert unfulfilled(plain, Needs(JSON)) == JSON
    assert unfulfilled(plain, Needs(frozenset({Capability.JSON_SCHEMA}))) == frozenset()
    needs = Needs(JSON | {Capability.JSON_SCHEMA})
    assert shortfall(plain, needs) == "cannot do: json_schema"


def test_those_that_have_what_is_wished_for_are_preferred() -> None:
    without = seat(capabilities=frozenset({Capability.STREAMING}))
    having = seat()
    assert preferred([without, having], Needs(JSON)) == [having]
    assert preferred([without], Needs(JSON)) == [without]
    assert preferred([without, having], Needs()) == [without, having]


def test_a_prompt_is_refused_only_when_it_is_clearly_too_long() -> None:
    small = seat(window=8000)
    assert shortfall(small, Needs(input_tokens=16_001)) is None
    found = shortfall(small, Needs(input_tokens=16_002))
    assert found == "context window is 8000, the prompt is about 16002 tokens"
    assert shortfall(seat(window=None), Needs(input_tokens=10**9)) is None


def test_bytes_of_pictures_say_nothing_about_tokens() -> None:
    needs = Needs(frozenset({Capability.VISION}), input_tokens=10**6)
    assert least_tokens(needs) == 0
    assert shortfall(seat(window=8000), needs) is None


def test_after_a_context_failure_only_a_larger_window_will_do() -> None:
    assert shortfall(seat(window=200), Needs(), larger_than=100) is None
    found = shortfall(seat(window=100), Needs(), larger_than=100)
    assert found == "context window is 100, needed: more than 100"
    found = shortfall(seat(window=None), Needs(), larger_than=100)
    assert found == "context window is unknown, needed: more than 100"
