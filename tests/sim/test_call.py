"""Calls of the simulated world: carried out in order, and watched."""

import pytest
from tests.sim.stage import OPENAI, arm, asked, outcomes, world

from understudy.exchange.invariants import InvariantBroken
from understudy.exchange.messages import Close, SendData
from understudy.sim.call import WRITE_TIMEOUT
from understudy.sim.listening import Ask


def test_a_timer_may_be_late_and_never_early():
    made = world("a", "b")
    arm(made, "a", "hang")
    asked(made)
    limit = made.topology.routes["r"].timeouts.first_token
    waited = made.entries[0].attempts[0].ended
    assert limit <= waited <= limit + made.setting.network.wake_late + 0.001


def test_a_client_that_reads_nothing_is_dropped_in_the_end():
    made = world("a")
    heard = asked(made, prompt="much [tokens=40000]", reads=1.0)
    assert heard.left
    assert heard.ended == pytest.approx(WRITE_TIMEOUT, abs=1.0)


def test_a_blocked_client_is_nobodys_fault_upstream():
    made = world("a")
    heard = asked(made, prompt="much [tokens=3000] [rate=1000]", reads=2_000.0)
    assert heard.is_exact
    assert outcomes(made) == ["ok"]


def test_what_an_exchange_must_never_do_ends_the_run(monkeypatch):
    made = world("a")
    made.ask(Ask("r", OPENAI))
    (call,) = made._calls
    monkeypatch.setattr(call._exchange, "handle", lambda event, now: [SendData(b"x"), Close()])
    with pytest.raises(InvariantBroken, match="data at nothing sent"):
        made.run(10.0)
