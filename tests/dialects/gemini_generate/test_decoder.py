"""Bytes to events: events, arrays and whole bodies."""

import itertools

import pytest
from tests.dialects.gemini_generate.talk import (
    OK,
    chunk,
    dump,
    end,
    events,
    flag,
    sse,
    text,
)
from tests.dialects.kept import assert_kept

from understudy.chat.events import Failed, Finished
from understudy.chat.response import fold
from understudy.dialects.gemini_generate import DIALECT
from understudy.wire.http import ResponseHead

CALL = {"functionCall": {"name": "weather", "args": {"city": "Pa\u4f60"}}, "thoughtSignature": "s"}
CHUNKS = (
    chunk({"text": "Hm\u00e9", "thought": True}),
    text("The "),
    text("sky"),
    chunk(CALL),
    end(),
)
FULL = sse(*CHUNKS)
ARRAY = b"[" + b"\n,\r\n".join(map(dump, CHUNKS)) + b"\n]\n"
JSON = ResponseHead(200, ((b"content-type", b"application/json; charset=UTF-8"),))


def test_a_reason_for_the_end_is_not_the_end_where_a_tool_of_googles_goes_on() -> None:
    """As gemini-2.5-flash streams two rounds of `codeExecution` (recorded in July 2026)."""
    counted = {"promptTokenCount": 91, "candidatesTokenCount": 60, "totalTokenCount": 151}
    code = {"executableCode": {"code": "print(1)", "language": "PYTHON"}}
    done = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}
    rounds = (chunk(code, reason="STOP", usageMetadata=counted), chunk(done), text("It is 1."))
    assert isinstance(events(sse(*rounds))[-1], Finished), "the last word is the first one's"
    response = fold(events(sse(*rounds, end("MAX_TOKENS"))))
    assert response.text == "It is 1."
    assert response.usage is not None
    assert (response.finished.native, response.usage.prompt_tokens) == ("MAX_TOKENS", 7)


@pytest.mark.parametrize(("data", "head"), [(FULL, OK), (ARRAY, JSON)], ids=["events", "array"])
def test_any_two_cuts_give_the_same_and_keep_all_bytes(data: bytes, head: ResponseHead) -> None:
    expected = events(FULL)
    assert isinstance(expected[-1], Finished)
    for first, second in itertools.combinations(range(0, len(data), 29), 2):
        decoder = DIALECT.decoder(head, stream=True)
        pieces = (data[:first], data[first:second], data[second:])
        items = [item for piece in pieces for item in decoder.receive_data(piece)]
        items += decoder.receive_eof()
        assert [event for item in items for event in item.events] == expected
        assert_kept(items, data)


@pytest.mark.parametrize(("data", "head"), [(FULL, OK), (ARRAY, JSON)], ids=["events", "array"])
def test_whatever_is_cut_off_it_is_no_answer(data: bytes, head: ResponseHead) -> None:
    last_chunk = data.rindex(b"}")
    for at in range(last_chunk + 1):
        last = events(data[:at], head=head)[-1]
        assert isinstance(last, Failed), at
    for at in range(last_chunk + 1, len(data)):
        decoder = DIALECT.decoder(head, stream=True)
        items = [*decoder.receive_data(data[:at]), *decoder.receive_eof()]
        said = [event for item in items for event in item.events]
        assert said == events(FULL), "nothing is missing but the mark of the end"
        closed = b"".join(item.raw for item in items)
        assert events(closed, head=head) == events(FULL), "and that is added for the client"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b": hello\n\n", "empty_200"),
        (b"<html><body>Sign in</body></html>", "html_body"),
        (sse({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}),
         "error_object_in_200"),
        (sse(text("a"), {"error": {"code": 500, "message": "x"}}), "error_object_in_data"),
        (sse(text("a")) + b"data: {oops}\n\n", "unparsable_chunk"),
        (sse(text("a")) + b"data: [1]\n\n", "unparsable_chunk"),
        (sse({"hello": 1}), "unparsable_chunk"),
        (sse(text("a")) + sse(end(odd="?")).replace(b"?", b"\xff"), "unparsable_chunk"),
        (sse(chunk({"text": 1})), "unparsable_chunk"),
        (sse(text("a")), "eof_without_terminator"),
        (sse(text("a"), end())[:-9], "eof_without_terminator"),
        (sse(chunk(reason="STOP")), "stop_without_parts"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_a_failure(data: bytes, expected: str) -> None:
    assert flag(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b"<html>", "html_body"),
        (b'{"error":{"code":429}}', "error_object_in_200"),
        (b'[{"error":{"code":429}}]', "error_object_in_200"),
        (dump(text("a")), "done_without_finish"),
        (b"[1]", "invalid_json_body"),
        (b"{}", "invalid_json_body"),
        (b'{"candidates":7}', "invalid_json_body"),
        (dump(chunk({"functionCall": {"name": "f", "args": 7}}, reason="STOP")),
         "invalid_json_body"),
        (dump(end()), "stop_without_parts"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_answer_is_a_failure(data: bytes, expected: str) -> None:
    assert flag(data, stream=False) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_200"),
        (b"[]", "empty_200"),
        (b"[1]", "unparsable_chunk"),
        (b"<html>", "html_body"),
        (b'{"error":{}}', "error_object_in_200"),
        (ARRAY.rstrip()[:-3], "eof_without_terminator"),
    ],
)
def test_an_array_that_is_no_answer_is_a_failure(data: bytes, expected: str) -> None:
    last = events(data, head=JSON)[-1]
    assert isinstance(last, Failed)
    assert last.signal.flag == expected


def test_a_whole_body_says_the_same() -> None:
    body = chunk(*(part for each in CHUNKS for part in each["candidates"][0]["content"]["parts"]))
    body["candidates"][0]["finishReason"] = "STOP"
    body["usageMetadata"] = CHUNKS[-1]["usageMetadata"]
    assert fold(events(dump(body), stream=False)) == fold(events(FULL))


def test_a_page_is_known_by_its_type() -> None:
    head = ResponseHead(200, ((b"content-type", b"text/html"),))
    (failed,) = events(b"Sign in", head=head)
    assert isinstance(failed, Failed)
