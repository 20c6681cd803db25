"""Transcription as Mistral says it: OpenAI's form, other events, and answers that name the model.

Source: Mistral API reference, "Audio Transcriptions", and the types of its official client 3.7
(November 2026). Callers come in under its name, `/mistral/v1`, since the path is OpenAI's too.
"""

import msgspec
from msgspec.structs import replace
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import PartDelta
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.audio.transcription import OpenAITranscription
from understudy.dialects.audio.transcription_stream import MISTRAL, WordsTeller
from understudy.dialects.base import ResponseEncoder
from understudy.dialects.operation import Answer
from understudy.dialects.typed_events import EventsEncoder, frame, unsaid
from understudy.operations.audio import Heard, TranscriptionTask

_encode = msgspec.json.encode
_SAID = frozenset({"model", "language", "segments"})
_TEXT_ALONE = frozenset({None, "json", "text"})
"""Formats that ask for no more than the words."""


class MistralTranscription(OpenAITranscription):
    """Holds no state. Its fields are those of the dialect it extends, which say the same."""

    name = "mistral_transcription"
    paths = ("/mistral/v1/audio/transcriptions",)

    @property
    @override
    def kin(self) -> str:
        return OpenAITranscription.name

    @override
    def stream_encoder(self, request: Request) -> ResponseEncoder:
        return EventsEncoder(self, request, _Teller())

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = request.task
        assert isinstance(task, TranscriptionTask), "admission lets no other operation through"
        losses = []
        if task.prompt is not None:
            losses.append(Loss("task.prompt", "no word for it here"))
        if task.format not in _TEXT_ALONE:
            losses.append(Loss("task.format", f"no {task.format} here"))
        said = replace(request, task=replace(task, prompt=None, format=None))
        body, more = super().write_request(said, endpoint)
        return body, losses + more

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        return _encode({**_row(answer), **answer.fields}), []


class _Teller(WordsTeller):
    """Says words as they come, and at the end what a whole answer says."""

    def __init__(self) -> None:
        super().__init__(MISTRAL)

    @override
    def last(self, answer: Answer, losses: list[Loss]) -> bytes:
        row = _row(answer)
        losses += unsaid(answer, _SAID)
        row |= {name: raw for name, raw in answer.fields.items() if name in row}
        begun = b"" if self.is_begun else self.more(PartDelta(0, str(row["text"])))
        return begun + frame(MISTRAL.done, row)


def _row(answer: Answer) -> dict[str, object]:
    """A transcript in this API's words; who said no language is heard as null."""
    heard = answer.result
    assert isinstance(heard, Heard)
    usage = answer.usage or Usage()
    counts = (usage.prompt_tokens, usage.output_tokens)
    return {
        "model": answer.model,
        "text": heard.text,
        "language": msgspec.Raw(b"null"),
        "segments": [],
        "usage": {
            "prompt_tokens": counts[0],
            "completion_tokens": counts[1],
            "total_tokens": sum(counts),
        },
    }
