"""Nobody that works is left: who is asked all the same, and how often."""

from tests.routing.world import NEEDS, limited, open_host, router, target

from understudy.routing.despair import Despair, brief_wait
from understudy.routing.steps import Lease

A, B = target("a/m"), target("b/m")


def test_who_reopens_first_is_asked_and_then_another_host() -> None:
    made, route = router(A, B)
    open_host(made, "b/m", 0.0)
    open_host(made, "a/m", 1.0)
    chain = made.begin(route, NEEDS, 2.0)
    despair = Despair()
    found = despair.least_bad(chain, chain.seats, 2.0)
    assert found is not None
    assert found.name == "b/m"
    chain.despaired.add("b")
    found = despair.least_bad(chain, chain.seats, 2.0)
    assert found is not None
    assert found.name == "a/m", "another host"
    chain.despaired.add("a")
    assert despair.least_bad(chain, chain.seats, 2.0) is None


def test_who_said_until_when_is_left_alone() -> None:
    made, route = router(A)
    lease = made.lease(made.begin(route, NEEDS, 0.0), 0.0)
    made.close(lease, limited(retry_after=20.0), 0.0)  # type: ignore[arg-type]
    chain = made.begin(route, NEEDS, 1.0)
    assert Despair().least_bad(chain, chain.seats, 1.0) is None


def test_most_are_told_at_once_when_to_return() -> None:
    made, route = router(A)
    open_host(made, "a/m", 0.0)
    despair = Despair()
    asked = 0
    for _ in range(100):
        despair.deposit(1.0)
        chain = made.begin(route, NEEDS, 1.0)
        asked += despair.least_bad(chain, chain.seats, 1.0) is not None
    assert 10 <= asked <= 16


def test_a_second_host_is_paid_for_as_the_first_is() -> None:
    made, route = router(A, B)
    open_host(made, "b/m", 0.0)
    open_host(made, "a/m", 1.0)
    despair = Despair()
    asked = 0
    for _ in range(100):
        despair.deposit(2.0)
        chain = made.begin(route, NEEDS, 2.0)
        for _ in range(2):
            found = despair.least_bad(chain, chain.seats, 2.0)
            if found is not None:
                asked += 1
                chain.despaired.add(found.host)
                chain.wanted = ("a/m",)
    assert 10 <= asked <= 16


def test_who_rests_for_a_moment_more_is_waited_for_once() -> None:
    made, route = router(A, B)
    open_host(made, "b/m", 0.0)
    lease = made.lease(made.begin(route, NEEDS, 0.0), 0.0)
    assert isinstance(lease, Lease)
    made.close(lease, limited(retry_after=20.0), 0.0)
    early, late = made.begin(route, NEEDS, 19.0), made.begin(route, NEEDS, 19.75)
    assert brief_wait(early, early.seats, 19.0) == 0.0, "too long"
    assert brief_wait(late, late.seats, 19.75) == 0.25, "and nobody waits for b, which is down"
    assert brief_wait(late, late.seats, 19.75) == 0.0
    late.has_waited, late.deadline = False, 19.9
    assert brief_wait(late, late.seats, 19.75) == 0.0, "its time is up by then"
