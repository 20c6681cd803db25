"""Streams for clients."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.anthropic_messages.talk import OWN, decoded, frames, raw, said
from tests.dialects.anthropic_messages.test_decoder import GOOD

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
from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.parts import Citation
from understudy.chat.request import Request
from understudy.chat.response import fold
from understudy.chat.usage import Usage
from understudy.dialects.anthropic_messages import DIALECT

STARTED = Started("id", "model", usage=Usage(input_tokens=3))
FINISHED = Finished(StopReason.END, Usage(input_tokens=3, output_tokens=5))


def part(kind: PartKind, *deltas: PartDelta, index: int = 0, **fields) -> list:
    return [PartStarted(index, kind, **fields), *deltas, PartEnded(index)]


def answer(*parts: list, finished: Finished = FINISHED) -> list[Event]:
    return [STARTED, *(event for each in parts for event in each), finished]


def spoken(*parts: list, finished: Finished = FINISHED) -> tuple[list[dict], set[str]]:
    data, losses = said(answer(*parts, finished=finished), stream=True)
    return frames(data), {loss.token for loss in losses}


def test_what_was_decoded_is_said_again():
    events = decoded(GOOD)
    data, losses = said(events, stream=True)
    assert decoded(data) == events
    assert losses == []


def test_the_frames_of_an_answer_come_in_order():
    found, _ = spoken(part(PartKind.TEXT, PartDelta(0, "a")))
    assert [each["type"] for each in found] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert found[0]["message"]["usage"]["input_tokens"] == 3
    assert found[4]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert found[4]["usage"]["output_tokens"] == 5


def test_the_head_is_an_event_stream():
    head = DIALECT.encoder(Request("m", (), stream=True)).head()
    assert dict(head)[b"content-type"].startswith(b"text/event-stream")


def test_blocks_are_numbered_as_they_start():
    events: list[Event] = [
        STARTED,
        PartStarted(0, PartKind.IMAGE),
        PartStarted(1, PartKind.TEXT),
        PartStarted(2, PartKind.TOOL_CALL, id="a", name="f"),
        PartDelta(1, "x"),
        PartDelta(2, "{}"),
        PartEnded(2),
        PartEnded(1),
        PartEnded(0),
        FINISHED,
    ]
    data, losses = said(events, stream=True)
    assert [each.get("index") for each in frames(data)[1:-2]] == [0, 1, 0, 1, 1, 0]
    assert [loss.token for loss in losses] == ["parts[0]"]


def test_only_the_first_of_several_answers_is_said():
    finished = Finished(StopReason.END, Usage(), choices=(ChoiceEnd(1, StopReason.END),))
    found, lost = spoken(
        part(PartKind.TEXT, PartDelta(0, "a")),
        part(PartKind.TEXT, PartDelta(1, "b"), index=1, choice=1),
        finished=finished,
    )
    texts = [each["delta"]["text"] for each in found if each["type"] == "content_block_delta"]
    assert texts == ["a"]
    assert lost == {"choices[1]"}


@pytest.mark.parametrize("kind", [PartKind.REFUSAL, PartKind.AUDIO])
def test_refusals_and_transcripts_are_text(kind):
    found, lost = spoken(part(kind, PartDelta(0, "no")))
    assert found[2]["delta"] == {"type": "text_delta", "text": "no"}
    assert lost == ({"~parts[0]"} if kind is PartKind.AUDIO else set())


def test_thoughts_of_others_lose_what_only_they_can_read():
    deltas = [PartDelta(0, "hm"), PartDelta(0, signature="s", encrypted="e")]
    found, lost = spoken(part(PartKind.REASONING, *deltas, producer="someone"))
    assert [each["delta"] for each in found if "delta" in each][:-1] == [
        {"type": "thinking_delta", "thinking": "hm"}
    ]
    assert lost == {"parts[0].signature", "parts[0].encrypted"}


def test_a_call_without_an_id_gets_one():
    found, lost = spoken(part(PartKind.TOOL_CALL, PartDelta(0, "{}"), name="f"))
    assert found[1]["content_block"]["id"] == "toolu_0"
    assert lost == {"~parts[0].id"}


def test_free_text_for_a_tool_is_its_input():
    deltas = [PartDelta(0, 'say "'), PartDelta(0, 'x"')]
    found, _ = spoken(part(PartKind.TOOL_CALL, *deltas, id="t", name="f", is_custom=True))
    assert json.loads(found[2]["delta"]["partial_json"]) == {"input": 'say "x"'}


def test_own_fields_stand_in_the_start_of_their_block():
    caller = PartDelta(0, "{}", fields={f"{OWN}caller": raw({"type": "direct"})})
    dialect = "anthropic_messages"
    found, lost = spoken(part(PartKind.TOOL_CALL, caller, id="t", name="f", dialect=dialect))
    assert found[1]["content_block"]["caller"] == {"type": "direct"}
    assert found[2]["delta"]["partial_json"] == "{}"
    assert lost == set()


def test_a_block_that_says_nothing_still_starts_and_stops():
    found, _ = spoken(part(PartKind.REASONING, field="redacted_thinking"))
    assert found[1]["content_block"] == {"type": "redacted_thinking", "data": ""}
    assert found[2] == {"type": "content_block_stop", "index": 0}


def test_fields_and_citations_of_others_are_losses():
    delta = PartDelta(0, "x", citation=Citation(url="https://x"), fields={"other.f": raw(1)})
    finished = Finished(StopReason.OTHER, None, native="odd", fields={"other.g": raw(1)})
    _, lost = spoken(part(PartKind.TEXT, delta), finished=finished)
    assert lost == {
        "parts[0].citations",
        "parts[0].other.f",
        "finished.other.g",
        "~stop",
        "~usage",
    }


def test_an_opaque_part_of_others_is_a_loss():
    _, lost = spoken(part(PartKind.OPAQUE, PartDelta(0, "x"), dialect="other", raw=raw({})))
    assert lost == {"parts[0]"}


def test_an_abort_is_an_error_event_and_no_end():
    encoder = DIALECT.encoder(Request("m", (), stream=True))
    encoder.send(STARTED)
    failure = Failure("k", Fault.UPSTREAM, "host", Scope.HOST, Progress.STREAMING, "it broke")
    data = encoder.abort(failure)
    assert data.startswith(b"event: error\n")
    (error,) = frames(data)
    assert error["type"] == "error"
    assert error["error"]["message"] == "it broke"


@given(st.lists(st.text(min_size=1), max_size=6))
def test_text_comes_out_as_it_went_in(pieces):
    parts = part(PartKind.TEXT, *[PartDelta(0, piece) for piece in ["a", *pieces]])
    data, _ = said(answer(parts), stream=True)
    assert fold(decoded(data)).text == "a" + "".join(pieces)
