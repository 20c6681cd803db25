import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.openai_responses.talk import (
    USAGE,
    call,
    completed,
    created,
    decode,
    dump,
    failure,
    frame,
    message,
    response,
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
from understudy.chat.usage import Usage
from understudy.dialects.openai_responses.decoder import StreamDecoder, whole_decoder

AT = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
PART = {"type": "output_text", "text": "", "annotations": []}
HELLO = (
    created(),
    frame("response.output_item.added", output_index=0, item=message()),
    frame("response.content_part.added", **AT, part=PART),
    frame("response.output_text.delta", **AT, delta="Hel", logprobs=[]),
    frame("response.output_text.delta", **AT, delta="lo", obfuscation="x"),
    frame("response.output_text.done", **AT, text="Hello"),
    frame("response.content_part.done", **AT, part=PART | {"text": "Hello"}),
    frame("response.output_item.done", output_index=0, item=message("Hello")),
    completed(message("Hello"), usage=USAGE),
)
SAID = [
    Started("resp_0123456789abcdef", "m", 7),
    PartStarted(0, PartKind.TEXT, item="msg_1"),
    PartDelta(0, "Hel"),
    PartDelta(0, "lo"),
    PartEnded(0),
    Finished(StopReason.END, Usage(5, 4, 1, 5, reasoning_tokens=2), "completed"),
]


def test_a_stream_is_read():
    assert streamed(*HELLO) == SAID


@given(st.sets(st.integers(1, len(b"".join(HELLO)) - 1), max_size=12))
def test_cutting_is_invisible(cuts):
    assert decode(b"".join(HELLO), stream=True, cuts=sorted(cuts)) == SAID


def test_no_beginning_passes_for_an_answer():
    data = b"".join(HELLO)
    for at in range(len(data) - 2):
        assert isinstance(decode(data[:at], stream=True)[-1], Failed), at


def test_names_of_events_are_not_needed_and_done_is_passed_over():
    bare = [each.partition(b"\n")[2] for each in HELLO]
    assert streamed(b": hello\n\n", *bare, b"data: [DONE]\n\n") == SAID


def test_chances_of_tokens_are_kept():
    chance = {"token": "Hel", "logprob": -0.1}
    frames = list(HELLO)
    frames[3] = frame("response.output_text.delta", **AT, delta="Hel", logprobs=[chance])
    found = [event for event in streamed(*frames) if isinstance(event, PartDelta)]
    assert found[1].fields is not None
    assert "openai_responses.logprobs" in found[1].fields


def test_arguments_come_as_they_are_written():
    found = streamed(
        created(),
        frame("response.output_item.added", output_index=0, item=call("f", "")),
        frame("response.function_call_arguments.delta", output_index=0, delta='{"a"'),
        frame("response.function_call_arguments.delta", output_index=0, delta=":1}"),
        frame("response.function_call_arguments.done", output_index=0, arguments='{"a":1}'),
        frame("response.output_item.done", output_index=0, item=call("f", '{"a":1}')),
        completed(call("f", '{"a":1}')),
    )
    assert [event.text for event in found if isinstance(event, PartDelta)] == ['{"a"', ":1}"]
    assert found[-1] == Finished(StopReason.TOOL_CALLS, None, "completed")


@pytest.mark.parametrize(
    ("frames", "code", "event"),
    [
        ([frame("error", code="server_error", message="m")], "server_error", "error"),
        ([frame("error", error={"code": "c", "message": "m"})], "c", "error"),
        (
            [frame("response.failed", response={"error": {"code": "c", "message": "m"}})],
            "c",
            "response.failed",
        ),
        (
            [frame("response.failed", response={"status": "failed", "error": None})],
            None,
            "response.failed",
        ),
    ],
)
def test_failures_are_named(frames, code, event):
    signal = failure(streamed(*HELLO[:4], *frames))
    assert (signal.surface, signal.code, signal.event) == (Surface.STREAM, code, event)
    assert signal.message


@pytest.mark.parametrize(
    ("body", "flag"),
    [
        (b"", "empty_200"),
        (b": only a comment\n\n", "eof_without_terminator"),
        (b"<html>", "html_body"),
        (dump(response(message("x"))), "unparsable_chunk"),
        (b"data: {\n\n", "unparsable_chunk"),
        (b'data: {"type":"response.created"}\n\n', "unparsable_chunk"),
        (created() + b"data: \xff\n\n", "unparsable_chunk"),
        (created() + completed(message() | {"content": 5}), "unparsable_chunk"),
    ],
)
def test_what_is_no_stream_is_a_failure(body, flag):
    assert failure(decode(body, stream=True)).flag == flag


@pytest.mark.parametrize(
    ("body", "flag"),
    [
        (b"", "empty_200"),
        (b"{", "invalid_json_body"),
        (b'{"id":"x"}', "invalid_json_body"),
        (b'{"output":[5]}', "invalid_json_body"),
        (b"\xff", "invalid_json_body"),
        (b"<html>", "html_body"),
    ],
)
def test_what_is_no_response_is_a_failure(body, flag):
    assert failure(whole(body)).flag == flag


def test_an_error_under_200_is_one():
    signal = failure(whole({"error": {"code": "c", "message": "m"}}))
    assert (signal.surface, signal.code, signal.event) == (Surface.SEMANTIC, "c", "error")
    signal = failure(whole(response(status="failed", error={"code": "c", "message": "m"})))
    assert (signal.code, signal.event) == ("c", "response.failed")
    assert failure(whole(response(status="cancelled"))).event == "response.failed"


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_are_too_much(data, stream):
    decoder = StreamDecoder() if stream else whole_decoder()
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    assert isinstance([event for item in items for event in item.events][-1], Failed)


def test_too_long_a_body_is_a_failure():
    found = [*whole_decoder(limit_bytes=10).receive_data(b"x" * 11)]
    assert isinstance(found[0].events[0], Failed)
