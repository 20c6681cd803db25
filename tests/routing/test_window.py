from hypothesis import given
from hypothesis import strategies as st

from understudy.routing.window import Window


def succeed(window: Window, now: float) -> None:
    if now >= window.end:
        window.roll(now)
    window.good += 1
    window.goods[window.slot] += 1


def test_outcomes_fall_out_bucket_by_bucket() -> None:
    window = Window(30.0, 10)
    succeed(window, 0.0)
    window.fail(4.0)
    window.roll(29.9)
    assert (window.good, window.bad) == (1, 1)
    window.roll(30.0)
    assert (window.good, window.bad) == (0, 1)
    window.roll(1000.0)
    assert (window.good, window.bad) == (0, 0)


def test_a_good_outcome_is_taken_back_where_it_was_counted() -> None:
    window = Window(30.0, 10)
    succeed(window, 0.0)
    succeed(window, 7.0)
    window.take_back(0.0, 8.0)
    assert window.good == 1
    window.roll(30.0)
    assert window.good == 1, "what is left is the younger one"


def test_what_has_fallen_out_is_not_taken_from_others() -> None:
    window = Window(30.0, 10)
    succeed(window, 0.0)
    for _ in range(3):
        succeed(window, 40.0)
    window.take_back(0.0, 41.0)
    window.take_back(50.0, 41.0)
    assert window.good == 3


def test_nothing_is_taken_back_twice() -> None:
    window = Window(30.0, 10)
    succeed(window, 1.0)
    window.take_back(1.0, 2.0)
    window.take_back(1.0, 2.0)
    assert window.good == 0


@given(
    st.lists(st.tuples(st.sampled_from(["good", "bad", "back"]), st.floats(0.0, 9.0)), max_size=200)
)
def test_sums_are_those_of_a_plain_list(story: list[tuple[str, float]]) -> None:
    window, now = Window(30.0, 10), 0.0
    goods: list[float] = []
    bads: list[float] = []
    for what, wait in story:
        now += wait
        if what == "good":
            succeed(window, now)
            goods.append(now)
        elif what == "bad":
            window.fail(now)
            bads.append(now)
        elif goods:
            window.take_back(goods.pop(len(goods) // 2), now)
        first = now // 3.0 - 9
        window.roll(now)
        assert window.good == sum(at // 3.0 >= first for at in goods)
        assert window.bad == sum(at // 3.0 >= first for at in bads)
