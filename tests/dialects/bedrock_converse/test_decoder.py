"""Bytes to events: binary messages and whole bodies, and everything that is neither."""

import itertools

import pytest
from tests.dialects.bedrock_converse.talk import (
    OK,
    START,
    begin,
    body,
    delta,
    dump,
    end,
    event,
    events,
    flag,
    stop,
)

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
from understudy.chat.response import fold
from understudy.chat.usage import Usage
from understudy.dialects.bedrock_converse import DIALECT
from understudy.wire.eventstream import encode_message
from understudy.wire.http import ResponseHead

CALL = begin(1, toolUse={"toolUseId": "tooluse_1", "name": "weather"})
FULL = b"".join(
    (
        START,
        delta(0, text="The "),
        delta(0, text="sky\u4f60"),
        stop(0),
        CALL,
        delta(1, toolUse={"input": '{"city":'}),
        delta(1, toolUse={"input": '"Paris"}'}),
        stop(1),
        end("tool_use"),
    )
)


def test_a_stream_says_what_it_says() -> None:
    assert events(FULL) == [
        Started("req-1", ""),
        PartStarted(0, PartKind.TEXT),
        PartDelta(0, "The "),
        PartDelta(0, "sky\u4f60"),
        PartEnded(0),
        PartStarted(1, PartKind.TOOL_CALL, id="tooluse_1", name="weather"),
        PartDelta(1, '{"city":'),
        PartDelta(1, '"Paris"}'),
        PartEnded(1),
        *events(FULL)[-1:],
    ]
    last = events(FULL)[-1]
    assert isinstance(last, Finished)
    assert (last.stop, last.native) == (StopReason.TOOL_CALLS, "tool_use")
    assert last.usage == Usage(10, output_tokens=5)


def test_any_two_cuts_give_the_same_and_keep_all_bytes() -> None:
    expected = events(FULL)
    for first, second in itertools.combinations(range(0, len(FULL), 29), 2):
        decoder = DIALECT.decoder(OK, stream=True)
        pieces = (FULL[:first], FULL[first:second], FULL[second:])
        items = [item for piece in pieces for item in decoder.receive_data(piece)]
        items += decoder.receive_eof()
        assert [each for item in items for each in item.events] == expected
        assert b"".join(item.raw for item in items) == FULL


def test_whatever_is_cut_off_before_the_stop_is_no_answer() -> None:
    for at in range(len(FULL) - len(end("tool_use")) + 100):
        assert isinstance(events(FULL[:at])[-1], Failed), at


def test_an_answer_that_lacks_its_metadata_alone_is_whole_but_not_counted() -> None:
    at = len(FULL) - len(event("metadata", usage={}, metrics={})) // 2
    last = events(FULL[:at])[-1]
    assert isinstance(last, Finished)
    assert last.usage is None


def test_a_flipped_bit_anywhere_is_a_failure_and_keeps_the_bytes() -> None:
    stop_at = FULL.index(b"messageStop")
    for at in range(stop_at):
        damaged = bytearray(FULL)
        damaged[at] ^= 4
        assert isinstance(events(bytes(damaged))[-1], Failed), at


def test_what_comes_after_damage_says_nothing() -> None:
    damaged = bytearray(FULL)
    damaged[20] ^= 1
    decoder = DIALECT.decoder(OK, stream=True)
    items = decoder.receive_data(bytes(damaged))
    items = [*items, *decoder.receive_data(FULL), *decoder.receive_eof()]
    found = [each for item in items for each in item.events]
    assert len(found) == 1
    assert b"".join(item.raw for item in items) == bytes(damaged) + FULL


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b"<html>busy</html>", "html_body"),
        (b" {}", "unparsable_chunk"),
        (body({"text": "a"}), "unparsable_chunk"),
        (dump({"message": "Too many requests"}), "error_object_in_200"),
        (START, "eof_without_terminator"),
        (delta(0, text="a"), "duplicate_or_out_of_order"),
        (START + delta(0, text="a") + START, "duplicate_or_out_of_order"),
        (START + delta(0, toolUse={"input": "{}"}), "duplicate_or_out_of_order"),
        (START + CALL + CALL, "duplicate_or_out_of_order"),
        (START + CALL + stop(1) + CALL, "duplicate_or_out_of_order"),
        (START + stop(0) + stop(0), "duplicate_or_out_of_order"),
        (START + event("contentBlockDelta", delta={"text": "a"}), "unparsable_chunk"),
        (START + delta(0, text=7), "unparsable_chunk"),
        (START + event("contentBlockStart", contentBlockIndex=0), "unparsable_chunk"),
        (event("messageStop", stopReason="end_turn"), "duplicate_or_out_of_order"),
        (START + end("tool_use"), "empty_200"),
        (START + end(""), "eof_without_terminator"),
        (encode_message(((":message-type", "event"),), b"\xff"), "unparsable_chunk"),
    ],
)
def test_what_is_no_stream_fails(data: bytes, expected: str) -> None:
    assert flag(data) == expected


def test_an_exception_ends_a_stream_as_what_it_is() -> None:
    headers = ((":message-type", "exception"), (":exception-type", "throttlingException"))
    data = START + delta(0, text="a") + encode_message(headers, dump({"message": "slow down"}))
    last = events(data + delta(0, text="b"))[-1]
    assert isinstance(last, Failed)
    assert (last.signal.event, last.signal.message) == ("throttlingException", "slow down")


def test_events_of_the_future_say_nothing() -> None:
    assert events(event("weather", is_fine=True) + FULL) == events(FULL)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b"<html>", "html_body"),
        (b"{", "invalid_json_body"),
        (b"[]", "invalid_json_body"),
        (dump({"output": {}}), "invalid_json_body"),
        (dump({"output": {"message": {"content": [{"toolUse": {}}]}}}), "invalid_json_body"),
        (dump({"__type": "a#ThrottlingException"}), "error_object_in_200"),
        (body({"text": "a"}, stopReason=None), "done_without_finish"),
        (body(stopReason="tool_use"), "empty_200"),
    ],
)
def test_what_is_no_whole_answer_fails(data: bytes, expected: str) -> None:
    assert flag(data, stream=False) == expected


def test_a_whole_body_says_the_same_as_a_stream() -> None:
    call = {"toolUse": {"toolUseId": "tooluse_1", "name": "weather", "input": {"city": "Paris"}}}
    said = body({"text": "The sky\u4f60"}, call, stopReason="tool_use")
    whole, streamed = fold(events(said, stream=False)), fold(events(FULL))
    assert whole.text == streamed.text
    assert [piece.start for piece in whole.pieces] == [piece.start for piece in streamed.pieces]
    assert whole.finished == streamed.finished


def test_media_types_tell_pages_and_bodies() -> None:
    page = ResponseHead(200, ((b"content-type", b"text/html"),))
    decoder = DIALECT.decoder(page, stream=True)
    decoder.receive_data(b"busy")
    (item,) = decoder.receive_eof()
    assert isinstance(item.events[0], Failed)
    assert item.events[0].signal.flag == "html_body"
    json_head = ResponseHead(200, ((b"content-type", b"application/json"),))
    decoder = DIALECT.decoder(json_head, stream=True)
    decoder.receive_data(body({"text": "a"}))
    assert isinstance(decoder.receive_eof()[-1].events[-1], Failed)
