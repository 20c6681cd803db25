"""A gateway without sockets whose route has one target, and that target is in trouble.

The exchange, the router, the taxonomy and both dialects are the real ones. What a client sends
comes in as bytes, what it would get goes out as bytes.
"""

import itertools
from typing import NamedTuple

import msgspec
from tests.errors.troubles import SECRET, TAXONOMIES, Trouble, said
from tests.play import Stage, upstream_data, upstream_end, upstream_head
from tests.routing.world import target
from tests.sim.hearing import TAXONOMY, Answer

from understudy.chat.endpoint import Capability, Endpoint
from understudy.dialects.base import Methods
from understudy.dialects.catalog import COUNTS, SPOKEN
from understudy.dialects.counting import Counting
from understudy.dialects.paths import Paths, matched
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import (
    StartAttempt,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
)
from understudy.exchange.services import Concealer, HeldBudget, Services
from understudy.operations.kinds import Operation
from understudy.providers.classifier import Classifier
from understudy.routing.budget import RetryBudget
from understudy.routing.router import Router
from understudy.routing.topology import OnBreak, OnLoss, Route, Topology
from understudy.sim.fault_text import parse_faults
from understudy.sim.plan import plan
from understudy.sim.provider import Incoming, Provider, respond
from understudy.sim.rows import resolve
from understudy.sim.steps import Act
from understudy.wire.http import ResponseHead

TARGET = "a/m"
ROUTE = "r"
FILES = "files"
"""The route of whatever has no model."""

REQUEST = "req_1"
ENDS = {
    "openai_images": "/v1/images/{leaf}",
    "stability_images": "/v2beta/stable-image/generate/{leaf}",
    "automatic1111_images": "/sdapi/v1/{leaf}",
    "openai_transcription": "/v1/audio/{leaf}",
    "openai_files": "/v1/{leaf}",
    "gemini_embeddings": "/v1beta/models/{model}:{leaf}",
    "ollama_embeddings": "/api/{leaf}",
}
"""Where targets are asked that have several paths."""

PATHS = Paths(SPOKEN)
CLASSIFIER = Classifier(TAXONOMY.rows)
_ACTS = {Act.RESET: "reset_mid_stream", Act.CLOSE: "reset_mid_stream"}


class Told(NamedTuple):
    """What a client gets. `is_cut`: the connection breaks after the body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_cut: bool

    def field(self, name: str) -> str | None:
        return dict(self.headers).get(name)


class Lone:
    """One target of dialect `upstream`; `trouble` is what happens to everybody who asks it."""

    def __init__(
        self, upstream: str, trouble: Trouble, operation: Operation = Operation.CHAT
    ) -> None:
        self.upstream = SPOKEN[upstream]
        self.trouble = trouble
        self.operation = operation
        self.route = {Operation.FILES: FILES}.get(operation, ROUTE)

    def answer(self, method: str, path: str, body: bytes) -> Told:
        """What one request comes to."""
        plain = path.partition("?")[0].encode()
        services = self._services()
        dialect = PATHS.find(plain)
        if dialect is None:
            (counts,) = (each for each in COUNTS if matched(plain.decode(), each.paths) is not None)
            dialect = Counting(counts, body, path)
            dialects = {**SPOKEN, dialect.name: dialect}
            services = msgspec.structs.replace(services, dialects=dialects)
        named = f"{method} {path}" if isinstance(dialect, Methods) else path
        asked = Asked(REQUEST, 1_700_000_000.0, dialect.name, body, caller="me", path=named)
        stage = Stage(Exchange(services, asked, 0.0))
        shown = 0
        for _ in range(100):
            fresh = [each for each in stage.commands if isinstance(each, StartAttempt)][shown:]
            for each in fresh:
                self._show(stage, each)
            shown += len(fresh)
            if stage.closes():
                break
            if not fresh:
                stage.tell(TimerFired(), after=max(0.0, stage.wake_at() - stage.now))
        (clean,) = stage.closes()
        head = stage.heads()[0]
        fields = tuple((name.decode(), value.decode()) for name, value in head.headers)
        return Told(head.status, fields, stage.sent(), is_cut=not clean)

    def _services(self) -> Services:
        name = self.upstream.name
        one = target(TARGET)
        path = ENDS.get(name) or self.upstream.chat_paths()[0]
        able = frozenset(Capability)
        accepts = frozenset({"reasoning"})
        endpoint = Endpoint(name, "m-1", path, "a", capabilities=able, accepts=accepts)
        one = msgspec.structs.replace(one, endpoint=endpoint, taxonomy=TAXONOMIES.get(name, "*"))
        route = Route(
            self.route,
            (TARGET,),
            on_break=OnBreak.ERROR,
            on_loss=OnLoss.ALLOW,
            max_attempts=2,
            operation=self.operation,
        )
        router = Router(
            Topology({TARGET: one}, {self.route: route}),
            itertools.cycle([0.5]).__next__,
            budget=RetryBudget(ratio=0.0, reserve=0.0),
        )
        concealer = Concealer()
        concealer.know([SECRET])
        return Services(router, SPOKEN, CLASSIFIER, HeldBudget(), concealer=concealer)

    def _show(self, stage: Stage, start: StartAttempt) -> None:
        trouble, number = self.trouble, start.attempt
        if trouble.status is None:
            if trouble.flag:
                stage.tell(UpstreamClosed(number, trouble.flag, "gone"))
            else:
                stage.tell(UpstreamConnected(number))
        elif trouble.fault:
            self._break(stage, start)
        else:
            status, fields, body = said(trouble, self.upstream.name)
            stage.tell(
                UpstreamConnected(number),
                upstream_head(number, ResponseHead(status, fields)),
                upstream_data(number, body),
                upstream_end(number),
            )

    def _break(self, stage: Stage, start: StartAttempt) -> None:
        """A good answer, with the simulator's fault in it."""
        number = start.attempt
        asked = start.request
        draft = respond(
            Provider("a", self.upstream.name, tokens=40),
            self.upstream,
            Incoming(asked.method, asked.path, asked.headers, asked.body),
        )
        effects = [each.effect for each in resolve(parse_faults(self.trouble.fault), TAXONOMY)]
        answer = Answer(plan(self.upstream, draft, effects))
        stage.tell(UpstreamConnected(number), upstream_head(number, answer.head))
        if answer.body:
            stage.tell(upstream_data(number, answer.body))
        if number in stage.cancelled() or stage.closes():
            return
        if answer.act in _ACTS:
            stage.tell(UpstreamClosed(number, _ACTS[answer.act], "gone"))
        elif answer.act is not Act.HOLD:
            stage.tell(upstream_end(number))
