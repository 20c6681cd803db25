"""Sound as it is made: its bytes one after another, or events (`speech.audio.delta`, `.done`).

Source: OpenAI API reference, "Create speech" (`stream_format`, streaming events; November 2026).
Of plain bytes nobody can say in their midst that they broke: the connection breaks, too.
"""

import base64
from collections.abc import Sequence

from typing_extensions import override

from understudy.chat.events import (
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Failure
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.base import Decoded
from understudy.dialects.operation import Answer, AnswerEncoder, Flawed, OperationDialect
from understudy.dialects.reading import Raws
from understudy.dialects.typed_events import (
    PartListener,
    Teller,
    frame,
    text,
    usage_of,
    usage_row,
)
from understudy.dialects.whole import failed
from understudy.operations.audio import Spoken

_DELTA, _DONE = "speech.audio.delta", "speech.audio.done"
_PIECE_BYTES = 24 * 1024
"""Of sound in one event, where it was not cut already; a multiple of three, for base64."""


class SoundListener(PartListener):
    def __init__(self) -> None:
        super().__init__(PartKind.AUDIO)
        self._is_complete = False

    @override
    def hear(self, kind: str, tree: Raws) -> list[Event]:
        if kind == _DELTA:
            said = text(tree, "audio")
            if said is None:
                raise Flawed("schema_violation", f"{kind}: expected sound, found none")
            return self.more(PartDelta(0, audio_base64=said)) if said else []
        if kind == _DONE:
            if not self.is_begun:
                raise Flawed("schema_violation", f"{kind}: expected sound before it, found none")
            self._is_complete = True
            self.usage = usage_of(tree)
        return []

    @override
    def is_complete(self) -> bool:
        return self._is_complete


class SoundTeller(Teller):
    """Says sound as it comes; in pieces where it came whole."""

    def __init__(self) -> None:
        self._is_begun = False

    @override
    def more(self, event: PartStarted | PartDelta) -> bytes:
        if not isinstance(event, PartDelta) or not event.audio_base64:
            return b""
        self._is_begun = True
        return frame(_DELTA, {"audio": event.audio_base64})

    @override
    def last(self, answer: Answer, losses: list[Loss]) -> bytes:
        spoken = answer.result
        assert isinstance(spoken, Spoken)
        octets = b"" if self._is_begun else spoken.sound.octets
        said = [
            frame(
                _DELTA, {"audio": base64.b64encode(octets[start : start + _PIECE_BYTES]).decode()}
            )
            for start in range(0, len(octets), _PIECE_BYTES)
        ]
        return b"".join(said) + frame(_DONE, {"usage": usage_row(answer.usage)})


class BytesDecoder:
    """Bytes of sound, of which none is kept. Nothing but the body's end is theirs."""

    is_endless = True

    def __init__(self) -> None:
        self._is_begun = False

    def receive_data(self, data: bytes) -> Sequence[Decoded]:
        said: list[Event] = [PartDelta(0, audio_base64=base64.b64encode(data).decode())]
        if not self._is_begun:
            said = [Started("", ""), PartStarted(0, PartKind.AUDIO), *said]
        self._is_begun = True
        return [Decoded(data, said)]

    def receive_eof(self) -> Sequence[Decoded]:
        if not self._is_begun:
            return [Decoded(b"", failed("empty_200", "expected sound, found an empty body"))]
        return [Decoded(b"", [PartEnded(0), Finished(StopReason.END)])]


class BytesEncoder(AnswerEncoder):
    """Bytes of sound as they come."""

    def __init__(self, dialect: OperationDialect, request: Request) -> None:
        super().__init__(dialect, request)
        self._is_begun = False

    @override
    def send(self, event: Event) -> bytes:
        if isinstance(event, PartDelta) and event.audio_base64:
            self._is_begun = True
            return base64.b64decode(event.audio_base64)
        if isinstance(event, Finished) and self._is_begun:
            return b""
        return super().send(event)

    @override
    def abort(self, failure: Failure) -> bytes:
        return b""
