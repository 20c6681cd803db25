"""What callers may use: rates, requests at once, days and months, and what is set aside."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.routing.allowance import (
    DAY,
    MOST_FORMER,
    SOON,
    UNLIMITED,
    Account,
    Allowances,
    Limit,
    Limits,
    Moment,
    Over,
    Spent,
    Ticket,
    Use,
    first_day,
    month_of,
)

START = datetime(2026, 11, 25, 18, tzinfo=UTC).timestamp()
NOTHING = Use()


class Clock:
    """Both clocks, moved by hand."""

    def __init__(self, wall: float = START) -> None:
        self.now = 100.0
        self.wall = wall
        self.allowances = Allowances()

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds

    @property
    def moment(self) -> Moment:
        return self.allowances.moment(self.now, self.wall)


class Shop:
    """One caller and its limits."""

    def __init__(self, **limits: float) -> None:
        self.clock = Clock()
        self.allowances = self.clock.allowances
        self.limit(**limits)

    def limit(self, **limits: float) -> frozenset[str]:
        return self.allowances.adopt({"shop": Limits(**limits)}, self.clock.moment)  # type: ignore[arg-type]

    def ask(self, tokens: int = 0, usd: float = 0.0) -> Ticket | Over:
        return self.allowances.enter("shop", Use(tokens, usd), self.clock.moment)

    def enter(self, tokens: int = 0, usd: float = 0.0) -> Ticket:
        entered = self.ask(tokens, usd)
        assert isinstance(entered, Ticket)
        return entered

    def refused(self, tokens: int = 0, usd: float = 0.0) -> Over:
        over = self.ask(tokens, usd)
        assert isinstance(over, Over)
        return over

    def leave(self, ticket: Ticket, tokens: int = 0, usd: float = 0.0) -> None:
        ticket.account.leave(ticket.reserved, Use(tokens, usd), self.clock.moment)

    def spend(self, tokens: int = 0, usd: float = 0.0) -> None:
        self.leave(self.enter(), tokens, usd)


def test_a_minutes_requests_come_at_once_and_then_evenly() -> None:
    shop = Shop(requests_per_minute=30)
    for _ in range(30):
        shop.spend()
    over = shop.refused()
    assert (over.limit, over.allowed, over.used) == (Limit.REQUESTS, 30, 30.0)
    assert over.wait == pytest.approx(2.0)
    shop.clock.pass_(over.wait)
    shop.spend()
    shop.refused()


def test_who_is_refused_uses_nothing() -> None:
    shop = Shop(requests_per_minute=1)
    shop.spend()
    for _ in range(1000):
        shop.refused()
    shop.clock.pass_(60.0)
    shop.spend()


def test_requests_at_once_are_counted_until_they_end() -> None:
    shop = Shop(concurrent_requests=2)
    first, _second = shop.enter(), shop.enter()
    over = shop.refused()
    assert (over.limit, over.used, over.wait) == (Limit.CONCURRENT, 2, SOON)
    shop.leave(first)
    shop.enter()
    shop.refused()


def test_tokens_are_set_aside_and_then_counted_as_they_were() -> None:
    shop = Shop(tokens_per_minute=1000)
    ticket = shop.enter(tokens=1000)
    over = shop.refused()
    assert (over.limit, over.used, over.wait) == (Limit.TOKENS, 1000, SOON)
    shop.leave(ticket, tokens=200)
    shop.leave(shop.enter(), tokens=800)
    assert shop.refused().wait == pytest.approx(SOON)
    shop.clock.pass_(0.1)
    shop.enter()


def test_what_is_set_aside_does_not_drain_while_the_request_runs() -> None:
    shop = Shop(tokens_per_minute=1000)
    ticket = shop.enter(tokens=1000)
    shop.clock.pass_(3600)
    shop.refused()
    shop.leave(ticket, tokens=1500)
    over = shop.refused()
    assert over.wait == pytest.approx(30.0)
    shop.clock.pass_(30.1)
    shop.enter()


def test_a_request_larger_than_the_limit_is_let_in_where_anything_is_left() -> None:
    shop = Shop(tokens_per_minute=100, usd_per_day=0.01)
    ticket = shop.enter(tokens=100_000, usd=4.0)
    shop.refused()
    shop.leave(ticket, tokens=90, usd=0.009)
    shop.enter(tokens=100_000, usd=4.0)


def test_a_day_ends_at_midnight_of_utc() -> None:
    shop = Shop(tokens_per_day=100, usd_per_day=2.0)
    shop.spend(tokens=100)
    over = shop.refused()
    assert (over.limit, over.wait) == (Limit.TOKENS_A_DAY, 6 * 3600.0)
    shop.clock.pass_(over.wait)
    shop.spend(usd=2.5)
    over = shop.refused()
    assert (over.limit, over.used, over.wait) == (Limit.USD_A_DAY, 2.5, DAY)
    shop.clock.pass_(DAY)
    shop.enter()


def test_a_month_ends_with_its_last_day() -> None:
    shop = Shop(usd_per_month=100.0)
    shop.spend(usd=100.0)
    over = shop.refused()
    assert over.limit is Limit.USD_A_MONTH
    assert datetime.fromtimestamp(START + over.wait, UTC) == datetime(2026, 12, 1, tzinfo=UTC)
    shop.clock.pass_(over.wait - 1.0)
    shop.refused()
    shop.clock.pass_(1.0)
    shop.enter()


def test_the_limit_that_keeps_it_out_longest_is_said() -> None:
    shop = Shop(requests_per_minute=1, concurrent_requests=1, usd_per_day=1.0, usd_per_month=1.0)
    shop.leave(shop.enter(), usd=1.0)
    assert shop.refused().limit is Limit.USD_A_MONTH


def test_money_that_is_only_set_aside_comes_back_soon() -> None:
    shop = Shop(usd_per_day=1.0, usd_per_month=1.0, tokens_per_day=5)
    shop.enter(usd=3.0, tokens=5)
    assert shop.refused().wait == SOON


def test_a_clock_that_goes_back_over_midnight_gives_no_second_day() -> None:
    shop = Shop(usd_per_day=1.0)
    shop.clock.pass_(6 * 3600.0)
    shop.spend(usd=1.0)
    shop.clock.wall -= 10.0
    shop.refused()
    shop.clock.wall -= 40 * DAY
    shop.enter()


def test_counters_outlive_a_change_of_limits() -> None:
    shop = Shop(requests_per_minute=10, usd_per_day=1.0)
    for _ in range(10):
        shop.spend(usd=0.1)
    assert shop.limit(requests_per_minute=11, usd_per_day=5.0) == frozenset()
    shop.spend()
    assert shop.refused().limit is Limit.REQUESTS
    shop.limit(usd_per_day=0.5)
    assert shop.refused().limit is Limit.USD_A_DAY


def test_a_request_that_began_before_a_change_ends_after_it() -> None:
    shop = Shop(concurrent_requests=1, tokens_per_minute=10)
    ticket = shop.enter(tokens=10)
    shop.limit(concurrent_requests=1, tokens_per_minute=20)
    assert shop.refused().limit is Limit.CONCURRENT
    shop.leave(ticket, tokens=10)
    shop.enter()


def test_who_has_no_limit_is_not_counted_and_who_gets_one_is_named() -> None:
    shop = Shop(usd_per_day=1.0)
    assert shop.allowances.limits("else") is None
    assert shop.limit() == frozenset()
    assert shop.allowances.limits("shop") is None
    assert shop.limit(usd_per_day=1.0) == {"shop"}
    shop.allowances.adopt({}, shop.clock.moment)
    assert shop.allowances.limits("shop") is None
    assert shop.allowances.adopt({"new": Limits(usd_per_day=1.0)}, shop.clock.moment) == {"new"}


def test_what_was_used_before_is_not_added_to_what_is_known() -> None:
    shop = Shop(usd_per_day=1.0, usd_per_month=10.0, tokens_per_day=100)
    shop.spend(usd=0.5, tokens=50)
    spent = Spent(day_tokens=60, day_usd=0.4, month_usd=9.0)
    shop.allowances.restore("shop", spent, shop.clock.moment)
    shop.allowances.restore("nobody", spent, shop.clock.moment)
    used = next(iter(shop.allowances.views(shop.clock.moment))).used
    assert used == {"tokens_per_day": 60, "usd_per_day": 0.5, "usd_per_month": 9.0}


def test_what_is_learnt_of_a_new_day_is_of_that_day() -> None:
    shop = Shop(usd_per_day=1.0)
    shop.spend(usd=0.9)
    shop.clock.pass_(DAY)
    shop.allowances.restore("shop", Spent(day_usd=0.2), shop.clock.moment)
    assert next(iter(shop.allowances.views(shop.clock.moment))).used == {"usd_per_day": 0.2}
    shop.enter()


def test_only_days_and_months_have_to_be_remembered() -> None:
    shop = Shop(requests_per_minute=1, concurrent_requests=1, tokens_per_minute=1)
    assert not shop.allowances.is_lasting
    for limits in ({"tokens_per_day": 1}, {"usd_per_day": 1.0}, {"usd_per_month": 1.0}):
        shop.limit(**limits)
        assert shop.allowances.is_lasting


def test_how_each_stands_can_be_looked_at() -> None:
    shop = Shop(concurrent_requests=1, usd_per_day=2.0)
    shop.enter(usd=0.25)
    shop.refused()
    (view,) = shop.allowances.views(shop.clock.moment)
    assert view.caller == "shop"
    assert view.allowed == {"concurrent_requests": 1, "usd_per_day": 2.0}
    assert view.used == {"concurrent_requests": 1, "usd_per_day": 0.25}
    assert view.refused == {"concurrent_requests": 1}


def test_callers_that_are_gone_are_forgotten_in_the_end() -> None:
    allowances = Allowances()
    moment = allowances.moment(0.0, START)
    for number in range(3 * MOST_FORMER):
        allowances.adopt({f"caller-{number}": Limits(concurrent_requests=1)}, moment)
    assert len(allowances._accounts) == MOST_FORMER + 1


@pytest.mark.parametrize("day", [0, 20_000, 20_058, 20_059, 20_089, 20_090, 24_000])
def test_a_month_has_its_first_day(day: int) -> None:
    first = first_day(month_of(day))
    assert first <= day < first + 31
    assert month_of(first) == month_of(day) != month_of(first - 1)


@settings(max_examples=200, deadline=None)
@given(
    asks=st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 5), st.floats(0, 30)),
        max_size=60,
    ),
    allowed=st.integers(1, 200),
)
def test_whatever_comes_a_days_limit_is_overshot_by_one_request_at_most(
    asks: list[tuple[int, int, int, float]], allowed: int
) -> None:
    """Where estimates are from above: the sum is below the limit and the largest request."""
    shop = Shop(tokens_per_day=allowed)
    running: list[tuple[Ticket, int]] = []
    total = 0
    for estimate, saved, ends, later in asks:
        entered = shop.ask(tokens=estimate)
        if isinstance(entered, Ticket):
            running.append((entered, max(0, estimate - saved)))
        for _ in range(min(ends, len(running))):
            ticket, used = running.pop(0)
            total += used
            shop.leave(ticket, tokens=used)
        shop.clock.pass_(later)
        assert total <= allowed + 50
    for ticket, used in running:
        total += used
        shop.leave(ticket, tokens=used)
    assert total <= allowed + 50
    (view,) = shop.allowances.views(shop.clock.moment)
    assert view.used["tokens_per_day"] == total


def test_nothing_is_left_over_when_all_have_ended() -> None:
    shop = Shop(usd_per_day=1000.0)
    tickets = [shop.enter(usd=0.1) for _ in range(7)]
    for ticket in tickets:
        shop.leave(ticket)
    (view,) = shop.allowances.views(shop.clock.moment)
    assert view.used["usd_per_day"] == 0.0
    assert Account(UNLIMITED, shop.clock.moment).running == 0
