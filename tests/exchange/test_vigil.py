"""When silence is looked at, and why."""

import math

from understudy.exchange.vigil import LOOK_EVERY, LOOK_SOON, Vigil


def begun(hedge_at: float | None = math.inf, deadline: float = 100.0) -> Vigil:
    vigil = Vigil()
    vigil.begin(0.0, deadline, hedge_at)
    return vigil


def test_nothing_is_looked_at_before_the_beginning_and_after_the_end() -> None:
    assert Vigil().at == math.inf
    vigil = begun(0.5)
    vigil.end()
    assert vigil.at == math.inf


def test_the_first_look_is_at_the_hedge_or_after_a_while() -> None:
    assert begun(0.5).at == 0.5
    assert begun(50.0).at == LOOK_EVERY
    assert begun().at == LOOK_EVERY


def test_a_hedge_that_got_no_leave_asks_again_soon() -> None:
    vigil = begun(0.5)
    assert vigil.look(0.5) == (True, False)
    assert vigil.at == 0.5 + LOOK_SOON


def test_half_of_the_time_is_a_reason_once() -> None:
    vigil = begun(deadline=3.0)
    assert vigil.at == 1.5
    assert vigil.look(1.5) == (False, True)
    assert vigil.look(1.6) == (False, False)
    assert vigil.at == 1.6 + LOOK_EVERY


def test_beside_another_only_the_half_is_waited_for() -> None:
    vigil = begun(None)
    assert vigil.at == 50.0
    vigil.begin(50.0, 100.0, None)
    assert vigil.at == 75.0
