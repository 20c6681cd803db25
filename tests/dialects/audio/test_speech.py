"""Bodies are from OpenAI's API reference, "Create speech" (August 2026)."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.audio import Sound, Spoken
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["openai_speech"]
MP3 = ResponseHead(200, ((b"content-type", b"audio/mpeg"),))
BODY = {"model": "m", "input": "hello", "voice": "alloy", "response_format": "pcm", "speed": 1.25}


def events_of(head: ResponseHead, *pieces: bytes):
    decoder = DIALECT.decoder(head, stream=False)
    items = [item for piece in pieces for item in decoder.receive_data(piece)]
    items += decoder.receive_eof()
    assert b"".join(item.raw for item in items) == b"".join(pieces)
    return [event for item in items for event in item.events]


def test_a_request_comes_back_as_it_was():
    said = {**BODY, "voice": {"id": "voice_1"}, "strange": True}
    request = DIALECT.parse_request(json.dumps(said).encode())
    endpoint = Endpoint("openai_speech", "m", "/v1/audio/speech", "openai")
    written, losses = DIALECT.build_request(request, endpoint)
    assert json.loads(written.body) == said
    assert not losses


@pytest.mark.parametrize("sound", [b"ID3...", b"<pcm may begin so", b"\x00\n\r ", b" "])
def test_sound_may_begin_with_any_byte(sound: bytes):
    end = events_of(MP3, sound[:1], sound[1:])[-1]
    assert isinstance(end, Finished)
    assert end == DIALECT.skim(MP3, sound)
    assert end.result == Spoken(Sound(sound, "audio/mpeg"))
    encoder = DIALECT.encoder(DIALECT.parse_request(json.dumps(BODY).encode()))
    assert encoder.head() == ((b"content-type", b"audio/pcm"),)
    assert encoder.send(end) == sound


@pytest.mark.parametrize(
    ("media", "body"),
    [
        (b"application/json", b'{"error":{}}'),
        (b"text/html", b"<html>"),
        (b"text/plain", b"words"),
        (b"audio/mpeg", b""),
    ],
)
def test_what_is_no_sound(media: bytes, body: bytes):
    head = ResponseHead(200, ((b"content-type", media),))
    assert isinstance(events_of(head, body)[-1], Failed)
    assert DIALECT.skim(head, body) is None


@pytest.mark.parametrize(
    "wrong", [{"voice": None}, {"input": 3}, {"model": None}, {"stream_format": "ogg"}]
)
def test_a_mistake_is_refused(wrong: dict):
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(json.dumps({**BODY, **wrong}).encode())
