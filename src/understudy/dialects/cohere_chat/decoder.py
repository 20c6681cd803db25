"""Answers, bytes to events: streams of named events, and whole bodies."""

from functools import partial

import msgspec
from typing_extensions import override

from understudy.chat.events import Event, Failed, PartDelta
from understudy.chat.failure import Surface
from understudy.dialects.base import Decoded
from understudy.dialects.cohere_chat.answer import Answer, whole
from understudy.dialects.cohere_chat.citation import read_citation
from understudy.dialects.cohere_chat.failure import read_error
from understudy.dialects.cohere_chat.schema import (
    DONE,
    MALFORMED,
    Raws,
    decode_integer,
    decode_raws,
    decode_text_delta,
    inner,
    is_null,
    word,
)
from understudy.dialects.stream import NO_EVENTS, EventStream
from understudy.dialects.text import check_text
from understudy.dialects.whole import WholeDecoder, failed
from understudy.wire.sse import Frame

_DELTA = "content-delta"


class StreamDecoder(EventStream):
    """A stream of events. One instance for one answer."""

    def __init__(self) -> None:
        super().__init__(partial(whole_decoder, expects_stream=True))
        self._answer = Answer()
        self._ends: list[Event] = []  # waits for the frame that ends the stream

    @override
    def _frame(self, frame: Frame) -> Decoded:
        data = frame.data
        if data is None or self._over:
            return Decoded(frame.raw, NO_EVENTS)
        if data == b"[DONE]":
            reason = "the stream ended without message-end"
            ends = self._ends or self._fail("done_without_finish", reason)
            self._over = True
            return Decoded(frame.raw, ends)
        try:
            check_text(data)
            if frame.event == _DELTA and self._answer.speaking >= 0:
                plain = _plain(data)
                if plain is not None and plain[0] == self._answer.speaking:
                    text = plain[1]
                    events = (PartDelta(self._answer.part, text),) if text else NO_EVENTS
                    return Decoded(frame.raw, events)
            return Decoded(frame.raw, self._read(frame.event, decode_raws(data), data))
        except (KeyError, *MALFORMED) as error:
            reason = f"expected an event of an answer, found other data ({error})"
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
        return self._over or bool(self._ends)

    @override
    def _close(self) -> Decoded:
        self._over = True
        return Decoded(DONE, self._ends)

    @override
    def _eof(self) -> list[Event]:
        if not self._begun:
            return self._fail("empty_200", "the body was empty")
        return self._fail("eof_without_terminator", "the stream ended without message-end")

    def _read(self, name: str, event: Raws, data: bytes) -> list[Event]:
        """Read a frame field by field. Its type is what its data says."""
        kind = word(event.get("type")) or name
        is_error = not is_null(event.get("error")) or (not kind and "message" in event)
        if kind == "error" or is_error:
            self._over = True
            signal = read_error(data, Surface.STREAM)
            return [Failed(msgspec.structs.replace(signal, flag="error_object_in_data"))]
        if self._ends:
            return []
        if kind == "message-end":
            return self._held(self._answer.end(inner(event, "delta"), Surface.STREAM))
        return self._said(kind, event)

    def _said(self, kind: str, event: Raws) -> list[Event]:
        message = inner(event, "delta", "message")
        answer = self._answer
        match kind:
            case "message-start":
                return answer.start(word(event.get("id")), message)
            case "tool-plan-delta":
                return answer.plan(word(message.get("tool_plan")))
            case "content-start" | "content-delta":
                content = inner(message, "content")
                return answer.content(_number(event), content, event.get("logprobs"))
            case "tool-call-start":
                return answer.call_start(_number(event), inner(message, "tool_calls"))
            case "tool-call-delta":
                return answer.call_delta(_number(event), inner(message, "tool_calls"))
            case "tool-call-end":
                return answer.call_end(_number(event))
            case "citation-start":
                return answer.cite([read_citation(message["citations"])])
            case _:
                return []  # content-end, citation-end, debug, and events of the future

    def _held(self, events: list[Event]) -> list[Event]:
        """Hold back what ends the answer until the stream does: one more frame follows, but where
        an error ended it.
        """
        last = events[-1]
        if isinstance(last, Failed) and last.signal.flag != "empty_200":
            self._over = True
            return events
        self._ends = events[-1:]
        return events[:-1]


def whole_decoder(*, is_page: bool = False, expects_stream: bool = False) -> WholeDecoder:
    """A decoder of a whole body. `expects_stream`: an answer in one piece is none."""
    return WholeDecoder(partial(_read_body, expects_stream=expects_stream), is_page=is_page)


def _read_body(body: bytes, *, expects_stream: bool) -> list[Event]:
    try:
        check_text(body)
        raws = decode_raws(body)
        if not is_null(raws.get("error")) or bytes(raws.get("message", b""))[:1] == b'"':
            signal = read_error(body, Surface.SEMANTIC)
            return [Failed(msgspec.structs.replace(signal, flag="error_object_in_200"))]
        if expects_stream:
            return failed("unparsable_chunk", "expected an event stream, found a JSON body")
        events = whole(raws)
    except (KeyError, *MALFORMED) as error:
        return failed("invalid_json_body", f"expected an answer, found other data ({error})")
    return [events[-1]] if isinstance(events[-1], Failed) else events


def _plain(data: bytes) -> tuple[int, str] | None:
    try:
        plain = decode_text_delta(data)
    except msgspec.MsgspecError:
        return None
    return (plain.index, plain.delta.message.content.text) if plain.type == _DELTA else None


def _number(event: Raws) -> int:
    index = event.get("index")
    return 0 if index is None or is_null(index) else decode_integer(index)
