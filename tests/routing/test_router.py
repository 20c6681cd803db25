import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.world import (
    NEEDS,
    Play,
    R,
    failure,
    invalid,
    limited,
    open_host,
    policy,
    refused_key,
    router,
    target,
    views,
)

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Failure, Fault, Scope
from understudy.routing.router import Router
from understudy.routing.steps import Ended, GiveUp, Lease, NoTarget
from understudy.routing.topology import Domain, Route, Strategy, Target, Timeouts, Topology

A, B, C = target("a/m"), target("b/m"), target("c/m")
EU = {"region": "eu"}


# Finding


def test_a_route_is_found_by_its_name_and_a_target_is_no_route() -> None:
    made, route = router(A, B)
    assert made.find("chat") is route
    assert made.find("b/m") is None
    assert made.names() == ["chat"]


def test_a_route_by_the_name_of_a_target_wins() -> None:
    both = Topology({"a/m": A, "b/m": B}, {"a/m": Route("a/m", ("b/m",))})
    made = Router(both, lambda: 0.0)
    route = made.find("a/m")
    assert route is not None
    assert route.targets == ("b/m",)


# Leasing


def test_the_first_healthy_target_gets_it() -> None:
    made, route = router(A, B, C)
    lease = Play(made, route).lease("a/m")
    assert [domain for domain, _ in lease.permits] == list(A.domains)
    assert not lease.is_probe
    assert not lease.is_desperate
    open_host(made, "a/m", 0.0)
    Play(made, route).lease("b/m")


def test_leases_have_numbers_of_their_own() -> None:
    made, route = router(A)
    assert Play(made, route).lease("a/m").id != Play(made, route).lease("a/m").id


def test_a_lease_is_closed_exactly_once() -> None:
    made, route = router(A)
    told = Play(made, route)
    told.lease("a/m")
    told.ok()
    with pytest.raises(AssertionError, match="exactly once"):
        told.ok()


def test_the_weights_decide_where_the_route_says_so() -> None:
    drawn = iter([0.1, 0.9, 0.5])
    made, route = router(
        A,
        B,
        draw=lambda: next(drawn),
        strategy=Strategy.WEIGHTED,
        weights={"a/m": 3.0, "b/m": 1.0},
    )
    for expected in ("a/m", "b/m", "a/m"):
        Play(made, route).lease(expected)


JSON = Needs(frozenset({Capability.JSON_MODE}))


def without_json(name: str, **fields: Any) -> Target:
    return target(name, capabilities=frozenset(Capability) - {Capability.JSON_MODE}, **fields)


def test_who_has_no_json_mode_is_asked_last_but_asked() -> None:
    made, route = router(without_json("a/m"), B, C)
    told = Play(made, route, needs=JSON)
    for expected in ("b/m", "c/m", "a/m"):
        told.lease(expected)
        told.fails(failure())
    Play(made, route).lease("a/m")


def test_the_same_model_elsewhere_comes_after_another_that_has_json_mode() -> None:
    made, route = router(
        target("a/m"), without_json("b/m"), target("c/other", lab="elsewhere"), target("d/third")
    )
    told = Play(made, route, needs=JSON)
    told.lease("a/m")
    told.fails(failure())
    told.lease("c/other")
    told.fails(failure())
    told.lease("d/third")
    told.fails(failure())
    told.lease("b/m")


def test_weights_count_among_those_that_have_json_mode() -> None:
    made, route = router(
        without_json("a/m"), B, draw=lambda: 0.0, strategy=Strategy.WEIGHTED, weights={"a/m": 9.0}
    )
    Play(made, route, needs=JSON).lease("b/m")
    Play(made, route).lease("a/m")


def test_explain_puts_who_has_no_json_mode_last_and_says_so() -> None:
    made, route = router(without_json("a/m"), B)
    first, second = made.explain(route, JSON, 0.0)
    assert (first.target, first.place, first.reasons) == ("b/m", 1, ())
    assert (second.target, second.place) == ("a/m", 2)
    assert second.reasons == ("answers without json_mode",)


def test_a_domain_that_recovers_is_probed_and_then_used_again() -> None:
    made, route = router(A, B)
    open_host(made, "a/m", 0.0)
    probe = Play(made, route, now=5.0)
    assert probe.lease("a/m").is_probe
    Play(made, route, now=5.0).lease("b/m")
    probe.ok(after=1.0)
    second = Play(made, route, now=6.0)
    assert second.lease("a/m").is_probe
    second.ok()
    Play(made, route, now=6.0).lease("b/m")
    for _ in range(3):
        assert not Play(made, route, now=36.0).lease("a/m").is_probe


def test_an_abandoned_probe_frees_its_place() -> None:
    made, route = router(A, B)
    open_host(made, "a/m", 0.0)
    before = views(made, 5.0)
    lease = Play(made, route, now=5.0).lease("a/m")
    made.close(lease, Ended.ABANDONED, 5.0)
    assert views(made, 5.0) == before
    assert Play(made, route, now=5.0).lease("a/m").is_probe


def test_a_request_that_failed_once_is_no_guinea_pig() -> None:
    made, route = router(A, B, C)
    open_host(made, "b/m", 0.0)
    told = Play(made, route, now=5.0)
    told.lease("a/m")
    told.fails(failure())
    assert not told.lease("c/m").is_probe


def test_a_probe_is_better_than_nothing_for_a_request_that_failed() -> None:
    made, route = router(A, B)
    open_host(made, "b/m", 0.0)
    told = Play(made, route, now=5.0)
    told.lease("a/m")
    told.fails(failure())
    assert told.lease("b/m").is_probe


def test_only_binds_a_lease_to_one_target() -> None:
    made, route = router(A, B)
    Play(made, route).lease("b/m", only="b/m")
    refused = Play(made, route).refused(only="gone/m")
    assert not refused.fault_is_callers


# Policy and capability


def test_policy_holds_in_panic_too() -> None:
    made, route = router(
        target("a/m", labels=EU),
        target("b/m", labels={"region": "us"}),
        policy=policy(require={"region": ("eu",)}),
    )
    open_host(made, "a/m", 0.0)
    told = Play(made, route, now=1.0)
    assert told.lease("a/m").is_desperate
    step = told.fails(failure(reactions=(R.OTHER_HOST, R.OTHER_MODEL)))
    assert step == GiveUp("no_target", 4.0)
    refused = told.refused()
    assert refused.reasons["b/m"] == "policy: region is 'us', allowed: eu"
    assert not refused.fault_is_callers


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["500", "429", "401", "400", "ok", "gone"]), max_size=40))
def test_no_sequence_of_outcomes_leads_to_a_forbidden_or_unable_target(story: list[str]) -> None:
    made, route = router(
        target("a/m", labels=EU),
        target("b/m"),
        target("c/m", labels=EU, capabilities=frozenset({Capability.STREAMING})),
        target("d/m", labels=EU),
        policy=policy(require=EU | {"region": ("eu",)}),
    )
    needs = Needs(frozenset({Capability.TOOLS}))
    now, steps = 0.0, iter(story)
    outcomes: dict[str, Failure] = {
        "500": failure(),
        "429": limited(3.0),
        "401": refused_key(),
        "400": invalid(R.OTHER_HOST),
    }
    while (word := next(steps, None)) is not None:
        chain = made.begin(route, needs, now)
        while True:
            now += 0.4
            lease = made.lease(chain, now)
            if isinstance(lease, NoTarget):
                break
            assert lease.target.name in {"a/m", "d/m"}
            if word in {"ok", "gone"}:
                made.close(lease, Ended.SUCCEEDED if word == "ok" else Ended.ABANDONED, now)
                break
            made.close(lease, outcomes[word], now)
            step = made.after(chain, lease, outcomes[word], now, committed=False)
            if isinstance(step, GiveUp):
                break
            now += step.delay
            word = next(steps, "ok")
        assert chain.attempts <= route.max_attempts


def test_what_no_target_can_ever_do_is_the_callers_fault() -> None:
    plain = frozenset({Capability.STREAMING})
    made, route = router(
        target("a/m", capabilities=plain),
        target("b/m", capabilities=plain),
        target("c/m", window=9),
    )
    needs = Needs(frozenset({Capability.TOOLS}), input_tokens=1000)
    refused = Play(made, route, needs=needs).refused()
    assert refused.fault_is_callers
    assert refused.retry_after is None
    assert refused.reasons == {
        "a/m": "cannot do: tools",
        "b/m": "cannot do: tools",
        "c/m": "context window is 9, the prompt is about 1000 tokens",
    }


def test_what_is_only_down_is_not_the_callers_fault() -> None:
    made, route = router(A)
    told = Play(made, route)
    told.lease("a/m")
    told.fails(limited(40.0))
    refused = Play(made, route, now=5.0).refused()
    assert refused == NoTarget(
        {"a/m": "account:a rests for 35.0 s (any.http.429)"},
        fault_is_callers=False,
        retry_after=35.0,
        is_spent=True,
    )


def test_a_policy_that_allows_nobody_is_the_owners_fault() -> None:
    made, route = router(A, policy=policy(require=EU | {"region": ("eu",)}))
    assert not Play(made, route).refused().fault_is_callers


# Who is charged


def test_a_fault_of_the_client_changes_no_breaker() -> None:
    made, route = router(A, B)
    lease = Play(made, route).lease("a/m")
    before = views(made, 0.0)
    made.close(lease, failure(Scope.HOST, fault=Fault.CLIENT, cooldown=60.0, retry_after=9.0), 0.0)
    assert views(made, 0.0) == before


@given(st.sampled_from(list(Scope)), st.floats(0.0, 1e4), st.integers(1, 30))
def test_no_number_of_client_faults_changes_a_breaker(
    scope: Scope, cooldown: float, times: int
) -> None:
    made, route = router(A, B)
    before = views(made, 0.0)
    for _ in range(times):
        lease = Play(made, route).lease("a/m")
        made.close(lease, failure(scope, fault=Fault.CLIENT, cooldown=cooldown), 0.0)
    assert views(made, 0.0) == before


@settings(max_examples=40)
@given(
    st.sampled_from([Scope.KEY, Scope.ACCOUNT, Scope.MODEL, Scope.REGION, Scope.HOST, Scope.LAB]),
    st.integers(0, 2**32),
)
def test_opening_a_domain_leaves_unrelated_selections_unchanged(kind: Scope, seed: int) -> None:
    def choices(*, broken: bool) -> list[str]:
        chance = random.Random(seed)  # noqa: S311 - not a secret
        every = [target(f"p{place}/m{place}") for place in range(4)]
        names = tuple(each.name for each in every[1:])
        weights = {name: place + 2.0 for place, name in enumerate(names)}
        made = Router(
            Topology(
                {each.name: each for each in every},
                {"others": Route("others", names, strategy=Strategy.WEIGHTED, weights=weights)},
            ),
            chance.random,
        )
        if broken:
            open_host(made, "p0/m0", 0.0, failure(kind))
            assert made.snapshot(0.0).targets[0].is_eligible is False
        route = made.find("others")
        assert route is not None
        leases = [made.lease(made.begin(route, NEEDS, 1.0), 1.0) for _ in range(20)]
        return [lease.target.name for lease in leases if isinstance(lease, Lease)]

    assert choices(broken=True) == choices(broken=False)


def test_the_same_draws_and_story_give_the_same_decisions() -> None:
    def story() -> list[object]:
        chance = random.Random(7)  # noqa: S311 - not a secret
        made, route = router(A, B, C, draw=chance.random, strategy=Strategy.WEIGHTED)
        told: list[object] = []
        for call in range(200):
            now = call * 0.3
            chain = made.begin(route, NEEDS, now)
            lease = made.lease(chain, now)
            told.append(lease)
            if isinstance(lease, Lease):
                made.close(lease, failure() if call % 3 else Ended.SUCCEEDED, now)
                if call % 3:
                    step = made.after(chain, lease, failure(), now, committed=False)
                    told.append(step)
        return told

    assert story() == story()


# The limit on the first token


def fed(timeouts: Timeouts, *targets) -> tuple[Router, Route]:
    made, route = router(*targets, timeouts=timeouts)
    for _ in range(32):
        lease = Play(made, route).lease("a/m")
        made.first_content(lease, lease.at + 2.0)
        made.close(lease, Ended.SUCCEEDED, 3.0)
    return made, route


def test_the_limit_adapts_while_another_target_is_free() -> None:
    made, route = fed(Timeouts(first_token=30.0), A, B)
    assert Play(made, route).lease("a/m").first_token == 6.0
    assert Play(made, route).lease("b/m", only="b/m").first_token == 30.0


def test_the_limit_stays_where_nobody_could_take_over() -> None:
    made, route = fed(Timeouts(first_token=30.0), A)
    assert Play(made, route).lease("a/m").first_token == 30.0
    made, route = fed(Timeouts(first_token=30.0), A, B)
    open_host(made, "b/m", 0.0)
    assert Play(made, route, now=1.0).lease("a/m").first_token == 30.0


def test_the_limit_stays_where_it_is_not_adaptive() -> None:
    made, route = fed(Timeouts(first_token=30.0, is_adaptive=False), A, B)
    assert Play(made, route).lease("a/m").first_token == 30.0


# Views


def test_health_counts_what_could_answer() -> None:
    made, _ = router(A, B)
    open_host(made, "a/m", 0.0)
    (health,) = made.health(1.0)
    assert (health.route, health.eligible, health.targets, health.hosts) == ("chat", 1, 2, 2)
    assert health.has_plan_b


def test_in_flight_is_counted() -> None:
    made, route = router(A)
    lease = Play(made, route).lease("a/m")
    assert made.snapshot(0.0).targets[0].in_flight == 1
    made.close(lease, Ended.ABANDONED, 0.0)
    assert made.snapshot(0.0).targets[0].in_flight == 0
    assert Domain(Scope.HOST, "a") in {each.domain for each in made.snapshot(0.0).domains}
