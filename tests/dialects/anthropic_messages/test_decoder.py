"""Streams and bodies: what is no answer is a failure, and nothing is ever an exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.anthropic_messages.talk import (
    PING,
    STOP,
    block,
    body,
    decoded,
    delta,
    dump,
    end,
    failed,
    frame,
    start,
    stop,
    text,
)

from understudy.chat.events import Failed, Finished, PartDelta, PartEnded, PartKind, PartStarted
from understudy.chat.failure import Surface
from understudy.chat.response import fold
from understudy.dialects.anthropic_messages.decoder import StreamDecoder, whole_decoder

GOOD = b"".join(
    [
        start(),
        PING,
        block(0, "thinking", thinking=""),
        delta(0, "thinking_delta", thinking="hm"),
        delta(0, "signature_delta", signature="sig"),
        stop(0),
        text(1, "Ĝis ", "la 🙂"),
        block(2, "tool_use", id="toolu_1", name="f", input={}),
        delta(2, "input_json_delta", partial_json=""),
        delta(2, "input_json_delta", partial_json='{"a":'),
        delta(2, "input_json_delta", partial_json="1}"),
        stop(2),
        end("tool_use"),
    ]
)


def test_a_stream_is_parts_in_order():
    response = fold(decoded(GOOD))
    thought, spoken, call = response.pieces
    assert (thought.text, thought.signature) == ("hm", "sig")
    assert thought.start.producer == "anthropic"
    assert spoken.text == "Ĝis la 🙂"
    assert (call.start.id, call.start.name, call.text) == ("toolu_1", "f", '{"a":1}')
    assert response.finished.native == "tool_use"


@given(st.lists(st.integers(0, len(GOOD)), max_size=9))
def test_cuts_are_invisible(cuts):
    assert decoded(GOOD, cuts=cuts) == decoded(GOOD)


@pytest.mark.parametrize("ending", [b"\r\n", b"\r"])
def test_other_line_ends_say_the_same(ending):
    assert decoded(GOOD.replace(b"\n", ending)) == decoded(GOOD)


def test_a_frame_without_a_name_is_told_by_its_data():
    unnamed = b"".join(line + b"\n" for line in GOOD.split(b"\n") if not line.startswith(b"event:"))
    assert decoded(unnamed[:-1]) == decoded(GOOD)


def test_events_of_the_future_are_passed_over():
    odd = start() + frame("message_thought", depth=3) + text(0, "x") + b": hello\n\n" + end()
    assert fold(decoded(odd)).text == "x"


def test_bytes_after_the_end_are_passed_on_and_say_nothing():
    assert decoded(GOOD + start() + b"data: [DONE]\n\n") == decoded(GOOD)


@given(st.integers(0, len(GOOD) - len(STOP) - 3))
def test_a_beginning_never_passes_for_an_answer(length):
    assert failed(GOOD[:length]).flag in {"empty_200", "eof_without_terminator"}


def test_an_end_without_its_blank_line_is_an_end():
    assert isinstance(decoded(GOOD[:-1])[-1], Finished)
    assert isinstance(decoded(GOOD[:-2])[-1], Finished)


def test_an_empty_turn_is_an_answer():
    for data in (start() + end(), start() + text(0) + end()):
        assert isinstance(decoded(data)[-1], Finished)


@pytest.mark.parametrize("missing", [1, 2, 3, 4, 20, 34, len(STOP) - 1, len(STOP)])
def test_a_stream_that_lacks_only_its_stop_is_whole_and_gets_one(missing):
    decoder = StreamDecoder()
    items = [*decoder.receive_data(GOOD[:-missing]), *decoder.receive_eof()]
    assert [event for item in items for event in item.events] == decoded(GOOD)
    shown = b"".join(item.raw for item in items if not item.is_hidden)
    assert shown == GOOD


def test_a_stop_reason_at_the_start_ends_nothing():
    begun = start().replace(b'"stop_reason":null', b'"stop_reason":"end_turn"')
    assert begun != start()
    assert failed(begun + text(0, "x")).flag == "eof_without_terminator"


@pytest.mark.parametrize(
    ("data", "flag"),
    [
        (b"", "empty_200"),
        (b": keep-alive\n\n", "eof_without_terminator"),
        (PING, "eof_without_terminator"),
        (b"<html>gone</html>", "html_body"),
        (body([{"type": "text", "text": "x"}]), "unparsable_chunk"),
        (b"nonsense\n\n", "eof_without_terminator"),
        (b"data: nonsense\n\n", "unparsable_chunk"),
        (start() + b'data: {"type":"content_block_start"}\n\n', "unparsable_chunk"),
        (start() + delta(0, "text_delta", text="x"), "duplicate_or_out_of_order"),
        (start() + stop(0), "duplicate_or_out_of_order"),
        (start() + text(0, "x") + delta(0, "text_delta", text="y"), "duplicate_or_out_of_order"),
        (start() + text(0, "x") + block(0, "text", text=""), "duplicate_or_out_of_order"),
        (start() + text(0, "x") + start(), "duplicate_or_out_of_order"),
        (block(0, "text", text=""), "duplicate_or_out_of_order"),
        (end(), "duplicate_or_out_of_order"),
        (STOP, "duplicate_or_out_of_order"),
        (start() + text(0, "x") + end(None), "done_without_finish"),
        (start() + end("tool_use"), "empty_200"),
        (start() + b"data: " + b"[" * 100_000 + b"\n\n", "unparsable_chunk"),
        (start() + b"data: \xff\xfe\n\n", "unparsable_chunk"),
    ],
)
def test_what_is_no_answer_is_a_failure(data, flag):
    assert failed(data).flag == flag


@pytest.mark.parametrize("reason", ["refusal", "max_tokens", "pause_turn", "stop_sequence"])
def test_some_answers_may_be_empty(reason):
    assert isinstance(decoded(start() + end(reason))[-1], Finished)
    assert isinstance(decoded(body([], reason), stream=False)[-1], Finished)


def test_an_error_in_a_stream_is_read():
    error = {"type": "overloaded_error", "message": "Overloaded"}
    signal = failed(start() + text(0, "x") + frame("error", error=error))
    assert signal.surface is Surface.STREAM
    assert (signal.event, signal.type, signal.message) == ("error", *error.values())
    bare = b'event: error\ndata: {"error":{"type":"api_error","message":"m"}}\n\n'
    assert failed(bare).type == "api_error"


def test_an_error_body_instead_of_a_stream_is_read():
    error = {"type": "error", "error": {"type": "api_error", "message": "no"}}
    for stream in (True, False):
        signal = failed(dump(error), stream=stream)
        assert (signal.event, signal.type) == ("error", "api_error")


@pytest.mark.parametrize(
    ("data", "flag"),
    [
        (b"", "empty_200"),
        (b"  \n", "empty_200"),
        (b"<!doctype html>", "html_body"),
        (b"[]", "invalid_json_body"),
        (b"{}", "invalid_json_body"),
        (b'{"content":{}}', "invalid_json_body"),
        (b'{"content":[{}]}', "done_without_finish"),
        (b'{"content":[1]}', "invalid_json_body"),
        (body([{"type": "text", "text": 3}]), "invalid_json_body"),
        (body([{"type": "text", "text": "x"}])[:-9], "invalid_json_body"),
        (body([{"type": "text", "text": "x"}], None), "done_without_finish"),
        (body([], "tool_use"), "empty_200"),
        (GOOD, "invalid_json_body"),
        (b"[" * 100_000, "invalid_json_body"),
    ],
)
def test_what_is_no_whole_answer_is_a_failure(data, flag):
    assert failed(data, stream=False).flag == flag


def test_a_whole_body_may_come_in_pieces():
    data = body([{"type": "text", "text": "hello"}])
    assert decoded(data, stream=False, cuts=[1, 50]) == decoded(data, stream=False)


@pytest.mark.parametrize("make", [StreamDecoder, whole_decoder])
def test_a_body_has_a_limit(make):
    decoder = make(limit_bytes=8)
    found = [
        *decoder.receive_data(b'{"a":1'),
        *decoder.receive_data(b',"b":2'),
        *decoder.receive_data(b"}"),
    ]
    assert b"".join(item.raw for item in found) == b'{"a":1,"b":2}'
    events = [event for item in found for event in item.events]
    assert [event.signal.flag for event in events if isinstance(event, Failed)] == [
        "response_over_limit"
    ]


def test_interleaved_blocks_keep_apart():
    data = b"".join(
        [
            start(),
            block(0, "text", text=""),
            block(1, "tool_use", id="t", name="f", input={}),
            delta(0, "text_delta", text="a"),
            delta(1, "input_json_delta", partial_json="{}"),
            delta(0, "text_delta", text="b"),
            stop(1),
            stop(0),
            end(),
        ]
    )
    first, second = fold(decoded(data)).pieces
    assert (first.text, second.text) == ("ab", "{}")


def test_text_costs_one_delta_a_frame():
    decoder = StreamDecoder()
    decoder.receive_data(start() + block(0, "text", text=""))
    for piece in ("a", "b"):
        (item,) = decoder.receive_data(delta(0, "text_delta", text=piece))
        assert tuple(item.events) == (PartDelta(0, piece),)
    (item,) = decoder.receive_data(stop(0))
    assert list(item.events) == [PartEnded(0)]
    (item,) = decoder.receive_data(block(1, "text", text="given"))
    assert list(item.events) == [PartStarted(1, PartKind.TEXT), PartDelta(1, "given")]


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=4), st.integers(0, 6))
def test_mutations_never_raise(at, new, cut):
    decoded(GOOD[:at] + new + GOOD[at + cut :])


@given(st.integers(0, 400), st.binary(max_size=4), st.integers(0, 6))
def test_mutated_bodies_never_raise(at, new, cut):
    content = [
        {"type": "text", "text": "x", "citations": [{"type": "char_location", "cited_text": "c"}]},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1, None]}},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
    ]
    data = body(
        content, usage={"input_tokens": 1, "cache_creation": {"ephemeral_1h_input_tokens": 1}}
    )
    at = min(at, len(data))
    decoded(data[:at] + new + data[at + cut :], stream=False)
