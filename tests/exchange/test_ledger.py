"""The ledger: attempts in, one journal entry out, priced."""

import msgspec
import pytest

from tests.exchange.stage import JSON, ask, begin, route, say, services, target, whole
from tests.play import upstream_data
from understudy.chat.usage import Usage
from understudy.dialects.catalog import DIALECTS
from understudy.exchange.ledger import cost_usd
from understudy.exchange.messages import UpstreamClosed, UpstreamConnected
from understudy.exchange.services import Services
from understudy.routing.topology import Price

PRICED = Price(input=2.0, cache_read=0.2, cache_write=2.5, output=10.0)
USED = Usage(1_000_000, 1_000_000, 1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        (PRICED, 14.7),
        (Price(input=2.0, output=10.0), 16.0),
        (Price(input=2.0), None),
        (Price(), None),
    ],
)
def test_cost_is_what_is_billed_and_unknown_where_a_price_is(
    price: Price, cost: float | None
) -> None:
    assert cost_usd(USED, price) == pytest.approx(cost)


def test_an_entry_has_every_attempt_with_its_times() -> None:
    stage = ask(services(target("a"), target("b")))
    stage.tell(UpstreamClosed(1, "connect_refused"), after=0.5)
    begin(stage, 2)
    stage.now += 1.0
    say(stage, 2, ("start", "x"), ("text", "hello"))
    stage.now += 2.0
    say(stage, 2, ("end", "end"))
    entry = stage.entry()
    first, second = entry.attempts
    assert (first.target, first.started, first.ended, first.connected) == ("a", 0.0, 0.5, None)
    assert (second.target, second.first_content, second.ended) == ("b", 1.5, 3.5)
    assert second.usage == Usage(3, output_tokens=2)
    assert (entry.target, entry.duration, entry.first_content) == ("b", 3.5, 1.5)
    assert entry.usage == second.usage
    assert entry.response_bytes == len(stage.sent())
    assert entry.caller == "me"


def test_recorded_bodies_are_bounded() -> None:
    stage = ask(services(target("a"), route=route(record=True)))
    begin(stage, 1, ("start", "x"))
    for _ in range(40):
        stage.tell(upstream_data(1, b"event: text\ndata: " + b"x" * 50_000 + b"\n\n"))
    say(stage, 1, ("end", "end"))
    body = stage.entry().response_body
    assert body is not None
    assert len(body) <= 1024 * 1024 + 50_100
    assert stage.entry().response_bytes > len(body)


def test_an_attempt_names_who_was_charged_and_by_which_rule() -> None:
    made = services(target("a"), target("b"), target("c"))
    stage = ask(made)
    for attempt in (1, 2):
        stage.tell(UpstreamConnected(attempt), UpstreamClosed(attempt, "reset_before_headers"))
    first, second = stage.entry().attempts
    assert (first.charged, first.rule) == ("host:a", None)
    assert (second.charged, second.rule) == ("host:b", "corr.query_of_death")
    assert stage.targets() == ["a", "b"], "nobody else is to die of it"
    assert stage.status() == 502
    again = ask(made)
    assert again.targets() == []
    assert again.status() == 400
    assert "brought down whoever served it" in again.sent().decode()
    other = ask(made, turns=("another",))
    assert other.targets() == ["a"]


def test_cost_goes_by_what_is_billed_where_that_is_less() -> None:
    priced = msgspec.structs.replace(
        target("a", "cohere_chat"), price=Price(input=1_000.0, output=10_000.0)
    )
    made = services(priced)
    spoken = {**made.dialects, "cohere_chat": DIALECTS["cohere_chat"]}
    stage = ask(Services(made.router, spoken, made.classifier, made.budget), stream=False)
    usage = {
        "billed_units": {"input_tokens": 3, "output_tokens": 2},
        "tokens": {"input_tokens": 500, "output_tokens": 7},
    }
    content = [{"type": "text", "text": "hi"}]
    message = {"role": "assistant", "content": content}
    answer = {"id": "x", "message": message, "finish_reason": "COMPLETE", "usage": usage}
    whole(stage, 1, JSON, msgspec.json.encode(answer))
    entry = stage.entry()
    assert entry.usage == Usage(500, output_tokens=7)
    assert entry.cost_usd == pytest.approx(0.003 + 0.02)
