"""The router and its retry budget under observation: the same, and beside each answer a check.

Checked are: each lease is closed once; a caller's own mistake moves no breaker (several that prove
to be the host's are none: a rule over several failures says so); retries stay within the budget,
counted anew from every single one.
"""

from collections import deque

from typing_extensions import override

from understudy.chat.failure import Failure, Fault
from understudy.exchange.invariants import InvariantBroken
from understudy.routing.breaker import Breaker
from understudy.routing.budget import RetryBudget
from understudy.routing.inquiry import Charged
from understudy.routing.router import Router
from understudy.routing.steps import Lease, Outcome

SEVERAL = "corr."
"""How the taxonomy names rules over several failures."""

RATIO = 0.10
RESERVE = 20.0
WINDOW = 60.0
BUCKETS = 12


class RefereedBudget(RetryBudget):
    """Keeps the time of each request and retry, so that no bucket can hide one."""

    def __init__(
        self,
        ratio: float = RATIO,
        reserve: float = RESERVE,
        window: float = WINDOW,
        buckets: int = BUCKETS,
    ) -> None:
        super().__init__(ratio, reserve, window, buckets)
        self._share = ratio
        self._floor = reserve
        self._bucket = window / buckets
        self._span = window
        self._asked: deque[float] = deque()
        self._granted: deque[float] = deque()

    @override
    def deposit(self, now: float) -> None:
        super().deposit(now)
        self._asked.append(now)

    @override
    def withdraw(self, now: float, *, keep: float = 0.0) -> bool:
        granted = super().withdraw(now, keep=keep)
        if granted:
            self._granted.append(now)
            self._audit(now)
        return granted

    @override
    def give_back(self, now: float) -> None:
        super().give_back(now)
        if self._granted:
            self._granted.pop()

    def _audit(self, now: float) -> None:
        begin = (now // self._bucket + 1.0) * self._bucket - self._span
        for times in (self._asked, self._granted):
            while times and times[0] < begin:
                times.popleft()
        allowed = self._share * len(self._asked) + self._floor
        if len(self._granted) > allowed + 1e-6:
            raise InvariantBroken(f"{len(self._granted)} retries, {allowed:g} were allowed")


class RefereedRouter(Router):
    """`open_leases` are those not closed yet."""

    @override
    def close(self, lease: Lease, outcome: Outcome, now: float) -> Charged | None:
        if not isinstance(outcome, Failure) or outcome.fault is not Fault.CLIENT:
            return super().close(lease, outcome, now)
        breakers = [self._breakers[each] for each, _ in lease.permits if each in self._breakers]
        before = [_moves(breaker, now) for breaker in breakers]
        charged = super().close(lease, outcome, now)
        for breaker, moves in zip(breakers, before, strict=True):
            if moves != _moves(breaker, now) and not breaker.why.startswith(SEVERAL):
                raise InvariantBroken(f"a caller's mistake ({outcome.kind}) moved a breaker")
        return charged

    @property
    def open_leases(self) -> frozenset[int]:
        return frozenset(self._leased)


def _moves(breaker: Breaker, now: float) -> tuple[object, ...]:
    """What a failure moves."""
    return (
        breaker.state(now),
        breaker.counts(now),
        breaker.open_for(now),
        breaker.resting_for(now),
    )
