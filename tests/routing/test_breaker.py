import math

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from understudy.routing.breaker import DEFAULTS, NEUTRAL, Breaker, Permit, Settings, State


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
    for at in range(5):
        succeed(breaker, float(at), times=10)
        fail(breaker, float(at))
    assert breaker.state(5.0) is State.OPEN
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
    assert breaker.is_clear


def test_a_failed_probe_opens_it_for_longer_but_not_for_ever() -> None:
    breaker = opened()
    now, waits = 0.0, []
    for _ in range(6):
        wait = breaker.blocked_for(now)
        waits.append(wait)
        now += wait
        fail(breaker, now)
    assert waits == [5.0, 10.0, 20.0, 30.0, 30.0, 30.0]


def test_flapping_grows_the_time_and_calm_forgives_it() -> None:
    breaker = Breaker()
    now, waits = 0.0, []
    for _ in range(3):
        fail(breaker, now, times=5)
        waits.append(breaker.blocked_for(now))
        now += waits[-1]
        succeed(breaker, now, times=2)
    assert waits == [5.0, 10.0, 15.0]
    now += 3 * 60.0
    fail(breaker, now, times=5)
    assert breaker.blocked_for(now) == 5.0


def test_flapping_never_holds_it_longer_than_the_cap() -> None:
    breaker = Breaker()
    now = 0.0
    for _ in range(100):
        fail(breaker, now, times=5)
        now += breaker.blocked_for(now)
        succeed(breaker, now, times=2)
    fail(breaker, now, times=5)
    assert breaker.blocked_for(now) == 300.0


def test_a_very_long_outage_does_not_overflow() -> None:
    breaker = opened()
    now = 0.0
    for _ in range(3000):
        now += breaker.blocked_for(now)
        fail(breaker, now)
    assert breaker.blocked_for(now) == 30.0


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
    assert breaker.blocked_for(10.0) == 25.0
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
    for _ in range(5):
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


SMALL = Settings(
    consecutive=3,
    window=10.0,
    buckets=5,
    min_volume=6,
    min_failures=3,
    hard_share=0.5,
    soft_share=0.4,
)


class NaiveBreaker:
    """The same rules, with a list of outcomes and no cleverness."""

    def __init__(self) -> None:
        self.state = State.CLOSED
        self.generation = 0
        self.outcomes: list[tuple[int, bool]] = []
        self.row = 0
        self.open_until = -math.inf
        self.closed_at = -math.inf
        self.ejections = 0
        self.misses = 0
        self.passes = 0
        self.probes: dict[int, float] = {}
        self.latest = 0
        self.soft = False

    def window(self, now: float) -> tuple[int, int]:
        width = SMALL.window / SMALL.buckets
        first = int(now // width) - SMALL.buckets + 1
        kept = [good for bucket, good in self.outcomes if bucket >= first]
        return sum(kept), len(kept) - sum(kept)

    def may_pass(self, now: float) -> bool:
        if self.state is State.OPEN:
            return now >= self.open_until
        if self.state is State.HALF_OPEN:
            started = self.probes.get(self.latest)
            return started is None or now - started >= SMALL.probe_patience
        return True

    def acquire(self, now: float) -> tuple[int, int] | None:
        if not self.may_pass(now):
            return None
        if self.state is State.CLOSED:
            return self.generation, 0
        if self.state is State.OPEN:
            self.state, self.passes = State.HALF_OPEN, 0
            self.generation += 1
        self.latest += 1
        self.probes[self.latest] = now
        return self.generation, self.latest

    def report(self, permit: tuple[int, int], now: float, *, ok: bool | None) -> None:
        generation, probe = permit
        self.probes.pop(probe, None) if ok is not False else None
        if generation != self.generation:
            return
        if self.state is State.CLOSED and ok is not None:
            self.outcomes.append((int(now // (SMALL.window / SMALL.buckets)), ok))
            self.row = 0 if ok else self.row + 1
            if not ok:
                self.judge(now)
        elif self.state is State.HALF_OPEN and ok:
            self.passes += 1
            if self.passes >= SMALL.probes_to_close:
                self.state, self.closed_at, self.row, self.outcomes = State.CLOSED, now, 0, []
                self.misses, self.soft = 0, False
                self.generation += 1
        elif self.state is State.HALF_OPEN and ok is False:
            self.misses += 1
            self.open(now)

    def judge(self, now: float) -> None:
        good, bad = self.window(now)
        enough = bad >= SMALL.min_failures and good + bad >= SMALL.min_volume
        hard = self.row >= SMALL.consecutive or (enough and bad * 2 >= good + bad)
        if not hard and not (enough and bad / (good + bad) >= SMALL.soft_share):
            return
        if self.ejections:
            calm = int((now - self.closed_at) / SMALL.forgive_after)
            self.ejections = max(0, self.ejections - calm)
        self.ejections += 1
        self.misses = 0
        self.soft = not hard
        self.open(now)

    def open(self, now: float) -> None:
        base = SMALL.soft_open if self.soft else SMALL.base_open
        grown = min(base * self.ejections, SMALL.max_open)
        paced = min(base * 2**self.misses, SMALL.max_between_probes)
        self.state, self.open_until = State.OPEN, now + max(grown, paced)
        self.probes.clear()
        self.generation += 1


class BreakerAgainstNaive(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.real = Breaker(SMALL)
        self.naive = NaiveBreaker()
        self.held: list[tuple[Permit, tuple[int, int]]] = []

    @rule(seconds=st.sampled_from([0.0, 0.25, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 125.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(times=st.integers(1, 4))
    def acquire(self, times: int) -> None:
        for _ in range(times):
            real, naive = self.real.acquire(self.now), self.naive.acquire(self.now)
            assert (real is None) == (naive is None)
            if real is not None and naive is not None:
                self.held.append((real, naive))

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 50), outcome=st.sampled_from([True, False, False, None]))
    def report(self, which: int, outcome: bool | None) -> None:
        real, naive = self.held.pop(which % len(self.held))
        if outcome is None:
            self.real.release(real)
        elif outcome:
            self.real.succeed(real, self.now)
        else:
            self.real.fail(real, self.now)
        self.naive.report(naive, self.now, ok=outcome)

    @rule(outcomes=st.lists(st.booleans(), min_size=1, max_size=8))
    def calls(self, outcomes: list[bool]) -> None:
        for ok in outcomes:
            real, naive = self.real.acquire(self.now), self.naive.acquire(self.now)
            assert (real is None) == (naive is None)
            if real is None or naive is None:
                return
            (self.real.succeed if ok else self.real.fail)(real, self.now)
            self.naive.report(naive, self.now, ok=ok)

    @invariant()
    def they_agree(self) -> None:
        expected = self.naive.state
        if expected is State.OPEN and self.now >= self.naive.open_until:
            expected = State.HALF_OPEN
        assert self.real.state(self.now) is expected
        assert self.real.is_soft == self.naive.soft
        assert (self.real.blocked_for(self.now) == 0.0) == self.naive.may_pass(self.now)
        if expected is State.CLOSED:
            assert self.real.counts(self.now) == self.naive.window(self.now)

    @invariant()
    def one_probe_at_a_time(self) -> None:
        generation = self.real.permit.generation
        running = [
            started
            for real, naive in self.held
            if real.probe
            and real.generation == generation
            and (started := self.naive.probes.get(naive[1])) is not None
            and self.now - started < SMALL.probe_patience
        ]
        assert len(running) <= 1


TestBreakerAgainstNaive = BreakerAgainstNaive.TestCase
TestBreakerAgainstNaive.settings = hypothesis_settings(
    max_examples=150, stateful_step_count=40, deadline=None
)


def test_the_defaults_are_sane() -> None:
    assert (
        DEFAULTS.base_open <= DEFAULTS.soft_open <= DEFAULTS.max_between_probes <= DEFAULTS.max_open
    )
