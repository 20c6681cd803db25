"""From a lease to a request that is written, or the reason why not."""

from tests.exchange.stage import ask, route, services, target
from understudy.routing.topology import OnLoss

LOSSLESS = route(on_loss=OnLoss.REJECT)


def test_a_target_that_would_lose_something_is_passed_over_where_the_route_says_so() -> None:
    stage = ask(services(target("b", "yot"), target("a"), route=LOSSLESS), loud=True)
    assert stage.targets() == ["a"]


def test_where_all_would_lose_something_the_caller_is_told_what() -> None:
    stage = ask(services(target("b", "yot"), route=LOSSLESS), loud=True)
    assert stage.targets() == []
    assert stage.status() == 400
    assert b"extensions.toy.loud" in stage.sent()
