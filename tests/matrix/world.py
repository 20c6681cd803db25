"""Six targets around one primary, and a client that asks in either dialect; all real but bytes."""

import itertools
import json

import msgspec
from tests.matrix import expected
from tests.matrix.carrier import CARRIER
from tests.matrix.cells import ROWS, Cell, Mode
from tests.play import Stage, check_invariants, upstream_data, upstream_end, upstream_head
from tests.routing.world import target
from tests.sim.hearing import ANTHROPIC, OPENAI, Answer, steps

from understudy.chat.events import Event, Failed, Finished
from understudy.chat.grammar import Grammar
from understudy.chat.response import fold
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import (
    StartAttempt,
    TimerFired,
    UpstreamConnected,
)
from understudy.exchange.services import HeldBudget, Services
from understudy.providers.classifier import Classifier
from understudy.routing.budget import RetryBudget
from understudy.routing.router import Router
from understudy.routing.snapshot import DomainView
from understudy.routing.topology import Domain, OnBreak, Policy, Route, Target, Topology
from understudy.sim.provider import expected_answer
from understudy.wire.http import ResponseHead
from understudy.wire.sse import SseDecoder

CLIENTS = {"openai_chat": OPENAI, "anthropic_messages": ANTHROPIC}
DIALECTS = {**CLIENTS, "carrier": CARRIER}
CLASSIFIER = Classifier(ROWS)
TERMINATORS = {
    "openai_chat": b"data: [DONE]\n\n",
    "anthropic_messages": b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
}
PROMPT = "count with me [tokens=30]"
SSE = ResponseHead(200, ((b"content-type", b"text/event-stream"),))
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
BASE = {
    expected.PRIMARY: target("a/m", window=100_000),
    expected.KEY: target("a/m#2", window=200_000),
    expected.ACCOUNT: target("a/m#3", account="second", window=200_000),
    expected.REGION: target("a/m#4", account="a", key="a#1", region="a/eu", window=200_000),
    expected.HOST: target("b/m", window=200_000),
    expected.MODEL: target("c/n", window=200_000),
}


class Scene:
    """One request whose first target is the primary; who else is there is the test's choice."""

    def __init__(
        self,
        cell: Cell,
        present: set[str],
        client: str,
        *,
        primary: str = "carrier",
        route: Route | None = None,
        body: bytes | None = None,
        has_budget: bool = True,
    ) -> None:
        self.cell = cell
        self.client = CLIENTS[client]
        budget = RetryBudget() if has_budget else RetryBudget(ratio=0.0, reserve=0.0)
        self.router = Router(
            _topology(cell, present, primary, route),
            itertools.cycle([0.5]).__next__,
            budget=budget,
        )
        self.body = _asked(stream=self.is_streamed) if body is None else body
        services = Services(self.router, DIALECTS, CLASSIFIER, HeldBudget())
        asked = Asked("req-1", 1_700_000_000.0, client, self.body, caller="me")
        self.stage = Stage(Exchange(services, asked, 0.0))

    @property
    def is_streamed(self) -> bool:
        return self.cell.mode is Mode.STREAMED

    @property
    def is_over(self) -> bool:
        return bool(self.stage.closes())

    def domains(self, now: float) -> dict[Domain, DomainView]:
        return {view.domain: view for view in self.router.snapshot(now).domains}

    def charged(self) -> dict[Domain, DomainView]:
        """The domains of which something bad is known by now; nothing was at the start."""
        return {
            domain: view
            for domain, view in self.domains(self.stage.now).items()
            if view.failures or view.open_for or view.resting_for
        }

    def answer(self, attempt: int) -> Answer:
        """What a well provider says to an attempt's request."""
        command = next(
            one
            for one in self.stage.commands
            if isinstance(one, StartAttempt) and one.attempt == attempt
        )
        dialect = self.router._seats[command.target].target.endpoint.dialect
        speaker = ANTHROPIC if dialect == ANTHROPIC.name else OPENAI
        return Answer(steps(speaker, command.request.body))

    def begin(self, attempt: int, *, frames: int, share: float = 0.5) -> None:
        """Answer the head, then so many frames, or such a share of a whole body."""
        answer = self.answer(attempt)
        self.stage.tell(UpstreamConnected(attempt), upstream_head(attempt, answer.head))
        if self.is_streamed:
            data = b"".join(frame.raw for frame in SseDecoder().receive_data(answer.body)[:frames])
        else:
            data = answer.body[: int(len(answer.body) * share)] if frames > 1 else b""
        if data:
            self.stage.tell(upstream_data(attempt, data))

    def answer_well(self, attempt: int) -> None:
        answer = self.answer(attempt)
        self.stage.tell(
            UpstreamConnected(attempt),
            upstream_head(attempt, answer.head),
            upstream_data(attempt, answer.body),
            upstream_end(attempt),
        )

    def go_on(self) -> str | None:
        """Wait for the next attempt, if there is one to be; let it answer. Returns its target."""
        waited = 0
        while len(self.stage.targets()) < 2 and not self.is_over and waited < 50:
            waited += 1
            self.stage.tell(TimerFired(), after=max(0.0, self.stage.wake_at() - self.stage.now))
        if len(self.stage.targets()) < 2:
            return None
        self.answer_well(2)
        return self.stage.targets()[1]

    def heard(self) -> list[Event]:
        """What the client's own decoder makes of an answer under a good status."""
        kind = SSE if self.is_streamed else JSON
        decoder = self.client.decoder(kind, stream=self.is_streamed)
        items = [*decoder.receive_data(self.stage.sent()), *decoder.receive_eof()]
        grammar = Grammar()
        events = [event for item in items for event in item.events]
        for event in events:
            grammar.receive(event)
        return events

    def check_whole(self) -> None:
        """The client has the whole answer, once, with one end."""
        self.check_shape()
        self.check_terminator()
        assert self.stage.status() == 200
        events = self.heard()
        assert isinstance(events[-1], Finished), events[-1]
        assert fold(events).text == expected_answer(self.client, self.body)

    def check_terminator(self) -> None:
        """A stream that is whole says so exactly once, as the last thing."""
        if self.is_streamed:
            last = TERMINATORS[self.client.name]
            assert self.stage.sent().count(last) == 1
            assert self.stage.sent().endswith(last)

    def check_error(self) -> None:
        """The client has one explicit error in its own dialect."""
        self.check_shape()
        if self.stage.status() == 200:
            events = self.heard()
            assert isinstance(events[-1], Failed)
            assert events[-1].signal.message
            assert self.is_streamed
        else:
            head = ResponseHead(self.stage.status(), self.stage.heads()[0].headers)
            assert "error" in json.loads(self.stage.sent())
            assert self.client.parse_failure(head, self.stage.sent()).message

    def check_shape(self) -> None:
        """One head, one end, nothing after it, and nothing left running."""
        assert self.stage.closes() == [True]
        check_invariants(self.stage.commands)
        for view in self.router.snapshot(self.stage.now).targets:
            assert view.in_flight == 0


def _asked(*, stream: bool) -> bytes:
    said = {"model": "chat", "max_tokens": 4000, "stream": stream}
    return json.dumps({**said, "messages": [{"role": "user", "content": PROMPT}]}).encode()


def _topology(cell: Cell, present: set[str], primary: str, route: Route | None) -> Topology:
    others = [name for name in expected.OTHERS if name in present]
    made = [
        _speaking(BASE[expected.PRIMARY], primary, cell.row.provider),
        *(_speaking(BASE[name], "openai_chat", "*") for name in others),
    ]
    chosen = route or Route("chat", (), on_break=OnBreak.RESUME, max_attempts=20)
    chosen = msgspec.structs.replace(chosen, targets=tuple(one.name for one in made))
    return Topology({one.name: one for one in made}, {"chat": chosen})


def _speaking(one: Target, dialect: str, taxonomy: str) -> Target:
    path = "/v1/messages" if dialect == ANTHROPIC.name else "/v1/chat/completions"
    endpoint = msgspec.structs.replace(one.endpoint, dialect=dialect, path=path)
    return msgspec.structs.replace(one, endpoint=endpoint, taxonomy=taxonomy)


def refusals_move() -> Route:
    policy = Policy(refusal_fails_over=True)
    return Route("chat", (), on_break=OnBreak.RESUME, max_attempts=20, policy=policy)
