import json

import msgspec
from tests.dialects.openai_chat.talk import events, failure
from tests.dialects.openai_chat.test_encoder import BOOM, END, RAW, START, text

from understudy.chat.events import (
    ChoiceEnd,
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.parts import Citation
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.openai_chat.whole import WholeEncoder


def encode(*said: Event, **fields) -> tuple[dict, WholeEncoder]:
    encoder = WholeEncoder(Request("asked", (), **fields))
    *silent, last = [encoder.send(event) for event in said]
    assert not any(silent)
    body: dict = json.loads(last)
    return body, encoder


def message(*said: Event, **fields) -> dict:
    found: dict = encode(START, *said, END, **fields)[0]["choices"][0]["message"]
    return found


def test_a_body_is_said_at_the_end():
    body, encoder = encode(START, *text(0, "Hel", "lo"), END)
    usage = body.pop("usage")
    assert body == {
        "id": "c1",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
    }
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (4, 2)
    assert encoder.losses == []
    assert dict(encoder.head()) == {b"content-type": b"application/json"}


def test_a_call_leaves_the_content_empty():
    said = message(
        PartStarted(0, PartKind.TOOL_CALL, id="a", name="f"),
        PartEnded(0),
        PartStarted(1, PartKind.TOOL_CALL, id="b", name="sh", is_custom=True),
        PartDelta(1, "ls"),
        PartEnded(1),
    )
    assert said["content"] is None
    assert said["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "b", "type": "custom", "custom": {"name": "sh", "input": "ls"}},
    ]


def test_a_legacy_caller_hears_of_one_function():
    calls: list[Event] = [
        PartStarted(0, PartKind.TOOL_CALL, id="a", name="f"),
        PartDelta(0, "{}"),
        PartEnded(0),
        PartStarted(1, PartKind.TOOL_CALL, id="b", name="g"),
        PartEnded(1),
    ]
    done = Finished(StopReason.TOOL_CALLS)
    body, encoder = encode(START, *calls, done, legacy_functions=True)
    choice = body["choices"][0]
    assert choice["message"]["function_call"] == {"name": "f", "arguments": "{}"}
    assert choice["finish_reason"] == "function_call"
    assert [loss.path for loss in encoder.losses] == ["parts[1]"]


def test_thoughts_stand_beside_the_text():
    said = message(
        PartStarted(0, PartKind.REASONING, producer="lab", field="reasoning"),
        PartDelta(0, "hm", signature="s"),
        PartEnded(0),
        *text(1, "x"),
    )
    assert (said["reasoning"], said["content"]) == ("hm", "x")
    assert said["reasoning_details"] == [
        {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "lab"}
    ]


def test_details_that_came_as_such_go_as_they_came():
    raw = msgspec.Raw(b'[{"type":"reasoning.text","text":"hm","id":"r"}]')
    said = message(
        PartStarted(0, PartKind.REASONING, field="reasoning_details"),
        PartDelta(0, "hm", fields={"openai_chat.reasoning_details": raw}),
        PartEnded(0),
        *text(1, "x"),
    )
    assert said["reasoning_details"] == [{"type": "reasoning.text", "text": "hm", "id": "r"}]
    assert "reasoning_content" not in said


def test_content_is_a_list_where_it_came_as_one():
    said = message(
        PartStarted(0, PartKind.REASONING, field="content.thinking"),
        PartDelta(0, "hm", signature="s", fields={"openai_chat.closed": msgspec.Raw(b"true")}),
        PartEnded(0),
        *text(1, "x"),
        PartStarted(2, PartKind.OPAQUE, dialect="openai_chat", raw=RAW),
        PartEnded(2),
    )
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    assert said["content"] == [
        {**thinking, "signature": "s", "closed": True},
        {"type": "text", "text": "x"},
        {"a": 1},
    ]


def test_refusals_speech_and_citations_are_said():
    said = message(
        PartStarted(0, PartKind.REFUSAL),
        PartDelta(0, "no"),
        PartEnded(0),
        PartStarted(1, PartKind.AUDIO, id="au"),
        PartDelta(1, "Hi", audio_base64="AA=="),
        PartEnded(1),
        PartStarted(2, PartKind.TEXT),
        PartDelta(2, "x", citation=Citation("t", "u")),
        PartEnded(2),
    )
    assert said["refusal"] == "no"
    assert said["audio"] == {"id": "au", "data": "AA==", "expires_at": 0, "transcript": "Hi"}
    cited = {"url": "u", "title": "t", "start_index": 0, "end_index": 0}
    assert said["annotations"] == [{"type": "url_citation", "url_citation": cited}]


def test_several_answers_are_several_choices():
    ends = (ChoiceEnd(1, StopReason.LENGTH, "length"),)
    done = Finished(StopReason.END, choices=ends)
    body, _ = encode(START, *text(0, "a"), *text(1, "b", choice=1), done)
    said = [(c["index"], c["message"]["content"], c["finish_reason"]) for c in body["choices"]]
    assert said == [(0, "a", "stop"), (1, "b", "length")]


def test_own_fields_are_said_and_others_lost():
    fields = {
        "openai_chat.system_fingerprint": RAW,
        "openai_chat.choices[0].logprobs": RAW,
        "openai_chat.choices[0].message.odd": RAW,
        "other": RAW,
    }
    done = Finished(StopReason.OTHER, Usage(1), "odd", "###", fields=fields)
    body, encoder = encode(Started("c1", "m", fields={"other": RAW}), *text(0, "x"), done)
    choice = body["choices"][0]
    assert body["system_fingerprint"] == choice["logprobs"] == choice["message"]["odd"] == {"a": 1}
    assert choice["stop_reason"] == "###"
    assert {loss.token for loss in encoder.losses} == {"started.other", "finished.other", "~stop"}


def test_what_has_no_word_is_lost():
    said: list[Event] = [
        PartStarted(0, PartKind.IMAGE),
        PartEnded(0),
        PartStarted(1, PartKind.TEXT),
        PartDelta(1, "x", citation=Citation(quote="q"), fields={"other": RAW}),
        PartEnded(1),
    ]
    _, encoder = encode(START, *said, END)
    lost = {loss.path for loss in encoder.losses}
    assert lost == {"parts[0]", "parts[1].citations", "parts[1].other"}


def test_an_abort_is_an_error_body():
    data = WholeEncoder(Request("m", ())).abort(BOOM)
    signal = failure(events(data, stream=False))
    assert (signal.flag, signal.message) == ("error_object_in_200", "boom")
