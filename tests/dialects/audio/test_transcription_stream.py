"""Words in events, from whole answers."""

import json

import pytest
from tests.dialects.audio.test_transcription import form

from understudy.chat.events import Failed, Finished, StopReason
from understudy.chat.usage import Usage
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.audio import Heard
from understudy.wire.http import ResponseHead
from understudy.wire.multipart import Part

DIALECT = OPERATIONS["openai_transcription"]
SSE = ResponseHead(200, ((b"content-type", b"text/event-stream"),))


def test_a_whole_transcript_is_one_delta_and_the_end():
    encoder = DIALECT.encoder(DIALECT.parse_request(form(Part("stream", b"true"))))
    usage = Usage(3, output_tokens=5)
    data = encoder.send(Finished(StopReason.END, usage, result=Heard("I see")))
    delta, done = [json.loads(part.partition(b"data: ")[2]) for part in data.split(b"\n\n")[:-1]]
    assert delta == {"type": "transcript.text.delta", "delta": "I see"}
    assert done == {
        "type": "transcript.text.done",
        "text": "I see",
        "usage": {"type": "tokens", "input_tokens": 3, "output_tokens": 5, "total_tokens": 8},
    }
    assert not encoder.losses


@pytest.mark.parametrize("kind", ["delta", "segment", "done"])
def test_an_event_without_its_words_is_none(kind: str):
    data = b'data: {"type":"transcript.text.%b"}\n\n' % kind.encode()
    (item,) = DIALECT.decoder(SSE, stream=True).receive_data(data)
    assert isinstance(item.events[-1], Failed)


def test_segments_are_words_too():
    data = b'data: {"type":"transcript.text.segment","id":"s","text":"hi","start":0,"end":1}\n\n'
    (item,) = DIALECT.decoder(SSE, stream=True).receive_data(data)
    assert [getattr(event, "text", None) for event in item.events] == [None, None, "hi"]
