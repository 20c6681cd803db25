"""Return to primary against the router alone: virtual time, 20 requests a second."""

import itertools
import random
from collections import Counter

import pytest
from tests.routing.test_drills import OK, RATE, Fault, World
from tests.routing.world import failure, target
from typing_extensions import override

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Scope
from understudy.routing.drain import Drain
from understudy.routing.selection import PATIENCE
from understudy.routing.topology import Domain

A, B, C = target("a/m"), target("b/m"), target("c/m")
SMALL = Needs(frozenset({Capability.STREAMING}), input_tokens=300)
AGENT = Needs(frozenset({Capability.STREAMING, Capability.TOOLS}), input_tokens=40_000)


class Mixed(World):
    """Every tenth request is small; the others are an agent's. Keeps who probed, and waits."""

    def __init__(self, *args, small: float = 0.1, **how) -> None:
        super().__init__(*args, **how)
        self.small = small
        self.probes: list[tuple[float, Needs]] = []
        self.began: dict[int, float] = {}
        self.waits: list[float] = []

    @override
    def arrive(self, now: float) -> None:
        self.tally.asked += 1
        needs = SMALL if self.chance.random() < self.small else AGENT
        chain = self.router.begin(self.route, needs, now)
        self.attempt(chain, None, now)

    @override
    def attempt(self, chain, only, now: float) -> None:
        super().attempt(chain, only, now)
        if chain.granted and chain.granted[-1][0].is_probe:
            self.probes.append((now, chain.needs))

    @override
    def end(self, chain, lease, outcome, now: float) -> None:
        if outcome is OK:
            self.waits.append(lease.at - chain.began)
        super().end(chain, lease, outcome, now)


def down(start: float, end: float, *, hangs: bool = False) -> Fault:
    return flap(end - start, 1e9, start, hangs=hangs)


def flap(off: float, on: float, start: float = 0.0, *, hangs: bool = False) -> Fault:
    """Target `a` is down for `off` seconds, up for `on`, and so on, from `start`."""

    def fault(which: str, now: float, chance: random.Random):
        if which.startswith("a/") and now >= start and (now - start) % (off + on) < off:
            return (60.0, OK) if hangs else (0.1, failure(status=503))
        return 0.5 + chance.random(), OK

    return fault


@pytest.mark.parametrize("hangs", [False, True], ids=["503", "silence"])
@pytest.mark.parametrize("outage", [40.0, 600.0, 3600.0])
def test_the_end_of_an_outage_is_seen_in_ten_seconds_and_all_is_back_in_sixty(
    outage: float, hangs: bool
) -> None:
    end = 60.0 + outage
    world = Mixed(down(60.0, end, hangs=hangs), A, B)
    tally = world.play(end + 120.0)
    assert tally.lost == []
    first = next(at for at, _ in world.probes if at >= end)
    assert first <= end + 10.0
    assert tally.share("a/m", end + 60.0, end + 120.0) >= 0.9
    shares = [tally.share("a/m", end + at, end + at + 5.0) for at in range(10, 50, 5)]
    assert shares[0] <= 0.35, "not all at once"
    steps = [round(share, 1) for share in shares]
    assert all(later >= earlier - 0.2 for earlier, later in itertools.pairwise(steps))


def test_what_failed_a_little_for_long_is_back_in_sixty_too() -> None:
    """It returns and falls again and again; that makes the last way back no longer."""

    def fault(which: str, now: float, chance: random.Random):
        if which == "a/m" and 60.0 <= now < 660.0 and chance.random() < 0.08:
            return 0.1, failure(status=503)
        return 0.5 + chance.random(), OK

    tally = World(fault, A, B).play(730.0)
    assert tally.share("a/m", 120, 660) <= 0.1
    assert tally.share("a/m", 720, 730) >= 0.9
    assert sum(tally.attempts.values()) <= 1.01 * tally.asked
    assert tally.lost == []


def test_probes_are_few_and_cheap() -> None:
    world = Mixed(down(60.0, 3660.0), A, B)
    tally = world.play(3660.0)
    during = [needs for at, needs in world.probes if at >= 70.0]
    assert 3590 / 10 <= len(during) <= 3590 / 5, "one in five to ten seconds"
    assert Counter(during)[SMALL] >= 0.99 * len(during)
    tokens = sum(needs.input_tokens for needs in during)
    assert tokens <= 0.001 * tally.asked * AGENT.input_tokens * 0.9


def test_where_no_request_is_cheap_a_dear_one_probes_in_the_end() -> None:
    world = Mixed(down(60.0, 660.0), A, B, small=0.0)
    tally = world.play(780.0)
    first = next(at for at, _ in world.probes if at >= 660.0)
    assert 660.0 <= first <= 660.0 + 7.0 + PATIENCE
    assert tally.share("a/m", 720.0, 780.0) >= 0.9


@pytest.mark.timeout(120)
@pytest.mark.parametrize("hangs", [False, True], ids=["503", "silence"])
def test_an_hour_of_flapping_costs_nobody_an_answer_and_few_a_second(hangs: bool) -> None:
    world = Mixed(flap(30.0, 30.0, start=30.0, hangs=hangs), A, B)
    tally = world.play(3600.0)
    assert tally.lost == []
    late = sum(wait > 1.0 for wait in world.waits)
    assert late <= 0.02 * tally.asked
    attempts = tally.total("a/m", 0, 3600) + tally.total("b/m", 0, 3600)
    assert attempts <= 1.02 * tally.asked


def test_who_flaps_gets_ever_less_until_it_is_quiet_again() -> None:
    world = World(flap(30.0, 30.0, start=30.0), A, B)
    tally = world.play(1800.0)
    assert tally.share("a/m", 1200, 1800) <= 0.5 * tally.share("a/m", 0, 600)
    calm = World(
        lambda which, now, chance: flap(30, 30)(which, now, chance) if now < 600 else (1.0, OK),
        A,
        B,
    )
    tally = calm.play(1300.0)
    assert tally.share("a/m", 1200, 1300) >= 0.9


def test_the_way_back_does_not_oscillate() -> None:
    """Shares of a sound primary, second by second, once it is back, stay what they are."""
    world = World(down(60.0, 120.0), A, B)
    tally = world.play(400.0)
    assert all(tally.share("a/m", at, at + 1) == 1.0 for at in range(200, 400))


def test_a_sole_target_is_not_held_back() -> None:
    world = World(down(60.0, 90.0), A)
    tally = world.play(180.0)
    answered = [at for at in range(110, 180) if tally.attempts["a/m", at] == RATE]
    assert len(answered) == 70


def test_a_backup_is_not_worn_out_by_the_way_back() -> None:
    """Two are down together: what neither may have yet is nobody's loss."""

    def fault(which: str, now: float, chance: random.Random):
        if which in {"a/m", "b/m"} and 60 <= now < 120:
            return 0.1, failure(status=503)
        return 0.5 + chance.random(), OK

    tally = World(fault, A, B, C).play(240.0)
    assert tally.lost == []
    assert tally.share("c/m", 90, 120) >= 0.95
    assert tally.share("a/m", 180, 240) >= 0.99


def test_a_drain_moves_the_traffic_evenly_and_loses_nothing() -> None:
    world = World(lambda which, now, chance: (0.5 + chance.random(), OK), A, B)
    host = Domain(Scope.HOST, "a")
    world.at(60.0, lambda now: world.router.drains.start(host, Drain(now, over=300.0), now))

    def give_back(now: float) -> None:
        assert world.router.drains.give_back(host, 300.0, now)

    world.at(600.0, give_back)
    tally = world.play(1000.0)
    assert tally.lost == []
    for at, share in ((60, 0.95), (195, 0.5), (330, 0.05), (735, 0.5)):
        assert tally.share("a/m", at, at + 30) == pytest.approx(share, abs=0.08)
    assert tally.share("a/m", 360, 600) == 0.0
    assert tally.share("a/m", 900, 1000) == 1.0
