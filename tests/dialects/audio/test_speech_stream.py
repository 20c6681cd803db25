"""Sound as it is made: in events, and in bytes that say nothing of their end."""

import base64
import json

from understudy.chat.events import Failed, Finished, StopReason
from understudy.dialects.base import Endless
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.audio import Sound, Spoken
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["openai_speech"]
MP3 = ResponseHead(200, ((b"content-type", b"audio/mpeg"),))
SSE = ResponseHead(200, ((b"content-type", b"text/event-stream"),))


def encoder_for(framing: str):
    said = {"model": "m", "input": "i", "voice": "v", "stream_format": framing}
    return DIALECT.encoder(DIALECT.parse_request(json.dumps(said).encode()))


def test_a_whole_sound_is_told_in_pieces():
    sound = bytes(range(256)) * 300
    encoder = encoder_for("sse")
    data = encoder.send(Finished(StopReason.END, result=Spoken(Sound(sound))))
    *deltas, done = [json.loads(part.partition(b"data: ")[2]) for part in data.split(b"\n\n")[:-1]]
    assert len(deltas) == 4
    assert b"".join(base64.b64decode(each["audio"]) for each in deltas) == sound
    assert done == {"type": "speech.audio.done"}


def test_bytes_pass_and_nothing_is_said_of_their_breaking():
    decoder = DIALECT.decoder(MP3, stream=True)
    assert isinstance(decoder, Endless)
    items = [*decoder.receive_data(b"ID"), *decoder.receive_data(b"3"), *decoder.receive_eof()]
    assert b"".join(item.raw for item in items) == b"ID3"
    events = [event for item in items for event in item.events]
    assert isinstance(events[-1], Finished)
    encoder = encoder_for("audio")
    assert b"".join(encoder.send(event) for event in events) == b"ID3"
    whole = Finished(StopReason.END, result=Spoken(Sound(b"all")))
    assert encoder_for("audio").send(whole) == b"all"


def test_no_bytes_are_no_sound():
    (item,) = DIALECT.decoder(MP3, stream=True).receive_eof()
    assert isinstance(item.events[-1], Failed)


def test_an_end_without_sound_is_none():
    data = b'data: {"type":"speech.audio.done"}\n\n'
    (item,) = DIALECT.decoder(SSE, stream=True).receive_data(data)
    assert isinstance(item.events[-1], Failed)
