"""Starts, breaks and lost races: how a breaker counts calls that last for minutes."""

from tests.routing.world import NEEDS, failure, router, target

from understudy.chat.failure import Progress, Scope
from understudy.routing.breaker import DEFAULTS, Breaker, Permit, State
from understudy.routing.router import Router
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import Domain, Route

BROKEN = failure(kind="any.transport.reset_mid_stream", status=None, progress=Progress.STREAMING)
HOST = Domain(Scope.HOST, "a")


def permit(breaker: Breaker, now: float) -> Permit:
    found = breaker.acquire(now)
    assert found is not None
    return found


def breaks(breaker: Breaker, began: float, now: float) -> None:
    leave = permit(breaker, began)
    breaker.succeed(leave, began)
    breaker.break_off(leave, now, began=began, why="any.stream.event_error")


def test_a_beginning_ends_the_row_of_calls_that_never_began() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.fail(permit(breaker, 0.0), 0.0)
    breaker.succeed(permit(breaker, 0.0), 0.0)
    for _ in range(4):
        breaker.fail(permit(breaker, 0.0), 0.0)
    assert breaker.state(0.0) is State.CLOSED


def test_a_break_takes_the_credit_back_and_counts() -> None:
    breaker = Breaker()
    breaks(breaker, 1.0, 9.0)
    assert breaker.counts(9.0) == (0, 1)
    breaks(breaker, 10.0, 100.0)
    assert breaker.counts(100.0) == (0, 1), "what fell out of the window is not taken from others"


def test_answers_that_all_break_open_it_even_one_a_minute() -> None:
    breaker = Breaker()
    for minute in range(4):
        breaks(breaker, 60.0 * minute, 60.0 * minute + 20.0)
    assert breaker.state(230.0) is State.CLOSED
    breaks(breaker, 240.0, 260.0)
    assert breaker.state(260.0) is State.OPEN
    assert not breaker.is_soft
    assert breaker.words == "5 answers in a row broke"


def test_a_whole_answer_ends_the_row_of_broken_ones() -> None:
    breaker = Breaker()
    for minute in range(8):
        breaks(breaker, 60.0 * minute, 60.0 * minute + 20.0)
        if minute % 4 == 3:
            breaker.succeed(permit(breaker, 60.0 * minute), 60.0 * minute + 21.0)
            breaker.last_whole = 60.0 * minute + 30.0
    assert breaker.state(500.0) is State.CLOSED


def test_five_early_breaks_among_a_hundred_long_answers_do_not_open_it() -> None:
    breaker = Breaker()
    for _ in range(130):
        breaker.succeed(permit(breaker, 0.0), 0.0)
    for _ in range(5):
        breaks(breaker, 0.0, 1.0)
    assert breaker.state(1.0) is State.CLOSED


def test_silence_and_breaks_by_turns_open_it_too() -> None:
    breaker = Breaker()
    for minute in range(5):
        breaker.fail(permit(breaker, 60.0 * minute), 60.0 * minute)
        breaks(breaker, 60.0 * minute + 1.0, 60.0 * minute + 9.0)
    assert breaker.state(250.0) is State.OPEN


def half_open(*, soft: bool = False) -> tuple[Breaker, float]:
    breaker = Breaker()
    for at in range(7 if soft else 5):
        for _ in range(10 if soft else 0):
            breaker.succeed(permit(breaker, float(at)), float(at))
        breaker.fail(permit(breaker, float(at)), float(at))
    assert breaker.is_soft == soft
    return breaker, at + (DEFAULTS.soft_open if soft else DEFAULTS.base_open)


def test_a_probe_passes_once_it_begins_to_answer() -> None:
    breaker, now = half_open()
    for _ in range(2):
        breaker.succeed(permit(breaker, now), now)
    assert breaker.state(now) is State.CLOSED


def test_a_probe_that_breaks_after_it_passed_opens_it_again() -> None:
    breaker, now = half_open()
    first = permit(breaker, now)
    breaker.succeed(first, now)
    breaker.break_off(first, now + 1.0, began=now, why="any.stream.event_error")
    assert breaker.state(now + 1.0) is State.OPEN


def test_a_probe_that_breaks_soon_after_it_closed_it_opens_it_again() -> None:
    for soft in (False, True):
        breaker, now = half_open(soft=soft)
        leave = [permit(breaker, now)]
        breaker.succeed(leave[0], now)
        leave.append(permit(breaker, now))
        breaker.succeed(leave[1], now)
        breaker.break_off(leave[1], now + 3.0, began=now, why="any.stream.event_error")
        assert breaker.state(now + 3.0) is State.OPEN
        assert breaker.is_soft == soft, "as softly as it was open before"


def test_a_probe_that_breaks_long_after_says_nothing_of_today() -> None:
    breaker, now = half_open()
    leave = [permit(breaker, now)]
    breaker.succeed(leave[0], now)
    leave.append(permit(breaker, now))
    breaker.succeed(leave[1], now)
    breaker.break_off(leave[1], now + 60.0, began=now, why="any.stream.event_error")
    assert breaker.state(now + 60.0) is State.CLOSED


def test_a_call_from_before_an_opening_takes_nothing_back() -> None:
    breaker, now = half_open()
    for _ in range(2):
        breaker.succeed(permit(breaker, now), now)
    breaker.succeed(permit(breaker, now), now)
    breaker.break_off(Permit(0), now + 1.0, began=3.0, why="any.stream.event_error")
    breaker.take_back(Permit(0), now + 1.0, began=now)
    assert breaker.counts(now + 1.0) == (1, 0)


def test_races_lost_in_a_row_open_it_but_never_a_share_of_them() -> None:
    breaker = Breaker()
    for _ in range(50):
        for _ in range(4):
            breaker.fall_behind(permit(breaker, 0.0), 0.0)
        breaker.succeed(permit(breaker, 0.0), 0.0)
    assert breaker.state(0.0) is State.CLOSED
    for _ in range(5):
        breaker.fall_behind(permit(breaker, 1.0), 1.0, why="routing.outrun")
    assert breaker.state(1.0) is State.OPEN
    assert breaker.why == "routing.outrun"


def test_a_probe_that_loses_a_race_has_failed() -> None:
    breaker, now = half_open()
    breaker.fall_behind(permit(breaker, now), now)
    assert breaker.state(now) is State.OPEN


# The same through the router


def one(made: Router, route: Route, now: float) -> Lease:
    lease = made.lease(made.begin(route, NEEDS, now), now)
    assert isinstance(lease, Lease)
    return lease


def counts(made: Router, now: float) -> list[tuple[int, int]]:
    return [
        (each.successes, each.failures)
        for each in made.snapshot(now).domains
        if each.domain == HOST
    ]


def test_a_beginning_is_credited_and_its_end_not_once_more() -> None:
    made, route = router(target("a/m"))
    lease = one(made, route, 0.0)
    made.first_content(lease, 1.0)
    assert counts(made, 1.0) == [(1, 0)]
    made.close(lease, Ended.SUCCEEDED, 5.0)
    assert counts(made, 5.0) == [(1, 0)]


def test_an_answer_without_a_beginning_is_credited_at_its_end() -> None:
    made, route = router(target("a/m"))
    made.close(one(made, route, 0.0), Ended.SUCCEEDED, 5.0)
    assert counts(made, 5.0) == [(1, 0)]


def test_a_break_is_charged_to_the_host_and_the_credit_taken_back() -> None:
    made, route = router(target("a/m"))
    lease = one(made, route, 0.0)
    made.first_content(lease, 1.0)
    made.close(lease, BROKEN, 5.0)
    assert counts(made, 5.0) == [(0, 1)]


def test_a_stalled_host_is_left_after_five_races_in_a_row() -> None:
    made, route = router(target("a/m"), target("b/m"))
    for call in range(5):
        lease = one(made, route, float(call))
        assert lease.target.name == "a/m"
        made.close(lease, Ended.OUTRUN, call + 0.5)
    assert one(made, route, 5.0).target.name == "b/m"


def test_a_client_that_leaves_takes_nothing_back() -> None:
    made, route = router(target("a/m"))
    lease = one(made, route, 0.0)
    made.first_content(lease, 1.0)
    made.close(lease, Ended.ABANDONED, 2.0)
    assert counts(made, 2.0) == [(1, 0)]
