"""The breaker against a naive model of its rules."""

import math

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from understudy.routing.breaker import Breaker, Permit, Settings, State
from understudy.routing.ramp import LENGTH, LONGEST

SMALL = Settings(
    consecutive=3,
    window=10.0,
    buckets=5,
    min_volume=6,
    min_failures=3,
    hard_share=0.5,
    soft_share=0.4,
    soft_chance=1.0,
    relapse_chance=1.0,
    min_relapses=2,
)


class NaiveBreaker:
    """The same rules, with a list of outcomes and no cleverness."""

    def __init__(self) -> None:
        self.state = State.CLOSED
        self.generation = 0
        self.outcomes: list[tuple[int, bool]] = []
        self.row = 0
        self.open_until = -math.inf
        self.closed_at = self.answered_at = 0.0
        self.back_at = 0.0
        self.ejections = 0
        self.misses = 0
        self.passes = 0
        self.probes: dict[int, float] = {}
        self.latest = 0
        self.soft = self.was_soft = False

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
            self.answered_at = now if ok else self.answered_at
            if not ok:
                self.judge(now)
        elif self.state is State.HALF_OPEN and ok:
            self.passes += 1
            if self.passes >= SMALL.probes_to_close:
                self.state, self.closed_at, self.row, self.outcomes = State.CLOSED, now, 0, []
                self.misses, self.was_soft, self.soft = 0, self.soft, False
                falls = 1 if self.was_soft else max(1, self.ejections)
                self.back_at = now + min(LENGTH * falls, LONGEST)
                self.generation += 1
        elif self.state is State.HALF_OPEN and ok is False:
            self.misses += 1
            self.open(now)

    def judge(self, now: float) -> None:
        good, bad = self.window(now)
        enough = bad >= SMALL.min_failures and good + bad >= SMALL.min_volume
        hard = self.row >= SMALL.consecutive or (enough and bad * 2 >= good + bad)
        relapsed = now < self.back_at and bad >= SMALL.min_relapses
        if not hard and not ((enough or relapsed) and bad / (good + bad) >= SMALL.soft_share):
            return
        self.soft = not hard and (self.was_soft or not now < self.back_at)
        in_first_step = now < self.closed_at + (self.back_at - self.closed_at) / 3
        had_come_back = not in_first_step and self.answered_at > self.closed_at
        if not self.soft and (had_come_back or self.ejections == 0):
            calm = int((now - self.closed_at) / SMALL.forgive_after) if self.ejections else 0
            self.ejections = max(0, self.ejections - calm) + 1
        self.misses = 0
        self.open(now)

    def open(self, now: float) -> None:
        base = SMALL.soft_open if self.soft else SMALL.base_open
        grown = base if self.soft else min(base * self.ejections, SMALL.max_open)
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
