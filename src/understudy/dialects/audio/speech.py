"""Speech as OpenAI says it, and Groq, Azure and servers of one's own: JSON to /v1/audio/speech,
sound back.

Source: OpenAI API reference, "Create speech" (August 2026). Unless `stream_format` says otherwise,
sound is held until it is whole, so that a target that breaks off can still be replaced unheard.
"""

from collections.abc import Sequence

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.audio.speech_stream import (
    BytesDecoder,
    BytesEncoder,
    SoundListener,
    SoundTeller,
)
from understudy.dialects.base import Decoded, ResponseDecoder, ResponseEncoder
from understudy.dialects.openai_chat import DIALECT as CHAT
from understudy.dialects.operation import (
    Answer,
    ErrorShape,
    Flawed,
    OperationDialect,
    foreign_extensions,
    own_extensions,
)
from understudy.dialects.reading import Raws, Reader
from understudy.dialects.toplevel import read_object
from understudy.dialects.typed_events import EventsDecoder, EventsEncoder
from understudy.dialects.whole import LIMIT_BYTES, failed
from understudy.operations.audio import Sound, SpeechTask, Spoken
from understudy.operations.kinds import Operation
from understudy.operations.task import Expected
from understudy.operations.units import Units
from understudy.wire.http import ResponseHead, media_type

_encode = msgspec.json.encode
_MEDIA = {
    "mp3": b"audio/mpeg",
    "opus": b"audio/ogg",
    "aac": b"audio/aac",
    "flac": b"audio/flac",
    "wav": b"audio/wav",
    "pcm": b"audio/pcm",
}
_NO_SOUND = (b"text/", b"application/json", b"application/xml", b"application/xhtml")


_EVENTS = "sse"


class OpenAISpeech(OperationDialect):
    name = "openai_speech"
    operation = Operation.SPEECH
    paths = ("/v1/audio/speech", "/audio/speech", "/openai/v1/audio/speech")
    errors = ErrorShape(CHAT.parse_failure, CHAT.render_failure)

    @override
    def expected(self, request: Request) -> Expected:
        return Expected(1, units=Units(characters=len(_task(request).text)))

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        top = Reader(read_object(body))
        model, text = top.need_string("model"), top.need_string("input")
        voice = top.take("voice")
        if voice is None:
            raise InvalidRequest("voice", "expected the name of a voice, found none")
        framing = top.string("stream_format")
        if framing not in {None, _EVENTS, "audio"}:
            reason = f'expected "{_EVENTS}" or "audio", found {framing!r}'
            raise InvalidRequest("stream_format", reason)
        task = SpeechTask(
            text,
            voice,
            instructions=top.string("instructions"),
            format=top.string("response_format"),
            speed=top.number("speed"),
            framing=framing,
        )
        rest = top.rest()
        kept = {self.name: rest} if rest else {}
        return Request(model, (), stream=framing is not None, task=task, extensions=kept)

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = _task(request)
        fields: dict[str, object] = {
            "model": endpoint.model,
            "input": task.text,
            "voice": task.voice,
            "instructions": task.instructions,
            "response_format": task.format,
            "speed": task.speed,
            "stream_format": task.framing if request.stream else None,
        }
        said = {name: value for name, value in fields.items() if value is not None}
        body = _encode({**said, **own_extensions(request, self.name)})
        return body, foreign_extensions(request, self.name)

    @override
    def stream_needs(self, request: Request) -> frozenset[Capability]:
        """Bytes come one after another from everybody."""
        is_plain = _task(request).framing != _EVENTS
        return frozenset() if is_plain else super().stream_needs(request)

    @override
    def stream_encoder(self, request: Request) -> ResponseEncoder:
        if _task(request).framing == _EVENTS:
            return EventsEncoder(self, request, SoundTeller())
        return BytesEncoder(self, request)

    @override
    def decoder(
        self, head: ResponseHead, *, stream: bool, hide_usage: bool = False
    ) -> ResponseDecoder:
        kind = media_type(head.headers)
        if stream and kind == b"text/event-stream":
            return EventsDecoder(SoundListener(), head)
        if stream and not kind.startswith(_NO_SOUND):
            return BytesDecoder()
        return SoundDecoder(self, head)

    @override
    def read_whole(self, kind: bytes, body: bytes) -> Answer:
        if kind.startswith(_NO_SOUND):
            raise Flawed("schema_violation", f"expected sound, found {kind.decode('latin-1')}")
        return Answer(Spoken(Sound(body, kind.decode("latin-1"))))

    @override
    def read_answer(self, tree: Raws) -> Answer:
        raise Flawed("schema_violation", "expected sound, found JSON")

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        spoken = answer.result
        assert isinstance(spoken, Spoken)
        return spoken.sound.octets, []

    @override
    def answer_media(self, request: Request) -> bytes:
        return _MEDIA.get(_task(request).format or "mp3", b"application/octet-stream")


class SoundDecoder:
    """A whole sound: unlike a document, it may begin with any byte."""

    def __init__(self, dialect: OpenAISpeech, head: ResponseHead) -> None:
        self._dialect = dialect
        self._kind = media_type(head.headers)
        self._pieces: list[bytes] = []
        self._length = 0
        self._over = False

    def receive_data(self, data: bytes) -> Sequence[Decoded]:
        if self._over:
            return [Decoded(data, ())]
        self._pieces.append(data)
        self._length += len(data)
        if self._length <= LIMIT_BYTES:
            return []
        self._over = True
        reason = f"the sound is longer than {LIMIT_BYTES} bytes"
        return [Decoded(b"".join(self._pieces), failed("response_over_limit", reason))]

    def receive_eof(self) -> Sequence[Decoded]:
        if self._over:
            return []
        self._over = True
        body = b"".join(self._pieces)
        if not body:
            return [Decoded(body, failed("empty_200", "expected sound, found an empty body"))]
        return [Decoded(body, self._dialect.events_of(self._kind, body))]


def _task(request: Request) -> SpeechTask:
    task = request.task
    assert isinstance(task, SpeechTask), "admission lets no other operation through"
    return task
