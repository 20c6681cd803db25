"""Incidents of the public record in which the right domain has to be found, in virtual time."""

import random
from collections import Counter

import pytest
from tests.routing.test_blast_radius import gone
from tests.routing.test_drills import OK, RATE, Fault, World
from tests.routing.world import R, failure, invalid, limited, open_host, refused_key, router, target
from typing_extensions import override

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Failure, Progress, Scope
from understudy.routing.breaker import State
from understudy.routing.router import Chain, Router
from understudy.routing.steps import Ended, Lease, Outcome, Retry
from understudy.routing.topology import Route, Target, Topology

BROKEN = failure(
    (Scope.HOST),
    (R.OTHER_HOST, R.OTHER_MODEL),
    kind="any.stream.event_error",
    status=None,
    progress=Progress.STREAMING,
)
STREAMING = frozenset({Capability.STREAMING})


class Days(World):
    """Several routes in turn, requests of many sizes, answers that break after they have begun.

    `opened` says when each domain was first seen open, `refused` how 400s ended for the client.
    """

    def __init__(self, fault: Fault, *targets: Target, models: tuple[str, ...], seed: int = 1):
        super().__init__(fault, *targets, seed=seed)
        routes = {
            model: Route(model, tuple(each.name for each in targets if f"/{model}" in each.name))
            for model in models
        }
        self.router = Router(
            Topology({each.name: each for each in targets}, routes), self.chance.random
        )
        self.models = models
        self.opened: dict[str, float] = {}
        self.states: dict[str, State] = {}
        self.extra: Counter[int] = Counter()

    @override
    def arrive(self, now: float) -> None:
        self.tally.asked += 1
        route = self.router.find(self.models[self.tally.asked % len(self.models)])
        assert route is not None
        size = self.chance.choice((200, 900, 3_000, 9_000, 30_000))
        self.attempt(self.router.begin(route, Needs(STREAMING, size), now), None, now)

    @override
    def end(self, chain: Chain, lease: Lease, outcome: Outcome, now: float) -> None:
        if isinstance(outcome, Failure) and outcome.progress is Progress.STREAMING:
            self.router.first_content(lease, now)
            later = now + self.chance.uniform(0.0, 10.0)
            broken: Ended | Failure = outcome
            self.at(later, lambda when: self.broke(chain, lease, broken, when))
            return
        super().end(chain, lease, outcome, now)
        if isinstance(outcome, Failure):
            self.look(now)

    def broke(self, chain: Chain, lease: Lease, outcome: Outcome, now: float) -> None:
        """It broke after its first tokens; another one goes on."""
        super().end(chain, lease, outcome, now)
        self.look(now)

    def look(self, now: float) -> None:
        for each in self.router.snapshot(now).domains:
            if each.state is State.OPEN:
                self.opened.setdefault(str(each.domain), now)


def during(start: float, end: float, name: str, share: float, failed: Failure) -> Fault:
    def fault(which: str, now: float, chance: random.Random) -> tuple[float, Outcome]:
        if which.startswith(name) and start <= now < end and chance.random() < share:
            return 0.3, failed
        return 0.5 + chance.random(), OK

    return fault


A, B = target("a/m"), target("b/m")


@pytest.mark.parametrize("share", [0.05, 0.08])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_errors_in_one_stream_in_twenty_shut_the_host_within_a_minute(
    share: float, seed: int
) -> None:
    world = Days(during(60, 400, "a", share, BROKEN), A, B, models=("m",), seed=seed)
    tally = world.play(400)
    assert world.opened["host:a"] <= 120.0
    assert tally.share("b/m", 120, 400) >= 0.7


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("failed", [BROKEN, failure()], ids=["broken", "500"])
def test_errors_in_one_of_two_hundred_never_do(seed: int, failed: Failure) -> None:
    world = Days(during(60, 1860, "a", 0.005, failed), A, B, models=("m",), seed=seed)
    world.play(1860)
    assert world.opened == {}


def test_a_tenth_that_fails_moves_nearly_all_within_half_a_minute() -> None:
    world = Days(during(60, 300, "a", 0.10, failure()), A, B, models=("m",))
    tally = world.play(300)
    assert tally.lost == []
    assert world.opened["host:a"] <= 90.0


LARGE = ("a/large", "b/large")


def recovering(which: str, now: float, chance: random.Random) -> tuple[float, Outcome]:
    """Host a is down from 60 s; its small model is back at 300 s, its large one at 600 s."""
    back = 600 if which == "a/large" else 300
    if which.startswith("a/") and 60 <= now < back:
        return 0.1, failure(status=503)
    return 0.5 + chance.random(), OK


def test_models_come_back_one_by_one() -> None:
    targets = [target(f"{host}/{model}") for host in "ab" for model in ("small", "large")]
    world = Days(recovering, *targets, models=("small", "large"))
    tally = world.play(720)
    assert tally.lost == []
    small = tally.total("a/small", 420, 600)
    assert small >= 0.9 * 180 * RATE / 2, "the small one does not wait for the large one"
    assert tally.total("a/large", 420, 600) <= 180 / 5
    assert tally.total("a/large", 690, 720) >= 0.9 * 30 * RATE / 2


# A platform that answers 400 and 429 for one model (March 2026)


def azure_like(which: str, now: float, chance: random.Random) -> tuple[float, Outcome]:
    if which == "a/m1" and now >= 120 and chance.random() < 0.8:
        return 0.1, invalid() if chance.random() < 0.6 else limited(cooldown=10.0)
    return 0.5 + chance.random(), OK


def test_a_model_that_answers_400_is_left_within_a_minute_and_its_host_not() -> None:
    models = ("m1", "m2", "m3", "m4")
    targets = [target(f"{host}/{model}") for host in "ab" for model in models]
    world = Days(azure_like, *targets, models=models)
    world.play(600)
    assert world.opened["model:a/m1"] <= 180.0
    assert "host:a" not in world.opened
    assert len(world.tally.lost) <= 0.01 * world.tally.asked
    assert [at for at in world.tally.lost if at > 180.0] == []
    attempts = sum(world.tally.attempts.values())
    assert attempts <= 1.05 * world.tally.asked
    for other in ("m2", "m3", "m4"):
        kept = world.tally.total(f"a/{other}", 300, 600)
        assert kept >= 0.9 * 300 * RATE / 4, "models beside it stay where they are"


def wrong_always(which: str, now: float, chance: random.Random) -> tuple[float, Outcome]:
    """One request in twenty is wrong, on every host alike."""
    return (0.1, invalid()) if chance.random() < 0.05 else (0.5 + chance.random(), OK)


def test_callers_mistakes_move_nothing_in_an_hour() -> None:
    world = Days(wrong_always, A, B, models=("m",))
    world.play(1800)
    assert world.opened == {}
    assert all(each.failures == 0 for each in world.router.snapshot(1800.0).domains)


# A model withdrawn overnight, an account disabled


def test_a_model_withdrawn_at_every_host_leads_to_its_successor() -> None:
    hosts = ("a", "b", "c", "d")
    targets = [target(f"{host}/old", lab="lab") for host in hosts]
    targets += [target(f"{host}/new", lab="lab") for host in hosts]

    def fault(which: str, now: float, chance: random.Random) -> tuple[float, Outcome]:
        return (0.1, gone()) if "/old" in which and now >= 60 else (0.5 + chance.random(), OK)

    world = Days(fault, *targets, models=("old",))
    made = world.router
    made.swap(
        Topology(
            {each.name: each for each in targets},
            {"old": Route("old", tuple(each.name for each in targets))},
        ),
        0.0,
    )
    tally = world.play(600)
    assert tally.lost == []
    asked = sum(tally.total(f"{host}/old", 60.2, 600) for host in hosts)
    assert asked <= 3 * 4 + 540 / 100, "and a probe now and then"


def test_an_account_disabled_is_parked_for_a_day_and_others_carry_on() -> None:
    first = target("a/m", account="first")
    second = target("a/m#2", account="second")
    made, route = router(first, second, B)
    disabled = failure(
        Scope.ACCOUNT,
        (R.OTHER_HOST, R.OTHER_MODEL),
        kind="toy.40x.org_disabled",
        permanence="until_human",
        status=403,
        cooldown=86_400.0,
    )
    now, asked = 10.0, Counter[str]()
    for name in ("a/m", "a/m#2"):
        lease = made.lease(made.begin(Route(name, (name,)), Needs(), 0.0), 0.0)
        assert isinstance(lease, Lease)
        made.close(lease, OK, 1.0)
    for _ in range(2_000):
        chain = made.begin(route, Needs(STREAMING), now)
        lease = made.lease(chain, now)
        assert isinstance(lease, Lease)
        asked[lease.target.name] += 1
        made.close(lease, disabled if lease.target.name == "a/m" else OK, now + 0.5)
        now += 10.0
    assert asked["a/m"] <= 3
    assert asked["a/m#2"] >= 1_990, "the same host, another account"
    (account,) = (each for each in made.snapshot(now).domains if each.domain.name == "first")
    assert account.open_for > 86_400.0 - now - 60.0


def test_health_probe_lies_near_miss_real_requests_alone_close_a_breaker() -> None:
    made, route = router(A, B)
    open_host(made, "a/m", 0.0)
    for _ in range(100):
        made.explain(route, Needs(STREAMING), 6.0)
        made.health(6.0)
        made.snapshot(6.0)
    for _ in range(2):
        assert {str(each.domain): each.state for each in made.snapshot(6.0).domains}[
            "host:a"
        ] is State.HALF_OPEN
        lease = made.lease(made.begin(route, Needs(STREAMING), 6.0), 6.0)
        assert isinstance(lease, Lease)
        assert lease.is_probe, "a client's own request"
        made.first_content(lease, 6.5)
        made.close(lease, OK, 7.0)
    assert isinstance(made.lease(made.begin(route, Needs(STREAMING), 60.0), 60.0), Lease)
    assert {str(each.domain): each.state for each in made.snapshot(60.0).domains}[
        "host:a"
    ] is State.CLOSED


def test_keys_are_never_put_away_for_an_authentication_that_is_down_for_an_hour() -> None:
    def fault(which: str, now: float, chance: random.Random) -> tuple[float, Outcome]:
        if which.startswith("a/") and 60 <= now < 4740 and chance.random() < 0.9:
            return 0.1, refused_key() if chance.random() < 0.7 else failure()
        return 0.5 + chance.random(), OK

    longest = 0.0

    class Watched(Days):
        @override
        def look(self, now: float) -> None:
            nonlocal longest
            views = self.router.snapshot(now).domains
            longest = max([longest, *(e.open_for for e in views if e.domain.kind is Scope.KEY)])

    world = Watched(fault, A, target("a/m#2"), B, models=("m",))
    tally = world.play(5340)
    assert tally.lost == []
    assert longest <= 300.0
    back = tally.total("a/m", 5240, 5340) + tally.total("a/m#2", 5240, 5340)
    assert back >= 0.9 * 100 * RATE


def test_a_region_never_asked_before_is_doubted_where_another_took_the_like() -> None:
    made, route = router(target("a/m", region="a/eu"), target("a/m#2", region="a/us"), B)
    lease = made.lease(made.begin(route, Needs(STREAMING), 0.0), 0.0)
    assert isinstance(lease, Lease)
    made.close(lease, OK, 1.0)
    chain = made.begin(route, Needs(STREAMING), 2.0)
    chain.tried.add("a/m")
    lease = made.lease(chain, 2.0)
    assert isinstance(lease, Lease)
    assert lease.target.name == "a/m#2"
    made.close(lease, invalid(), 2.1)
    assert isinstance(made.after(chain, lease, invalid(), 2.1, committed=False), Retry)


def test_a_race_goes_on_to_no_third_target_once_two_found_the_request_wrong() -> None:
    made, route = router(A, B, target("c/m"), target("d/m"))
    chain = made.begin(route, Needs(STREAMING), 0.0)
    first = made.lease(chain, 0.0)
    assert isinstance(first, Lease)
    for name in ("b/m", "c/m"):
        rival = made.rival(chain, first, 1.0, is_late=False, is_half=True)
        assert rival is not None
        assert rival.target.name == name
        made.close(rival, invalid(), 1.0)
        made.note(chain, rival, invalid())
    assert made.rival(chain, first, 2.0, is_late=False, is_half=True) is None
