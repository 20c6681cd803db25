"""The ledger: attempts in, one journal entry out, priced."""

import msgspec
import pytest

from tests.exchange.stage import JSON, ask, begin, route, say, services, target, whole
from tests.play import Stage, upstream_data
from understudy.chat.usage import Usage
from understudy.dialects.catalog import DIALECTS, OPERATIONS
from understudy.dialects.operation import OperationDialect
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import UpstreamClosed, UpstreamConnected
from understudy.exchange.services import Services
from understudy.providers.price import Price
from understudy.wire.http import ResponseHead
from understudy.wire.multipart import Part, write_form


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


RERANKED = {"results": [{"index": 1, "relevance_score": 0.9}]}
BY_SEARCH = Price(search=0.002)
BY_PICTURE = Price(picture=0.04)
BY_WORDS = Price(characters=15.0)
BY_MINUTE = Price(minute=0.006)
DOCUMENTS = {"query": "q", "documents": ["a"] * 201}
MODEL = Part("model", b"r")
SOUNDS = ResponseHead(200, ((b"content-type", b"audio/mpeg"),))
SOUND = Part("file", b"RIFF", "a.wav", "audio/wav")
HEARD = {"text": "hi", "usage": {"type": "duration", "seconds": 90}}


@pytest.mark.parametrize(
    ("dialect", "price", "request_", "answer", "cost"),
    [
        ("jina_rerank", BY_SEARCH, DOCUMENTS, RERANKED, 3 * 0.002),
        (
            "cohere_rerank",
            BY_SEARCH,
            DOCUMENTS,
            {**RERANKED, "meta": {"billed_units": {"search_units": 5}}},
            5 * 0.002,
        ),
        (
            "voyage_rerank",
            Price(input=0.05),
            DOCUMENTS,
            {"data": RERANKED["results"], "usage": {"total_tokens": 1_000_000}},
            0.05,
        ),
        ("openai_images", BY_PICTURE, {"prompt": "p", "n": 3}, {"data": 2 * [{"url": "u"}]}, 0.08),
        (
            "openai_images",
            Price(input=5.0, output=30.0, image_input=8.0),
            {"prompt": "p"},
            {
                "data": [{"url": "u"}],
                "usage": {
                    "input_tokens": 1_000_000,
                    "output_tokens": 1_000_000,
                    "input_tokens_details": {"text_tokens": 0, "image_tokens": 1_000_000},
                },
            },
            38.0,
        ),
        ("openai_speech", BY_WORDS, {"input": 2_000 * "é", "voice": "v"}, b"ID3 sound", 0.03),
        ("openai_transcription", BY_MINUTE, write_form([SOUND, MODEL])[0], HEARD, 0.009),
        ("openai_transcription", BY_MINUTE, write_form([SOUND, MODEL])[0], {"text": "hi"}, None),
    ],
)
def test_what_is_not_billed_by_tokens_costs_what_its_measure_does(
    dialect: str, price: Price, request_: bytes | dict[str, object], answer: object, cost: float
) -> None:
    speaker = OPERATIONS[dialect]
    assert isinstance(speaker, OperationDialect)
    chosen = route(operation=speaker.operation)
    made = services(msgspec.structs.replace(target("a", dialect), price=price), route=chosen)
    made = msgspec.structs.replace(made, dialects={**made.dialects, **OPERATIONS})
    body = (
        request_ if isinstance(request_, bytes) else msgspec.json.encode({"model": "r", **request_})
    )
    stage = Stage(Exchange(made, Asked("1", 1.7e9, dialect, body, path="/v1/x"), 0.0))
    said = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
    whole(stage, 1, SOUNDS if isinstance(answer, bytes) else JSON, said)
    entry = stage.entry()
    assert entry.outcome == "ok"
    assert entry.cost_usd == (None if cost is None else pytest.approx(cost))
