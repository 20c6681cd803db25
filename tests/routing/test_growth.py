"""Growth: how fast an account's traffic may grow. Virtual time, in minutes."""

import math
import random
from collections import Counter

import msgspec
import pytest
from tests.routing.test_drills import OK, World
from tests.routing.world import failure, router, target, topology
from typing_extensions import override

from understudy.chat.endpoint import Needs
from understudy.routing.breaker import Breaker
from understudy.routing.growth import Meter, Meters, busiest
from understudy.routing.router import Router
from understudy.routing.seat import Seat
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import Growth, Route, Target

SLOW = Growth(1.5, 900.0, 1_000_000.0)
NEEDS = Needs(input_tokens=50_000)
"""At one a second: 3M tokens a minute."""


def slow(name: str, growth: Growth = SLOW) -> Target:
    return msgspec.structs.replace(target(name), growth=growth)


def send(
    made: Router, route: Route, begin: float, end: float, needs: Needs = NEEDS
) -> dict[int, Counter[str]]:
    """One request a second; returns how many went where, by minute."""
    found: dict[int, Counter[str]] = {}
    for second in range(int(begin), int(end)):
        lease = made.lease(made.begin(route, needs, second), second)
        assert isinstance(lease, Lease)
        found.setdefault(second // 60, Counter())[lease.target.name] += 1
        made.close(lease, Ended.SUCCEEDED, second)
    return found


def test_what_grows_too_fast_goes_to_the_next_and_the_share_grows_by_half() -> None:
    made, route = router(slow("a/m"), target("b/m"))
    send(made, route, 0, 1)
    found = send(made, route, 3600, 3600 + 80 * 60)
    sent = [found[minute]["a/m"] * 50_000 for minute in range(60, 139)]
    for minute, now in enumerate(sent):
        before = max(sent[max(0, minute - 30) : max(0, minute - 14)], default=0)
        assert now <= max(1_000_000, 1.5 * before)
    assert sent[0] == 1_000_000
    assert sent[21] == pytest.approx(1_500_000, rel=0.15)
    assert sent[-1] == 3_000_000, "and in the end it has all"


def test_no_minute_wherever_it_begins_holds_more_than_is_allowed() -> None:
    """Sizes differ by a hundred; the largest is a fifth of what is allowed."""
    made, route = router(slow("a/m"), target("b/m"))
    draw = random.Random(1)  # noqa: S311 - virtual time
    sent: list[tuple[float, int]] = []
    now = 3600.0
    while now < 4400.0:
        needs = Needs(input_tokens=int(2_000 * 100.0 ** draw.random()))
        lease = made.lease(made.begin(route, needs, now), now)
        assert isinstance(lease, Lease)
        if lease.target.name == "a/m":
            sent.append((now, needs.input_tokens))
        made.close(lease, Ended.SUCCEEDED, now)
        now += draw.expovariate(2.0)
    most = max(sum(tokens for at, tokens in sent if last - 60.0 < at <= last) for last, _ in sent)
    assert 900_000 < most <= 1_000_000


def test_steady_traffic_is_never_turned() -> None:
    made, route = router(slow("a/m"), target("b/m"))
    found = send(made, route, 0, 3 * 3600)
    assert all(counts == {"a/m": 60} for counts in found.values())
    assert all(breaker.is_clear for breaker in made._breakers.values())


def test_up_to_a_level_it_may_grow_at_will() -> None:
    made, route = router(slow("a/m"), target("b/m"))
    found = send(made, route, 3600, 7200, Needs(input_tokens=15_000))
    assert all(counts == {"a/m": 60} for counts in found.values())


def test_where_nobody_else_works_it_gets_everything() -> None:
    made, route = router(slow("a/m"))
    found = send(made, route, 3600, 3900)
    assert all(counts == {"a/m": 60} for counts in found.values())


def test_accounts_are_counted_apart_and_keys_of_one_together() -> None:
    made, route = router(slow("a/m"), slow("a/m#2"), slow("b/m"), target("c/m"))
    found = send(made, route, 3600, 4200)
    assert found[62].keys() == {"a/m", "b/m", "c/m"}, "the second key has the same account"
    assert found[62]["a/m"] == pytest.approx(20, abs=3)
    assert found[62]["b/m"] == pytest.approx(20, abs=3)


def test_what_was_before_the_start_is_not_known_so_nothing_is_turned() -> None:
    meter = Meter(SLOW, Breaker(), 100.0)
    assert meter.allowed(100.0) == math.inf
    assert meter.allowed(999.9) == math.inf
    assert meter.allowed(1000.0) == 1_000_000.0


def test_a_reload_keeps_the_count_and_takes_the_new_rule() -> None:
    made, route = router(slow("a/m"), target("b/m"))
    send(made, route, 3600, 4500)
    made.swap(topology(slow("a/m", Growth(3.0, 900.0, 10.0)), target("b/m")), 4500.0)
    meter = made._seats["a/m"].meter
    assert isinstance(meter, Meter)
    assert meter.allowed(4600.0) == pytest.approx(3_000_000, rel=0.2)
    made.swap(topology(target("a/m"), target("b/m")), 4700.0)
    assert made._seats["a/m"].meter is None


def test_without_an_account_it_is_counted_for_the_first_domain() -> None:
    one = msgspec.structs.replace(slow("a/m"), domains=())
    breakers = {domain: Breaker() for domain in Seat(one, AnyBreaker(), None).domains}  # type: ignore[arg-type]
    seat = Seat(one, breakers, None)  # type: ignore[arg-type]
    Meters().attach([seat], 0.0)
    assert seat.meter is not None


class AnyBreaker(dict[object, Breaker]):
    def __missing__(self, key: object) -> Breaker:
        return Breaker()


def test_a_full_account_says_so() -> None:
    made, route = router(slow("a/m"), target("b/m"))
    send(made, route, 3600, 3660)
    reasons = made.explain(route, NEEDS, 3660.0)[0].reasons
    assert reasons == ("account:a may grow no faster: 1,000,000 tokens a minute at present",)


class Short(World):
    """Every request is one token long."""

    @override
    def arrive(self, now: float) -> None:
        self.tally.asked += 1
        self.attempt(self.router.begin(self.route, Needs(input_tokens=1), now), None, now)


def test_a_backup_is_not_swamped_when_a_lab_goes() -> None:
    """At first it gets what it may, a third the rest; nobody is refused."""

    def fault(which: str, now: float, chance: random.Random):
        if which == "a/m" and now >= 1200.0:
            return 0.1, failure(status=503)
        return 0.5, OK

    little = Growth(1.5, 300.0, 2 * 60.0)
    tally = Short(fault, target("a/m"), slow("b/m", little), target("c/m")).play(1500.0)
    assert tally.lost == []
    assert tally.total("b/m", 1210, 1270) <= 2 * 60 + 15
    assert tally.total("c/m", 1210, 1270) >= 17 * 60


def test_growth_is_measured_from_the_busiest_minute_between_one_and_two_windows_ago() -> None:
    minutes = [(0, 9.0), (1, 5.0), (2, 7.0), (3, 100.0)]
    assert busiest(minutes, 60.0, 180.0) == 7.0
    assert busiest(minutes, 120.0, 240.0) == 9.0
    assert busiest([], 60.0, 180.0) == 0.0
