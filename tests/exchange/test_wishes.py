"""Only wished for: an OpenAI client that asks for JSON fails over to Claude, and is told so."""

import itertools

import msgspec

from tests.exchange.stage import JSON, ROWS, target, whole
from tests.play import Stage, check_invariants
from understudy.chat.endpoint import Capability
from understudy.dialects.catalog import DIALECTS
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import UpstreamClosed
from understudy.exchange.services import HeldBudget, Services
from understudy.providers.classifier import Classifier
from understudy.routing.router import Router
from understudy.routing.topology import OnLoss, Route, Target, Topology

ASKED = {
    "model": "r",
    "messages": [{"role": "user", "content": "Answer in JSON: is it raining?"}],
    "response_format": {"type": "json_object"},
}
ANSWER = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude",
    "content": [{"type": "text", "text": '{"rain":true}'}], "stop_reason": "end_turn",
    "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 5},
}  # fmt: skip


def claude() -> Target:
    made = target("claude", "anthropic_messages")
    without = frozenset(Capability) - {Capability.JSON_MODE}
    endpoint = msgspec.structs.replace(made.endpoint, capabilities=without)
    return msgspec.structs.replace(made, endpoint=endpoint)


def asked(on_loss: OnLoss, *targets: Target, body: object = ASKED) -> Stage:
    route = Route("r", tuple(each.name for each in targets), on_loss=on_loss)
    topology = Topology({each.name: each for each in targets}, {"r": route})
    services = Services(
        router=Router(topology, itertools.cycle([0.5]).__next__),
        dialects=DIALECTS,
        classifier=Classifier(ROWS),
        budget=HeldBudget(),
    )
    request = Asked("req-1", 1_700_000_000.0, "openai_chat", msgspec.json.encode(body))
    return Stage(Exchange(services, request, 0.0))


def test_json_fails_over_to_a_target_without_the_mode_and_the_receipt_says_so() -> None:
    stage = asked(OnLoss.WARN, claude(), target("gpt", "openai_chat"))
    assert stage.targets() == ["gpt"]
    stage.tell(UpstreamClosed(1, "connect_refused"))
    assert stage.targets() == ["gpt", "claude"]
    whole(stage, 2, JSON, msgspec.json.encode(ANSWER))
    head = stage.head()
    assert head[b"x-understudy-target"] == b"claude"
    assert b"response_format" in head[b"x-understudy-loss"]
    choice = msgspec.json.decode(stage.sent())["choices"][0]
    assert choice["message"]["content"] == '{"rain":true}'
    check_invariants(stage.commands)


def test_a_route_that_rejects_losses_passes_it_over() -> None:
    stage = asked(OnLoss.REJECT, claude(), target("gpt", "openai_chat"))
    stage.tell(UpstreamClosed(1, "connect_refused"))
    assert stage.targets() == ["gpt"]
    alone = asked(OnLoss.REJECT, claude())
    assert alone.targets() == []
    assert b"response_format" in alone.sent()


def test_a_schema_is_a_need() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    without = frozenset(Capability) - {Capability.JSON_SCHEMA}
    plain = target("plain", "openai_chat")
    endpoint = msgspec.structs.replace(plain.endpoint, capabilities=without)
    plain = msgspec.structs.replace(plain, endpoint=endpoint)
    stage = asked(OnLoss.WARN, plain, body={**ASKED, "response_format": schema})
    assert stage.targets() == []
    assert b"json_schema" in stage.sent()
    assert stage.entry().outcome == "rejected"
