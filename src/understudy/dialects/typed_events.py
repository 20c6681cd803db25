"""Streams of other operations than chat: events that name their type, as OpenAI has them for
pictures, transcripts and speech.

What an event means is the operation's: a `Listener` reads it, a `Teller` writes it. The answer is
over when the body is, and good if the listener has heard its end by then. No event is kept.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import partial

import msgspec
from typing_extensions import override

from understudy.chat.errors import InvalidRequest
from understudy.chat.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Failure, Surface
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.base import Decoded
from understudy.dialects.openai_errors import error_body, read_error
from understudy.dialects.operation import (
    Answer,
    AnswerEncoder,
    Flawed,
    OperationDialect,
    integer,
    is_error,
)
from understudy.dialects.pages import PAGE_TYPES
from understudy.dialects.stream import NO_EVENTS, EventStream
from understudy.dialects.toplevel import Raws, read_object
from understudy.dialects.whole import LIMIT_BYTES, WholeDecoder, failed
from understudy.operations.task import Result
from understudy.operations.units import Units
from understudy.wire.http import Headers, ResponseHead, media_type
from understudy.wire.sse import Frame, SseDecoder, encode_comment, encode_frame

_encode = msgspec.json.encode
_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_string = msgspec.json.Decoder(str).decode
_NULL = msgspec.Raw(b"null")


class Listener(ABC):
    """Reads one answer. `usage` and `units` are what was said of its bill so far."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.units: Units | None = None

    @abstractmethod
    def hear(self, kind: str, tree: Raws) -> list[Event]:
        """What an event says; nothing for one of the future. Raises: Flawed."""

    @abstractmethod
    def is_complete(self) -> bool:
        """Whether the end was heard."""

    def rest(self) -> list[Event]:
        """What stands before the end."""
        return []

    def result(self) -> Result | None:
        """What is known of it as a whole, without its bytes."""
        return None


class PartListener(Listener):
    """Reads an answer of one part, which grows."""

    def __init__(self, kind: PartKind) -> None:
        super().__init__()
        self.is_begun = False
        self._kind = kind

    def more(self, delta: PartDelta) -> list[Event]:
        """More of the part, which begins with it if need be."""
        begin = [] if self.is_begun else [PartStarted(0, self._kind)]
        self.is_begun = True
        return [*begin, delta]

    @override
    def rest(self) -> list[Event]:
        return [PartEnded(0)] if self.is_begun else []


class Teller(ABC):
    """Writes one answer. Losses are appended to what `last` is given."""

    @abstractmethod
    def more(self, event: PartStarted | PartDelta) -> bytes:
        """Say something on the way; b"" for what has no event."""

    @abstractmethod
    def last(self, answer: Answer, losses: list[Loss]) -> bytes:
        """Say all that was not said yet, and the end."""


def unsaid(answer: Answer, said: Iterable[str]) -> list[Loss]:
    """What an answer has of its vendor's own that the last event has no word for."""
    rest = answer.fields.keys() - {"usage", *said}
    return [no_word(f"answer.{name}") for name in answer.fields if name in rest]


def no_word(path: str) -> Loss:
    """The loss of what no event says."""
    return Loss(path, "no word for it in an event")


class EventsDecoder(EventStream):
    """A stream of events. A frame may be as long as a whole answer: it may hold a picture."""

    done = b"[DONE]"

    def __init__(self, listener: Listener, head: ResponseHead) -> None:
        is_page = media_type(head.headers) in PAGE_TYPES
        super().__init__(partial(WholeDecoder, _foreign, is_page=is_page), SseDecoder(LIMIT_BYTES))
        self._listener = listener
        self._is_started = False

    @override
    def _frame(self, frame: Frame) -> Decoded:
        data = frame.data
        if data is None or self._over or data == self.done:
            return Decoded(frame.raw, NO_EVENTS)
        try:
            tree = _raws(data)
            kind = text(tree, "type") or frame.event
            if kind == "error" or is_error(tree):
                self._over = True
                return Decoded(frame.raw, [Failed(read_error(data, Surface.STREAM))])
            said = self._listener.hear(kind, tree)
        except (Flawed, msgspec.MsgspecError, UnicodeDecodeError) as error:
            reason = f"expected an event of an answer, found other data ({error})"
            return Decoded(frame.raw, self._fail("unparsable_chunk", reason))
        return Decoded(frame.raw, self._begin(said) if said else NO_EVENTS)

    def _begin(self, said: list[Event]) -> list[Event]:
        if self._is_started:
            return said
        self._is_started = True
        return [Started("", ""), *said]

    @override
    def _is_json(self, data: bytes) -> bool:
        try:
            _raws(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False
        return True

    @override
    def _is_complete(self) -> bool:
        return not self._over and self._listener.is_complete()

    @override
    def _close(self) -> Decoded:
        self._over = True
        listener = self._listener
        end = Finished(
            StopReason.END, listener.usage, result=listener.result(), units=listener.units
        )
        return Decoded(b"", self._begin([*listener.rest(), end]))

    @override
    def _eof(self) -> list[Event]:
        if not self._begun:
            return self._fail("empty_200", "expected a stream of events, found none")
        return self._fail("eof_without_terminator", "the stream ended before the answer did")


class EventsEncoder(AnswerEncoder):
    """Events of one answer."""

    def __init__(self, dialect: OperationDialect, request: Request, teller: Teller) -> None:
        super().__init__(dialect, request)
        self._teller = teller

    @override
    def head(self) -> Headers:
        return ((b"content-type", b"text/event-stream; charset=utf-8"),)

    @override
    def send(self, event: Event) -> bytes:
        if isinstance(event, PartStarted | PartDelta):
            return self._teller.more(event)
        if isinstance(event, Finished):
            return self._teller.last(self.answer(event), self.losses)
        return super().send(event)

    @override
    def abort(self, failure: Failure) -> bytes:
        """An event of an error, at which OpenAI's clients raise."""
        body = _raws(error_body(failure))
        return encode_frame(_encode({"type": "error", **body}), "error")

    @override
    def remark(self, text: bytes) -> bytes:
        return encode_comment(text)


def frame(kind: str, fields: Mapping[str, object]) -> bytes:
    """One event."""
    said = {name: value for name, value in fields.items() if value is not None}
    return encode_frame(_encode({"type": kind, **said}), kind)


def text(tree: Raws, name: str) -> str | None:
    """A field that is a text; None where it is absent or null. Raises: MsgspecError."""
    raw = tree.get(name)
    return None if raw is None or bytes(raw) == b"null" else _string(raw)


def usage_of(tree: Raws) -> Usage | None:
    """Tokens of an event or answer; None where they are not said. Raises: MsgspecError."""
    raw = tree.get("usage")
    if raw is None or bytes(raw) == b"null":
        return None
    said = _raws(raw)
    read, written = integer(said, "input_tokens"), integer(said, "output_tokens")
    if read is None:
        read, written = integer(said, "prompt_tokens"), integer(said, "completion_tokens")
    if read is None:
        return None
    details = said.get("input_tokens_details", _NULL)
    seen = None if details == _NULL else integer(_raws(details), "image_tokens")
    return Usage(input_tokens=read, output_tokens=written or 0, image_input_tokens=seen or 0)


def usage_row(usage: Usage | None) -> dict[str, object] | None:
    """Tokens as an event says them."""
    if usage is None:
        return None
    read, written = usage.prompt_tokens, usage.output_tokens
    return {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}


def _foreign(body: bytes) -> list[Event]:
    """A body in one piece, where events were asked for: an error, or of no use."""
    try:
        if is_error(read_object(body)):
            signal = read_error(body, Surface.SEMANTIC)
            return [Failed(msgspec.structs.replace(signal, flag="error_object_in_200"))]
    except InvalidRequest:
        pass
    return failed("unparsable_chunk", "expected an event stream, found a body in one piece")
