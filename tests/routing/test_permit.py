"""A permit is a value."""

from understudy.routing.permit import NEUTRAL, Permit


def test_a_permit_tests_nothing_unless_it_says_so() -> None:
    assert Permit(3).probe == 0


def test_no_breaker_is_in_the_generation_of_the_neutral_permit() -> None:
    assert NEUTRAL.generation < 0
