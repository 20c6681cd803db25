"""Whole bodies for clients."""

import json

from tests.dialects.anthropic_messages.talk import OWN, body, decoded, raw, said
from tests.dialects.anthropic_messages.test_encoder import FINISHED, answer, part

from understudy.chat.events import Finished, PartDelta, PartKind, StopReason
from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.request import Request
from understudy.dialects.anthropic_messages import DIALECT


def whole(*parts: list, finished: Finished = FINISHED) -> tuple[dict, set[str]]:
    data, losses = said(answer(*parts, finished=finished), stream=False)
    return json.loads(data), {loss.token for loss in losses}


def test_a_body_comes_with_the_end_and_not_before():
    encoder = DIALECT.encoder(Request("m", ()))
    events = answer(part(PartKind.TEXT, PartDelta(0, "a")))
    assert [encoder.send(event) for event in events[:-1]] == [b""] * 4
    assert json.loads(encoder.send(events[-1]))["content"] == [{"type": "text", "text": "a"}]
    assert dict(encoder.head())[b"content-type"] == b"application/json"


def test_a_body_that_was_read_is_said_again():
    content = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "x", "citations": [{"type": "char_location", "cited_text": "c"}]},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}, "caller": {"type": "x"}},
        {"type": "server_tool_use", "id": "s", "name": "n", "input": {"q": "?"}},
    ]
    data = body(content, "tool_use", container={"id": "c"})
    again, losses = said(decoded(data, stream=False), stream=False)
    assert losses == []
    before, after = json.loads(data), json.loads(again)
    for count in ("cache_creation_input_tokens", "cache_read_input_tokens"):
        assert after["usage"].pop(count) == 0
    assert after == before


def test_what_a_stream_added_to_a_block_is_in_it():
    deltas = [
        PartDelta(0, '{"q":'),
        PartDelta(0, "1}"),
        PartDelta(0, fields={f"{OWN}delta.0": raw({"type": "x_delta", "note": "a"})}),
        PartDelta(0, fields={f"{OWN}delta.1": raw({"type": "x_delta", "note": "b", "list": [1]})}),
    ]
    opaque = raw({"type": "server_tool_use", "id": "s", "input": {}, "list": [0]})
    found, lost = whole(part(PartKind.OPAQUE, *deltas, dialect="anthropic_messages", raw=opaque))
    assert found["content"] == [
        {"type": "server_tool_use", "id": "s", "input": {"q": 1}, "note": "ab", "list": [0, 1]}
    ]
    assert lost == set()


def test_arguments_that_are_no_object_are_kept_as_text():
    found, lost = whole(part(PartKind.TOOL_CALL, PartDelta(0, '{"a":'), id="t", name="f"))
    assert found["content"][0]["input"] == {"arguments": '{"a":'}
    assert lost == {"~parts[0].arguments"}


def test_free_text_for_a_tool_is_its_input():
    found, _ = whole(part(PartKind.TOOL_CALL, PartDelta(0, "x"), id="t", name="f", is_custom=True))
    assert found["content"][0]["input"] == {"input": "x"}


def test_what_cannot_be_said_is_left_out_and_named():
    finished = Finished(StopReason.CONTENT_FILTER, FINISHED.usage)
    found, lost = whole(
        part(PartKind.IMAGE),
        part(PartKind.TEXT, PartDelta(1, "b"), index=1, choice=1),
        part(PartKind.REASONING, PartDelta(2, "t", signature="s"), index=2, producer="x"),
        part(PartKind.AUDIO, PartDelta(3, "spoken"), index=3),
        finished=finished,
    )
    assert found["content"] == [
        {"type": "thinking", "thinking": "t", "signature": ""},
        {"type": "text", "text": "spoken"},
    ]
    assert found["stop_reason"] == "refusal"
    assert lost == {"parts[0]", "choices[1]", "parts[2].signature", "~parts[3]", "~stop"}


def test_an_abort_is_an_error_object():
    failure = Failure("k", Fault.UPSTREAM, "host", Scope.HOST, Progress.SENT, "it broke")
    assert json.loads(DIALECT.encoder(Request("m", ())).abort(failure))["type"] == "error"
