import json

import msgspec
import pytest
from tests.dialects.openai_chat.talk import events, failure

from understudy.chat.events import (
    ChoiceEnd,
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Failure, Fault, Progress, Scope, Signal, Surface
from understudy.chat.parts import Citation
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.openai_chat.encoder import StreamEncoder

RAW = msgspec.Raw(b'{"a":1}')
START = Started("c1", "m", 7)
END = Finished(StopReason.END, Usage(3, 1, 0, 2), "stop")
BOOM = Failure(
    "any.transport.reset_mid_stream",
    Fault.UPSTREAM,
    "host",
    Scope.HOST,
    Progress.STREAMING,
    "boom",
)


def text(index: int, *pieces: str, **start) -> list[Event]:
    deltas = [PartDelta(index, piece) for piece in pieces]
    return [PartStarted(index, PartKind.TEXT, **start), *deltas, PartEnded(index)]


def encode(*said: Event, **fields) -> tuple[bytes, StreamEncoder]:
    encoder = StreamEncoder(Request("asked", (), stream=True, **fields))
    return b"".join(encoder.send(event) for event in said), encoder


def chunks(data: bytes) -> list[dict]:
    frames = data.decode().split("\n\n")
    return [json.loads(frame[6:]) for frame in frames if frame and frame != "data: [DONE]"]


def deltas(data: bytes) -> list[dict]:
    return [choice["delta"] for chunk in chunks(data) for choice in chunk["choices"]]


def lost(encoder: StreamEncoder) -> set[str]:
    return {loss.token for loss in encoder.losses}


def test_the_role_comes_first_and_done_last():
    data, encoder = encode(START, *text(0, "Hel", "lo"), END)
    assert data.endswith(b"data: [DONE]\n\n")
    assert deltas(data) == [
        {"role": "assistant", "content": ""},
        {"content": "Hel"},
        {"content": "lo"},
        {},
    ]
    every = chunks(data)
    assert {(chunk["id"], chunk["model"], chunk["created"]) for chunk in every} == {("c1", "m", 7)}
    assert {chunk["object"] for chunk in every} == {"chat.completion.chunk"}
    assert [c["choices"][0]["finish_reason"] for c in every[:-1]] == [None, None, None, "stop"]
    assert every[-1]["choices"] == []
    assert every[-1]["usage"]["total_tokens"] == 6
    assert encoder.losses == []
    assert dict(encoder.head())[b"content-type"].startswith(b"text/event-stream")


def test_what_was_said_is_heard():
    said = [
        START,
        PartStarted(0, PartKind.REASONING, field="reasoning_content"),
        PartDelta(0, "hm"),
        PartEnded(0),
        *text(1, "x"),
        PartStarted(2, PartKind.TOOL_CALL, id="a", name="f"),
        PartDelta(2, '{"x"'),
        PartDelta(2, ":1}"),
        PartEnded(2),
        Finished(StopReason.TOOL_CALLS, Usage(3, 1, 0, 2), "tool_calls"),
    ]
    assert events(encode(*said)[0], stream=True) == said


def test_usage_is_said_when_it_is_wanted_and_known():
    assert b'"usage"' not in encode(START, *text(0, "x"), END, wants_usage=False)[0]
    assert b'"usage"' not in encode(START, *text(0, "x"), Finished(StopReason.END))[0]


def test_the_model_asked_for_stands_in_for_one_not_said():
    data, _ = encode(Started("", ""), END)
    first = chunks(data)[0]
    assert (first["model"], first["id"], first["created"]) == ("asked", "chatcmpl-0", 0)


def test_calls_are_numbered_and_custom_ones_free():
    data, _ = encode(
        START,
        PartStarted(0, PartKind.TOOL_CALL, id="a", name="f"),
        PartEnded(0),
        PartStarted(1, PartKind.TOOL_CALL, id="b", name="sh", is_custom=True),
        PartDelta(1, "ls"),
        PartEnded(1),
        END,
    )
    assert deltas(data)[1:-1] == [
        {"tool_calls": [
            {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
        ]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
        {"tool_calls": [
            {"index": 1, "id": "b", "type": "custom", "custom": {"name": "sh", "input": ""}}
        ]},
        {"tool_calls": [{"index": 1, "custom": {"input": "ls"}}]},
    ]  # fmt: skip


def test_a_legacy_caller_hears_of_a_function():
    data, encoder = encode(
        START,
        PartStarted(0, PartKind.TOOL_CALL, id="a", name="f"),
        PartDelta(0, "{}"),
        PartEnded(0),
        PartStarted(1, PartKind.TOOL_CALL, id="b", name="g"),
        PartDelta(1, "{}"),
        PartEnded(1),
        Finished(StopReason.TOOL_CALLS, native="tool_use"),
        legacy_functions=True,
    )
    assert deltas(data)[1:-1] == [
        {"function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"arguments": "{}"}},
    ]
    assert chunks(data)[-1]["choices"][0]["finish_reason"] == "function_call"
    assert lost(encoder) == {"parts[1]"}


def test_signed_thoughts_can_be_sent_back():
    data, _ = encode(
        START,
        PartStarted(0, PartKind.REASONING, producer="lab"),
        PartDelta(0, "h"),
        PartDelta(0, "m"),
        PartDelta(0, signature="s"),
        PartEnded(0),
        PartStarted(1, PartKind.REASONING, producer="lab"),
        PartDelta(1, encrypted="secret"),
        PartEnded(1),
        *text(2, "x"),
        END,
    )
    signed = {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "lab"}
    secret = {"type": "reasoning.encrypted", "data": "secret", "format": "lab"}
    assert deltas(data)[1:5] == [
        {"reasoning_content": "h"},
        {"reasoning_content": "m"},
        {"reasoning_details": [signed]},
        {"reasoning_details": [secret]},
    ]


def test_citations_are_annotations_where_they_name_a_url():
    data, encoder = encode(
        START,
        PartStarted(0, PartKind.TEXT),
        PartDelta(0, "x", citation=Citation("t", "u", "q", 1, 2)),
        PartDelta(0, citation=Citation(dialect="openai_chat", raw=RAW)),
        PartDelta(0, citation=Citation("a document", quote="q")),
        PartEnded(0),
        END,
    )
    cited = {"url": "u", "title": "t", "start_index": 1, "end_index": 2, "content": "q"}
    assert deltas(data)[1:-1] == [
        {"content": "x", "annotations": [{"type": "url_citation", "url_citation": cited}]},
        {"annotations": [{"a": 1}]},
    ]
    assert lost(encoder) == {"parts[0].citations"}


def test_speech_and_refusals_are_said():
    data, _ = encode(
        START,
        PartStarted(0, PartKind.AUDIO, id="au"),
        PartDelta(0, "Hi", audio_base64="AA=="),
        PartDelta(0),
        PartEnded(0),
        PartStarted(1, PartKind.REFUSAL),
        PartDelta(1, "no"),
        PartEnded(1),
        END,
    )
    assert deltas(data)[1:-1] == [
        {"audio": {"id": "au"}},
        {"audio": {"transcript": "Hi", "data": "AA=="}},
        {"refusal": "no"},
    ]


def test_own_thoughts_go_out_in_their_own_shape():
    raw = msgspec.Raw(b'[{"type":"reasoning.text","text":"hm","id":"r"}]')
    data, _ = encode(
        START,
        PartStarted(0, PartKind.REASONING, field="content.thinking"),
        PartDelta(0, "hm", fields={"openai_chat.closed": msgspec.Raw(b"true")}),
        PartEnded(0),
        PartStarted(1, PartKind.REASONING, field="reasoning_details"),
        PartDelta(1, "hm", fields={"openai_chat.reasoning_details": raw}),
        PartDelta(1),
        PartEnded(1),
        END,
    )
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}
    assert deltas(data)[1:-1] == [
        {"content": [thinking]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm", "id": "r"}]},
    ]


def test_several_answers_each_have_a_role_and_an_end():
    data, _ = encode(
        START,
        *text(0, "a"),
        *text(1, "b", choice=1),
        Finished(
            StopReason.END, native="stop", choices=(ChoiceEnd(1, StopReason.LENGTH, "length"),)
        ),
    )
    said = [
        (c["index"], c["delta"], c["finish_reason"]) for k in chunks(data) for c in k["choices"]
    ]
    role = {"role": "assistant", "content": ""}
    assert said == [
        (0, role, None),
        (0, {"content": "a"}, None),
        (1, role, None),
        (1, {"content": "b"}, None),
        (0, {}, "stop"),
        (1, {}, "length"),
    ]


def test_own_fields_are_said_and_others_lost():
    fields = {"openai_chat.system_fingerprint": RAW, "other": RAW}
    ends = {
        "openai_chat.citations": RAW,
        "openai_chat.usage": msgspec.Raw(b'{"cost":1}'),
        "openai_chat.choices[0].logprobs": RAW,
        "openai_chat.choices[0].message.odd": RAW,
        "other": RAW,
    }
    data, encoder = encode(
        Started("c1", "m", 7, fields=fields),
        *text(0, "x"),
        Finished(StopReason.END, Usage(1), "stop", fields=ends),
    )
    first, *_, last, usage = chunks(data)
    assert first["system_fingerprint"] == {"a": 1}
    assert last["citations"] == {"a": 1}
    choice = last["choices"][0]
    assert (choice["delta"], choice["logprobs"]) == ({"odd": {"a": 1}}, {"a": 1})
    assert usage["usage"]["cost"] == 1
    assert lost(encoder) == {"started.other", "finished.other"}


def test_what_has_no_word_is_lost_once():
    data, encoder = encode(
        START,
        PartStarted(0, PartKind.IMAGE),
        PartDelta(0, "x"),
        PartEnded(0),
        PartStarted(1, PartKind.OPAQUE, dialect="other", raw=RAW),
        PartEnded(1),
        PartStarted(2, PartKind.OPAQUE, dialect="openai_chat", raw=RAW),
        PartEnded(2),
        Finished(StopReason.PAUSE, native="pause_turn"),
    )
    assert deltas(data)[1:-1] == [{"content": [{"a": 1}]}]
    assert chunks(data)[-1]["choices"][0]["finish_reason"] == "stop"
    assert lost(encoder) == {"parts[0]", "parts[1]", "~stop"}


def test_a_stop_sequence_is_named():
    data, _ = encode(START, *text(0, "x"), Finished(StopReason.STOP_SEQUENCE, stop_sequence="###"))
    last = chunks(data)[-1]["choices"][0]
    assert (last["finish_reason"], last["stop_reason"]) == ("stop", "###")


def test_an_abort_is_an_error_and_no_end():
    data, encoder = encode(START, *text(0, "x"))
    aborted = encoder.abort(BOOM)
    assert b"[DONE]" not in aborted
    signal = failure(events(data + aborted, stream=True))
    assert (signal.flag, signal.message) == ("error_object_in_data", "boom")


def test_a_failure_is_not_sent():
    with pytest.raises(AssertionError):
        encode(Failed(Signal(Surface.STREAM)))
