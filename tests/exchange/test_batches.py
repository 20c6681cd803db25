"""One request of five inputs over targets that take two at once."""

import itertools
import json
from typing import cast

import msgspec
import pytest

from tests.exchange.stage import JSON, target
from tests.play import Stage, check_invariants, upstream_data, upstream_end, upstream_head
from understudy.chat.endpoint import Endpoint
from understudy.dialects.catalog import SPOKEN
from understudy.exchange.asked import Asked
from understudy.exchange.batches import LANES, Batches
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import ClientGone, Close, StartAttempt, TimerFired
from understudy.exchange.opening import opened
from understudy.exchange.services import HeldBudget, Services
from understudy.operations.embeddings import Space
from understudy.operations.kinds import Operation
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy
from understudy.routing.router import Router
from understudy.routing.topology import Route, Topology
from understudy.wire.http import ResponseHead

ROWS = load_taxonomy().rows
DOWN = ResponseHead(503, ())
BAD = ResponseHead(400, ((b"content-type", b"application/json"),))


def embedder(name: str):
    endpoint = Endpoint("openai_embeddings", f"up-{name}", "/v1/embeddings", name)
    return msgspec.structs.replace(target(name), endpoint=endpoint, space=Space("s", 2))


def stage(count: int, *, batch: int = 2, deadline: float = 60.0) -> Stage:
    targets = [embedder("a"), embedder("b")]
    route = Route(
        "r",
        ("a", "b"),
        operation=Operation.EMBEDDINGS,
        batch=batch,
        deadline=deadline,
        record=True,
    )
    topology = Topology({each.name: each for each in targets}, {"r": route})
    services = Services(
        router=Router(topology, itertools.cycle([0.5]).__next__),
        dialects=SPOKEN,
        classifier=Classifier(ROWS),
        budget=HeldBudget(),
    )
    body = json.dumps({"model": "r", "input": [f"text {k}" for k in range(count)]}).encode()
    asked = Asked("id", 0.0, "openai_embeddings", body, path="/v1/embeddings")
    return Stage(cast("Exchange", opened(services, asked, 0.0)))


def answered(stage: Stage, attempt: int) -> None:
    """The target says for each input its number, twice."""
    inputs = cast("list[str]", stage.request(attempt)["input"])
    data = [
        {"object": "embedding", "index": k, "embedding": [float(text.split()[1])] * 2}
        for k, text in enumerate(inputs)
    ]
    usage = {"prompt_tokens": len(inputs), "total_tokens": len(inputs)}
    body = json.dumps({"object": "list", "data": data, "model": "m", "usage": usage}).encode()
    stage.tell(upstream_head(attempt, JSON), upstream_data(attempt, body), upstream_end(attempt))


def attempts(stage: Stage) -> list[int]:
    return [one.attempt for one in stage.commands if isinstance(one, StartAttempt)]


def test_portions_in_any_order_make_one_answer_in_order():
    play = stage(5)
    assert attempts(play) == [1, 2, 3]
    for attempt in (3, 1, 2):
        assert not play.heads()
        answered(play, attempt)
    said = json.loads(play.sent())
    assert [row["embedding"] for row in said["data"]] == [[float(k)] * 2 for k in range(5)]
    assert [row["index"] for row in said["data"]] == list(range(5))
    assert said["usage"] == {"prompt_tokens": 5, "total_tokens": 5}
    head = play.head()
    assert head[b"x-understudy-portions"] == b"3"
    assert head[b"x-understudy-attempts"] == b"3"
    assert head[b"x-understudy-space"] == b"s;dimension=2"
    check_invariants(play.commands)
    entry = play.entry()
    assert (entry.outcome, entry.status, entry.target) == ("ok", 200, "a")
    assert [attempt.number for attempt in entry.attempts] == [1, 2, 3]
    assert entry.usage is not None
    assert entry.usage.input_tokens == 5
    assert entry.operation == "embeddings"
    assert entry.response_bytes == len(play.sent())


def test_no_more_portions_than_lanes_are_under_way_at_once():
    play = stage(20)
    assert len(attempts(play)) == LANES
    answered(play, 2)
    assert len(attempts(play)) == LANES + 1
    for attempt in itertools.chain([1], range(3, 11)):
        answered(play, attempt)
    assert play.status() == 200
    assert len(json.loads(play.sent())["data"]) == 20


def test_each_portion_fails_over_by_itself():
    play = stage(3)
    play.tell(upstream_head(2, DOWN), upstream_end(2))
    assert play.targets() == ["a", "a", "b"]
    answered(play, 3)
    answered(play, 1)
    head = play.head()
    assert head[b"x-understudy-target"] == b"a, b"
    assert len(json.loads(play.sent())["data"]) == 3
    assert [attempt.target for attempt in play.entry().attempts] == ["a", "a", "b"]


def refuse(play: Stage) -> None:
    """Whoever is asked last says that the request is at fault."""
    attempt = attempts(play)[-1]
    said = b'{"error":{"message":"too long"}}'
    play.tell(upstream_head(attempt, BAD), upstream_data(attempt, said), upstream_end(attempt))


def test_all_or_nothing():
    play = stage(3)
    answered(play, 1)
    refuse(play)
    assert play.status() == 400
    assert b"data" not in play.sent()
    assert b"too long" in play.sent()
    assert play.closes() == [True]
    assert play.entry().outcome == "rejected"
    assert [attempt.number for attempt in play.entry().attempts] == [1, 2]
    check_invariants(play.commands)


def test_when_one_fails_the_others_are_cancelled():
    play = stage(5)
    refuse(play)
    assert play.status() == 400
    assert play.cancelled() == [1, 2]
    assert not play.tell(upstream_head(2, JSON))
    assert len(play.entry().attempts) == 3


def test_who_leaves_cancels_all():
    play = stage(5)
    play.tell(ClientGone())
    assert play.cancelled() == [1, 2, 3]
    assert not play.heads()
    assert play.entry().outcome == "client_gone"
    assert isinstance(play.commands[-1], Close)


def test_one_deadline_for_all_of_it():
    play = stage(20, deadline=10.0)
    for attempt in range(1, LANES + 1):
        play.now = 9.0
        answered(play, attempt)
    assert play.wake_at() <= 10.0
    play.tell(TimerFired(), after=1.0)
    assert play.status() == 504
    assert play.cancelled() == [5, 6, 7, 8]
    check_invariants(play.commands)


def test_limits_of_one_attempt_are_kept_too():
    play = stage(3, deadline=500.0)
    play.tell(TimerFired(), after=4.0)  # nobody has connected
    assert play.targets() == ["a", "a", "b", "b"]


@pytest.mark.parametrize(("count", "batch"), [(2, 2), (1, 2), (3, 3)])
def test_what_fits_is_an_ordinary_exchange(count: int, batch: int):
    assert not isinstance(stage(count, batch=batch).exchange, Batches)
