"""A domain that is just coming back, and fails again."""

from tests.routing.test_breaker import fail, opened, succeed

from understudy.routing.breaker import Breaker, State
from understudy.routing.ramp import LENGTH


def test_one_that_comes_back_falls_for_less() -> None:
    breaker = Breaker()
    fail(breaker, 0.0, times=5)
    for _ in range(2):
        succeed(breaker, 6.0)
    succeed(breaker, 7.0, times=10)
    fail(breaker, 7.0)
    assert breaker.state(7.0) is State.CLOSED, "one failure proves nothing"
    fail(breaker, 8.0)
    assert breaker.state(8.0) is State.OPEN
    assert not breaker.is_soft, "it falls as it had fallen"


def test_one_that_is_back_does_not() -> None:
    breaker = Breaker()
    fail(breaker, 0.0, times=5)
    for _ in range(2):
        succeed(breaker, 6.0)
    succeed(breaker, 6.0 + LENGTH, times=10)
    fail(breaker, 6.0 + LENGTH, times=2)
    assert breaker.state(6.0 + LENGTH) is State.CLOSED


def test_who_falls_in_the_first_step_of_its_return_had_not_returned() -> None:
    breaker = opened()
    succeed(breaker, 5.0, times=2)
    fail(breaker, 14.0, times=2)
    assert breaker.blocked_for(14.0) == 5.0
    succeed(breaker, 19.0, times=2)
    assert breaker.share(29.0) == 0.25, "the way back is no longer than the first time"


def test_who_answers_nothing_between_two_falls_had_not_come_back() -> None:
    """Little traffic, and two lucky probes in a long outage: it returns as after the first fall."""
    breaker = opened()
    succeed(breaker, 5.0, times=2)
    fail(breaker, 45.0, times=5)
    assert breaker.blocked_for(45.0) == 5.0
    succeed(breaker, 50.0, times=2)
    assert [breaker.share(at) for at in (50.0, 80.0)] == [0.1, 1.0]
