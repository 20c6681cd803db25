"""Outages from the public record against the router alone: virtual time, 20 requests a second."""

import heapq
import random
from collections import Counter
from collections.abc import Callable

import msgspec
from tests.routing.world import NEEDS, R, failure, limited, refused_key, router, target

from understudy.chat.failure import Failure, Progress, Scope
from understudy.routing.router import Chain
from understudy.routing.steps import Ended, Lease, NoTarget, Outcome, Retry
from understudy.routing.topology import Target

Fault = Callable[[str, float, random.Random], tuple[float, Outcome]]
"""Target, start, chance -> how long the attempt takes, and how it ends."""

OK = Ended.SUCCEEDED
RATE = 20.0


class Tally(msgspec.Struct):
    asked: int = 0
    answered: int = 0
    attempts: Counter[tuple[str, int]] = msgspec.field(default_factory=Counter)
    lost: list[float] = []

    def share(self, name: str, start: float, end: float) -> float:
        """The share of the attempts in [start, end) that went to a target."""
        seconds = range(int(start), int(end))
        every = sum(count for (_, at), count in self.attempts.items() if at in seconds)
        mine = sum(self.attempts[name, at] for at in seconds)
        return mine / max(1, every)

    def total(self, name: str, start: float, end: float) -> int:
        return sum(self.attempts[name, at] for at in range(int(start), int(end)))


class World:
    """Requests at even intervals; every attempt ends as `fault` says."""

    def __init__(self, fault: Fault, *targets: Target, seed: int = 1, **fields: object) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - not a secret
        self.router, self.route = router(*targets, draw=self.chance.random, **fields)
        self.fault = fault
        self.tally = Tally()
        self.queue: list[tuple[float, int, Callable[[float], None]]] = []
        self.number = 0

    def at(self, when: float, what: Callable[[float], None]) -> None:
        self.number += 1
        heapq.heappush(self.queue, (when, self.number, what))

    def play(self, seconds: float) -> Tally:
        for call in range(int(seconds * RATE)):
            self.at(call / RATE, self.arrive)
        while self.queue:
            when, _, what = heapq.heappop(self.queue)
            what(when)
        return self.tally

    def arrive(self, now: float) -> None:
        self.tally.asked += 1
        self.attempt(self.router.begin(self.route, NEEDS, now), None, now)

    def attempt(self, chain: Chain, only: str | None, now: float) -> None:
        lease = self.router.lease(chain, now, only=only)
        if isinstance(lease, NoTarget):
            self.tally.lost.append(now)
            return
        self.tally.attempts[lease.target.name, int(now)] += 1
        took, outcome = self.fault(lease.target.name, now, self.chance)
        if took > lease.first_token:
            took, outcome = (
                lease.first_token,
                failure(kind="any.transport.ttfb_timeout", status=None),
            )
        elif outcome is OK:
            self.at(now + took * 0.5, lambda when: self.router.first_content(lease, when))
        self.at(now + took, lambda when: self.end(chain, lease, outcome, when))

    def end(self, chain: Chain, lease: Lease, outcome: Outcome, now: float) -> None:
        self.router.close(lease, outcome, now)
        if not isinstance(outcome, Failure):
            self.tally.answered += 1
            return
        step = self.router.after(chain, lease, outcome, now, committed=False)
        if isinstance(step, Retry):
            only = lease.target.name if step.same_target else None
            self.at(now + step.delay, lambda when: self.attempt(chain, only, when))
        else:
            self.tally.lost.append(now)


def outage(name: str, start: float, end: float, how: Callable[[random.Random], Outcome]) -> Fault:
    def fault(which: str, now: float, chance: random.Random) -> tuple[float, Outcome]:
        took = 0.5 + chance.random()
        if which.startswith(name) and start <= now < end:
            outcome = how(chance)
            return (took if outcome is OK else 0.1), outcome
        return took, OK

    return fault


def sometimes(share: float, failed: Failure) -> Callable[[random.Random], Outcome]:
    return lambda chance: failed if chance.random() < share else OK


A, B = target("a/m"), target("b/m")


def test_a_total_outage_costs_no_request_and_few_attempts() -> None:
    world = World(outage("a", 60, 360, sometimes(1.0, failure())), A, B)
    tally = world.play(480)
    assert tally.lost == []
    assert tally.total("a/m", 70, 360) <= 290 / 5, "at most a probe every 5 s"
    assert tally.share("a/m", 420, 480) >= 0.9, "back within a minute"


def test_a_lucky_success_does_not_close_the_breaker() -> None:
    def fault(which: str, now: float, chance: random.Random) -> tuple[float, Outcome]:
        if which == "a/m" and 60 <= now < 600 and not 300 <= now < 301:
            return 0.1, failure(status=503)
        return 1.0, OK

    tally = World(fault, A, B).play(600)
    assert tally.lost == []
    assert tally.share("a/m", 301, 360) < 0.02


def test_a_hang_is_cut_short_and_loses_nothing() -> None:
    def fault(which: str, now: float, chance: random.Random) -> tuple[float, Outcome]:
        return (60.0, OK) if which == "a/m" and 60 <= now < 300 else (0.5 + chance.random(), OK)

    tally = World(fault, A, B).play(420)
    assert tally.lost == []
    assert tally.total("a/m", 75, 300) <= 225 / 5
    assert tally.share("a/m", 380, 420) >= 0.9


def test_a_partial_outage_moves_the_traffic_and_noise_does_not() -> None:
    tally = World(outage("a", 60, 300, sometimes(0.10, failure())), A, B).play(300)
    assert tally.lost == []
    assert tally.share("b/m", 90, 300) >= 0.95
    tally = World(outage("a", 60, 600, sometimes(0.005, failure())), A, B).play(600)
    assert tally.share("b/m", 60, 600) <= 0.01


def test_errors_in_streams_are_seen_like_any_other() -> None:
    broken = failure(kind="any.stream.event_error", status=None, progress=Progress.STREAMING)
    tally = World(outage("a", 60, 240, sometimes(0.08, broken)), A, B).play(240)
    assert tally.share("b/m", 120, 240) >= 0.9


def test_a_sole_target_that_fails_now_and_then_still_serves() -> None:
    tally = World(outage("a", 0, 300, sometimes(0.10, failure())), A).play(300)
    assert tally.answered / tally.asked >= 0.99


def test_keys_survive_a_wave_of_refusals() -> None:
    wave = outage("a", 60, 360, sometimes(0.9, refused_key(600.0)))
    tally = World(wave, A, target("a/m#2"), B).play(480)
    assert tally.lost == []
    assert tally.total("a/m", 420, 480) + tally.total("a/m#2", 420, 480) >= 0.9 * 60 * RATE


def test_a_single_key_survives_its_hosts_authentication() -> None:
    tally = World(outage("a", 60, 360, sometimes(0.9, refused_key(3600.0))), A, B).play(900)
    assert tally.lost == []
    assert tally.share("a/m", 700, 900) >= 0.9


def test_limits_without_a_hint_everywhere_are_a_host_that_is_down() -> None:
    two = target("a/m#2", account="second")
    tally = World(outage("a", 60, 300, sometimes(0.97, limited(None))), A, two, B).play(420)
    assert tally.lost == []
    calls = tally.total("a/m", 70, 300) + tally.total("a/m#2", 70, 300)
    assert calls <= 230 / 2.5
    assert tally.share("b/m", 380, 420) <= 0.1


def test_a_withdrawn_model_is_left_within_three_requests() -> None:
    gone = failure(
        Scope.MODEL,
        (R.OTHER_HOST, R.OTHER_MODEL),
        kind="any.http.404_410",
        permanence="until_human",
        status=404,
        cooldown=3600.0,
    )
    tally = World(outage("a", 60, 600, lambda _: gone), A, target("b/n")).play(600)
    assert tally.lost == []
    assert tally.total("a/m", 62, 600) <= 3


def test_attempts_stay_near_requests_whatever_fails() -> None:
    for share in (0.02, 0.05, 0.25, 1.0):
        tally = World(outage("a", 60, 360, sometimes(share, failure())), A, B).play(360)
        assert tally.lost == []
        attempts = tally.total("a/m", 70, 360) + tally.total("b/m", 70, 360)
        assert attempts <= 1.10 * 290 * RATE


def test_flapping_costs_nobody_an_answer() -> None:
    def fault(which: str, now: float, chance: random.Random) -> tuple[float, Outcome]:
        if which == "a/m" and int(now) % 60 >= 40:
            return 0.1, failure(status=503)
        return 0.5 + chance.random(), OK

    tally = World(fault, A, B).play(900)
    assert tally.lost == []
    steps = tally.total("a/m", 0, 900) + tally.total("b/m", 0, 900)
    assert steps <= 1.05 * 900 * RATE
