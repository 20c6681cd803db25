"""The router under observation: what it must never do is seen when it does."""

import pytest
from tests.routing.world import NEEDS, failure, invalid, target, topology

from understudy.exchange.invariants import InvariantBroken
from understudy.routing import charge
from understudy.routing.budget import RetryBudget
from understudy.routing.steps import Ended, Lease
from understudy.sim.refereed import RefereedBudget, RefereedRouter


def leased() -> tuple[RefereedRouter, Lease]:
    made = RefereedRouter(topology(target("a/m"), target("b/m")), lambda: 0.5)
    route = made.find("chat")
    assert route is not None
    lease = made.lease(made.begin(route, NEEDS, 0.0), 0.0)
    assert isinstance(lease, Lease)
    return made, lease


def test_open_leases_are_those_not_closed():
    made, lease = leased()
    assert made.open_leases == {lease.id}
    made.close(lease, Ended.SUCCEEDED, 1.0)
    assert made.open_leases == frozenset()
    with pytest.raises(AssertionError):
        made.close(lease, Ended.SUCCEEDED, 1.0)


def test_a_callers_mistake_that_moves_a_breaker_is_seen(monkeypatch):
    made, lease = leased()
    made.close(lease, invalid(), 1.0)
    made, lease = leased()

    def blame(seat, permits, failed, verdict, now, began) -> None:
        seat.breakers[0].fail(permits[0][1], now)

    monkeypatch.setattr(charge, "fail", blame)
    with pytest.raises(InvariantBroken, match="moved a breaker"):
        made.close(lease, invalid(), 1.0)


def test_a_failure_may_move_them():
    made, lease = leased()
    made.close(lease, failure(), 1.0)
    assert any(view.failures for view in made.snapshot(1.0).domains)


def test_a_budget_is_as_the_plain_one_and_counts_each_retry():
    plain, watched = RetryBudget(), RefereedBudget()
    for second in range(300):
        for budget in (plain, watched):
            budget.deposit(second / 2)
        assert [plain.withdraw(second / 2) for _ in range(2)] == [
            watched.withdraw(second / 2) for _ in range(2)
        ]
        if second % 3 == 0:
            for budget in (plain, watched):
                budget.give_back(second / 2)


def test_a_budget_that_gives_too_much_is_seen(monkeypatch):
    monkeypatch.setattr(RetryBudget, "withdraw", lambda self, now, keep: True)
    watched = RefereedBudget()
    for _ in range(20):
        watched.withdraw(1.0)
    with pytest.raises(InvariantBroken, match="21 retries, 20 were allowed"):
        watched.withdraw(1.0)
