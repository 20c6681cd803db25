import pytest

from understudy.routing.breaker import DEFAULTS, NEUTRAL, Breaker, Permit, Settings, State
from understudy.routing.drain import Drain
from understudy.routing.ramp import LENGTH, LONGEST
from understudy.routing.selection import PATIENCE


def fail(breaker: Breaker, now: float, times: int = 1, **how) -> None:
    for _ in range(times):
        permit = breaker.acquire(now)
        assert permit is not None
        breaker.fail(permit, now, **how)


def succeed(breaker: Breaker, now: float, times: int = 1) -> None:
    for _ in range(times):
        permit = breaker.acquire(now)
        assert permit is not None
        breaker.succeed(permit, now)


def opened(now: float = 0.0, **fields) -> Breaker:
    breaker = Breaker(Settings(**fields))
    fail(breaker, now, times=5)
    assert breaker.state(now) is State.OPEN
    return breaker


def test_failures_in_a_row_open_it_at_any_traffic() -> None:
    breaker = Breaker()
    for minute in range(4):
        fail(breaker, 60.0 * minute)
    assert breaker.state(240.0) is State.CLOSED
    fail(breaker, 240.0, why="any.http.500")
    assert breaker.state(240.0) is State.OPEN
    assert breaker.why == "any.http.500"
    assert not breaker.is_soft
    assert breaker.acquire(244.9) is None


def test_a_success_ends_the_row() -> None:
    breaker = Breaker()
    fail(breaker, 0.0, times=4)
    succeed(breaker, 0.0)
    fail(breaker, 0.0, times=4)
    assert breaker.state(0.0) is State.CLOSED


def test_half_of_a_window_opens_it_hard() -> None:
    breaker = Breaker(Settings(soft_share=0.5))
    for _ in range(10):
        succeed(breaker, 1.0)
        fail(breaker, 1.0)
    assert breaker.state(1.0) is State.OPEN
    assert not breaker.is_soft


def test_a_small_share_opens_it_softly() -> None:
    breaker = Breaker()
    for at in range(7):
        assert breaker.state(float(at)) is State.CLOSED
        succeed(breaker, float(at), times=10)
        fail(breaker, float(at))
    assert breaker.state(7.0) is State.OPEN
    assert breaker.is_soft


def test_a_share_needs_volume_and_a_number_of_failures() -> None:
    breaker = Breaker()
    for _ in range(4):
        succeed(breaker, 0.0, times=3)
        fail(breaker, 0.0)
    assert breaker.counts(0.0) == (12, 4)
    assert breaker.state(0.0) is State.CLOSED
    succeed(breaker, 0.0, times=2)
    fail(breaker, 0.0)
    assert breaker.counts(0.0) == (14, 5)
    assert breaker.state(0.0) is State.CLOSED, "19 outcomes are fewer than 20"
    succeed(breaker, 0.0)
    fail(breaker, 0.0)
    assert breaker.state(0.0) is State.OPEN


def test_half_a_percent_of_failures_never_opens_it() -> None:
    breaker = Breaker()
    for call in range(20_000):
        now = call / 20.0
        (fail if call % 200 == 0 else succeed)(breaker, now)
    assert breaker.state(1000.0) is State.CLOSED


@pytest.mark.parametrize(("every", "within"), [(10, 30.0), (20, 60.0)])
def test_an_outage_of_some_percent_is_seen_in_time(every: int, within: float) -> None:
    breaker = Breaker()
    for call in range(6000):
        succeed(breaker, call / 20.0)
    call = 6000
    while breaker.state(call / 20.0) is State.CLOSED:
        (fail if call % every == 0 else succeed)(breaker, call / 20.0)
        call += 1
    assert call / 20.0 - 300.0 <= within


def test_old_failures_leave_the_window() -> None:
    breaker = Breaker()
    succeed(breaker, 0.0, times=20)
    fail(breaker, 0.0, times=4)
    assert breaker.counts(26.9) == (20, 4)
    assert breaker.counts(30.0) == (0, 0)
    succeed(breaker, 30.0, times=20)
    fail(breaker, 30.0)
    assert breaker.state(30.0) is State.CLOSED


def test_one_probe_at_a_time_and_enough_in_a_row_close_it() -> None:
    breaker = opened(base_open=5.0)
    assert breaker.blocked_for(0.0) == 5.0
    assert breaker.state(5.0) is State.HALF_OPEN
    probe = breaker.acquire(5.0)
    assert probe is not None
    assert probe.probe
    assert breaker.acquire(5.1) is None
    breaker.succeed(probe, 6.0)
    assert breaker.state(6.0) is State.HALF_OPEN, "a lucky success does not close it"
    succeed(breaker, 6.0)
    assert breaker.state(6.0) is State.CLOSED
    assert not breaker.is_clear, "its traffic comes back in steps"
    assert breaker.share(6.0) == 0.1
    assert breaker.blocked_for(36.0) == 0.0
    assert breaker.is_clear


def test_a_failed_probe_opens_it_for_longer_but_not_for_ever() -> None:
    breaker = opened()
    now, waits = 0.0, []
    for _ in range(6):
        wait = breaker.blocked_for(now)
        waits.append(wait)
        now += wait
        fail(breaker, now)
    assert waits == [5.0, 7.0, 7.0, 7.0, 7.0, 7.0]


def test_flapping_grows_the_time_and_calm_forgives_it() -> None:
    breaker = Breaker()
    now, waits = 0.0, []
    for failures in (5, 2, 2):
        fail(breaker, now, times=failures)
        waits.append(breaker.blocked_for(now))
        now += waits[-1]
        succeed(breaker, now, times=2)
        now += 0.4 * LENGTH * len(waits)
        succeed(breaker, now)
    assert waits == [5.0, 10.0, 15.0]
    now += 3 * 60.0
    fail(breaker, now, times=5)
    assert breaker.blocked_for(now) == 5.0


def test_flapping_never_holds_it_longer_than_the_cap() -> None:
    breaker = Breaker()
    now = 0.0
    fail(breaker, now, times=3)
    for falls in range(1, 101):
        fail(breaker, now, times=2)
        now += breaker.blocked_for(now)
        succeed(breaker, now, times=2)
        now += 0.4 * min(falls * LENGTH, LONGEST)
        succeed(breaker, now)
    fail(breaker, now, times=2)
    assert breaker.blocked_for(now) == 300.0


def test_a_very_long_outage_does_not_overflow() -> None:
    breaker = opened()
    now = 0.0
    for _ in range(3000):
        now += breaker.blocked_for(now)
        fail(breaker, now)
    assert breaker.blocked_for(now) == 7.0


def test_a_released_probe_frees_its_place_and_says_nothing() -> None:
    breaker = opened()
    probe = breaker.acquire(5.0)
    assert probe is not None
    breaker.release(probe)
    assert breaker.state(5.0) is State.HALF_OPEN
    assert breaker.acquire(5.0) is not None


def test_a_probe_that_takes_too_long_does_not_keep_the_next_waiting() -> None:
    breaker = opened()
    slow = breaker.acquire(5.0)
    assert slow is not None
    assert breaker.blocked_for(10.0) == 5.0
    second = breaker.acquire(35.0)
    assert second is not None
    breaker.succeed(slow, 36.0)
    assert breaker.acquire(36.0) is None, "the place is the second probe's"
    breaker.succeed(second, 37.0)
    assert breaker.state(37.0) is State.CLOSED, "both have succeeded"


def test_a_stale_permit_is_ignored() -> None:
    breaker = Breaker()
    old = breaker.acquire(0.0)
    assert old is not None
    fail(breaker, 0.0, times=5)
    breaker.succeed(old, 1.0)
    assert breaker.state(1.0) is State.OPEN
    succeed(breaker, 5.0, times=2)
    for _ in range(5):
        breaker.fail(old, 6.0)
    assert breaker.state(6.0) is State.CLOSED
    assert breaker.counts(6.0) == (0, 0)


def test_a_neutral_permit_never_counts() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker.fail(NEUTRAL, 0.0)
    assert breaker.state(0.0) is State.CLOSED
    breaker.release(NEUTRAL)


def test_a_tripping_failure_opens_it_at_once_for_its_floor() -> None:
    breaker = Breaker()
    fail(breaker, 0.0, trips=True, floor=3600.0, why="any.http.401")
    assert breaker.blocked_for(0.0) == 3600.0
    assert not breaker.is_soft


def test_a_domain_that_worked_lately_is_put_away_for_long_only_when_a_probe_confirms() -> None:
    breaker = Breaker()
    succeed(breaker, 0.0)
    fail(breaker, 10.0, trips=True, floor=3600.0)
    assert breaker.blocked_for(10.0) == 5.0
    fail(breaker, 15.0, trips=True, floor=3600.0)
    assert breaker.blocked_for(15.0) == 3600.0


def test_a_soft_breaker_gets_hard_when_a_probe_proves_it() -> None:
    breaker = Breaker()
    for _ in range(7):
        succeed(breaker, 0.0, times=10)
        fail(breaker, 0.0)
    assert breaker.is_soft
    assert breaker.blocked_for(0.0) == 15.0, "longer than for what is down: most of it works"
    fail(breaker, 15.0)
    assert breaker.is_soft
    fail(breaker, 45.0, trips=True)
    assert not breaker.is_soft


def test_a_rest_blocks_without_moving_the_state() -> None:
    breaker = Breaker()
    breaker.rest(0.0, 7.0, known=True, why="any.http.429")
    assert breaker.state(0.0) is State.CLOSED
    assert breaker.acquire(6.9) is None
    assert breaker.blocked_for(6.0) == 1.0
    assert breaker.why == "any.http.429"
    permit = breaker.acquire(7.0)
    assert permit == Permit(0), "no probe after a rest"
    assert breaker.is_clear
    assert breaker.why == ""


def test_a_shorter_rest_does_not_shorten_a_longer_one() -> None:
    breaker = Breaker()
    breaker.rest(0.0, 30.0, known=True)
    breaker.rest(1.0, 5.0, known=False)
    assert breaker.resting_for(1.0) == 29.0
    assert breaker.rest_is_known


def test_outcomes_count_while_it_rests() -> None:
    breaker = Breaker()
    permit = breaker.acquire(0.0)
    assert permit is not None
    breaker.rest(0.0, 30.0, known=True)
    breaker.succeed(permit, 1.0)
    assert breaker.counts(1.0) == (1, 0)


def test_a_rest_outlasts_the_closing_of_the_breaker() -> None:
    breaker = opened()
    probe = breaker.acquire(5.0)
    assert probe is not None
    breaker.succeed(probe, 5.0)
    last = breaker.acquire(5.0)
    assert last is not None
    breaker.rest(5.5, 10.0, known=False)
    breaker.succeed(last, 6.0)
    assert breaker.state(6.0) is State.CLOSED
    assert breaker.acquire(6.0) is None
    assert breaker.acquire(15.5) is not None


def test_absolving_closes_it_and_ends_a_guessed_rest() -> None:
    breaker = opened()
    breaker.rest(0.0, 20.0, known=False)
    breaker.absolve(1.0)
    assert breaker.state(1.0) is State.CLOSED
    assert breaker.is_clear
    breaker.rest(1.0, 20.0, known=False)
    breaker.absolve(2.0)
    assert breaker.is_clear
    breaker.rest(2.0, 20.0, known=True)
    breaker.absolve(3.0)
    assert breaker.blocked_for(3.0) == 19.0, "what the provider said stands"


def test_the_defaults_are_sane() -> None:
    assert DEFAULTS.base_open <= DEFAULTS.soft_open <= DEFAULTS.max_open
    assert DEFAULTS.base_open <= DEFAULTS.max_between_probes
    assert DEFAULTS.max_between_probes + PATIENCE <= 10.0, "the first good probe comes within 10 s"


def test_it_comes_back_in_steps_and_falls_back_to_nothing() -> None:
    breaker = opened()
    succeed(breaker, 5.0, times=2)
    assert [breaker.share(at) for at in (5.0, 15.0, 25.0, 35.0)] == [0.1, 0.25, 0.5, 1.0]
    succeed(breaker, 20.0)
    fail(breaker, 20.0, times=2)
    assert breaker.turns == ()
    succeed(breaker, 30.0, times=2)
    assert breaker.share(30.0) == 0.05, "it fell during its comeback, and starts lower"
    assert breaker.share(60.0) == 0.25
    assert breaker.share(90.0) == 1.0


def test_after_a_quiet_time_a_fall_is_the_first_again() -> None:
    breaker = opened()
    succeed(breaker, 5.0, times=2)
    fail(breaker, 200.0, times=5)
    succeed(breaker, 205.0, times=2)
    assert breaker.share(205.0) == 0.1


def test_who_is_absolved_has_all_of_its_traffic_at_once() -> None:
    breaker = opened()
    breaker.absolve(1.0)
    assert breaker.is_clear
    assert breaker.share(1.0) == 1.0


def test_it_says_how_long_a_probe_has_been_wanted() -> None:
    breaker = opened()
    assert breaker.unprobed_for(3.0) == 0.0
    assert breaker.unprobed_for(7.0) == 2.0
    assert breaker.acquire(7.0) is not None
    assert breaker.unprobed_for(8.0) == 1.0
    assert Breaker().unprobed_for(0.0) is None


def test_a_drain_moves_no_state_and_ends_by_itself() -> None:
    breaker = Breaker()
    breaker.turn((Drain(0.0, over=10.0, until=20.0),), 0.0)
    assert not breaker.is_clear
    assert [breaker.share(at) for at in (0.0, 5.0, 10.0, 25.0, 30.0)] == [1.0, 0.5, 0.0, 0.5, 1.0]
    assert breaker.state(10.0) is State.CLOSED
    assert breaker.acquire(10.0) is not None, "there is no wall"
    assert breaker.blocked_for(30.0) == 0.0
    assert breaker.is_clear


def test_a_hard_drain_is_a_wall_until_its_end() -> None:
    breaker = Breaker()
    breaker.turn((Drain(0.0, over=10.0, until=60.0, is_hard=True),), 0.0)
    assert breaker.acquire(9.0) is not None
    assert breaker.acquire(10.0) is None
    assert breaker.blocked_for(10.0) == 50.0
    assert breaker.is_barred(10.0)
    assert breaker.acquire(61.0) is not None


def test_it_opens_in_the_place_of_another_as_that_had_opened() -> None:
    other, cell = Breaker(), Breaker()
    for call in range(70):
        permit = other.acquire(0.0)
        if permit is not None and call % 10 == 9:
            other.fail(permit, 0.0, why="any.http.500")
        elif permit is not None:
            other.succeed(permit, 0.0)
    assert other.is_soft
    cell.take_over(other, 0.0)
    assert other.is_clear
    assert other.counts(0.0) == (0, 0)
    assert cell.is_soft
    assert (cell.state(0.0), cell.open_for(0.0)) == (State.OPEN, DEFAULTS.soft_open)
    assert (cell.why, cell.words) == ("any.http.500", "7 of 70 calls failed in 30 s")
