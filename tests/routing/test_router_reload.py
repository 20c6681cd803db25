"""What a router keeps when its topology is swapped."""

from tests.routing.world import Play, R, failure, open_host, policy, router, target, topology

from understudy.routing.topology import Route, Topology

A, B, C = target("a/m"), target("b/m"), target("c/m")
EU = {"region": "eu"}


def test_what_is_known_of_domains_survives_a_reload() -> None:
    made, _ = router(A, B)
    open_host(made, "a/m", 0.0)
    made.swap(topology(C, A, B), 1.0)
    route = made.find("chat")
    assert route is not None
    assert route.targets == ("c/m", "a/m", "b/m")
    eligible = {each.name: each.is_eligible for each in made.snapshot(1.0).targets}
    assert eligible == {"c/m": True, "a/m": False, "b/m": True}
    made.swap(topology(B), 2.0)
    assert {each.domain for each in made.snapshot(2.0).domains} == set(B.domains)


def test_an_open_lease_survives_a_reload() -> None:
    made, route = router(A, B)
    told = Play(made, route)
    told.lease("a/m")
    made.swap(topology(B, A), 1.0)
    assert made.snapshot(1.0).targets[1].in_flight == 1
    told.fails(failure())
    host = next(each for each in made.snapshot(1.0).domains if str(each.domain) == "host:a")
    assert host.failures == 1
    assert made.snapshot(1.0).targets[1].in_flight == 0
    told.lease("b/m")


def test_a_chain_goes_on_with_the_new_policy() -> None:
    made, route = router(A, B, C)
    told = Play(made, route)
    told.lease("a/m")
    strict = policy(require={"region": ("eu",)})
    made.swap(topology(A, B, target("c/m", labels=EU), policy=strict), 1.0)
    told.fails(failure(reactions=(R.OTHER_HOST,)))
    told.lease("c/m")


def test_a_chain_of_a_route_that_is_gone_never_reaches_targets_that_are() -> None:
    made, route = router(A, B, C)
    told = Play(made, route)
    told.lease("a/m")
    made.swap(Topology({"a/m": A, "c/m": C}, {}), 1.0)
    told.fails(failure(reactions=(R.OTHER_HOST,)))
    told.lease("c/m")
    assert told.chain.plan.denied == {"b/m": "not configured"}


def test_a_route_of_somebody_elses_making_is_planned_on_the_spot() -> None:
    made, _ = router(A, B)
    Play(made, Route("chat", ("b/m",))).lease("b/m")
    Play(made, Route("other", ("b/m", "a/m", "b/m"))).lease("b/m")
