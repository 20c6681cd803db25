from hypothesis import given
from hypothesis import strategies as st

from understudy.routing.budget import RetryBudget


def test_a_process_without_traffic_can_still_fail_over() -> None:
    budget = RetryBudget()
    budget.deposit(0.0)
    assert budget.withdraw(0.1)


def test_the_reserve_is_spent_once_for_each_window() -> None:
    budget = RetryBudget(ratio=0.0, reserve=3.0, window=60.0, buckets=12)
    assert [budget.withdraw(1.0) for _ in range(4)] == [True, True, True, False]
    assert not budget.withdraw(59.0)
    assert budget.withdraw(60.0)
    assert budget.view(60.0).refused == 2


def test_a_share_of_the_requests_may_be_tried_again() -> None:
    budget = RetryBudget(ratio=0.1, reserve=0.0)
    for _ in range(100):
        budget.deposit(0.0)
    granted = sum(budget.withdraw(1.0) for _ in range(100))
    assert granted == 10


def test_a_part_of_it_is_kept_for_others() -> None:
    budget = RetryBudget(ratio=0.0, reserve=10.0)
    assert sum(budget.withdraw(1.0, keep=0.5) for _ in range(20)) == 5
    assert sum(budget.withdraw(1.0) for _ in range(20)) == 5


def test_what_was_worth_it_is_given_back_once() -> None:
    budget = RetryBudget(ratio=0.0, reserve=2.0)
    assert [budget.withdraw(at) for at in (1.0, 31.0, 32.0)] == [True, True, False]
    budget.give_back(32.0)
    assert [budget.withdraw(33.0), budget.withdraw(33.0)] == [True, False]
    for _ in range(5):
        budget.give_back(33.0)
    assert budget.view(33.0).left == 2.0, "no more than there was"
    budget.give_back(500.0)
    assert budget.view(500.0).left == 2.0


def test_requests_leave_the_window() -> None:
    budget = RetryBudget(ratio=0.1, reserve=0.0)
    for _ in range(100):
        budget.deposit(0.0)
    assert not budget.withdraw(61.0)
    view = budget.view(61.0)
    assert (view.requests, view.retries, view.left) == (0, 0, 0.0)


steps = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 1.0, 4.9, 5.0, 17.0, 61.0]), st.booleans()), max_size=200
)


@given(steps, st.sampled_from([0.0, 0.1, 0.5]), st.sampled_from([0.0, 1.0, 5.0]))
def test_retries_stay_within_the_share_over_every_window(
    script: list[tuple[float, bool]], ratio: float, reserve: float
) -> None:
    window, buckets = 60.0, 12
    width = window / buckets
    budget = RetryBudget(ratio, reserve, window, buckets)
    now, requests, retries = 0.0, [], []
    for wait, is_retry in script:
        now += wait
        if not is_retry:
            budget.deposit(now)
            requests.append(now)
        elif budget.withdraw(now):
            retries.append(now)
            # Every window ends at a grant or has no more grants than one that does.
            start = (now // width - buckets + 1) * width
            spent = sum(at >= start for at in retries)
            asked = sum(at >= start for at in requests)
            assert spent <= ratio * asked + reserve + 1e-9
    for end in retries:
        spent = sum(end - (window - width) <= at <= end for at in retries)
        asked = sum(end - window <= at <= end for at in requests)
        assert spent <= ratio * asked + reserve + 1e-9


@given(steps)
def test_a_refusal_means_that_nothing_was_left(script: list[tuple[float, bool]]) -> None:
    budget = RetryBudget(0.1, 2.0)
    now = 0.0
    for wait, is_retry in script:
        now += wait
        if is_retry:
            left = budget.view(now).left
            assert budget.withdraw(now) == (left >= 1.0)
        else:
            budget.deposit(now)
