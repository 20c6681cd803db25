"""Answers, bytes to events: streams of named events, and whole bodies."""

from functools import partial

import msgspec
from typing_extensions import override

from understudy.chat.events import Event, Failed, PartDelta
from understudy.chat.failure import Surface
from understudy.dialects.anthropic_messages.answer import Answer, OutOfOrder
from understudy.dialects.anthropic_messages.failure import read_error
from understudy.dialects.anthropic_messages.plain import read_plain
from understudy.dialects.anthropic_messages.schema import (
    MALFORMED,
    Raws,
    decode_delta,
    decode_index,
    decode_raws,
    is_null,
    word,
)
from understudy.dialects.base import Decoded
from understudy.dialects.stream import NO_EVENTS, EventStream
from understudy.dialects.text import check_text
from understudy.dialects.whole import LIMIT_BYTES, WholeDecoder, failed
from understudy.wire.sse import Frame

_DELTA = "content_block_delta"
_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


class StreamDecoder(EventStream):
    """A stream of events. One instance for one answer.

    Nearly all frames are deltas of known types, which a schema reads; the rest is taken apart.
    """

    def __init__(self, *, limit_bytes: int = LIMIT_BYTES) -> None:
        super().__init__(partial(whole_decoder, limit_bytes=limit_bytes, expects_stream=True))
        self._answer = Answer()
        self._is_ended = False

    @override
    def _frame(self, frame: Frame) -> Decoded:
        data = frame.data
        if data is None or self._over:
            return Decoded(frame.raw, NO_EVENTS)
        try:
            check_text(data)
            if frame.event == _DELTA:
                event = decode_delta(data)
                if event.index == self._answer.speaking and event.delta.type == "text_delta":
                    part = self._answer.speaking_part
                    return Decoded(frame.raw, (PartDelta(part, event.delta.text),))
                delta = self._answer.delta(event.index, event.delta)
                if delta is not None:
                    return Decoded(frame.raw, _spoken(delta))
            return Decoded(frame.raw, self._read(frame.event, decode_raws(data), data))
        except OutOfOrder as error:
            return Decoded(frame.raw, self._fail("duplicate_or_out_of_order", str(error)))
        except (KeyError, *MALFORMED) as error:
            reason = f"expected an event of an answer, found other data ({error})"
            return Decoded(frame.raw, self._fail("unparsable_chunk", reason))

    def _read(self, name: str, event: Raws, data: bytes) -> list[Event]:
        """Read a frame field by field. Its type is what its data says: some hosts name no event."""
        kind = word(event.get("type")) or name
        if name == "error" or not is_null(event.get("error")):
            kind = "error"
        match kind:
            case "message_start":
                return self._answer.start(decode_raws(event["message"]))
            case "content_block_start":
                raw = event["content_block"]
                return self._answer.block_start(decode_index(event["index"]), decode_raws(raw), raw)
            case "content_block_delta":
                return self._delta(event, data)
            case "content_block_stop":
                return self._answer.block_stop(decode_index(event["index"]))
            case "message_delta":
                self._started()
                self._answer.message_delta(event)
                self._is_ended = self._answer.native is not None
                return []
            case "message_stop":
                self._started()
                self._over = True
                return self._answer.finish()
            case "error":
                self._over = True
                signal = read_error(data, Surface.STREAM)
                return [Failed(msgspec.structs.replace(signal, event="error"))]
            case _:
                return []  # ping, and events of the future ("Versioning": clients must ignore them)

    def _delta(self, event: Raws, data: bytes) -> list[Event]:
        typed = decode_delta(data)
        delta = self._answer.delta(typed.index, typed.delta)
        if delta is None:
            return [self._answer.other_delta(typed.index, event["delta"])]
        return list(_spoken(delta))

    def _started(self) -> None:
        if not self._answer.started:
            raise OutOfOrder("expected the start of a message, found its end")

    @override
    def _is_json(self, data: bytes) -> bool:
        try:
            decode_raws(data)
        except MALFORMED:
            return False
        return True

    @override
    def _is_complete(self) -> bool:
        return self._is_ended

    @override
    def _close(self) -> Decoded:
        self._over = True  # (taxonomy: finish_without_done)
        return Decoded(_STOP, self._answer.finish())

    @override
    def _eof(self) -> list[Event]:
        if not self._begun:
            return self._fail("empty_200", "expected a stream of events, found none")
        return self._fail("eof_without_terminator", "the stream ended without message_stop")


def whole_decoder(
    *, limit_bytes: int = LIMIT_BYTES, is_page: bool = False, expects_stream: bool = False
) -> WholeDecoder:
    """A decoder of a whole body. `expects_stream`: an answer in one piece is none."""
    read = partial(_read_body, expects_stream=expects_stream)
    return WholeDecoder(read, limit_bytes=limit_bytes, is_page=is_page)


def _read_body(body: bytes, *, expects_stream: bool) -> list[Event]:
    plain = None if expects_stream else read_plain(body)
    return read_closely(body, expects_stream=expects_stream) if plain is None else plain


def read_closely(body: bytes, *, expects_stream: bool = False) -> list[Event]:
    """Read a body, whatever it says. Never raises."""
    try:
        check_text(body)
        raws = decode_raws(body)
        if word(raws.get("type")) == "error" or not is_null(raws.get("error")):
            signal = read_error(body, Surface.SEMANTIC)
            return [Failed(msgspec.structs.replace(signal, event="error"))]
        if expects_stream:
            return failed("unparsable_chunk", "expected an event stream, found a JSON body")
        if is_null(raws.get("content")):
            return failed("invalid_json_body", "expected a message with content, found none")
        answer = Answer()
        events = answer.whole(raws)
    except (OutOfOrder, KeyError, *MALFORMED) as error:
        return failed("invalid_json_body", f"expected a message, found other data ({error})")
    ends = answer.finish()
    return ends if isinstance(ends[-1], Failed) else [*events, *ends]


def _spoken(delta: PartDelta) -> tuple[Event, ...]:
    """A delta of a known type, unless it is empty: tools begin with one that is."""
    return (delta,) if delta.text or delta.signature else NO_EVENTS
