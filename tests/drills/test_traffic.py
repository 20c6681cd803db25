"""What clients ask."""

from collections import Counter

import msgspec
import pytest
from tests.drills.small import DIALECTS, TEXT, scenario

from understudy.chat.errors import InvalidRequest
from understudy.drills.traffic import Asker
from understudy.sim.chance import Chance
from understudy.sim.listening import Ask, written


def drawn(text: str = TEXT, count: int = 400) -> list[tuple[Ask, bool]]:
    asker = Asker(scenario(text), Chance(0).stream("x"))
    return [asker.next() for _ in range(count)]


def test_shares_are_as_the_scenario_says():
    text = TEXT.replace("rps = 6", "whole = 0.3\nmistakes = 0.1")
    routes = '\n[[routes]]\nname = "s"\nshare = 3\ntargets = ["b/m"]\n\n[[faults]]'
    asked = drawn(text.replace("[[faults]]", routes, 1))
    mistakes = sum(mistaken for _, mistaken in asked)
    whole = sum(not ask.stream for ask, mistaken in asked if not mistaken)
    assert 20 < mistakes < 60
    assert 80 < whole < 150
    assert 250 < Counter(ask.model for ask, _ in asked)["s"] < 340
    assert {ask.dialect for ask, _ in asked} == {"openai_chat", "anthropic_messages"}


def test_a_mistake_is_one_in_every_dialect():
    text = TEXT.replace("rps = 6", "mistakes = 1")
    for ask, _ in drawn(text, 2):
        dialect = DIALECTS[ask.dialect]
        body = written(ask, dialect).body
        assert msgspec.json.decode(body)["model"] == "r"
        with pytest.raises(InvalidRequest):
            dialect.parse_request(body)
