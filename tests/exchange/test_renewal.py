"""A break while only reasoning was seen: the answer begins anew elsewhere, in real dialects."""

import itertools
from collections.abc import Sequence

import msgspec
import pytest

from tests.exchange.stage import ROWS, SSE, target
from tests.play import Stage, check_invariants, upstream_data, upstream_head
from understudy.chat.endpoint import Capability
from understudy.chat.events import (
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.request import Request
from understudy.chat.response import Folder, Piece
from understudy.dialects.catalog import DIALECTS
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import UpstreamClosed, UpstreamConnected
from understudy.exchange.services import HeldBudget, Services
from understudy.exchange.splice import Renewal, is_only_thought
from understudy.providers.classifier import Classifier
from understudy.routing.router import Router
from understudy.routing.topology import OnBreak, Route, Topology

BODIES = {
    "openai_chat": {"model": "r", "stream": True, "messages": [{"role": "user", "content": "hi"}]},
    "anthropic_messages": {
        "model": "r",
        "stream": True,
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "hi"}],
    },
}
THOUGHT: tuple[Event, ...] = (
    Started("id-1", "m"),
    PartStarted(0, PartKind.REASONING),
    PartDelta(0, "Let me see"),
)
ANSWER: tuple[Event, ...] = (
    Started("id-2", "m"),
    PartStarted(0, PartKind.REASONING),
    PartDelta(0, "Easy"),
    PartEnded(0),
    PartStarted(1, PartKind.TEXT),
    PartDelta(1, "Four. "),
    PartEnded(1),
    Finished(StopReason.END),
)


def asked(client: str, *upstream: str) -> Stage:
    without = frozenset(Capability) - {Capability.PREFILL}
    targets = [target(f"{name}{at}", name) for at, name in enumerate(upstream)]
    targets = [
        msgspec.structs.replace(
            each, endpoint=msgspec.structs.replace(each.endpoint, capabilities=without)
        )
        for each in targets
    ]
    route = Route("r", tuple(each.name for each in targets), on_break=OnBreak.RESUME)
    topology = Topology({each.name: each for each in targets}, {"r": route})
    router = Router(topology, itertools.cycle([0.5]).__next__)
    services = Services(router, DIALECTS, Classifier(ROWS), HeldBudget())
    body = msgspec.json.encode(BODIES[client])
    return Stage(Exchange(services, Asked("req-1", 0.0, client, body), 0.0))


def speak(stage: Stage, attempt: int, dialect: str, events: Sequence[Event]) -> None:
    encoder = DIALECTS[dialect].encoder(Request("m", (), stream=True))
    stage.tell(UpstreamConnected(attempt), upstream_head(attempt, SSE))
    stage.tell(upstream_data(attempt, b"".join(encoder.send(event) for event in events)))


def heard(stage: Stage, dialect: str) -> list[Piece]:
    decoder = DIALECTS[dialect].decoder(SSE, stream=True)
    folder = Folder()
    for item in [*decoder.receive_data(stage.sent()), *decoder.receive_eof()]:
        for event in item.events:
            folder.receive(event)
    return list(folder.response().pieces)


@pytest.mark.parametrize("names", list(itertools.product(BODIES, repeat=3)), ids="-".join)
def test_the_answer_begins_anew_behind_the_reasoning(names: tuple[str, str, str]) -> None:
    client, first, second = names
    stage = asked(client, first, second)
    speak(stage, 1, first, THOUGHT)
    assert stage.heads(), "reasoning is content: the client has seen it"
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    assert len(stage.targets()) == 2, "no target takes a prefill, and none is needed"
    speak(stage, 2, second, ANSWER)
    pieces = heard(stage, client)
    thoughts = "".join(each.text for each in pieces if each.start.kind is PartKind.REASONING)
    text = "".join(each.text for each in pieces if each.start.kind is PartKind.TEXT)
    assert (thoughts, text) == ("Let me seeEasy", "Four. ")
    assert stage.entry().outcome == "ok"
    assert len(stage.entry().seams) == 1
    check_invariants(stage.commands)


def test_text_once_seen_is_never_begun_anew() -> None:
    seen = [Piece(PartStarted(0, PartKind.REASONING), "x"), Piece(PartStarted(1, PartKind.TEXT))]
    assert is_only_thought(seen[:1])
    assert not is_only_thought(seen)
    assert not is_only_thought(())
    assert not is_only_thought([Piece(PartStarted(0, PartKind.TOOL_CALL, id="a", name="b"))])


def test_parts_come_behind_those_that_were_there_and_open_ones_end() -> None:
    renewal = Renewal([Piece(PartStarted(2, PartKind.REASONING))], [2])
    assert renewal.translate(ANSWER[:3]) == [
        PartEnded(2),
        PartStarted(3, PartKind.REASONING),
        PartDelta(3, "Easy"),
    ]
    assert renewal.translate(ANSWER[-1:]) == [Finished(StopReason.END)]
