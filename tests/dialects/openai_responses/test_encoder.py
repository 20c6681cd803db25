import pytest
from hypothesis import given, settings
from tests.dialects.openai_responses.talk import decode, encoded, frames, parse
from tests.strategies import responses

from understudy.chat.events import (
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
from understudy.chat.response import fold, unfold
from understudy.dialects.openai_responses import DIALECT

START = Started("resp_0123456789", "m", 7)
END = Finished(StopReason.END, native="completed")
FAILURE = Failure("x", Fault.UPSTREAM, "host", Scope.HOST, Progress.STREAMING, "gone", code="c")


def said(*events, **fields):
    data, losses = encoded([START, *events], stream=True, **fields)
    found = frames(data)
    assert [each["sequence_number"] for each in found] == list(range(len(found)))
    return found, losses


def kinds(found):
    return [each["type"].removeprefix("response.") for each in found]


def test_a_text_is_said_event_by_event():
    found, losses = said(
        PartStarted(0, PartKind.TEXT), PartDelta(0, "a"), PartDelta(0, "b"), PartEnded(0), END
    )
    assert kinds(found) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert losses == []
    item = found[2]["item"]["id"]
    assert {each["item_id"] for each in found[3:8]} == {item}
    assert found[6]["text"] == "ab"
    assert found[-1]["response"]["output"] == [found[8]["item"]]


def test_a_thought_and_a_call_are_items_of_their_own():
    found, _ = said(
        PartStarted(0, PartKind.REASONING, field="thinking", producer="anthropic"),
        PartDelta(0, "hm"),
        PartDelta(0, signature="sig"),
        PartEnded(0),
        PartStarted(1, PartKind.TOOL_CALL, id="c", name="f"),
        PartDelta(1, '{"a"'),
        PartDelta(1, ":1}"),
        PartEnded(1),
        Finished(StopReason.TOOL_CALLS),
    )
    assert kinds(found)[2:] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    assert found[7]["item"]["encrypted_content"].startswith("understudy.")
    assert [each["output_index"] for each in found[8:-1]] == [1] * 5
    assert found[-2]["item"]["arguments"] == '{"a":1}'


def test_calls_that_interleave_keep_their_places():
    found, _ = said(
        PartStarted(0, PartKind.TOOL_CALL, id="a", name="f"),
        PartStarted(1, PartKind.TOOL_CALL, id="b", name="g"),
        PartDelta(1, "1"),
        PartDelta(0, "0"),
        PartEnded(1),
        PartEnded(0),
        END,
    )
    deltas = [each for each in found if each["type"].endswith("arguments.delta")]
    assert [(each["output_index"], each["delta"]) for each in deltas] == [(1, "1"), (0, "0")]
    assert [item["call_id"] for item in found[-1]["response"]["output"]] == ["a", "b"]


def test_a_call_without_arguments_has_empty_ones():
    found, _ = said(PartStarted(0, PartKind.TOOL_CALL, id="a", name="f"), PartEnded(0), END)
    assert [each["delta"] for each in found if each["type"].endswith("delta")] == ["{}"]


def test_free_text_is_said_when_a_function_stood_in_for_a_custom_tool():
    request = parse("x", stream=True, tools=[{"type": "custom", "name": "patch"}])
    found, _ = said(
        PartStarted(0, PartKind.TOOL_CALL, id="a", name="patch"),
        PartDelta(0, '{"input":'),
        PartDelta(0, '"***"}'),
        PartEnded(0),
        END,
        request=request,
    )
    assert "custom_tool_call_input.delta" in kinds(found)
    assert [each["delta"] for each in found if each["type"].endswith("delta")] == ["***"]
    assert found[-1]["response"]["output"][0]["input"] == "***"


def test_a_cited_place_is_told_as_it_comes():
    found, losses = said(
        PartStarted(0, PartKind.TEXT),
        PartDelta(0, "a", citation=Citation(url="u")),
        PartDelta(0, citation=Citation(title="no address")),
        PartEnded(0),
        END,
    )
    notes = [each for each in found if each["type"].endswith("annotation.added")]
    assert [(note["annotation_index"], note["annotation"]["url"]) for note in notes] == [(0, "u")]
    assert [loss.path for loss in losses] == ["parts[0].citations"]


def test_an_answer_cut_short_says_so():
    found, _ = said(
        PartStarted(0, PartKind.TEXT), PartDelta(0, "a"), PartEnded(0), Finished(StopReason.LENGTH)
    )
    assert kinds(found)[-2:] == ["output_item.done", "incomplete"]
    assert found[-2]["item"]["status"] == "incomplete"
    assert found[-1]["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


def test_what_cannot_be_said_is_a_loss():
    _, losses = said(
        PartStarted(0, PartKind.IMAGE),
        PartDelta(0, "x"),
        PartEnded(0),
        PartStarted(1, PartKind.TEXT, choice=1),
        PartDelta(1, "x"),
        PartEnded(1),
        END,
    )
    assert [loss.path for loss in losses] == ["parts[0]", "choices[1]"]


def test_a_broken_answer_ends_in_an_error():
    encoder = DIALECT.encoder(Request("m", (), stream=True))
    alone = frames(encoder.abort(FAILURE))
    assert [each["type"] for each in alone] == ["error"]
    encoder = DIALECT.encoder(Request("m", (), stream=True))
    encoder.send(START)
    (failed,) = frames(encoder.abort(FAILURE))
    assert (failed["type"], failed["response"]["status"]) == ("response.failed", "failed")
    assert failed["response"]["error"] == {"code": "c", "message": "gone"}
    assert failed["error"]["message"] == "gone"


def test_a_failure_is_never_sent():
    encoder = DIALECT.encoder(Request("m", (), stream=True))
    with pytest.raises(AssertionError):
        encoder.send(Failed(Signal(Surface.STREAM)))
    assert encoder.remark(b"hi") == b": hi\n\n"


@pytest.mark.parametrize("stream", [True, False])
def test_a_call_without_a_name_is_declared(stream):
    call = PartStarted(0, PartKind.TOOL_CALL, id="c")
    end = Finished(StopReason.LENGTH)
    _, losses = encoded([START, call, PartEnded(0), end], stream=stream)
    assert [loss.path for loss in losses] == ["parts[0].name"]


@settings(max_examples=60, deadline=None)
@given(responses)
def test_it_is_read_as_it_was_said(response):
    for stream in (True, False):
        data, losses = encoded(unfold(response), stream=stream)
        again = decode(data, stream=stream)
        if isinstance(again[-1], Failed):  # thoughts alone are no answer
            assert again[-1].signal.flag == "empty_200"
            continue
        if not losses:
            assert fold(again).text == response.text
            assert [p.text for p in fold(again).pieces if p.start.kind is PartKind.TOOL_CALL] == [
                p.text or "{}" if not p.start.is_custom else p.text
                for p in response.pieces
                if p.start.kind is PartKind.TOOL_CALL
            ]
