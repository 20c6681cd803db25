"""Whether anybody is asked for a count, or it is guessed at once."""

import json

import pytest
from msgspec.structs import replace

from tests.exchange.stage import target
from understudy.config.settings import Caller
from understudy.dialects.catalog import COUNTS
from understudy.dialects.counting import Counting
from understudy.routing.topology import Route, Topology
from understudy.shell.counting import Counters, guessed

(GEMINI,) = [each for each in COUNTS if each.chat.name == "gemini_generate"]
BODY = b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}'
OTHER, OWN = target("other", "openai_chat"), target("own", GEMINI.chat.name)
TOPOLOGY = Topology(
    {"other": OTHER, "own": OWN},
    {
        "other": replace(Route("other", ()), targets=("other",)),
        "mixed": replace(Route("mixed", ()), targets=("other", "own")),
    },
)
ALL = Caller("app", None, None)


def guess(name: str, caller: Caller = ALL, body: bytes = BODY) -> bytes | None:
    path = f"/v1beta/models/{name}:countTokens"
    return guessed(Counting(GEMINI, body, path), TOPOLOGY, caller)


def test_who_counts_is_found_by_the_path() -> None:
    counters = Counters(COUNTS)
    assert counters.find(b"/v1beta/models/m:countTokens") is GEMINI
    assert counters.find(b"/v1beta/models/m:generateContent") is None


def test_a_guess_is_made_only_where_nobody_could_count() -> None:
    said = guess("other")
    assert said is not None
    assert json.loads(said) == {"totalTokens": 5}
    assert guess("mixed") is None


@pytest.mark.parametrize("name", ["other", "mixed", "nobody"])
def test_what_a_caller_may_not_see_is_for_the_exchange_to_refuse(name: str) -> None:
    assert guess(name, Caller("app", None, frozenset({"mine"}))) is None
    assert guess(name, body=b"{}") is None
