from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from tests.routing.world import NEEDS, router, target

from understudy.routing.seat import Seat
from understudy.routing.selection import select, weighted
from understudy.routing.topology import Route, Strategy


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
