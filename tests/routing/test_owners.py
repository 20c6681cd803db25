import itertools

import msgspec
from tests.exchange.stage import target

from understudy.operations.kinds import Operation
from understudy.routing.owners import all_routes
from understudy.routing.router import Router
from understudy.routing.topology import Policy, Route, Strategy, Topology


def topology(operation: Operation) -> Topology:
    keys = [msgspec.structs.replace(target(name), provider=name[0]) for name in ("a1", "a2", "b")]
    route = Route(
        "files",
        ("a1", "a2", "b"),
        strategy=Strategy.WEIGHTED,
        weights={"a1": 1.0},
        operation=operation,
        policy=Policy(require={"region": ("eu",)}),
    )
    return Topology({each.name: each for each in keys}, {"files": route})


def test_each_owner_has_a_route_with_all_of_its_keys():
    whole, first, second = all_routes(topology(Operation.FILES))
    assert (whole.name, whole.parent) == ("files", None)
    assert (first.name, first.targets, first.parent) == ("files~a", ("a1", "a2"), "files")
    assert (second.name, second.targets) == ("files~b", ("b",))
    assert first.policy == whole.policy
    assert first.strategy is Strategy.ORDERED


def test_other_routes_have_no_owners():
    assert [route.name for route in all_routes(topology(Operation.CHAT))] == ["files"]


def test_the_router_finds_them_and_lists_them_to_nobody():
    router = Router(topology(Operation.FILES), itertools.repeat(0.5).__next__)
    assert router.names() == ["files"]
    found = router.find("files~b")
    assert found is not None
    assert found.targets == ("b",)
    assert router.find("files~c") is None
