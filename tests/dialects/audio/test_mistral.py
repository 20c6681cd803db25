"""Mistral's transcripts, against the types of its official client."""

import json
from collections.abc import Mapping

import pytest
from mistralai.client import models
from tests.dialects.audio.test_transcription import JSON, TARGET, form
from tests.dialects.audio.test_transcription_stream import SSE

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed, Finished, PartDelta
from understudy.chat.usage import Usage
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.audio import Heard, TranscriptionTask
from understudy.wire.http import ResponseHead
from understudy.wire.multipart import Part, read_form

MISTRAL, OPENAI = OPERATIONS["mistral_transcription"], OPERATIONS["openai_transcription"]
PATH = "/mistral/v1/audio/transcriptions"
HERE = Endpoint("mistral_transcription", "voxtral-mini-latest", "/audio/{leaf}", "mistral")
STREAM = Part("stream", b"true")
USAGE = {"prompt_tokens": 2, "completion_tokens": 4, "total_tokens": 6, "prompt_audio_seconds": 1}
WHOLE = {"model": "vox", "text": "Two owls.", "language": "en", "segments": [], "usage": USAGE}
EVENTS = (
    {"type": "transcription.language", "audio_language": "en"},
    {"type": "transcription.text.delta", "text": "Two "},
    {"type": "transcription.text.delta", "text": "owls."},
    {"type": "transcription.segment", "text": "Two owls.", "start": 0.0, "end": 1.0},
    {"type": "transcription.done", **WHOLE},
)


def sse(*events: Mapping[str, object]) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)


def told(data: bytes) -> list[dict[str, object]]:
    return [json.loads(each.partition(b"data: ")[2]) for each in data.split(b"\n\n")[:-1]]


def heard(head: ResponseHead, data: bytes) -> list[Event]:
    decoder = MISTRAL.decoder(head, stream=head is SSE)
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


def test_a_stream_is_heard_once():
    events = heard(SSE, sse(*EVENTS))
    assert [event.text for event in events if isinstance(event, PartDelta)] == ["Two ", "owls."]
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.result, end.usage) == (Heard("Two owls."), Usage(2, output_tokens=4))


def test_a_stream_without_its_end_has_failed():
    assert isinstance(heard(SSE, sse(*EVENTS[:-1]))[-1], Failed)


@pytest.mark.parametrize("head", [SSE, JSON])
def test_a_stream_is_told_as_its_client_reads_it(head: ResponseHead):
    data = sse(*EVENTS) if head is SSE else json.dumps(WHOLE).encode()
    encoder = MISTRAL.encoder(MISTRAL.parse_request(form(STREAM), PATH))
    said = told(b"".join(encoder.send(event) for event in heard(head, data)))
    *words, done = said
    texts = [models.TranscriptionStreamTextDelta.model_validate(each).text for each in words]
    assert "".join(texts) == "Two owls."
    end = models.TranscriptionStreamDone.model_validate(done)
    assert (end.text, end.usage.completion_tokens) == ("Two owls.", 4)
    assert not encoder.losses


def test_its_stream_is_openais_to_those_who_ask_there():
    encoder = OPENAI.encoder(OPENAI.parse_request(form(STREAM)))
    said = told(b"".join(encoder.send(event) for event in heard(SSE, sse(*EVENTS))))
    kinds = [each["type"] for each in said]
    assert kinds == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    assert said[-1]["text"] == "Two owls."


def test_a_whole_answer_names_what_its_client_wants():
    encoder = MISTRAL.encoder(MISTRAL.parse_request(form(), PATH))
    decoder = OPENAI.decoder(JSON, stream=False)
    items = [*decoder.receive_data(b'{"text":"owls","duration":2.5}'), *decoder.receive_eof()]
    (body,) = [encoder.send(event) for item in items for event in item.events][-1:]
    answer = models.TranscriptionResponse.model_validate_json(body)
    assert (answer.text, answer.language, answer.usage.total_tokens) == ("owls", None, 0)


def test_what_there_is_no_word_for_is_a_loss():
    asked = OPENAI.parse_request(form(Part("prompt", b"names"), format_="srt"))
    written, losses = MISTRAL.build_request(asked, HERE)
    assert [loss.path for loss in losses] == ["task.prompt", "task.format"]
    names = {part.name for part in read_form(written.body)}
    assert names == {"file", "model"}


def test_own_fields_go_both_ways():
    asked = MISTRAL.parse_request(form(Part("diarize", b"true"), format_="json"), PATH)
    assert isinstance(asked.task, TranscriptionTask)
    for dialect, endpoint in ((MISTRAL, HERE), (OPENAI, TARGET)):
        written, losses = dialect.build_request(asked, endpoint)
        assert "diarize" in {part.name for part in read_form(written.body)}
        assert not losses
