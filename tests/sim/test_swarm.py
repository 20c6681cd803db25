"""The swarm: 500 random cases in which nothing is that must never be. `make sim` runs more."""

import msgspec
import pytest

from understudy.cli.swarm import kit
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import SendData
from understudy.routing.breaker import Breaker
from understudy.sim.swarm import run_case

KIT = kit()
CASES = 500
CHUNK = 20


@pytest.mark.timeout(120)
@pytest.mark.parametrize("first", range(0, CASES, CHUNK))
def test_nothing_breaks(first):
    for seed in range(first, first + CHUNK):
        ran = run_case(KIT, seed)
        assert ran.broken is None, f"{ran.broken}\nagain: make sim SEED={seed} SEEDS=1"


def test_a_case_is_played_the_same_every_time():
    first, second = (msgspec.json.encode(run_case(KIT, 9).entries) for _ in range(2))
    assert first == second
    assert len(first) > 1000


def test_a_bug_is_found(monkeypatch):
    """Each of them planted, and found within a few cases."""
    close = Exchange._end

    def twice(self, how, now):
        if self._delivery.committed:
            self._out.append(SendData(b"x"))
        return close(self, how, now)

    monkeypatch.setattr(Exchange, "_end", twice)
    assert any(run_case(KIT, seed, 10.0).broken for seed in range(5))


def test_a_breaker_that_never_opens_is_no_breach_of_safety(monkeypatch):
    """It is bad, but not wrong: the drills look at that."""
    monkeypatch.setattr(Breaker, "fail", lambda self, *_, **__: None)
    assert all(run_case(KIT, seed, 10.0).broken is None for seed in range(3))
