"""Builds exchanges over the real router and classifier, with toy dialects and named targets."""

import itertools

import msgspec

from tests.contract.toy import Toy
from tests.play import Stage, upstream_data, upstream_end, upstream_head
from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.failure import Scope
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import UpstreamConnected
from understudy.exchange.services import HeldBudget, Limits, Services
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy
from understudy.routing.budget import RetryBudget
from understudy.routing.router import Router
from understudy.routing.topology import Domain, OnBreak, Route, Target, Topology
from understudy.wire.http import Origin, ResponseHead
from understudy.wire.sse import encode_frame

SSE = ResponseHead(200, ((b"content-type", b"text/event-stream"),))
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
ROWS = load_taxonomy().rows


def target(name: str, dialect: str = "toy", *, prefill: bool = True) -> Target:
    """A target in failure domains of its own."""
    capabilities = frozenset(Capability) - (set() if prefill else {Capability.PREFILL})
    return Target(
        name=name,
        provider=name,
        taxonomy="*",
        origin=Origin("http", f"{name}.test", 80),
        endpoint=Endpoint(dialect, f"up-{name}", f"/{dialect}", name, capabilities=capabilities),
        domains=tuple(Domain(kind, name) for kind in (Scope.KEY, Scope.ACCOUNT, Scope.HOST)),
    )


def services(
    *targets: Target,
    route: Route | None = None,
    limits: Limits | None = None,
    budget: RetryBudget | None = None,
) -> Services:
    """Services over one route named "r" with these targets in order."""
    names = tuple(one.name for one in targets)
    chosen = msgspec.structs.replace(route or Route("r", ()), targets=names)
    topology = Topology({one.name: one for one in targets}, {"r": chosen})
    return Services(
        router=Router(topology, itertools.cycle([0.5]).__next__, budget=budget),
        dialects={"toy": Toy("toy"), "yot": Toy("yot")},
        classifier=Classifier(ROWS),
        budget=HeldBudget(),
        limits=limits or Limits(),
    )


def route(on_break: OnBreak = OnBreak.ERROR, **fields: object) -> Route:
    return msgspec.structs.replace(Route("r", (), on_break=on_break), **fields)


def ask(
    services_: Services,
    *,
    model: str = "r",
    stream: bool = True,
    dialect: str = "toy",
    turns: tuple[str, ...] = ("hi",),
    **fields: object,
) -> Stage:
    """One request of a client, started."""
    body = msgspec.json.encode({"model": model, "stream": stream, "turns": turns, **fields})
    asked = Asked("req-1", 1_700_000_000.0, dialect, body, caller="me")
    return Stage(Exchange(services_, asked, 0.0))


def frames(*events: tuple[str, str]) -> bytes:
    return b"".join(encode_frame(text.encode(), event) for event, text in events)


def begin(stage: Stage, attempt: int, *events: tuple[str, str]) -> None:
    """An attempt connects, answers 200, and streams these events."""
    stage.tell(UpstreamConnected(attempt), upstream_head(attempt, SSE))
    if events:
        stage.tell(upstream_data(attempt, frames(*events)))


def say(stage: Stage, attempt: int, *events: tuple[str, str]) -> None:
    stage.tell(upstream_data(attempt, frames(*events)))


def whole(stage: Stage, attempt: int, head: ResponseHead, body: bytes) -> None:
    """An attempt is answered at once, and in full."""
    stage.tell(
        UpstreamConnected(attempt),
        upstream_head(attempt, head),
        upstream_data(attempt, body),
        upstream_end(attempt),
    )
