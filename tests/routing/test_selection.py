from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from tests.routing.world import NEEDS, router, target

from understudy.routing.seat import Seat
from understudy.routing.selection import select, weighted
from understudy.routing.topology import Strategy


def seats(*weights: float) -> tuple[Seat, ...]:
    targets = [target(f"p{place}/m", weight=weight) for place, weight in enumerate(weights)]
    made, route = router(*targets)
    return made.begin(route, NEEDS, 0.0).plan.seats


def test_ordered_takes_the_first_whatever_it_weighs() -> None:
    assert select(Strategy.ORDERED, seats(0.0, 9.0), lambda: 0.99).name == "p0/m"


def test_weighted_draws_in_proportion() -> None:
    three = seats(1.0, 2.0, 1.0)
    found = Counter(weighted(three, step / 400).name for step in range(400))
    assert found == {"p0/m": 100, "p1/m": 200, "p2/m": 100}


def test_a_weight_of_zero_is_for_when_nothing_else_is_left() -> None:
    assert {weighted(seats(0.0, 1.0, 0.0), drawn / 10).name for drawn in range(10)} == {"p1/m"}
    assert weighted(seats(0.0, 0.0), 0.9).name == "p0/m"
    assert weighted(seats(-1.0, 1.0), 0.0).name == "p1/m"


@given(
    st.lists(st.floats(0.0, 1e6), min_size=1, max_size=6),
    st.floats(0.0, 1.0, exclude_max=True),
)
def test_the_same_draw_gives_the_same_seat(weights: list[float], drawn: float) -> None:
    some = seats(*weights)
    chosen = select(Strategy.WEIGHTED, some, lambda: drawn)
    assert chosen is select(Strategy.WEIGHTED, some, lambda: drawn)
    assert chosen.target.weight > 0.0 or not any(weights)
