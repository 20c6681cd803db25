from tests.routing.world import target

from understudy.chat.failure import Scope
from understudy.routing.breaker import Breaker
from understudy.routing.latency import FirstToken
from understudy.routing.lattice import Lattice, housed
from understudy.routing.seat import Seat, domains_of
from understudy.routing.topology import Domain, Target


def lattice(*targets: Target) -> Lattice:
    breakers = {domain: Breaker() for each in targets for domain in domains_of(each)}
    return Lattice([Seat(each, breakers, FirstToken()) for each in targets])


MADE = lattice(
    target("a/m", lab="x"),
    target("a/n", lab="y"),
    target("b/m", lab="x"),
    target("c/m", lab="z"),
)


def test_members_are_those_that_share_a_target() -> None:
    assert MADE.members(Domain(Scope.HOST, "a"), Scope.MODEL) == {
        Domain(Scope.MODEL, "a/m"),
        Domain(Scope.MODEL, "a/n"),
    }
    assert MADE.members(Domain(Scope.LAB, "x"), Scope.HOST) == {
        Domain(Scope.HOST, "a"),
        Domain(Scope.HOST, "b"),
    }
    assert MADE.members(Domain(Scope.LAB, "nobody"), Scope.HOST) == frozenset()


def test_twins_are_one_labs_model_at_every_host() -> None:
    here, there = Domain(Scope.MODEL, "a/m"), Domain(Scope.MODEL, "b/m")
    assert MADE.twins(here) == {here, there}
    assert MADE.twins(Domain(Scope.MODEL, "c/m")) == {Domain(Scope.MODEL, "c/m")}


def test_a_target_has_a_domain_that_is_its_alone() -> None:
    names = ("a/m", "a/n", "a/m#2", "b/m", "c/m", "c/m#2")
    found = housed({name: target(name) for name in names})
    made = lattice(*found.values())
    seats = {name: Seat(each, _breakers(each), FirstToken()) for name, each in found.items()}
    owns = {name: str(made.own(seat.name)) for name, seat in seats.items()}
    assert owns == {
        "a/m": "target:a/m",
        "a/n": "model:a/n",
        "a/m#2": "key:a#2",
        "b/m": "key:b#1",
        "c/m": "key:c#1",
        "c/m#2": "key:c#2",
    }
    assert made.neighbours(seats["a/m"], Scope.KEY) == {Domain(Scope.MODEL, "a/n")}
    assert made.neighbours(seats["a/m#2"], Scope.KEY) == frozenset()
    assert made.neighbours(seats["a/m#2"], Scope.ACCOUNT) == {Domain(Scope.MODEL, "a/n")}


def _breakers(target: Target) -> dict[Domain, Breaker]:
    return {domain: Breaker() for domain in domains_of(target)}
