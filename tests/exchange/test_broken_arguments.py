"""Arguments that break off being JSON, for a client that is given objects in pieces."""

import itertools

import msgspec
import pytest

from tests.exchange.stage import ROWS, SSE, target, whole
from tests.play import Stage, check_invariants
from understudy.dialects.catalog import DIALECTS
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import UpstreamConnected, UpstreamRead
from understudy.exchange.services import HeldBudget, Services
from understudy.providers.classifier import Classifier
from understudy.routing.router import Router
from understudy.routing.topology import OnBreak, Route, Topology

BODY = {
    "model": "r", "max_tokens": 99, "stream": True, "messages": [{"role": "user", "content": "a"}],
    "tools": [{"name": "run", "input_schema": {"type": "object"}}],
}  # fmt: skip


def asked(on_break: OnBreak) -> Stage:
    one, two = target("one", "openai_chat"), target("two", "openai_chat")
    route = Route("r", ("one", "two"), on_break=on_break)
    services = Services(
        router=Router(
            Topology({"one": one, "two": two}, {"r": route}), itertools.repeat(0.5).__next__
        ),
        dialects=DIALECTS,
        classifier=Classifier(ROWS),
        budget=HeldBudget(),
    )
    body = msgspec.json.encode(BODY)
    return Stage(Exchange(services, Asked("req-1", 1.7e9, "anthropic_messages", body), 0.0))


def called(*pieces: str, finish: str = "tool_calls") -> bytes:
    """A stream that calls a tool with arguments in these pieces."""
    start = {"index": 0, "id": "c", "type": "function"}
    calls = [
        {
            **(start if number == 0 else {"index": 0}),
            "function": {"name": "run", "arguments": piece},
        }
        for number, piece in enumerate(pieces)
    ]
    deltas = [({"tool_calls": [call]}, None) for call in calls]
    chunks = [
        {"id": "i", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
        for delta, end in [*deltas, ({}, finish)]
    ]
    said = [b"data: %b\n\n" % msgspec.json.encode(chunk) for chunk in chunks]
    return b"".join(said) + b"data: [DONE]\n\n"


@pytest.mark.parametrize("rest", ["x\ny", 'x"y"}', "x"])
def test_a_stream_that_began_the_object_ends_as_an_error(rest: str) -> None:
    stage = asked(OnBreak.ERROR)
    stage.tell(UpstreamConnected(1), UpstreamRead(1, SSE, called('{"path":"/tmp/', rest)))
    sent = stage.sent()
    assert b"event: error\n" in sent
    assert b"not valid JSON" in sent
    assert b"message_stop" not in sent
    assert b"x\\ny" not in sent
    assert stage.entry().failure == "any.semantic.tool_args_invalid"
    check_invariants(stage.commands)


def test_what_was_cut_short_by_the_limit_is_no_error() -> None:
    stage = asked(OnBreak.ERROR)
    stage.tell(UpstreamConnected(1), UpstreamRead(1, SSE, called('{"path":"/tm', finish="length")))
    assert b'"stop_reason":"max_tokens"' in stage.sent()
    assert stage.sent().endswith(b'{"type":"message_stop"}\n\n')


def test_before_anything_was_seen_the_next_target_answers() -> None:
    stage = asked(OnBreak.RESTART)
    stage.tell(UpstreamConnected(1), UpstreamRead(1, SSE, called('{"path":"/tmp/', "x\ny")))
    assert stage.targets() == ["one", "two"]
    assert stage.sent() == b""
    whole(stage, 2, SSE, called('{"path":"/tmp"}'))
    assert b"event: error\n" not in stage.sent()
    assert stage.sent().endswith(b'{"type":"message_stop"}\n\n')
    check_invariants(stage.commands)
