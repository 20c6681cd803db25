"""Answers, bytes to events: streams of events, streams that are an array, and whole bodies."""

from collections.abc import Sequence

import msgspec

from understudy.chat.events import Event, Failed
from understudy.chat.failure import Signal, Surface
from understudy.dialects.base import Decoded
from understudy.dialects.gemini_generate.answer import Answer
from understudy.dialects.gemini_generate.arrays import ArrayDecoder
from understudy.dialects.gemini_generate.failure import read_error
from understudy.dialects.gemini_generate.schema import MALFORMED, decode_raws, is_null, respelled
from understudy.dialects.text import check_text
from understudy.dialects.whole import WholeDecoder, failed
from understudy.wire.errors import WireError
from understudy.wire.sse import SseDecoder

_NO_EVENTS: tuple[Event, ...] = ()
_DONE = b"[DONE]"


class _Chunks:
    """What chunk after chunk comes to, however they are framed."""

    def __init__(self) -> None:
        self.is_over = False
        self.has_begun = False
        self._answer = Answer()

    @property
    def is_complete(self) -> bool:
        """Whether the stream may end here."""
        return not self.is_over and self._answer.is_complete

    def read(self, data: bytes) -> Sequence[Event]:
        """Events of one chunk."""
        if not self.is_over:
            more = self._answer.more(data)
            if more is not None:
                return more
        if self.is_over or not data.strip() or data.strip() == _DONE:
            return _NO_EVENTS
        was_begun, self.has_begun = self.has_begun, True
        try:
            check_text(data)
            raws = respelled(decode_raws(data))
            if not is_null(raws.get("error")):
                self.is_over = True
                signal = read_error(data, Surface.STREAM)
                flag = "error_object_in_data" if was_begun else "error_object_in_200"
                return [Failed(msgspec.structs.replace(signal, flag=flag))]
            return self._answer.receive(raws)
        except (KeyError, *MALFORMED) as error:
            reason = f"expected a chunk of an answer, found other data ({error})"
            return self.fail("unparsable_chunk", reason)

    def end(self) -> list[Event]:
        """Events of the end of the stream."""
        if self.is_over:
            return []
        if not self._answer.is_complete:
            reason = "the stream ended before the answer gave a reason for its end"
            return self.fail("eof_without_terminator", reason)
        self.is_over = True
        return self._answer.end()

    def fail(self, flag: str, reason: str) -> list[Event]:
        if self.is_over:
            return []
        self.is_over = True
        surface = Surface.SEMANTIC if flag in {"empty_200", "html_body"} else Surface.STREAM
        return [Failed(Signal(surface, message=reason, flag=flag))]


class StreamDecoder:
    """A stream of server-sent events. It has no closing event: the end of the body ends it."""

    def __init__(self) -> None:
        self._frames = SseDecoder()
        self._chunks = _Chunks()

    def receive_data(self, data: bytes) -> list[Decoded]:
        try:
            frames = self._frames.receive_data(data)
        except WireError as error:
            return [Decoded(data, self._chunks.fail("unparsable_chunk", str(error)))]
        return [
            Decoded(frame.raw, _NO_EVENTS if frame.data is None else self._chunks.read(frame.data))
            for frame in frames
        ]

    def receive_eof(self) -> list[Decoded]:
        rest = self._frames.receive_eof()
        chunks = self._chunks
        if rest.strip():
            last = self._last_frame(rest)
            if last is None:
                return [Decoded(rest, chunks.fail(*_cut(rest, has_begun=chunks.has_begun)))]
            return [last, Decoded(b"", chunks.end())]
        if not chunks.has_begun:
            return [Decoded(rest, chunks.fail("empty_200", "the body was empty"))]
        return [Decoded(rest, chunks.end())]

    def _last_frame(self, rest: bytes) -> Decoded | None:
        """Read what the stream's end cut off, if it is whole but for its blank line."""
        for frame in SseDecoder().receive_data(rest + b"\n\n"):
            try:
                decode_raws(frame.data or b"")
            except MALFORMED:
                return None
            return Decoded(frame.raw, self._chunks.read(frame.data or b""))
        return None


class ArrayStreamDecoder:
    """A stream that is one JSON array, which is what comes without `alt=sse`."""

    def __init__(self) -> None:
        self._elements = ArrayDecoder()
        self._chunks = _Chunks()

    def receive_data(self, data: bytes) -> list[Decoded]:
        elements, chunks = self._elements, self._chunks
        items = [
            Decoded(element.raw, chunks.read(element.data))
            for element in elements.receive_data(data)
        ]
        if elements.error is not None:
            rest = elements.receive_eof()
            items.append(Decoded(rest, chunks.fail("unparsable_chunk", elements.error)))
        return items

    def receive_eof(self) -> list[Decoded]:
        rest = self._elements.receive_eof()
        chunks = self._chunks
        if self._elements.is_closed and rest.strip() == b"]" and chunks.has_begun:
            return [Decoded(rest, chunks.end())]
        if chunks.is_complete and not rest.strip():  # all of it is there but for its bracket
            return [Decoded(rest + b"]", chunks.end())]
        if not chunks.has_begun and rest.strip() in {b"", b"[]"}:
            return [Decoded(rest, chunks.fail("empty_200", "the body was empty"))]
        return [Decoded(rest, chunks.fail(*_cut(rest, has_begun=chunks.has_begun)))]


class UnknownStreamDecoder:
    """A stream in either form: how it begins tells an array from events, and from neither."""

    def __init__(self) -> None:
        self._begun = b""
        self._inner: StreamDecoder | ArrayStreamDecoder | WholeDecoder | None = None

    def receive_data(self, data: bytes) -> list[Decoded]:
        if self._inner is not None:
            return self._inner.receive_data(data)
        self._begun += data
        start = self._begun.lstrip()[:1]
        if not start:
            return []
        if start == b"[":
            self._inner = ArrayStreamDecoder()
        else:
            self._inner = WholeDecoder(_read_instead) if start in b"{<" else StreamDecoder()
        return self._inner.receive_data(self._begun)

    def receive_eof(self) -> list[Decoded]:
        if self._inner is None:
            return [Decoded(self._begun, failed("empty_200", "the body was empty"))]
        return self._inner.receive_eof()


def whole_decoder(*, is_page: bool = False) -> WholeDecoder:
    """A decoder of a whole body."""
    return WholeDecoder(_read_body, is_page=is_page)


def _read_instead(body: bytes) -> list[Event]:
    """A body in one piece where a stream was asked for: an error, or of no use."""
    events = _read_body(body)
    if isinstance(events[-1], Failed):
        return events
    return failed("unparsable_chunk", "expected a stream of chunks, found an answer in one piece")


def _read_body(body: bytes) -> list[Event]:
    try:
        if body.lstrip()[:1] == b"[":
            return _read_array(body)
        check_text(body)
        raws = respelled(decode_raws(body))
        if not is_null(raws.get("error")):
            signal = read_error(body, Surface.SEMANTIC)
            return [Failed(msgspec.structs.replace(signal, flag="error_object_in_200"))]
        answer = Answer()
        events = answer.receive(raws)
        if not answer.is_complete:
            return failed("done_without_finish", "the answer gives no reason for its end")
        events += answer.end()
    except (KeyError, *MALFORMED) as error:
        return failed("invalid_json_body", f"expected an answer, found other data ({error})")
    return [events[-1]] if isinstance(events[-1], Failed) else events


def _read_array(body: bytes) -> list[Event]:
    """A whole body in the form of a stream. Raises: KeyError, MsgspecError."""
    msgspec.json.decode(body, type=list[dict[str, msgspec.Raw]])
    decoder = ArrayStreamDecoder()
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


def _cut(rest: bytes, *, has_begun: bool) -> tuple[str, str]:
    """What to say of bytes that the end of the stream cut off."""
    if not has_begun and rest.lstrip()[:1] == b"<":
        return "html_body", "expected a stream of events, found an HTML page"
    return "eof_without_terminator", "the stream ended inside a chunk"
