"""Traffic: good requests that both dialects can say, and bad ones that none takes."""

import pytest

from understudy.chat.errors import InvalidRequest
from understudy.dialects.catalog import DIALECTS
from understudy.sim.chance import Stream
from understudy.sim.listening import Ask, written
from understudy.sim.traffic import draw_asks

NAMES = tuple(DIALECTS)


def drawn(seeds: int = 40) -> list[Ask]:
    return [ask for seed in range(seeds) for _, ask in draw_asks(Stream(seed), NAMES, ("r",), 20.0)]


def test_good_requests_are_good():
    good = [ask for ask in drawn() if ask.body is None]
    assert len(good) > 500
    for ask in good[:300]:
        dialect = DIALECTS[ask.dialect]
        request = written(ask, dialect)
        glance = dialect.glance(request.body, request.path)
        assert (glance.model, glance.stream) == ("r", ask.stream)


def test_mistakes_are_mistakes():
    bad = {ask.body: ask for ask in drawn() if ask.body is not None}
    assert len(bad) > 8
    refused = 0
    for body, ask in bad.items():
        assert body is not None
        try:
            DIALECTS[ask.dialect].parse_request(body)
        except InvalidRequest:
            refused += 1
    assert refused >= len(bad) - 2  # a model that is no route, a role that a provider refuses


def test_there_is_everything():
    asks = drawn()
    assert {ask.stream for ask in asks} == {True, False}
    assert {bool(ask.tools) for ask in asks} == {True, False}
    assert any(ask.wants_json for ask in asks)
    assert any(ask.leaves_at is not None for ask in asks)
    assert any(ask.reads is not None for ask in asks)
    assert {ask.dialect for ask in asks} == set(NAMES)


@pytest.mark.parametrize("seed", range(5))
def test_they_come_in_order(seed):
    times = [when for when, _ in draw_asks(Stream(seed), NAMES, ("r",), 20.0)]
    assert times == sorted(times)
