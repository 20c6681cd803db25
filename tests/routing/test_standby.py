import itertools

from tests.routing.test_returning import AGENT
from tests.routing.world import NEEDS, Play, failure, open_host, policy, router, target

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Scope
from understudy.routing.drain import Drain
from understudy.routing.router import Router
from understudy.routing.standby import standby_of
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import Domain, Route

A, B = target("a/m"), target("b/m")


def share(made: Router, route: Route, name: str, needs: Needs = NEEDS) -> float:
    """The share of 1,000 requests that begin at the target of that name."""
    found = 0
    for call in range(1000):
        now = 100.0 + call / 100
        lease = made.lease(made.begin(route, needs, now), now)
        assert isinstance(lease, Lease)
        found += lease.target.name == name
        assert lease.is_standby == (name == lease.target.name and name != route.targets[0])
        made.close(lease, Ended.SUCCEEDED, now)
    return found / 1000


def evenly():
    return itertools.cycle([step / 100 for step in range(100)]).__next__


def test_the_second_target_gets_its_share_and_the_receipt_says_why() -> None:
    made, route = router(A, B, draw=evenly(), standby=0.03)
    assert share(made, route, "b/m") == 0.03
    assert share(made, route, "b/m", AGENT) == 0.03


def test_it_is_off_by_default() -> None:
    made, route = router(A, B, draw=lambda: 0.0)
    assert share(made, route, "a/m") == 1.0


def test_it_stands_at_another_host_where_there_is_one() -> None:
    made, route = router(A, target("a/m#2"), B, draw=lambda: 0.0, standby=0.03)
    assert share(made, route, "b/m") == 1.0
    made, route = router(A, target("a/m#2"), draw=lambda: 0.0, standby=0.03)
    assert share(made, route, "a/m#2") == 1.0
    alone, _ = router(A, draw=lambda: 0.0, standby=0.03)
    assert standby_of(list(alone._seats.values())) is None


def test_what_is_not_sound_does_not_stand_by() -> None:
    made, route = router(A, B, draw=lambda: 0.0, standby=0.03)
    made.drains.start(Domain(Scope.HOST, "b"), Drain(0.0, over=0.0), 0.0)
    told = Play(made, route, now=1.0)
    assert not told.lease("a/m").is_standby


def test_while_the_first_is_down_nothing_is_a_standby() -> None:
    made, route = router(A, B, draw=lambda: 0.0, standby=0.03)
    made.drains.start(Domain(Scope.HOST, "b"), Drain(0.0, over=0.0), 0.0)
    open_host(made, "chat", 0.0)
    made.drains.give_back(Domain(Scope.HOST, "b"), 0.0, 1.0)
    assert not Play(made, route, now=2.0).lease("b/m").is_standby


def test_policy_and_needs_come_first() -> None:
    mute = target("b/m", capabilities=frozenset({Capability.STREAMING}))
    made, route = router(A, mute, draw=lambda: 0.0, standby=0.03)
    Play(made, route, needs=AGENT).lease("a/m")
    far = target("c/m", labels={"region": "us"})
    near = target("a/m", labels={"region": "eu"})
    made, route = router(
        near, far, draw=lambda: 0.0, standby=0.03, policy=policy(require={"region": ("eu",)})
    )
    Play(made, route).lease("a/m")


def test_where_the_standby_fails_the_first_target_answers() -> None:
    made, route = router(A, B, draw=lambda: 0.0, standby=0.03)
    told = Play(made, route)
    assert told.lease("b/m").is_standby
    told.fails(failure())
    assert not told.lease("a/m").is_standby
    told.ok()


def test_explain_says_who_stands_by() -> None:
    made, route = router(A, target("a/m#2"), B, standby=0.03)
    reasons = {each.target: each.reasons for each in made.explain(route, NEEDS, 0.0)}
    assert reasons == {"a/m": (), "a/m#2": (), "b/m": ("stands by, gets 3.0% of the requests",)}
