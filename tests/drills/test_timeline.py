"""Timelines: what changes when."""

import pytest
from tests.drills.small import TEXT, scenario

from understudy.drills.timeline import RAMP_STEPS, Timeline, timeline
from understudy.sim.chance import Chance

LINE = 'where = { host = "a" }\nfault = "status(503)"'


def drawn(line: str = LINE, seed: int = 0, more: str = "") -> Timeline:
    text = TEXT.replace(LINE, line).replace("[[checks]]", more + "\n[[checks]]", 1)
    return timeline(scenario(text), Chance(seed).stream("x"))


def chances(found: Timeline, turn: int = 0, provider: str = "a") -> list[float]:
    return [fault.when.p for fault in found.turns[turn].faults[provider]]


def test_a_line_begins_and_ends():
    found = drawn()
    assert [turn.at for turn in found.turns] == [0.0, 120.0]
    assert found.turns[1].faults == {"a": ()}
    assert found.marks == (0.0, 120.0)


def test_a_mix_is_drawn_one_after_the_other():
    mix = 'where = { host = "a" }\nmix = { "status(500)" = 3, "status(503)" = 1 }\np = 0.8'
    first, second = chances(drawn(mix))
    assert first == pytest.approx(0.6)
    assert (1 - first) * second == pytest.approx(0.2)


def test_a_ramp_has_steps():
    found = drawn(LINE + "\np = [0, 1]")
    assert len(found.turns) == RAMP_STEPS + 1
    assert chances(found, 0)[0] < 0.1
    assert chances(found, RAMP_STEPS - 1)[0] > 0.9


def test_only_the_models_and_keys_that_are_meant():
    def whens(where: str) -> list[tuple[str | None, str | None]]:
        faults = drawn(f'where = {where}\nfault = "drop"').turns[0].faults["a"]
        return [(fault.when.model, fault.when.key) for fault in faults]

    assert whens('{ host = "a" }') == [(None, None)]
    assert whens('{ host = "a", model = "m" }') == [("m", None)]
    assert whens('{ account = "a/two" }') == [(None, "a#2")]
    assert whens('{ key = "a#2", model = "n" }') == [("n", "a#2")]


def test_a_healthy_line_above_spares_what_it_meets():
    more = '[[faults]]\nbegin = 0\nend = 2\nwhere = { host = "b" }\nfault = "drop"\n'
    spared = 'where = { host = "b" }\nhealthy = true'
    found = drawn(spared, more=more)
    assert found.turns == ()


def test_a_network_is_there_or_not():
    found = drawn('where = { host = "a" }\nnetwork = "silence"')
    assert [turn.network for turn in found.turns] == [{"a": ""}, {"a": None}]


def test_bursts_come_from_the_seed():
    bursts = LINE + "\nbursts = { up = [0.1, 0.2], down = [0.1, 0.3] }"
    found = drawn(bursts)
    assert found == drawn(bursts)
    assert found != drawn(bursts, seed=1)
    assert len(found.small) > 5
    assert all(0 < at < 120 for at in found.small)
    assert {len(turn.faults["a"]) for turn in found.turns} == {0, 1}
