"""The eight rules over several failures, by their ids; each with a near miss."""

from collections.abc import Callable

import msgspec
from tests.routing.test_blast_radius import gone, shut
from tests.routing.test_correlation import call, edged
from tests.routing.world import (
    NEEDS,
    failure,
    invalid,
    limited,
    refused_key,
    router,
    target,
    unsent,
    views,
)

from understudy.chat.endpoint import Needs
from understudy.chat.failure import Failure, Scope
from understudy.routing.inquiry import Charged
from understudy.routing.router import Chain, Router
from understudy.routing.snapshot import DomainView
from understudy.routing.steps import Ended, GiveUp, Lease, NoTarget, Retry
from understudy.routing.topology import Domain, Route, Target
from understudy.wire.http import Origin

OK = Ended.SUCCEEDED
SIZES = (100, 1_000, 10_000, 40_000)
DIED = failure(kind="any.transport.reset_before_headers", status=None)


def view(made: Router, kind: Scope, name: str, now: float) -> DomainView:
    return next(each for each in made.snapshot(now).domains if each.domain == Domain(kind, name))


class Request:
    """One client request that is passed on until somebody answers, or nobody is left."""

    def __init__(
        self,
        made: Router,
        route: Route,
        now: float,
        needs: Needs = NEEDS,
        digest: Callable[[], bytes] | None = None,
    ) -> None:
        self.asked: list[str] = []
        self.charged: list[Charged | None] = []
        self.made = made
        self.now = now
        self.chain: Chain = made.begin(route, needs, now, digest=digest)

    def play(self, outcomes: dict[str, Failure]) -> str:
        """Play it to its end, for a target fails as `outcomes` says. Returns that end in a word."""
        only = None
        while True:
            lease = self.made.lease(self.chain, self.now, only=only)
            if isinstance(lease, NoTarget):
                return "nobody"
            name = lease.target.name
            self.asked.append(name)
            outcome = outcomes.get(name, OK)
            self.charged.append(self.made.close(lease, outcome, self.now + 0.1))
            if not isinstance(outcome, Failure):
                return "ok"
            step = self.made.after(self.chain, lease, outcome, self.now + 0.1, committed=False)
            if not isinstance(step, Retry):
                assert isinstance(step, GiveUp)
                return step.reason
            only = name if step.same_target else None
            self.now += 0.1 + step.delay


# auth_wave


def test_auth_wave() -> None:
    made, _ = router(target("a/m"), target("a/m#2"), target("b/m"))
    for name in ("a/m", "a/m#2"):
        call(made, name, OK, 0.0)
    call(made, "a/m", refused_key(), 10.0)
    call(made, "a/m#2", refused_key(), 11.0)
    assert shut(made, 11.0) == ["host:a"]
    seen = view(made, Scope.HOST, "a", 12.0)
    assert seen.rule == "corr.auth_wave"
    assert seen.why == "2 keys are refused with 401, of which some worked"
    assert seen.evidence == (
        "key:a#1: 1 x any.http.401 in 0 s, last worked 11 s ago",
        "key:a#2: 1 x any.http.401 in 0 s, last worked 11 s ago",
    )


def test_auth_wave_of_one_key_takes_a_probe() -> None:
    made, route = router(target("a/m"), target("b/m"))
    call(made, "a/m", OK, 0.0)
    call(made, "a/m", refused_key(), 10.0)
    assert shut(made, 10.0) == ["key:a#1"], "one answer proves little"
    assert Request(made, route, 15.5).play({"a/m": refused_key()}) == "ok"
    assert shut(made, 15.6) == ["host:a"]
    now = 15.6
    for _ in range(60):
        now += view(made, Scope.HOST, "a", now).open_for
        assert Request(made, route, now).play({"a/m": refused_key()}) == "ok"
        assert shut(made, now + 0.1) == ["host:a"], "the key is never put away for it"
        now += 0.1


def test_auth_wave_near_miss_one_key_was_withdrawn() -> None:
    made, route = router(target("a/m"), target("a/m#2"), target("b/m"))
    for name in ("a/m", "a/m#2"):
        call(made, name, OK, 0.0)
    for now in (10.0, 16.0, 30.0):
        assert Request(made, route, now).play({"a/m": refused_key()}) == "ok"
    assert shut(made, 30.2) == ["key:a#1"], "the other key works"


# bad_request_wave


def teach(made: Router, route: Route, now: float = 0.0) -> None:
    for size in SIZES:
        assert Request(made, route, now, Needs(input_tokens=size)).play({}) == "ok"


def test_bad_request_wave() -> None:
    made, route = router(target("a/m"), target("b/m"))
    teach(made, route)
    for number in range(5):
        request = Request(made, route, 100.0 + number, Needs(input_tokens=SIZES[number % 4]))
        assert request.play({"a/m": invalid()}) == "ok", "each victim is answered elsewhere"
        assert request.asked == ["a/m", "b/m"]
    assert shut(made, 105.0) == ["model:a/m"]
    seen = view(made, Scope.MODEL, "a/m", 105.0)
    assert seen.rule == "corr.bad_request_wave"
    assert seen.why.startswith("5 requests of 4 shapes from 1 of 1 callers got 400 in 4 s")
    request = Request(made, route, 105.0)
    assert request.play({}) == "ok"
    assert request.asked == ["b/m"]


def test_bad_request_wave_a_probe_that_is_refused_has_failed() -> None:
    made, route = router(target("a/m"), target("b/m"))
    teach(made, route)
    now = 100.0
    asked = 0
    for number in range(400):
        request = Request(made, route, now, Needs(input_tokens=SIZES[number % 4]))
        assert request.play({"a/m": invalid()}) == "ok"
        asked += "a/m" in request.asked
        now += 0.25
    assert asked <= 5 + 100 / 5
    for number in range(200):
        request = Request(made, route, now, Needs(input_tokens=SIZES[number % 4]))
        assert request.play({}) == "ok"
        now += 0.5
    assert shut(made, now) == []


def test_bad_request_wave_near_miss_two_shapes() -> None:
    made, route = router(target("a/m"), target("b/m"))
    teach(made, route)
    for number in range(12):
        request = Request(made, route, 100.0 + number, Needs(input_tokens=SIZES[number % 2]))
        assert request.play({"a/m": invalid()}) == "ok"
    assert shut(made, 112.0) == []


def test_bad_request_wave_near_miss_the_callers_own_mistakes() -> None:
    made, route = router(target("a/m"), target("b/m"), target("c/m"))
    teach(made, route)
    before = [each for each in views(made, 300.0) if isinstance(each, DomainView)]
    wrong = {"a/m": invalid(), "b/m": invalid(), "c/m": invalid()}
    for number in range(2_000):
        now = 100.0 + number * 0.05
        needs = Needs(input_tokens=SIZES[number % 4])
        if number % 20:
            assert Request(made, route, now, needs).play({}) == "ok"
            continue
        request = Request(made, route, now, needs)
        assert request.play(wrong) in {"pass_through", "budget"}
        assert request.chain.failures[-1][1].status == 400
        assert len(request.asked) <= 2, "one more attempt at most"
        assert all(each is None or each.domain is None for each in request.charged)
    assert shut(made, 200.0) == []
    assert [each.failures for each in made.snapshot(200.0).domains] == [0] * len(before)


def test_bad_request_of_a_kind_that_never_worked_there_is_passed_on_at_once() -> None:
    made, route = router(target("a/m"), target("b/m"))
    request = Request(made, route, 1.0)
    assert request.play({"a/m": invalid()}) == "pass_through"
    assert request.asked == ["a/m"]


# model_gone


def hosts_of_a_model() -> tuple[Router, Route]:
    return router(
        target("a/m"), target("b/m"), target("c/m"), target("d/m"), target("a/n"), target("b/n")
    )


def test_model_gone_at_one_host() -> None:
    made, _ = router(target("a/m"), target("a/n"))
    call(made, "a/n", OK, 0.0)
    call(made, "a/m", gone(), 1.0)
    call(made, "a/n", OK, 1.5)
    assert shut(made, 2.0) == ["model:a/m"]
    assert view(made, Scope.MODEL, "a/m", 2.0).open_for > 3500.0


def test_model_gone_everywhere_is_left_for_another_at_once() -> None:
    made, route = hosts_of_a_model()
    everywhere = {name: gone() for name in ("a/m", "b/m", "c/m", "d/m")}
    request = Request(made, route, 10.0)
    assert request.play(everywhere) == "ok"
    assert request.asked == ["a/m", "b/m", "a/n"], "two hosts are enough"
    assert shut(made, 11.0) == ["model:a/m", "model:b/m", "model:c/m", "model:d/m"]
    assert request.charged[1] == Charged(Domain(Scope.MODEL, "b/m"), "corr.model_gone")
    assert view(made, Scope.MODEL, "d/m", 11.0).why == "2 hosts no longer have it"


def test_model_gone_near_miss_another_host_still_has_it() -> None:
    made, route = hosts_of_a_model()
    chain = made.begin(route, Needs(), 1.0)
    lease = made.lease(chain, 1.0)
    assert isinstance(lease, Lease)
    made.close(lease, gone(), 1.0)
    call(made, "c/m", OK, 1.5)
    call(made, "b/m", gone(), 2.0)
    assert shut(made, 2.0) == ["model:a/m", "model:b/m"]


# rate_wave


def test_rate_wave() -> None:
    made, _ = router(
        target("a/m"), target("a/m#2", account="a2"), target("a/m#3", account="a3"), target("b/m")
    )
    for at, name in enumerate(("a/m", "a/m#2", "a/m#3")):
        call(made, name, limited(), 10.0 + 20.0 * at)
    assert shut(made, 50.0) == ["host:a"]
    seen = view(made, Scope.HOST, "a", 50.0)
    assert seen.rule == "corr.rate_wave"
    assert seen.why == "3 of 3 accounts refused with 429 without a hint in 40 s"
    assert seen.evidence[0] == "account:a: 1 x any.http.429 in 0 s, never worked"


def test_rate_wave_near_miss_one_account_still_works() -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="a2"), target("a/m#3", account="a3"))
    for name in ("a/m", "a/m#2"):
        call(made, name, limited(), 10.0)
    call(made, "a/m#3", OK, 11.0)
    assert shut(made, 11.0) == []


# shared_edge


PAGE = failure(kind="any.http.52x_530", status=530)


def test_shared_edge() -> None:
    made, _ = router(edged("a/m"), edged("b/m"), edged("d/m"), target("c/m"))
    call(made, "a/m", PAGE, 1.0)
    call(made, "b/m", PAGE, 2.0)
    assert shut(made, 2.0) == ["edge:cdn"]
    assert [each.is_eligible for each in made.snapshot(2.0).targets] == [False, False, False, True]
    assert view(made, Scope.EDGE, "cdn", 2.0).why == "pages of the edge came from 2 hosts behind it"


def test_shared_edge_near_miss_pages_of_one_host() -> None:
    made, _ = router(edged("a/m"), edged("b/m"), target("c/m"))
    for step in range(4):
        call(made, "a/m", PAGE, float(step))
        call(made, "b/m", OK, step + 0.5)
    assert shut(made, 4.0) == []


# query_of_death


def poison() -> bytes:
    return b"the same bytes"


def test_query_of_death() -> None:
    made, route = router(target("a/m"), target("b/m"), target("c/m"))
    request = Request(made, route, 1.0, digest=poison)
    assert request.play({"a/m": DIED, "b/m": DIED}) == "query_of_death"
    assert request.asked == ["a/m", "b/m"], "no third host"
    assert request.charged[1] == Charged(Domain(Scope.HOST, "b"), "corr.query_of_death")
    again = Request(made, route, 5.0, digest=poison)
    assert again.play({}) == "nobody"
    assert again.asked == []
    other = Request(made, route, 5.0, digest=lambda: b"other bytes")
    assert other.play({}) == "ok"


def ours(name: str) -> Target:
    return msgspec.structs.replace(target(name), origin=Origin("http", "10.0.0.7", 8000))


def test_query_of_death_on_one_engine_of_our_own() -> None:
    made, route = router(ours("engine/m"))
    request = Request(made, route, 1.0, digest=poison)
    assert request.play({"engine/m": DIED}) == "query_of_death"
    assert request.asked == ["engine/m", "engine/m"]
    assert Request(made, route, 2.0, digest=poison).play({}) == "nobody"
    assert Request(made, route, 200.0, digest=poison).play({}) == "ok", "another try, minutes later"


def test_query_of_death_near_miss_an_engine_that_was_restarted() -> None:
    made, route = router(ours("engine/m"))
    assert Request(made, route, 1.0, digest=poison).play({"engine/m": unsent()}) != "ok"
    request = Request(made, route, 10.0, digest=poison)
    assert request.play({"engine/m": unsent()}) != "query_of_death"
    assert Request(made, route, 60.0, digest=poison).play({}) == "ok"


def test_query_of_death_near_miss_answers_that_had_begun() -> None:
    made, route = router(target("a/m"), target("b/m"), target("c/m"))
    chain = made.begin(route, Needs(), 1.0, digest=poison)
    for name in ("a/m", "b/m"):
        lease = made.lease(chain, 1.0)
        assert isinstance(lease, Lease)
        assert lease.target.name == name
        made.first_content(lease, 1.0)
        made.close(lease, DIED, 2.0)
        assert isinstance(made.after(chain, lease, DIED, 2.0, committed=False), Retry)


def test_query_of_death_near_miss_a_host_that_was_ill_before() -> None:
    made, route = router(target("a/m"), target("b/m"), target("c/m"))
    for name in ("a/m", "b/m"):
        call(made, name, DIED, 0.5)
    request = Request(made, route, 1.0, digest=poison)
    assert request.play({"a/m": DIED, "b/m": DIED}) == "ok"
    assert request.asked == ["a/m", "b/m", "c/m"]


def test_query_of_death_near_miss_the_same_bytes_are_answered_elsewhere() -> None:
    made, route = router(target("a/m"), target("b/m"), target("c/m"))
    assert Request(made, route, 1.0, digest=poison).play({"a/m": DIED}) == "ok"
    call(made, "a/m", OK, 2.0)
    request = Request(made, route, 3.0, digest=poison)
    assert request.play({"a/m": DIED, "b/m": DIED}) == "ok"


# own_network


def test_own_network() -> None:
    made, route = router(target("a/m"), target("b/m"), target("c/m"))
    first = views(made, 0.0)
    request = Request(made, route, 0.0)
    request.play({name: unsent() for name in ("a/m", "b/m", "c/m")})
    assert request.charged[2] == Charged(None, "corr.own_network")
    for step in range(20):
        for name in ("a/m", "b/m", "c/m"):
            call(made, name, unsent(), 0.5 + step * 0.1)
    assert shut(made, 3.0) == []
    assert len(first) == len(views(made, 3.0))


def test_own_network_near_miss_one_answers_if_only_with_an_error() -> None:
    made, _ = router(target("a/m"), target("b/m"), target("c/m"), target("d/m"))
    for step in range(5):
        call(made, "d/m", limited(), step * 0.5)
        for name in ("a/m", "b/m", "c/m"):
            call(made, name, unsent(), step * 0.5)
    assert shut(made, 2.5) == ["host:a", "host:b", "host:c"]


def test_own_network_near_miss_two_hosts_are_no_network() -> None:
    made, _ = router(target("a/m"), target("b/m"))
    for step in range(5):
        for name in ("a/m", "b/m"):
            call(made, name, unsent(), step * 0.5)
    assert shut(made, 2.5) == ["host:a", "host:b"]
