from understudy.chat.failure import Scope
from understudy.routing.topology import Domain, Route, Timeouts


def test_a_domain_reads_as_kind_and_name() -> None:
    assert str(Domain(Scope.HOST, "azure/swedencentral")) == "host:azure/swedencentral"


def test_domains_are_one_when_kind_and_name_are() -> None:
    assert Domain(Scope.KEY, "a") == Domain(Scope.KEY, "a")
    assert len({Domain(Scope.KEY, "a"), Domain(Scope.KEY, "a"), Domain(Scope.HOST, "a")}) == 2


def test_the_defaults_of_a_route_are_consistent() -> None:
    route = Route("chat", ("a/m",))
    assert route.timeouts.first_token < route.deadline
    assert Timeouts().connect < Timeouts().first_token
    assert route.max_attempts > 1
