from tests.routing.world import NEEDS, router, target

from understudy.chat.failure import Supply
from understudy.routing.breaker import Breaker
from understudy.routing.pause import LONGEST, pause
from understudy.routing.router import Router
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import Route

SPENT = Supply("requests", 8.0)


def ask(made: Router, route: Route, now: float, supply: Supply | None = None) -> str:
    """One request that is answered, and what its host said beside the answer."""
    lease = made.lease(made.begin(route, NEEDS, now), now)
    assert isinstance(lease, Lease)
    made.supplied(lease, supply, now)
    made.first_content(lease, now)
    made.close(lease, Ended.SUCCEEDED, now)
    return lease.target.name


def test_whose_host_says_that_nothing_is_left_is_passed_over_until_there_is_more() -> None:
    made, route = router(target("a/m"), target("b/m"))
    assert ask(made, route, 1.0, SPENT) == "a/m"
    assert ask(made, route, 1.1) == "b/m"
    assert ask(made, route, 8.9) == "b/m"
    assert ask(made, route, 9.1) == "a/m"


def test_another_key_of_the_same_host_is_used_meanwhile() -> None:
    made, route = router(target("a/m"), target("a/m#2", account="a2"), target("b/m"))
    assert ask(made, route, 1.0, SPENT) == "a/m"
    assert ask(made, route, 1.1) == "a/m#2"


def test_another_model_of_the_same_key_is_none_the_worse_for_it() -> None:
    made, _ = router(target("a/m"), target("a/n"), target("a/m#2"), target("b/m"))
    first, other = Route("first", ("a/m", "b/m")), Route("other", ("a/n", "b/m"))
    assert ask(made, first, 1.0, SPENT) == "a/m"
    assert ask(made, first, 1.1) == "b/m"
    assert ask(made, other, 1.1) == "a/n"


def test_who_is_the_last_one_left_is_asked_nevertheless() -> None:
    made, route = router(target("a/m"))
    for step in range(50):
        assert ask(made, route, step * 0.1, SPENT) == "a/m"
    made, route = router(target("a/m"), target("b/m"))
    ask(made, route, 1.0, SPENT)
    assert ask(made, route, 1.1, SPENT) == "b/m"
    assert ask(made, route, 1.2, SPENT) == "a/m", "nothing is left anywhere"


def test_one_answer_is_believed_for_a_minute_and_no_longer() -> None:
    made, route = router(target("a/m"), target("b/m"))
    ask(made, route, 1.0, Supply("tokens", 86_400.0))
    assert ask(made, route, LONGEST) == "b/m"
    assert ask(made, route, 1.1 + LONGEST) == "a/m"


def test_what_says_nothing_of_when_or_of_an_end_changes_nothing() -> None:
    made, route = router(target("a/m"), target("b/m"))
    for supply in (None, Supply("requests"), Supply(is_ample=True), Supply(wait=9.0)):
        assert ask(made, route, 1.0, supply) == "a/m"
    assert ask(made, route, 1.0) == "a/m"


def test_a_pause_is_no_rest_and_says_what_it_is() -> None:
    breaker = Breaker()
    pause(breaker, SPENT, 1.0)
    pause(breaker, Supply("tokens", 4.0), 1.0)
    assert [turn.words(2.0) for turn in breaker.turns] == ["has no tokens left for 3 s"]
    assert breaker.blocked_for(2.0) == 0.0
    assert breaker.share(2.0) == 0.0
    assert breaker.share(5.0) == 1.0
    breaker.blocked_for(5.0)
    assert breaker.is_clear
    assert breaker.turns == ()


def test_a_target_that_a_reload_took_away_is_no_matter() -> None:
    made, route = router(target("a/m"))
    lease = made.lease(made.begin(route, NEEDS, 0.0), 0.0)
    assert isinstance(lease, Lease)
    other, _ = router(target("b/m"))
    other.supplied(lease, SPENT, 1.0)
    assert all(each.share == 1.0 for each in other.snapshot(1.0).domains)
