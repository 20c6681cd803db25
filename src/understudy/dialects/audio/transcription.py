"""Transcription and translation as OpenAI says them, and Groq, Mistral, Azure and most servers of
one's own: forms to /v1/audio/transcriptions and /v1/audio/translations.

Source: OpenAI API reference, "Audio" (August 2026). Mistral's answers differ a little: see
`mistral`. Of a form that goes on in this dialect only the model is touched. Answers are JSON, or
plain text as subtitles are.
"""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.audio.transcription_stream import WordsListener, WordsTeller, heard_for
from understudy.dialects.base import LEAF, Edits, ResponseDecoder, ResponseEncoder
from understudy.dialects.deployments import deployment_path
from understudy.dialects.forms import Fields, edit_form, form_type, restored, texts
from understudy.dialects.openai_chat import DIALECT as CHAT
from understudy.dialects.operation import (
    Answer,
    ErrorShape,
    Flawed,
    OperationDialect,
    foreign_extensions,
    integer,
    own_extensions,
)
from understudy.dialects.paths import matched
from understudy.dialects.reading import Raws
from understudy.dialects.typed_events import EventsDecoder, EventsEncoder
from understudy.operations.audio import Heard, Sound, TranscriptionTask
from understudy.operations.kinds import Operation
from understudy.operations.task import Expected
from understudy.wire.http import ResponseHead
from understudy.wire.multipart import Part, write_form

_encode = msgspec.json.encode
_text = msgspec.json.Decoder(str).decode
_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_WRITE, _TRANSLATE = "transcriptions", "translations"
_DEPLOYMENTS = tuple(deployment_path(f"audio/{leaf}") for leaf in (_WRITE, _TRANSLATE))
_PLAIN = frozenset({"text", "srt", "vtt"})
"""Formats that are no JSON."""


class OpenAITranscription(OperationDialect):
    name = "openai_transcription"
    operation = Operation.TRANSCRIPTION
    paths = (
        *(
            f"{base}/audio/{leaf}"
            for base in ("/v1", "", "/openai/v1")
            for leaf in (_WRITE, _TRANSLATE)
        ),
        *_DEPLOYMENTS,
    )
    errors = ErrorShape(CHAT.parse_failure, CHAT.render_failure)

    @override
    def leaf(self, path: str) -> str:
        return _TRANSLATE if path.partition("?")[0].endswith(_TRANSLATE) else _WRITE

    @override
    def built_path(self, request: Request, endpoint: Endpoint) -> str:
        return endpoint.path.replace(LEAF, _TRANSLATE if _task(request).to_english else _WRITE)

    @override
    def media(self, body: bytes) -> bytes | None:
        return form_type(body)

    @override
    def needs(self, request: Request) -> frozenset[Capability]:
        is_translated = _task(request).to_english
        return frozenset({Capability.TRANSLATION}) if is_translated else frozenset()

    @override
    def expected(self, request: Request) -> Expected:
        return Expected(1)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        fields = Fields(body)
        deployment = matched(path, _DEPLOYMENTS)
        model = fields.text("model") or ""
        if deployment is not None:
            model = deployment["model"]
        if not model:
            raise InvalidRequest("model", "expected the name of a model, found none")
        stream = fields.text("stream") == "true"
        files = fields.files("file")
        if len(files) != 1:
            raise InvalidRequest("file", f"expected one file, found {len(files)}")
        task = TranscriptionTask(
            Sound(files[0].data, files[0].media, files[0].filename),
            self.leaf(path) == _TRANSLATE,
            language=fields.text("language"),
            prompt=fields.text("prompt"),
            format=fields.text("response_format"),
            temperature=fields.number("temperature"),
        )
        rest = fields.rest()
        kept = {self.kin: rest} if rest else {}
        return Request(model, (), stream=stream, task=task, extensions=kept)

    @override
    def stream_decoder(self, head: ResponseHead) -> ResponseDecoder:
        return EventsDecoder(WordsListener(), head)

    @override
    def stream_encoder(self, request: Request) -> ResponseEncoder:
        return EventsEncoder(self, request, WordsTeller())

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        return edit_form(body, {"model": edits.model})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = _task(request)
        sound = task.sound
        parts = texts(
            {
                "model": endpoint.model,
                "language": task.language,
                "prompt": task.prompt,
                "response_format": task.format,
                "temperature": task.temperature,
                "stream": request.stream or None,
            }
        )
        parts += restored(own_extensions(request, self.kin))
        parts.append(Part("file", sound.octets, sound.filename or "sound", sound.media))
        return write_form(parts)[0], foreign_extensions(request, self.kin)

    @override
    def read_whole(self, kind: bytes, body: bytes) -> Answer:
        if kind.startswith(b"text/") or not body.lstrip().startswith(b"{"):
            try:
                text = body.decode()
            except UnicodeDecodeError:
                raise Flawed("schema_violation", "expected text in UTF-8") from None
            return Answer(Heard(text, text))
        return super().read_whole(kind, body)

    @override
    def read_answer(self, tree: Raws) -> Answer:
        raw = tree.pop("text", None)
        if raw is None:
            raise Flawed("schema_violation", "expected a text, found nothing")
        try:
            text = _text(raw)
            usage, units = _usage(tree.get("usage")), heard_for(tree)
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected a transcript ({error})") from None
        return Answer(Heard(text), usage, fields=tree, units=units)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        heard = answer.result
        assert isinstance(heard, Heard)
        if _task(request).format in _PLAIN:
            losses = [Loss(f"answer.{name}", "plain text has no fields") for name in answer.fields]
            return (heard.document or heard.text).encode(), losses
        return _encode({"text": heard.text, **answer.fields}), []

    @override
    def answer_media(self, request: Request) -> bytes:
        is_plain = _task(request).format in _PLAIN
        return b"text/plain; charset=utf-8" if is_plain else b"application/json"


def _task(request: Request) -> TranscriptionTask:
    task = request.task
    assert isinstance(task, TranscriptionTask), "admission lets no other operation through"
    return task


def _usage(raw: msgspec.Raw | None) -> Usage | None:
    """Tokens; seconds are no tokens, and stay in their field."""
    if raw is None or bytes(raw) == b"null":
        return None
    tree = _raws(raw)
    read = integer(tree, "input_tokens")
    written = integer(tree, "output_tokens")
    if read is None:
        read, written = integer(tree, "prompt_tokens"), integer(tree, "completion_tokens")
    return None if read is None else Usage(input_tokens=read, output_tokens=written or 0)
