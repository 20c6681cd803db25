"""Binary messages to events, and everything that is no answer."""

import base64
import json

import pytest

from understudy.chat.events import Event, Failed, Finished
from understudy.chat.response import fold
from understudy.dialects.bedrock_invoke.chunks import METRICS, OWN, chunk
from understudy.dialects.catalog import DIALECTS
from understudy.wire.eventstream import encode_message
from understudy.wire.http import ResponseHead

DIALECT = DIALECTS["bedrock_invoke"]
USAGE = {"input_tokens": 3, "output_tokens": 2}
START = {
    "id": "msg_bdrk_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [],
}


def said(kind: str, **fields: object) -> bytes:
    return chunk(json.dumps({"type": kind, **fields}, separators=(",", ":")).encode())


def text(words: str) -> bytes:
    return said("content_block_delta", index=0, delta={"type": "text_delta", "text": words})


BEGIN = said("message_start", message={**START, "usage": USAGE}) + said(
    "content_block_start", index=0, content_block={"type": "text", "text": ""}
)
END = said("content_block_stop", index=0) + said(
    "message_delta", delta={"stop_reason": "end_turn"}, usage=USAGE
)
STOP = said("message_stop", **{METRICS: {"inputTokenCount": 3}})
FULL = BEGIN + text("hi ") + text("there") + END + STOP


def events(data: bytes, *, stream: bool = True) -> list[Event]:
    decoder = DIALECT.decoder(ResponseHead(200, ()), stream=stream)
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    assert b"".join(item.raw for item in items)[: len(data)] == data
    return [event for item in items for event in item.events]


def test_a_stream_is_read_and_what_the_envelope_adds_is_kept() -> None:
    response = fold(events(FULL))
    assert (response.text, response.started.id) == ("hi there", "msg_bdrk_1")
    assert response.finished.fields is not None
    assert bytes(response.finished.fields[OWN + METRICS]) == b'{"inputTokenCount":3}'


def test_the_closing_event_is_added_where_only_it_is_missing() -> None:
    decoder = DIALECT.decoder(ResponseHead(200, ()), stream=True)
    items = [*decoder.receive_data(BEGIN + text("a") + END + STOP[:9]), *decoder.receive_eof()]
    assert isinstance(items[-1].events[-1], Finished)
    assert items[-1].raw == chunk(b'{"type":"message_stop"}')
    assert items[-2].is_hidden


def flag(data: bytes) -> str | None:
    last = events(data)[-1]
    assert isinstance(last, Failed)
    return last.signal.flag


def test_what_is_no_stream_fails() -> None:
    assert flag(b"") == "empty_200"
    assert flag(b"<html>") == "html_body"
    assert flag(b"{}") == "unparsable_chunk"
    assert flag(BEGIN + text("a")) == "eof_without_terminator"
    assert flag(FULL[:-3] + b"abc") == "unparsable_chunk"
    odd = encode_message(((":event-type", "chunk"), (":message-type", "event")), b'{"bytes":"%"}')
    assert flag(BEGIN + odd) == "unparsable_chunk"
    assert flag(BEGIN + chunk(b"[")) == "unparsable_chunk"


def test_an_exception_is_what_it_is() -> None:
    headers = ((":message-type", "exception"), (":exception-type", "throttlingException"))
    last = events(BEGIN + encode_message(headers, b'{"message":"slow"}') + FULL)[-1]
    assert isinstance(last, Failed)
    assert last.signal.event == "throttlingException"


@pytest.mark.parametrize("kind", [b"text/html", b"application/json"])
def test_media_types_tell_what_is_no_stream(kind: bytes) -> None:
    decoder = DIALECT.decoder(ResponseHead(200, ((b"content-type", kind),)), stream=True)
    items = [*decoder.receive_data(b"{}"), *decoder.receive_eof()]
    assert isinstance(items[-1].events[-1], Failed)


def test_events_of_the_future_say_nothing() -> None:
    other = encode_message(((":event-type", "weather"), (":message-type", "event")), b"{}")
    assert events(other + FULL) == events(FULL)
    assert base64.b64encode(b"a") == b"YQ=="
