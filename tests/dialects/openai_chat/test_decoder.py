import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.openai_chat.talk import (
    DONE,
    bare,
    body,
    chunk,
    decoded,
    dump,
    end,
    events,
    failure,
    frame,
    streamed,
    whole,
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
from understudy.chat.failure import Surface
from understudy.chat.response import fold
from understudy.chat.usage import Usage
from understudy.dialects.openai_chat.decoder import StreamDecoder, whole_decoder

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
HELLO = (
    chunk({"role": "assistant", "content": ""}),
    *(chunk({"content": text}) for text in ("Hel", "lo")),
    end(),
    bare(usage=USAGE),
    DONE,
)


def test_a_stream_is_read():
    assert streamed(*HELLO) == [
        Started("c1", "m", 7),
        PartStarted(0, PartKind.TEXT),
        PartDelta(0, "Hel"),
        PartDelta(0, "lo"),
        PartEnded(0),
        Finished(StopReason.END, Usage(input_tokens=3, output_tokens=2), "stop"),
    ]


def test_a_whole_body_says_what_its_stream_says():
    assert fold(whole(body({"content": "Hello"}, usage=USAGE))) == fold(streamed(*HELLO))


@given(st.lists(st.integers(0, len(b"".join(HELLO)))))
def test_cutting_is_invisible(cuts):
    data = b"".join(HELLO)
    assert events(data, stream=True, cuts=cuts) == events(data, stream=True)


def test_each_frame_says_its_own():
    found = decoded(b": ping\n\n" + b"".join(HELLO), stream=True)
    assert [len(item.events) for item in found] == [0, 1, 2, 1, 0, 0, 2]


@pytest.mark.parametrize("usage_at_end", [True, False])
def test_a_missing_done_is_forgiven(usage_at_end):
    frames = HELLO[: -1 if usage_at_end else -2]
    assert isinstance(streamed(*frames)[-1], Finished)
    cut = decoded(b"".join([*frames, DONE[:7]]), stream=True)
    assert [item.raw for item in cut if not item.is_hidden] == [*frames, DONE]


def test_a_last_line_without_its_blank_line_is_read():
    assert isinstance(events(b"".join(HELLO[:4]) + b"data: [DONE]", stream=True)[-1], Finished)
    cut = b"".join(HELLO[:3]) + HELLO[3].rstrip()
    assert isinstance(events(cut, stream=True)[-1], Finished)


def test_usage_that_we_asked_for_is_hidden():
    data = b"".join(HELLO)
    assert [item.is_hidden for item in decoded(data, stream=True, hide=True)] == [
        False,
        False,
        False,
        False,
        True,
        False,
    ]
    assert not any(item.is_hidden for item in decoded(data, stream=True))


def test_usage_in_a_chunk_that_says_more_is_not_hidden():
    data = chunk({"content": "x"}) + chunk(choice={"finish_reason": "stop"}, usage=USAGE) + DONE
    assert not any(item.is_hidden for item in decoded(data, stream=True, hide=True))


@pytest.mark.parametrize(
    "frames",
    [
        (chunk({"content": "x"}), chunk(choice={"finish_reason": "stop"}, usage=USAGE)),
        (chunk({"content": "x"}), chunk(choice={"finish_reason": "stop"}, x_groq={"usage": USAGE})),
        (
            chunk({"content": "x"}, usage={**USAGE, "completion_tokens": 1}),
            end(),
            bare(usage=USAGE),
        ),
        (chunk({"content": "x"}, usage=None), end(), end(usage=None), bare(usage=USAGE)),
    ],
)
def test_usage_is_found_wherever_it_stands(frames):
    finished = streamed(*frames, DONE)[-1]
    assert isinstance(finished, Finished)
    assert finished.usage == Usage(input_tokens=3, output_tokens=2)


def test_a_preamble_without_choices_begins_nothing():
    found = decoded(
        frame({"id": "", "model": "", "created": 0, "choices": [], "prompt_filter_results": [1]})
        + b"".join(HELLO),
        stream=True,
    )
    assert found[0].events == []
    started = found[1].events[0]
    assert isinstance(started, Started)
    assert (started.id, started.model, started.created) == ("c1", "m", 7)
    assert {name: bytes(raw) for name, raw in (started.fields or {}).items()} == {
        "openai_chat.prompt_filter_results": b"[1]"
    }


def test_numbers_and_nulls_in_odd_places_are_read():
    odd = {"id": 12, "model": None, "created": 7.0, "choices": None}
    start = {"index": None, "delta": {"role": None, "content": None, "tool_calls": None}}
    found = streamed(
        frame(odd),
        frame({"id": 12, "choices": [start]}),
        frame({"id": 12, "choices": [{"index": 0, "delta": None}]}),
        frame({"id": 12, "choices": [{"index": 0, "delta": {"content": "x"}}]}),
        frame({"id": 12, "choices": [{"index": 0, "finish_reason": "stop"}]}),
    )
    assert found[0] == Started("12", "", 7)
    assert fold(found).text == "x"


ERROR = {"error": {"message": "boom", "type": "server_error", "code": 500}}


@pytest.mark.parametrize(
    ("frames", "flag"),
    [
        (HELLO[:3], "eof_without_terminator"),
        ((*HELLO[:3], DONE), "done_without_finish"),
        ((*HELLO[:3], b'data: {"id":'), "eof_without_terminator"),
        ((*HELLO[:3], b'data: {"id":\n\n'), "unparsable_chunk"),
        ((*HELLO[:3], b"data: \xff\n\n"), "unparsable_chunk"),
        ((*HELLO[:3], b'data: "text"\n\n'), "unparsable_chunk"),
        ((*HELLO[:3], b'data: {"choices":5}\n\n'), "unparsable_chunk"),
        ((chunk({"content": 5}),), "unparsable_chunk"),
        ((b"data: " + b'{"a":' * 100_000 + b"\n\n",), "unparsable_chunk"),
        ((*HELLO[:3], frame(ERROR)), "error_object_in_data"),
        ((frame({**ERROR, "choices": []}),), "error_object_in_data"),
        ((b"event: error\ndata: {}\n\n",), "error_object_in_data"),
        ((chunk({"role": "assistant"}), end(), DONE), "empty_200"),
        ((chunk({"reasoning_content": "hm"}), end(), DONE), "empty_200"),
        ((), "empty_200"),
        ((DONE,), "done_without_finish"),
        ((b": ping\n\n", b": ping\n\n"), "keepalive_without_content"),
        ((b"<html><body>Bad gateway</body></html>",), "html_body"),
        ((dump(ERROR),), "error_object_in_200"),
        ((body({"content": "x"}),), "unparsable_chunk"),
    ],
)
def test_a_bad_stream_is_a_failure_with_its_flag(frames, flag):
    assert failure(streamed(*frames)).flag == flag


def test_an_error_in_a_stream_is_read():
    error = {
        "error": {"message": "Token limit", "code": 400},
        "choices": [{"finish_reason": "error"}],
    }
    signal = failure(streamed(*HELLO[:3], frame(error)))
    assert (signal.surface, signal.status, signal.code, signal.message, signal.finish) == (
        Surface.STREAM,
        400,
        "400",
        "Token limit",
        "error",
    )


@pytest.mark.parametrize("reason", ["error", "abort", "insufficient_system_resource"])
def test_a_finish_reason_may_say_that_it_broke(reason):
    signal = failure(streamed(chunk({"content": "x"}), end(reason), DONE))
    assert signal.finish == reason
    assert failure(whole(body({"content": "x"}, reason))).finish == reason


def test_nothing_is_said_after_the_end():
    found = decoded(b"".join(HELLO) + HELLO[1] + b": ping\n\n" + frame(ERROR), stream=True)
    assert [item.events for item in found[6:]] == [(), (), ()]


def test_arguments_after_a_complete_call_are_out_of_order():
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    other = {"index": 1, "id": "b", "function": {"name": "g", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": "}"}}
    frames = [chunk({"tool_calls": [each]}) for each in (call, other, more)]
    assert failure(streamed(*frames)).flag == "duplicate_or_out_of_order"


@pytest.mark.parametrize(
    ("data", "flag"),
    [
        (b"", "empty_200"),
        (b" \n\n ", "empty_200"),
        (b"<!DOCTYPE html><p>hi", "html_body"),
        (b"upstream error", "invalid_json_body"),
        (b"[]", "invalid_json_body"),
        (b"{}", "invalid_json_body"),
        (body({"content": "Hello"})[:-9], "invalid_json_body"),
        (dump({"choices": []}), "empty_200"),
        (dump({"choices": [5]}), "invalid_json_body"),
        (body({"content": [5]}), "invalid_json_body"),
        (body({"content": ""}), "empty_200"),
        (body({"content": None}), "empty_200"),
        (body({"content": None}, "tool_calls"), "empty_200"),
        (body({"content": "x"}, None), "done_without_finish"),
        (dump(ERROR), "error_object_in_200"),
        (dump([ERROR]), "error_object_in_200"),
        (dump({"object": "error", "message": "no", "type": "x"}), "error_object_in_200"),
        (dump({"detail": "not found"}), "error_object_in_200"),
        (b'{"a":' * 100_000, "invalid_json_body"),
    ],
)
def test_a_bad_body_is_a_failure_with_its_flag(data, flag):
    found = whole(data)
    assert failure(found).flag == flag
    assert len(found) == 1


def test_leading_blank_lines_are_forgiven():
    assert fold(whole(b"\n\n \n" + body({"content": "x"}))).text == "x"


def test_an_empty_finish_reason_ends_a_whole_answer():
    finished = whole(body({"content": "x"}, ""))[-1]
    assert isinstance(finished, Finished)
    assert (finished.stop, finished.native) == (StopReason.END, "")


def test_length_without_a_word_is_an_answer():
    finished = whole(body({"content": "", "reasoning_content": "hm"}, "length"))[-1]
    assert isinstance(finished, Finished)
    assert finished.stop is StopReason.LENGTH


def test_a_body_over_its_limit_is_let_go():
    decoder = whole_decoder(limit_bytes=10)
    assert decoder.receive_data(b"x" * 10) == []
    found = decoder.receive_data(b"y")
    assert failure(list(found[0].events)).flag == "response_over_limit"
    assert found[0].raw == b"x" * 10 + b"y"
    assert decoder.receive_data(b"z")[0].raw == b"z"
    assert decoder.receive_eof() == []


def test_a_page_is_known_by_its_type():
    decoder = whole_decoder(is_page=True)
    decoder.receive_data(b"Please log in")
    assert failure(list(decoder.receive_eof()[0].events)).flag == "html_body"


def test_a_frame_over_its_limit_is_a_failure():
    decoder = StreamDecoder()
    found = decoder.receive_data(b"data: " + b"x" * (9 * 1024 * 1024))
    assert failure(list(found[0].events)).flag == "unparsable_chunk"


def test_plain_chunks_and_others_say_the_same():
    """The short way of reading a chunk and the long one agree."""
    said: list[dict] = [
        {"content": "a"},
        {"content": "b", "role": "assistant"},
        {"content": None},
        {"content": ""},
    ]
    extras: list[dict] = [{}, {"odd": 1}]
    for extra in extras:
        frames = [chunk({**delta, **extra}) for delta in said]
        assert fold(streamed(*frames, end(), DONE)).text == "ab"


def test_thoughts_turn_into_text_and_back():
    frames = [
        chunk({"reasoning_content": "hm"}),
        chunk({"reasoning_content": "m"}),
        chunk({"content": "yes", "reasoning_content": None}),
        chunk({"content": "!"}),
        chunk({"reasoning_content": "but"}),
        chunk({"content": "no"}),
    ]
    pieces = fold(streamed(*frames, end(), DONE)).pieces
    assert [piece.text for piece in pieces] == ["hmm", "yes!", "but", "no"]


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_foreign_body_keeps_its_bytes(cut):
    found = events(b"\n \n" + dump(ERROR), stream=True, cuts=[cut, cut + 1])
    assert failure(found).flag == "error_object_in_200"


def test_arguments_go_on_the_short_way():
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}
    pieces = ["", '{"x"', "", ":1}"]
    frames = [
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": each}}]}) for each in pieces
    ]
    mixed = chunk({"content": "ok", "tool_calls": [{"index": 0, "function": {"arguments": " "}}]})
    found = fold(streamed(chunk({"tool_calls": [call]}), *frames, mixed, end("tool_calls"), DONE))
    assert [piece.text for piece in found.pieces] == ['{"x":1}', "ok"]


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_end_in_a_failure(data, stream):
    found = events(data, stream=stream)
    assert isinstance(found[-1], Failed)


@given(st.data())
def test_any_mutation_keeps_the_grammar(data):
    original = b"".join(HELLO)
    at = data.draw(st.integers(0, len(original) - 1))
    length = data.draw(st.integers(0, 8))
    junk = data.draw(st.binary(max_size=8) | st.sampled_from([b"null", b"[]", b"{}", b'"', b"-1"]))
    events(original[:at] + junk + original[at + length :], stream=True)


LEAVES: st.SearchStrategy = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "stop", "tool_calls", [], {}, [None], {"a": 1}, [{}], [[]]]
)
KEYS = st.sampled_from(
    [
        "id",
        "name",
        "index",
        "type",
        "function",
        "custom",
        "arguments",
        "input",
        "content",
        "role",
        "refusal",
        "audio",
        "data",
        "transcript",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "annotations",
        "tool_calls",
        "function_call",
        "finish_reason",
        "delta",
        "message",
        "choices",
        "usage",
        "error",
        "text",
        "thinking",
        "logprobs",
        "stop_reason",
    ]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(KEYS, TREES, max_size=5), max_size=3))
def test_any_choices_keep_the_grammar(choices):
    value = {"id": "c", "choices": choices}
    events(frame(value) + end() + DONE, stream=True)
    events(json.dumps(value).encode(), stream=False)


@given(st.lists(st.dictionaries(KEYS, TREES, max_size=5), min_size=1, max_size=4))
def test_any_deltas_keep_the_grammar(deltas):
    events(b"".join(chunk(delta) for delta in deltas) + end() + DONE, stream=True)
    events(body(deltas[0]), stream=False)
