"""Answers, bytes to events: streams of chunks, and whole bodies."""

from functools import partial

import msgspec
from typing_extensions import override

from understudy.chat.events import Event, Failed, PartDelta
from understudy.chat.failure import Surface
from understudy.dialects.base import Decoded
from understudy.dialects.openai_completions.answer import Answer
from understudy.dialects.openai_completions.schema import (
    MALFORMED,
    Raws,
    decode_plain,
    decode_raws,
    is_nothing,
)
from understudy.dialects.openai_errors import read_error
from understudy.dialects.stream import NO_EVENTS, EventStream
from understudy.dialects.text import check_text
from understudy.dialects.whole import WholeDecoder, failed
from understudy.wire.sse import Frame

_DONE = b"[DONE]"
_LAST = b"data: [DONE]\n\n"


class StreamDecoder(EventStream):
    """A stream of chunks. One instance for one answer."""

    done = _DONE

    def __init__(self, *, hide_usage: bool = False) -> None:
        super().__init__(partial(whole_decoder, expects_stream=True))
        self._answer = Answer(Surface.STREAM)
        self._hide_usage = hide_usage

    @override
    def _frame(self, frame: Frame) -> Decoded:
        data = frame.data
        if data is None or self._over:
            return Decoded(frame.raw, NO_EVENTS)
        if data.strip() == _DONE:
            return Decoded(frame.raw, self._done())
        try:
            check_text(data)
            part = self._answer.texts.get(0)
            if part is not None:
                text = _plain(data)
                if text is not None:
                    return Decoded(frame.raw, (PartDelta(part, text),) if text else NO_EVENTS)
            return self._read(frame, decode_raws(data), data)
        except MALFORMED as error:
            reason = f"expected a chunk of an answer, found other data ({error})"
            return Decoded(frame.raw, self._fail("unparsable_chunk", reason))

    @override
    def _is_json(self, data: bytes) -> bool:
        try:
            decode_raws(data)
        except MALFORMED:
            return False
        return True

    @override
    def _is_complete(self) -> bool:
        return self._answer.is_ended

    @override
    def _close(self) -> Decoded:
        self._over = True
        return Decoded(_LAST, self._answer.finish())

    @override
    def _eof(self) -> list[Event]:
        if not self._begun:
            return self._fail("empty_200", "the body was empty")
        return self._fail("eof_without_terminator", "the stream ended without a finish reason")

    def _read(self, frame: Frame, chunk: Raws, data: bytes) -> Decoded:
        is_bare = "choices" not in chunk and bytes(chunk.get("object", b"")) == b'"error"'
        if frame.event == "error" or is_bare or not is_nothing(chunk.get("error")):
            self._over = True
            signal = read_error(data, Surface.STREAM)
            failure = msgspec.structs.replace(
                signal, event=frame.event or None, flag="error_object_in_data"
            )
            return Decoded(frame.raw, [Failed(failure)])
        if "choices" not in chunk and "usage" not in chunk:
            reason = "expected a chunk with choices, found none"
            return Decoded(frame.raw, self._fail("unparsable_chunk", reason))
        before = self._answer.usage
        events = self._answer.receive(chunk)
        is_usage = self._answer.usage is not before and is_nothing(chunk.get("choices"))
        return Decoded(frame.raw, events, self._hide_usage and is_usage)

    def _done(self) -> list[Event]:
        if not self._answer.is_ended:
            reason = "the stream is done, but no chunk gave a finish reason"
            return self._fail("done_without_finish", reason)
        self._over = True
        return self._answer.finish()


def whole_decoder(*, is_page: bool = False, expects_stream: bool = False) -> WholeDecoder:
    """A decoder of a whole body. `expects_stream`: an answer in one piece is none."""
    return WholeDecoder(partial(_read_body, expects_stream=expects_stream), is_page=is_page)


def _read_body(body: bytes, *, expects_stream: bool) -> list[Event]:
    try:
        check_text(body)
        raws = decode_raws(body)
        is_bare = "choices" not in raws and not raws.keys().isdisjoint({"detail", "message"})
        if not is_nothing(raws.get("error")) or is_bare:
            signal = read_error(body, Surface.SEMANTIC)
            return [Failed(msgspec.structs.replace(signal, flag="error_object_in_200"))]
        if expects_stream:
            return failed("unparsable_chunk", "expected an event stream, found a JSON body")
        if "choices" not in raws:
            return failed("invalid_json_body", "expected an answer with choices, found none")
        answer = Answer(Surface.SEMANTIC)
        events = answer.receive(raws)
    except MALFORMED as error:
        return failed("invalid_json_body", f"expected an answer, found other data ({error})")
    if not answer.started:
        return failed("empty_200", "expected at least one choice, found none")
    if not answer.is_ended:
        return failed("done_without_finish", "the answer gives no finish reason")
    ends = answer.finish()
    return ends if isinstance(ends[-1], Failed) else [*events, *ends]


def _plain(data: bytes) -> str | None:
    try:
        return decode_plain(data).choices[0].text
    except msgspec.MsgspecError:
        return None
