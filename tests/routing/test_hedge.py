"""Hedges: how many, how dear, and to whom."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.routing.world import NEEDS, failure, router, target

from understudy.chat.endpoint import Needs
from understudy.providers.price import Price
from understudy.routing.breaker import Breaker
from understudy.routing.hedge import HedgeBudget, risk_usd
from understudy.routing.latency import FirstToken
from understudy.routing.router import Router
from understudy.routing.seat import Seat
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import Route


@given(st.lists(st.sampled_from(["request", "hedge"]), max_size=400))
def test_hedges_stay_within_their_share_and_the_reserve(story: list[str]) -> None:
    budget = HedgeBudget(ratio=0.02, reserve=3.0)
    requests = hedges = 0
    for event in story:
        if event == "request":
            budget.deposit()
            requests += 1
        elif budget.withdraw(0.0):
            hedges += 1
        assert hedges <= 0.02 * requests + 3.0 + 1e-9


def test_an_idle_hour_saves_nothing_up_beyond_the_reserve() -> None:
    budget = HedgeBudget(reserve=2.0)
    for _ in range(10_000):
        budget.deposit()
    assert [budget.withdraw(0.0) for _ in range(4)] == [True, True, False, False]


def test_what_hedges_risk_is_a_share_of_what_is_spent() -> None:
    budget = HedgeBudget(reserve_usd=0.01)
    assert budget.withdraw(0.01)
    assert not budget.withdraw(0.001)
    budget.spent(0.5)  # 1 % of that is half a cent
    assert budget.withdraw(0.005)
    assert not budget.withdraw(0.005)


def story(*, hosts: tuple[str, ...] = ("a/m", "b/m")) -> tuple[Router, Route]:
    return router(*(target(name) for name in hosts), hedge=True)


def practise(made: Router, route: Route, seconds: float = 0.3, calls: int = 20) -> None:
    for call in range(calls):
        lease = made.lease(made.begin(route, NEEDS, call * 1.0), call * 1.0)
        assert isinstance(lease, Lease)
        made.first_content(lease, call + seconds)
        made.close(lease, Ended.SUCCEEDED, call + seconds)


def test_the_moment_is_the_95th_percentile_of_the_target_itself() -> None:
    made, route = story()
    practise(made, route)
    chain = made.begin(route, NEEDS, 30.0)
    lease = made.lease(chain, 30.0)
    assert isinstance(lease, Lease)
    assert made.hedge_at(chain, lease, 30.0) == pytest.approx(30.3)


def test_the_fewer_hedges_are_left_the_longer_they_wait() -> None:
    made, route = story()
    practise(made, route)
    moments = []
    for _ in range(20):
        chain = made.begin(route, NEEDS, 30.0)
        lease = made.lease(chain, 30.0)
        assert isinstance(lease, Lease)
        moments.append(made.hedge_at(chain, lease, 30.0))
        assert made.rival(chain, lease, 30.3, is_late=True) is not None
    assert moments[0] == pytest.approx(30.3)
    assert moments[10] == pytest.approx(30.375, abs=0.005)
    assert moments[-1] == pytest.approx(30.4425, abs=0.005)
    assert moments == sorted(moments)


def test_there_is_no_moment_without_a_sound_rival() -> None:
    made, route = story()
    practise(made, route)
    for _ in range(5):
        chain = made.begin(route, NEEDS, 29.0)
        chain.tried.add("a/m")
        lease = made.lease(chain, 29.0)
        assert isinstance(lease, Lease)
        made.close(lease, failure(), 29.0)
    chain = made.begin(route, NEEDS, 30.0)
    lease = made.lease(chain, 30.0)
    assert isinstance(lease, Lease)
    assert lease.target.name == "a/m"
    assert made.hedge_at(chain, lease, 30.0) == math.inf
    assert made.rival(chain, lease, 30.0, is_late=True) is None


def test_a_rival_stands_at_another_host_where_there_is_one() -> None:
    made, route = story(hosts=("a/m", "a/m#2", "b/m"))
    practise(made, route)
    chain = made.begin(route, NEEDS, 30.0)
    lease = made.lease(chain, 30.0)
    assert isinstance(lease, Lease)
    rival = made.rival(chain, lease, 30.3, is_late=True)
    assert rival is not None
    assert rival.target.name == "b/m"


def test_beyond_the_budget_there_is_no_rival_unless_the_first_is_down() -> None:
    made, route = story()
    practise(made, route)
    held = []
    for _ in range(30):
        chain = made.begin(route, NEEDS, 30.0)
        lease = made.lease(chain, 30.0)
        assert isinstance(lease, Lease)
        held.append((chain, lease))
    given_ = [made.rival(chain, lease, 30.3, is_late=True) for chain, lease in held]
    refused = [pair for pair, rival in zip(held, given_, strict=True) if rival is None]
    assert len(refused) == 30 - 20
    for _, lease in held[:5]:
        made.close(lease, failure(), 30.4)
    free = [made.rival(chain, lease, 30.5, is_late=False) for chain, lease in refused]
    assert all(rival is not None for rival in free), "the first is shut: moving away is free"


def test_the_risk_is_the_prompt_read_once_more() -> None:
    priced = msgspec.structs.replace(target("a/m"), price=Price(input=3.0, output=15.0))
    seats = [
        Seat(one, {domain: Breaker() for domain in one.domains}, FirstToken())
        for one in (priced, target("b/m"))
    ]
    dear, free = seats
    assert risk_usd(dear, Needs(input_tokens=1_000_000)) == 3.0
    assert risk_usd(free, Needs(input_tokens=1_000_000)) == 0.0
