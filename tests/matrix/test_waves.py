"""The rules for waves of 400 and of 429, in bytes as hosts send them; with near misses.

Real exchanges one after another, of several callers, over one router. Targets fail as a test says
and answer well otherwise.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import pytest
from tests.matrix.world import CLASSIFIER, DIALECTS, JSON
from tests.play import Stage, upstream_data, upstream_end, upstream_head
from tests.routing.world import target
from tests.sim.hearing import ANTHROPIC, OPENAI, Answer, steps

from understudy.chat.failure import Scope
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import StartAttempt, UpstreamConnected
from understudy.exchange.services import HeldBudget, Services
from understudy.providers.catalogue import load_catalogue
from understudy.providers.supply import gauge
from understudy.routing.breaker import State
from understudy.routing.router import Router
from understudy.routing.snapshot import DomainView
from understudy.routing.topology import Domain, Route, Target, Topology
from understudy.wire.http import Headers, ResponseHead

KINDS = {kind.name: kind for kind in load_catalogue().kinds}
CLIENTS = ("openai_chat", "anthropic_messages")
CALLERS = ("ann", "bob", "cas")
SIZES = (10, 400, 4_000, 40_000)
DATE = (b"date", b"Mon, 23 Jun 2025 10:26:53 GMT")


class Said(NamedTuple):
    """An error, as a host sends it."""

    status: int
    body: bytes
    headers: Headers = ()


class Town:
    """Two accounts of one kind of host, and another host; `now` goes on by a second a request."""

    def __init__(self, kind: str) -> None:
        targets = [
            _speaking(target("a/m"), kind),
            _speaking(target("a/m#2", account="second"), kind),
            _speaking(target("b/m"), "vllm"),
        ]
        route = Route("chat", tuple(each.name for each in targets), max_attempts=5)
        topology = Topology({each.name: each for each in targets}, {"chat": route})
        self.router = Router(topology, lambda: 0.5)
        self.services = Services(self.router, DIALECTS, CLASSIFIER, HeldBudget())
        self.now = 0.0

    def ask(
        self,
        fails: Mapping[str, Said],
        *,
        client: str = "openai_chat",
        caller: str = "",
        size: int = 10,
    ) -> Stage:
        """One whole request, played to its end."""
        said = {"model": "chat", "max_tokens": 100, "stream": False}
        prompt = [{"role": "user", "content": "word " * size}]
        body = json.dumps({**said, "messages": prompt}).encode()
        self.now += 1.0
        asked = Asked(f"req-{self.now:g}", 1_700_000_000.0, client, body, caller=caller)
        stage = Stage(Exchange(self.services, asked, self.now))
        stage.now = self.now
        told = 0
        while not stage.closes() and told < len(stage.targets()):
            told += 1
            self._answer(stage, told, fails.get(stage.targets()[told - 1]))
        return stage

    def _answer(self, stage: Stage, attempt: int, error: Said | None) -> None:
        sent = [each for each in stage.commands if isinstance(each, StartAttempt)][attempt - 1]
        if error is None:
            dialect = self.router._seats[sent.target].target.endpoint.dialect
            answer = Answer(
                steps(ANTHROPIC if dialect == ANTHROPIC.name else OPENAI, sent.request.body)
            )
            head, body = answer.head, answer.body
        else:
            head = ResponseHead(error.status, (*JSON.headers, DATE, *error.headers))
            body = error.body
        stage.tell(
            UpstreamConnected(attempt),
            upstream_head(attempt, head),
            upstream_data(attempt, body),
            upstream_end(attempt),
        )

    def teach(self) -> None:
        """Every caller has been answered by the first target, in every size."""
        for caller in CALLERS:
            for size in SIZES:
                assert self.ask({}, caller=caller, size=size).status() == 200

    def view(self, kind: Scope, name: str) -> DomainView:
        views = self.router.snapshot(self.now).domains
        return next(each for each in views if each.domain == Domain(kind, name))

    def shut(self) -> list[str]:
        views = self.router.snapshot(self.now).domains
        return [str(each.domain) for each in views if each.state is not State.CLOSED]

    def resting(self) -> dict[str, float]:
        views = self.router.snapshot(self.now).domains
        return {str(each.domain): each.resting_for for each in views if each.resting_for}


def _speaking(one: Target, kind: str) -> Target:
    dialect = KINDS[kind].dialect
    path = "/v1/messages" if dialect == ANTHROPIC.name else "/v1/chat/completions"
    return msgspec.structs.replace(
        one,
        taxonomy=KINDS[kind].taxonomy,
        endpoint=msgspec.structs.replace(one.endpoint, dialect=dialect, path=path),
        gauge=gauge(KINDS[kind].supply),
    )


def error(kind: str, word: str) -> bytes:
    inner = {"type": word, "message": "no"}
    if KINDS[kind].dialect == ANTHROPIC.name:
        return json.dumps({"type": "error", "error": inner}).encode()
    return json.dumps({"error": {**inner, "code": word, "param": None}}).encode()


def limited(kind: str, left: str, *more: tuple[bytes, bytes]) -> Said:
    """A 429 beside which the host says that so much of a thousand is left, everywhere."""
    fields = KINDS[kind].supply
    assert fields is not None
    when = {"duration": "2m0s", "milliseconds": "120000", "seconds": "120"}
    when |= {"date": "2025-06-23T10:28:53Z", "unix_milliseconds": "1750674533000"}
    said: dict[str, str] = {}
    for each in fields.counters:
        said |= {each.remaining: left, each.limit or "x": "1000"}
        if each.reset is not None:
            said[each.reset] = when[fields.times]
    headers = tuple((name.encode(), value.encode()) for name, value in said.items())
    word = "rate_limit_error" if KINDS[kind].dialect == ANTHROPIC.name else "rate_limit_exceeded"
    return Said(429, error(kind, word), (*headers, *more))


TELLING = sorted(name for name, kind in KINDS.items() if kind.supply is not None)
BAD = {
    "openai": Said(400, error("openai", "invalid_request_error")),
    "anthropic": Said(400, error("anthropic", "invalid_request_error")),
}


# corr.rate_wave


@pytest.mark.parametrize("kind", TELLING)
def test_refusals_far_from_every_limit_are_the_hosts_own_trouble(kind: str) -> None:
    town, crowded = Town(kind), limited(kind, "900", (b"retry-after", b"30"))
    first = town.ask({"a/m": crowded, "a/m#2": crowded})
    assert first.status() == 200
    assert first.targets() == ["a/m", "a/m#2", "b/m"]
    assert town.shut() == ["host:a"]
    assert town.view(Scope.HOST, "a").rule == "corr.rate_wave"
    assert town.ask({}).targets() == ["b/m"]


@pytest.mark.parametrize("kind", TELLING)
def test_near_miss_refusals_of_quotas_that_are_used_up(kind: str) -> None:
    town, spent = Town(kind), limited(kind, "0")
    first = town.ask({"a/m": spent, "a/m#2": spent})
    assert first.status() == 200
    assert first.targets() == ["a/m", "a/m#2", "b/m"]
    assert town.shut() == []
    rests = town.resting()
    assert set(rests) == {"key:a#1", "key:a#2"}
    refills = KINDS[kind].supply
    assert refills is not None
    if refills.is_refilled:
        full = max(120.0 if each.reset else each.period or 0.0 for each in refills.counters)
        tenth = pytest.approx(full / 10)
        assert rests == {"key:a#1": tenth, "key:a#2": tenth}, "of two minutes, or of the period"


@pytest.mark.parametrize("kind", TELLING)
def test_near_miss_refusals_near_the_limit(kind: str) -> None:
    town, short = Town(kind), limited(kind, "300", (b"retry-after", b"30"))
    town.ask({"a/m": short, "a/m#2": short})
    assert town.shut() == []
    assert town.resting() == {"account:a": 30.0, "account:second": 30.0}


@pytest.mark.parametrize("kind", TELLING)
def test_near_miss_one_account_is_refused_and_another_works(kind: str) -> None:
    town = Town(kind)
    for _ in range(5):
        assert town.ask({"a/m": limited(kind, "900")}).status() == 200
    assert town.shut() == []


# corr.bad_request_wave


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("kind", sorted(BAD))
def test_a_host_that_refuses_what_it_took_from_several_is_left(kind: str, client: str) -> None:
    town = Town(kind)
    town.teach()
    bad = {"a/m": BAD[kind], "a/m#2": BAD[kind]}
    for number in range(6):
        caller, size = CALLERS[number % 3], SIZES[number % 4]
        stage = town.ask(bad, client=client, caller=caller, size=size)
        assert stage.status() == 200, "its victims are answered elsewhere"
    assert town.shut() == ["model:a/m"]
    assert town.view(Scope.MODEL, "a/m").rule == "corr.bad_request_wave"
    assert town.ask({}, caller="ann").targets() == ["b/m"]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("kind", sorted(BAD))
def test_near_miss_a_host_that_refuses_one_of_several_callers(kind: str, client: str) -> None:
    town = Town(kind)
    town.teach()
    bad = {"a/m": BAD[kind], "a/m#2": BAD[kind]}
    for number in range(40):
        size = SIZES[number % 4]
        assert town.ask(bad, client=client, caller="mallory", size=size).status() == 200
    assert town.shut() == []
    assert town.ask({}, caller="ann").targets() == ["a/m"]


@pytest.mark.parametrize("kind", sorted(BAD))
def test_near_miss_mistakes_that_every_host_refuses(kind: str) -> None:
    town = Town(kind)
    town.teach()
    bad = {"a/m": BAD[kind], "a/m#2": BAD[kind], "b/m": BAD["openai"]}
    for number in range(20):
        caller, size = CALLERS[number % 3], SIZES[number % 4]
        assert town.ask(bad, caller=caller, size=size).status() == 400
    assert town.shut() == []
    assert town.ask({}, caller="ann").targets() == ["a/m"]
