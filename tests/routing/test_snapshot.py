from tests.routing.world import NEEDS, Play, failure, limited, open_host, policy, router, target

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Scope
from understudy.routing.breaker import State
from understudy.routing.drain import Drain
from understudy.routing.router import Router
from understudy.routing.snapshot import DomainView, blocks
from understudy.routing.steps import Ended
from understudy.routing.topology import Domain

A, B = target("a/m"), target("b/m")


def domain(made: Router, kind: Scope, name: str, now: float) -> DomainView:
    found = [each for each in made.snapshot(now).domains if each.domain == Domain(kind, name)]
    return found[0]


def test_an_open_domain_says_why_and_until_when() -> None:
    made, _ = router(A, B)
    open_host(made, "a/m", 0.0, failure(kind="any.http.502"))
    view = domain(made, Scope.HOST, "a", 1.0)
    assert view == DomainView(
        domain=Domain(Scope.HOST, "a"),
        state=State.OPEN,
        successes=0,
        failures=5,
        open_for=4.0,
        resting_for=0.0,
        is_soft=False,
        rule="any.http.502",
        why="5 calls in a row never began to answer",
        evidence=view.evidence,
    )
    assert "host:a: 5 x any.http.502 in 0 s, never worked" in view.evidence
    sound = domain(made, Scope.HOST, "b", 1.0)
    assert (sound.rule, sound.why, sound.evidence) == ("", "", ())


def test_a_target_says_why_nothing_goes_there() -> None:
    made, route = router(A, B)
    told = Play(made, route)
    told.lease("a/m")
    told.fails(limited(9.0))
    first, second = made.snapshot(2.0).targets
    assert not first.is_eligible
    assert first.reasons == ("account:a rests for 7.0 s (any.http.429)",)
    assert second.is_eligible
    assert second.reasons == ()


def test_a_domain_under_probe_says_so() -> None:
    made, route = router(A, B)
    open_host(made, "a/m", 0.0)
    told = Play(made, route, now=5.0)
    told.lease("a/m")
    seat = told.chain.seats[0]
    assert blocks(seat, 5.0) == ("host:a is being probed (any.http.500)",)
    told.ok()
    assert blocks(seat, 5.0) == ()


def test_times_to_the_first_token_show() -> None:
    made, route = router(A)
    for _ in range(20):
        lease = Play(made, route).lease("a/m")
        made.first_content(lease, 0.5)
        made.close(lease, Ended.SUCCEEDED, 1.0)
    (view,) = made.snapshot(1.0).targets
    assert (view.ttft_p50, view.ttft_p95) == (0.5, 0.5)


def test_the_budget_shows() -> None:
    made, route = router(A, B)
    told = Play(made, route)
    told.lease("a/m")
    told.fails(failure())
    budget = made.snapshot(0.0).budget
    assert (budget.requests, budget.retries, budget.refused) == (1, 1, 0)


def test_explain_ranks_candidates_and_names_who_is_out_and_why() -> None:
    made, route = router(
        A,
        target("b/m", labels={"region": "eu"}),
        target("c/m", labels={"region": "eu"}, capabilities=frozenset({Capability.STREAMING})),
        target("d/m", labels={"region": "eu"}),
        policy=policy(require={"region": ("eu",)}),
    )
    open_host(made, "b/m", 0.0)
    found = made.explain(route, Needs(frozenset({Capability.TOOLS})), 1.0)
    assert [(each.target, each.place, each.reasons) for each in found] == [
        ("d/m", 1, ()),
        ("b/m", 2, ("host:b is down, next probe in 4.0 s (any.http.500)",)),
        ("c/m", None, ("cannot do: tools",)),
        ("a/m", None, ("policy: region is missing, allowed: eu",)),
    ]


def test_explain_changes_nothing() -> None:
    made, route = router(A, B)
    open_host(made, "a/m", 0.0)
    before = made.snapshot(5.0)
    for _ in range(3):
        made.explain(route, NEEDS, 5.0)
    assert made.snapshot(5.0) == before
    assert Play(made, route, now=5.0).lease("a/m").is_probe


def test_reasons_for_nobody_tell_apart_tried_unable_and_shut() -> None:
    made, route = router(A, target("b/m", capabilities=frozenset()))
    told = Play(made, route, needs=Needs())
    lease = told.lease("a/m")
    made.close(lease, Ended.ABANDONED, 0.0)
    refused = told.refused(capabilities=frozenset({Capability.PREFILL}))
    assert refused.reasons == {"a/m": "tried already", "b/m": "cannot do: prefill"}
    refused = Play(made, route).refused(only="nobody/m")
    assert refused.reasons["a/m"] == "not asked for"


def test_a_route_on_one_host_has_no_plan_b() -> None:
    made, _ = router(A, target("a/n"))
    assert [each.has_plan_b for each in made.health(0.0)] == [False]


def test_a_domain_whose_traffic_is_turned_says_how() -> None:
    made, route = router(target("a/m"), target("b/m"))
    host = Domain(Scope.HOST, "a")
    made.drains.start(host, Drain(0.0, over=100.0), 0.0)
    seen = made.snapshot(60.0)
    view = next(each for each in seen.domains if each.domain == host)
    assert (round(view.share, 2), view.turned) == (0.4, ("is being drained, 40% of the traffic",))
    assert seen.targets[0].turned == ("host:a is being drained, 40% of the traffic",)
    assert seen.targets[0].is_eligible
    assert seen.targets[1].turned == ()
    assert made.explain(route, NEEDS, 60.0)[0].reasons == seen.targets[0].turned


def test_a_hard_drain_is_a_reason_once() -> None:
    made, route = router(target("a/m"))
    made.drains.start(Domain(Scope.HOST, "a"), Drain(0.0, over=0.0, is_hard=True), 0.0)
    said = ("host:a is drained, and nothing may use it",)
    assert made.explain(route, NEEDS, 1.0)[0].reasons == said
    assert made.snapshot(1.0).targets[0].reasons == said
    assert Play(made, route, now=1.0).refused().reasons == {"a/m": said[0]}


def test_only_a_lack_of_room_makes_a_prompt_too_long() -> None:
    plain = frozenset({Capability.STREAMING})
    calls = Needs(frozenset({Capability.TOOLS}), input_tokens=1000)
    made, route = router(target("a/m", capabilities=plain), target("b/m", window=9))
    assert Play(made, route, needs=calls).refused().is_too_long
    made, route = router(target("a/m", capabilities=plain, window=9))
    assert not Play(made, route, needs=calls).refused().is_too_long
