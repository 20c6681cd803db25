"""Answers, bytes to events: streams of lines, and whole bodies."""

from collections.abc import Sequence

import msgspec

from understudy.chat.events import Event, Failed, PartDelta, PartKind
from understudy.chat.failure import Signal, Surface
from understudy.dialects.base import Decoded
from understudy.dialects.ollama_chat.answer import Answer
from understudy.dialects.ollama_chat.failure import read_error
from understudy.dialects.ollama_chat.schema import (
    MALFORMED,
    Raws,
    decode_plain,
    decode_raws,
    is_null,
)
from understudy.dialects.whole import WholeDecoder, failed
from understudy.wire.errors import WireError
from understudy.wire.lines import LineDecoder

_NO_EVENTS: tuple[Event, ...] = ()


class StreamDecoder:
    """A stream of lines. One instance for one answer."""

    def __init__(self) -> None:
        self._lines = LineDecoder()
        self._answer = Answer()
        self._over = False
        self._begun = False

    def receive_data(self, data: bytes) -> list[Decoded]:
        try:
            lines = self._lines.receive_data(data)
        except WireError as error:
            return [Decoded(data, self._fail("unparsable_chunk", str(error)))]
        return [Decoded(line, self._read(line)) for line in lines]

    def receive_eof(self) -> list[Decoded]:
        rest = self._lines.receive_eof()
        items: list[Decoded] = []
        if rest:
            try:
                decode_raws(rest)
                items.append(Decoded(rest, self._read(rest)))
            except MALFORMED:
                is_page = not self._begun and rest.lstrip()[:1] == b"<"
                flag = "html_body" if is_page else "eof_without_terminator"
                return [Decoded(rest, self._fail(flag, "the stream ended inside a line"))]
        if self._over:
            return items
        if not self._begun:
            return [*items, Decoded(b"", self._fail("empty_200", "the body was empty"))]
        reason = "the stream ended before a line said that it is done"
        return [*items, Decoded(b"", self._fail("eof_without_terminator", reason))]

    def _read(self, line: bytes) -> Sequence[Event]:
        if self._over or not line.strip():
            return _NO_EVENTS
        open_part = self._answer.open
        if open_part is not None and open_part.kind is PartKind.TEXT:
            try:
                plain = decode_plain(line)
            except MALFORMED:
                return self._read_closely(line)
            if not plain.done:
                text = plain.message.content
                return (PartDelta(open_part.index, text),) if text else _NO_EVENTS
        return self._read_closely(line)

    def _read_closely(self, line: bytes) -> list[Event]:
        was_begun, self._begun = self._begun, True
        try:
            raws = decode_raws(line)
            if not is_null(raws.get("error")):
                self._over = True
                signal = read_error(line, Surface.STREAM)
                flag = "error_object_in_data" if was_begun else "error_object_in_200"
                return [Failed(msgspec.structs.replace(signal, flag=flag))]
            events = self._answer.receive(raws)
        except (KeyError, *MALFORMED) as error:
            if not was_begun and line.lstrip()[:1] == b"<":
                return self._fail("html_body", "expected lines of JSON, found an HTML page")
            reason = f"expected a line of an answer, found other data ({error})"
            return self._fail("unparsable_chunk", reason)
        self._over = self._answer.is_over
        return events

    def _fail(self, flag: str, reason: str) -> list[Event]:
        if self._over:
            return []
        self._over = True
        surface = Surface.SEMANTIC if flag in {"empty_200", "html_body"} else Surface.STREAM
        return [Failed(Signal(surface, message=reason, flag=flag))]


def whole_decoder(*, is_page: bool = False) -> WholeDecoder:
    """A decoder of a whole body."""
    return WholeDecoder(_read_body, is_page=is_page)


def _read_body(body: bytes) -> list[Event]:
    try:
        raws: Raws = decode_raws(body)
        if not is_null(raws.get("error")):
            signal = read_error(body, Surface.SEMANTIC)
            return [Failed(msgspec.structs.replace(signal, flag="error_object_in_200"))]
        answer = Answer()
        events = answer.receive(raws)
    except (KeyError, *MALFORMED) as error:
        return failed("invalid_json_body", f"expected an answer, found other data ({error})")
    if not answer.is_over:
        return failed("done_without_finish", "the answer does not say that it is done")
    return [events[-1]] if isinstance(events[-1], Failed) else events
