"""Bodies are from OpenAI's API reference, "Audio" (August 2026), and from recorded exchanges."""

import json

import pytest
from tests.dialects.recordings import exchanges, require

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.dialects.base import Edits
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.audio import Heard, TranscriptionTask
from understudy.wire.http import ResponseHead
from understudy.wire.multipart import Part, read_form, write_form

DIALECT = OPERATIONS["openai_transcription"]
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
TEXT = ResponseHead(200, ((b"content-type", b"text/plain; charset=utf-8"),))
TARGET = Endpoint("openai_transcription", "whisper-1", "/v1/audio/{leaf}", "openai")
WRITE, TRANSLATE = "/v1/audio/transcriptions", "/v1/audio/translations"
NOT_THE_APIS = {"6fe7c6458aa2"}
"""A fixture that wraps an answer in an object of its author's."""


def form(*more: Part, format_: str = "json") -> bytes:
    parts = [
        Part("file", b"RIFF\x00\xff", "a.wav", "audio/wav"),
        Part("model", b"m"),
        Part("response_format", format_.encode()),
        *more,
    ]
    return write_form(parts)[0]


def events_of(head: ResponseHead, body: bytes):
    decoder = DIALECT.decoder(head, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


def test_a_request_comes_back_with_its_sound_and_fields_said_twice():
    body = form(
        Part("language", b"en"),
        Part("temperature", b"0.2"),
        Part("timestamp_granularities[]", b"word"),
        Part("timestamp_granularities[]", b"segment"),
    )
    request = DIALECT.parse_request(body, WRITE)
    written, losses = DIALECT.build_request(request, TARGET)
    assert (written.path, losses) == (WRITE, ())
    again = DIALECT.parse_request(written.body, WRITE)
    assert again.task == request.task
    assert isinstance(again.task, TranscriptionTask)
    assert again.task.sound.octets == b"RIFF\x00\xff"
    names = [part.name for part in read_form(written.body)]
    assert names.count("timestamp_granularities[]") == 2


def test_only_the_model_is_touched_where_the_form_goes_on():
    body = form()
    edited = DIALECT.edit_request(body, Edits("whisper-large"))
    assert edited == body.replace(b"\r\n\r\nm\r\n", b"\r\n\r\nwhisper-large\r\n")
    glance = DIALECT.glance(body, TRANSLATE)
    assert (glance.model, glance.leaf) == ("m", "translations")
    assert glance.needs.capabilities == {Capability.TRANSLATION}
    assert glance.media is not None


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        write_form([Part("model", b"m")])[0],
        write_form([Part("file", b"x", "a")])[0],
        form(Part("file", b"x", "b")),
        form(Part("temperature", b"warm")),
        form()[:-9],
    ],
)
def test_a_mistake_is_refused(body: bytes):
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(body, WRITE)


def test_subtitles_and_silence_are_answers():
    srt = b"1\n00:00:00,000 --> 00:00:01,000\nHello.\n"
    end = events_of(TEXT, srt)[-1]
    assert isinstance(end, Finished)
    encoder = DIALECT.encoder(DIALECT.parse_request(form(format_="srt"), WRITE))
    assert encoder.send(end) == srt
    assert dict(encoder.head())[b"content-type"].startswith(b"text/plain")
    silence = events_of(JSON, b'{"text":""}')[-1]
    assert isinstance(silence, Finished)
    assert silence.result == Heard("")


@pytest.mark.parametrize(
    ("head", "body"),
    [(JSON, b"{}"), (JSON, b'{"text":3}'), (JSON, b'{"text":"a'), (TEXT, b"\xff"), (TEXT, b"")],
)
def test_what_is_no_transcript(head: ResponseHead, body: bytes):
    assert isinstance(events_of(head, body)[-1], Failed)


@pytest.mark.recordings
def test_recordings_are_read_and_written_again():
    found = [
        exchange
        for endpoint in ("audio_transcriptions", "audio_translations")
        for exchange in exchanges(endpoint, frozenset({"openai", "groq", "mistral"}))
        if exchange.id not in NOT_THE_APIS
    ]
    require(found, "audio")
    for exchange in found:
        events = events_of(exchange.head, exchange.response)
        assert isinstance(events[-1], Finished)
        encoder = DIALECT.encoder(DIALECT.parse_request(form(), WRITE))
        written = b"".join(encoder.send(event) for event in events)
        assert json.loads(written) == json.loads(exchange.response)
