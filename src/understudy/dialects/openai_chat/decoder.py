"""Answers, bytes to events: streams of chunks, and whole bodies."""

from functools import partial

import msgspec
from typing_extensions import override

from understudy.chat.events import Event, Failed, PartDelta, PartKind
from understudy.chat.failure import Surface
from understudy.dialects.base import Decoded
from understudy.dialects.openai_chat.answer import Answer
from understudy.dialects.openai_chat.calls import OutOfOrder
from understudy.dialects.openai_chat.choice import ChoiceState
from understudy.dialects.openai_chat.plain import read_plain
from understudy.dialects.openai_chat.schema import (
    PlainDelta,
    Raw,
    decode_plain,
    decode_raw_list,
    decode_raws,
    is_nothing,
)
from understudy.dialects.openai_errors import read_error
from understudy.dialects.stream import NO_EVENTS, EventStream
from understudy.dialects.text import check_text
from understudy.dialects.whole import LIMIT_BYTES, WholeDecoder, failed
from understudy.wire.sse import Frame

_DONE = b"[DONE]"
_MALFORMED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError)
_PLAIN = frozenset({PartKind.TEXT, PartKind.REASONING})


class StreamDecoder(EventStream):
    """A stream of chunks. One instance for one answer.

    Nearly all chunks say one bit of text; those are read by a schema that admits nothing else,
    and everything that it refuses is read in full.
    """

    done = _DONE

    def __init__(self, *, hide_usage: bool = False, limit_bytes: int = LIMIT_BYTES) -> None:
        foreign = partial(whole_decoder, Surface.STREAM, limit_bytes=limit_bytes)
        super().__init__(partial(foreign, expects_stream=True))
        self._answer = Answer(Surface.STREAM)
        self._hide_usage = hide_usage
        self._keepalives = 0
        self._plain: ChoiceState | None = None  # the only answer, while it goes on
        self._plain_index = -1  # its open part, where that is text or thoughts
        self._plain_is_text = False

    @override
    def _frame(self, frame: Frame) -> Decoded:
        data = frame.data
        if self._plain is not None and data is not None:
            try:
                check_text(data)
                delta = decode_plain(data).choices[0].delta
            except _MALFORMED:
                return self._read(frame)
            said = self._more(delta)
            if said is not None:
                return Decoded(frame.raw, said)
        return self._read(frame)

    def _more(self, delta: PlainDelta) -> tuple[Event, ...] | None:
        """What a plain chunk adds to the open part; None when it does anything else."""
        text = delta.content
        thought = delta.reasoning_content or delta.reasoning
        if delta.tool_calls is not None:
            if text or thought or self._plain is None:
                return None
            call = delta.tool_calls[0]
            if not call.function.arguments:
                return NO_EVENTS
            more = self._plain.calls.more(call.index, call.function.arguments)
            return None if more is None else (more,)
        if self._plain_is_text:
            if not thought:
                return (PartDelta(self._plain_index, text),) if text else NO_EVENTS
        elif self._plain_index >= 0 and not text:
            return (PartDelta(self._plain_index, thought),) if thought else NO_EVENTS
        return None

    def _read(self, frame: Frame) -> Decoded:
        """Read a frame in full."""
        data = frame.data
        if data is None or self._over:
            self._keepalives += data is None
            return Decoded(frame.raw, NO_EVENTS)
        if data.strip() == _DONE:
            return Decoded(frame.raw, self._done())
        try:
            check_text(data)
            chunk = decode_raws(data)
            if frame.event == "error" or _says_error(chunk) or _is_bare_error(chunk):
                return Decoded(frame.raw, self._error(chunk, data, frame.event))
            before = self._answer.usage
            events = self._answer.receive(chunk, whole=False)
        except OutOfOrder as error:
            return Decoded(frame.raw, self._fail("duplicate_or_out_of_order", str(error)))
        except _MALFORMED as error:
            reason = f"expected a chunk of an answer, found other data ({error})"
            return Decoded(frame.raw, self._fail("unparsable_chunk", reason, frame.event))
        self._remember()
        is_usage = not events and self._answer.usage is not before
        return Decoded(frame.raw, events, self._hide_usage and is_usage and _is_bare(chunk))

    def _remember(self) -> None:
        """Note what a plain chunk would go on saying."""
        choice = self._answer.choices.get(0)
        if choice is None or choice.native is not None or len(self._answer.choices) > 1:
            self._plain = None
            return
        self._plain = choice
        part = choice.open
        self._plain_index = -1 if part is None or part.kind not in _PLAIN else part.index
        self._plain_is_text = part is not None and part.kind is PartKind.TEXT

    def _done(self) -> list[Event]:
        if self._answer.is_ended:
            self._end()
            return self._answer.finish()
        reason = "the stream is done, but no chunk gave a finish reason"
        return self._fail("done_without_finish", reason)

    @override
    def _is_json(self, data: bytes) -> bool:
        try:
            decode_raws(data)
        except _MALFORMED:
            return False
        return True

    @override
    def _is_complete(self) -> bool:
        return self._answer.is_ended

    @override
    def _close(self) -> Decoded:
        return Decoded(b"data: %b\n\n" % _DONE, self._done())  # (taxonomy: finish_without_done)

    @override
    def _eof(self) -> list[Event]:
        if self._answer.started:
            reason = "the stream ended without a finish reason"
            return self._fail("eof_without_terminator", reason)
        if self._keepalives:
            return self._fail("keepalive_without_content", "the stream held keep-alives only")
        if not self._begun:
            return self._fail("empty_200", "expected a stream of chunks, found an empty body")
        return self._fail("eof_without_terminator", "the stream ended before the answer began")

    def _error(self, chunk: dict[str, Raw], data: bytes, event: str) -> list[Event]:
        self._end()
        finish = _finish_beside_error(chunk)
        signal = read_error(data, Surface.STREAM)
        return [
            Failed(
                msgspec.structs.replace(
                    signal, event=event or None, finish=finish, flag="error_object_in_data"
                )
            )
        ]

    @override
    def _end(self) -> None:
        super()._end()
        self._plain = None


def whole_decoder(
    surface: Surface = Surface.SEMANTIC,
    *,
    limit_bytes: int = LIMIT_BYTES,
    is_page: bool = False,
    expects_stream: bool = False,
) -> WholeDecoder:
    """A decoder of a whole body. `expects_stream`: an answer in one piece is none."""
    reader = BodyReader(surface, expects_stream=expects_stream)
    return WholeDecoder(reader.read, limit_bytes=limit_bytes, is_page=is_page)


class BodyReader:
    """Makes events of a whole body."""

    def __init__(self, surface: Surface, *, expects_stream: bool) -> None:
        self._surface = surface
        self._expects_stream = expects_stream

    def read(self, body: bytes) -> list[Event]:
        """Read a body that is neither empty nor a page. Never raises."""
        plain = None if self._expects_stream else read_plain(body)
        return self.read_closely(body) if plain is None else plain

    def read_closely(self, body: bytes) -> list[Event]:
        """As `read`, of whatever is not plain."""
        try:
            check_text(body)
            raws = decode_raws(body)
        except _MALFORMED as error:
            return self._unreadable(body, str(error))
        if _says_error(raws) or _is_bare_error(raws):
            signal = read_error(body, self._surface)
            return [Failed(msgspec.structs.replace(signal, flag="error_object_in_200"))]
        if self._expects_stream:
            return failed("unparsable_chunk", "expected an event stream, found a JSON body")
        return self._answer(raws)

    def _unreadable(self, body: bytes, reason: str) -> list[Event]:
        """A list may hold one error (Google's surface of this dialect); all else is no answer."""
        try:
            items = decode_raw_list(body)
            if items and _says_error(decode_raws(items[0])):
                signal = read_error(body, self._surface)
                return [Failed(msgspec.structs.replace(signal, flag="error_object_in_200"))]
        except _MALFORMED:
            pass
        return failed("invalid_json_body", f"expected a JSON object, found other data ({reason})")

    def _answer(self, raws: dict[str, Raw]) -> list[Event]:
        answer = Answer(Surface.SEMANTIC)
        if "choices" not in raws:
            return failed("invalid_json_body", "expected an answer with choices, found none")
        try:
            events = answer.receive(raws, whole=True)
        except (OutOfOrder, *_MALFORMED) as error:
            return failed("invalid_json_body", f"the answer is malformed: {error}")
        if not answer.started:
            return failed("empty_200", "expected at least one choice, found none")
        if not answer.is_ended:
            return failed("done_without_finish", "the answer gives no finish reason")
        ends = answer.finish()
        return ends if isinstance(ends[-1], Failed) else [*events, *ends]


def _says_error(raws: dict[str, Raw]) -> bool:
    error = raws.get("error")
    return error is not None and not is_nothing(error)


def _is_bare_error(raws: dict[str, Raw]) -> bool:
    """Errors without a wrapper say `object: error` (Mistral, older vLLM), or have a `detail`."""
    return "choices" not in raws and (
        bytes(raws.get("object", b"")) == b'"error"' or "detail" in raws or "message" in raws
    )


def _is_bare(chunk: dict[str, Raw]) -> bool:
    """Whether a chunk says nothing of any answer."""
    choices = chunk.get("choices")
    return choices is None or is_nothing(choices)


def _finish_beside_error(chunk: dict[str, Raw]) -> str | None:
    try:
        for item in decode_raw_list(chunk["choices"]):
            finish = decode_raws(item).get("finish_reason", Raw(b"null"))
            return msgspec.json.decode(finish, type=str | None)
    except (KeyError, *_MALFORMED):
        pass
    return None
