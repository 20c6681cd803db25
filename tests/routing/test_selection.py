from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from tests.routing.world import NEEDS, router, target

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Scope
from understudy.routing.drain import Drain
from understudy.routing.ramp import Comeback
from understudy.routing.seat import Seat
from understudy.routing.selection import PATIENCE, ease, patience, select, tier, weighted
from understudy.routing.topology import Route, Strategy

ORDERED = Route("r", ())


def seats(count: int) -> tuple[Seat, ...]:
    made, route = router(*(target(f"p{place}/m") for place in range(count)))
    return made.begin(route, NEEDS, 0.0).plan.seats


def shares(*weights: float) -> dict[str, float]:
    return {f"p{place}/m": weight for place, weight in enumerate(weights)}


def draw(drawn: float, *weights: float) -> str:
    return weighted(seats(len(weights)), shares(*weights), drawn).name


def test_ordered_takes_the_first_whatever_it_weighs() -> None:
    route = Route("r", (), Strategy.ORDERED, shares(0.0, 9.0))
    assert select(route, seats(2), lambda: 0.99).name == "p0/m"


def test_weighted_draws_in_proportion() -> None:
    found = Counter(draw(step / 400, 1.0, 2.0, 1.0) for step in range(400))
    assert found == {"p0/m": 100, "p1/m": 200, "p2/m": 100}


def test_a_target_without_a_weight_weighs_one() -> None:
    three = seats(3)
    found = Counter(weighted(three, {"p1/m": 2.0}, step / 400).name for step in range(400))
    assert found == {"p0/m": 100, "p1/m": 200, "p2/m": 100}


def test_a_weight_of_zero_is_for_when_nothing_else_is_left() -> None:
    assert {draw(drawn / 10, 0.0, 1.0, 0.0) for drawn in range(10)} == {"p1/m"}
    assert draw(0.9, 0.0, 0.0) == "p0/m"
    assert draw(0.0, -1.0, 1.0) == "p1/m"


@given(
    st.lists(st.floats(0.0, 1e6), min_size=1, max_size=6),
    st.floats(0.0, 1.0, exclude_max=True),
)
def test_the_same_draw_gives_the_same_seat(weights: list[float], drawn: float) -> None:
    some = seats(len(weights))
    route = Route("r", (), Strategy.WEIGHTED, shares(*weights))
    chosen = select(route, some, lambda: drawn)
    assert chosen is select(route, some, lambda: drawn)
    assert route.weights[chosen.name] > 0.0 or not any(weights)


def turned(seat: Seat, *turns) -> None:
    seat.breakers[seat.places[Scope.HOST]].turn(turns, 0.0)


def fall(seat: Seat, now: float = 0.0) -> None:
    permit = seat.breakers[0].acquire(now)
    assert permit is not None
    seat.breakers[0].fail(permit, now, trips=True)


def eased(some: tuple[Seat, ...], now: float, route: Route = ORDERED, needs=NEEDS) -> Counter[str]:
    """Who gets 1,000 requests whose first draw goes evenly over all values."""
    found: Counter[str] = Counter()
    for step in range(1000):
        draws = iter([step / 1000, (step * 617 % 1000) / 1000, (step * 389 % 1000) / 1000] * 9)
        found[ease(route, some, needs, now, draws.__next__).name] += 1
    return found


def test_who_comes_back_gets_its_share_and_the_next_in_order_the_rest() -> None:
    some = seats(3)
    turned(some[0], Comeback(0.0))
    assert eased(some, 0.0) == {"p0/m": 100, "p1/m": 900}
    assert eased(some, 15.0) == {"p0/m": 250, "p1/m": 750}
    assert eased(some, 25.0) == {"p0/m": 500, "p1/m": 500}


def test_a_domain_decides_once_for_all_its_targets() -> None:
    made, route = router(target("a/m"), target("a/m#2"), target("b/m"))
    some = made.begin(route, NEEDS, 0.0).plan.seats
    turned(some[0], Drain(0.0, over=10.0))
    assert some[1].share(5.0) == 0.5
    assert eased(some, 5.0) == {"a/m": 500, "b/m": 500}, "not a second chance at its second key"


def test_two_that_come_back_share_what_there_is() -> None:
    some = seats(2)
    turned(some[0], Comeback(0.0))
    turned(some[1], Comeback(-15.0))
    found = eased(some, 0.0)
    assert found["p0/m"] == 100, "nobody is left without a target: the larger share takes the rest"
    assert found["p1/m"] == 900


def test_weights_hold_among_those_who_let_it_pass() -> None:
    some = seats(2)
    turned(some[0], Drain(0.0, over=0.0))
    route = Route("r", (), Strategy.WEIGHTED, shares(9.0, 1.0))
    assert eased(some, 1.0, route) == {"p1/m": 1000}


def test_one_who_is_led_away_from_comes_after_the_poor_and_before_nobody() -> None:
    led_away, poor, down = seats(3)
    turned(led_away, Drain(0.0, over=0.0))
    for call in range(70):
        permit = poor.breakers[0].acquire(0.0)
        if permit is not None:
            (poor.breakers[0].fail if call % 10 == 9 else poor.breakers[0].succeed)(permit, 0.0)
    fall(down)
    assert poor.breakers[0].is_soft
    assert list(tier((led_away, poor, down), 1.0)) == [poor]
    assert list(tier((led_away, down), 1.0)) == [led_away]
    assert list(tier((down,), 1.0)) == []
    turned(led_away, Drain(0.0, over=0.0, is_hard=True))
    assert list(tier((led_away, down), 1.0)) == []


SMALL = Needs(frozenset({Capability.STREAMING}), input_tokens=100)
WHOLE = Needs(frozenset(), input_tokens=100)
LONG = Needs(frozenset({Capability.STREAMING}), input_tokens=50_000)
TOOLS = Needs(frozenset({Capability.STREAMING, Capability.TOOLS}), input_tokens=100)
WORDY = Needs(frozenset({Capability.STREAMING}), input_tokens=100, output_tokens=9_000)


def test_a_probe_is_a_small_stream_or_after_a_while_anything() -> None:
    some = seats(2)
    fall(some[0])
    assert eased(some, 5.0, needs=SMALL) == {"p0/m": 1000}
    for dear in (LONG, TOOLS, WORDY):
        assert eased(some, 5.0 + PATIENCE - 0.1, needs=dear) == {"p1/m": 1000}
        assert eased(some, 5.0 + PATIENCE, needs=dear) == {"p0/m": 1000}
    assert 0.0 < patience(WHOLE) < PATIENCE
    assert eased(some, 5.0 + patience(WHOLE), needs=WHOLE) == {"p0/m": 1000}


def test_a_dear_request_goes_to_who_comes_back_before_who_wants_a_probe() -> None:
    some = seats(2)
    fall(some[0])
    turned(some[1], Comeback(0.0))
    assert eased(some, 5.0, needs=LONG) == {"p1/m": 1000}


def test_who_let_a_request_pass_is_not_asked_again_for_another_target() -> None:
    made, route = router(target("a/m"), target("a/n"), target("b/m"))
    some = made.begin(route, NEEDS, 0.0).plan.seats
    account, model = (
        some[0].breakers[some[0].places[kind]] for kind in (Scope.ACCOUNT, Scope.MODEL)
    )
    account.turn((Drain(0.0, over=10.0),), 0.0)
    model.turn((Drain(0.0, over=10.0),), 0.0)
    draws = iter([0.4, 0.9, 0.9])
    assert ease(ORDERED, some, NEEDS, 5.0, draws.__next__).name == "a/n"
