"""Streams of operations seen from outside, through all dialects that have one."""

import json

import pytest
from tests.dialects.audio.events import HEARD, MISTRAL_HEARD, SPOKEN
from tests.dialects.images.events import DRAWN

from understudy.chat.events import Event, Failed, Finished
from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.grammar import Grammar
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.typed_events import usage_row
from understudy.wire.http import ResponseHead

SSE = ResponseHead(200, ((b"content-type", b"text/event-stream"),))
STREAMS = {
    "openai_images": DRAWN,
    "openai_transcription": HEARD,
    "mistral_transcription": MISTRAL_HEARD,
    "openai_speech": SPOKEN,
}


def read(name: str, *pieces: bytes) -> list[Event]:
    decoder = OPERATIONS[name].decoder(SSE, stream=True)
    items = [item for piece in pieces for item in decoder.receive_data(piece)]
    items += decoder.receive_eof()
    assert b"".join(item.raw for item in items if not item.is_hidden) in b"".join(pieces) + b"\n\n"
    events = [event for item in items for event in item.events]
    grammar = Grammar()
    for event in events:
        grammar.receive(event)
    assert grammar.complete
    return events


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_stream_is_read_however_it_is_cut(name: str, size: int):
    data = STREAMS[name]
    end = read(name, *(data[k : k + size] for k in range(0, len(data), size)))[-1]
    assert isinstance(end, Finished)
    assert usage_row(end.usage) == {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}


@pytest.mark.parametrize("name", STREAMS)
def test_no_part_of_a_stream_is_a_whole_one(name: str):
    data = STREAMS[name]
    last = data.rstrip().rfind(b"}")
    for end in range(last + 1):
        assert isinstance(read(name, data[:end])[-1], Failed), data[:end]
    assert isinstance(read(name, data[: last + 1])[-1], Finished)


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize(
    ("data", "flag"),
    [
        (b"", "empty_200"),
        (b": waiting\n\n", "eof_without_terminator"),
        (b'{"error":{"message":"no"}}', "error_object_in_200"),
        (b'{"data":[]}', "unparsable_chunk"),
        (b"<html>", "html_body"),
        (b"data: {\n\n", "unparsable_chunk"),
        (b'data: {"type":"of.the.future"}\n\ndata: [DONE]\n\n', "eof_without_terminator"),
    ],
)
def test_what_is_no_stream(name: str, data: bytes, flag: str):
    (event,) = read(name, data)
    assert isinstance(event, Failed)
    assert event.signal.flag == flag


@pytest.mark.parametrize("name", STREAMS)
def test_an_error_in_the_midst_is_read_and_written(name: str):
    failure = Failure("k", Fault.UPSTREAM, "host", Scope.NONE, Progress.STREAMING, "it broke")
    bodies = {"openai_images": b'{"model":"m","prompt":"p","stream":true}'}
    body = bodies.get(name) or (
        b'{"model":"m","input":"i","voice":"v","stream_format":"sse"}'
        if name == "openai_speech"
        else b'--x\r\ncontent-disposition: form-data; name="stream"\r\n\r\ntrue\r\n'
        b'--x\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n'
        b'--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n1\r\n--x--\r\n'
    )
    encoder = OPERATIONS[name].encoder(OPERATIONS[name].parse_request(body))
    data = encoder.abort(failure)
    said = json.loads(data.partition(b"data: ")[2])
    assert (said["type"], said["error"]["message"]) == ("error", "it broke")
    first = STREAMS[name].partition(b"\n\n")[0] + b"\n\n"
    end = read(name, first + data)[-1]
    assert isinstance(end, Failed)
    assert end.signal.message == "it broke"
