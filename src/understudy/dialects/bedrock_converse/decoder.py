"""Answers, bytes to events: streams of binary messages with checksums, and whole bodies."""

from collections.abc import Sequence

import msgspec

from understudy.chat.events import Event, Failed, PartDelta
from understudy.chat.failure import Signal, Surface
from understudy.dialects.aws import is_error, read_error, read_exception
from understudy.dialects.base import Decoded
from understudy.dialects.bedrock_converse.answer import Answer, OutOfOrder
from understudy.dialects.bedrock_converse.schema import MALFORMED, decode_plain, decode_raws
from understudy.dialects.text import check_text
from understudy.dialects.whole import LIMIT_BYTES, WholeDecoder, failed
from understudy.wire.errors import WireError
from understudy.wire.eventstream import EventStreamDecoder, Message

_NO_EVENTS: tuple[Event, ...] = ()
_TEXTUAL = b" \t\r\n<{["
"""How a page or a JSON body begins. The first byte of a message is that of a length: nought."""


class StreamDecoder:
    """A stream of messages. One instance for one answer. `identity` is what its head calls it."""

    def __init__(self, identity: str, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._messages = EventStreamDecoder()
        self._answer = Answer(identity)
        self._identity = identity
        self._limit_bytes = limit_bytes
        self._over = False
        self._begun = False
        self._stopped = False
        self._measured = False
        self._foreign: WholeDecoder | None = None

    def receive_data(self, data: bytes) -> list[Decoded]:
        if not self._begun and data:
            self._begun = True
            if data[:1] in _TEXTUAL:
                self._foreign = whole_decoder(
                    self._identity, limit_bytes=self._limit_bytes, expects_stream=True
                )
        if self._foreign is not None:
            return self._foreign.receive_data(data)
        if self._messages.damage() is not None:
            return [Decoded(data, _NO_EVENTS)]
        try:
            messages = self._messages.receive_data(data)
        except WireError as error:
            return [Decoded(self._messages.rest(), self._fail("unparsable_chunk", str(error)))]
        items = [self._read(message) for message in messages]
        damage = self._messages.damage()
        if damage is not None:
            items.append(Decoded(self._messages.rest(), self._fail("unparsable_chunk", damage)))
        return items

    def receive_eof(self) -> list[Decoded]:
        if self._foreign is not None:
            return self._foreign.receive_eof()
        rest = b"" if self._messages.damage() is not None else self._messages.receive_eof()
        if self._over:
            return [Decoded(rest, _NO_EVENTS)] if rest else []
        if self._stopped:
            # All of it is there but what it cost (taxonomy: finish_without_done). Bytes that were
            # cut off would spoil that.
            items = [Decoded(rest, _NO_EVENTS, is_hidden=True)] if rest else []
            self._over = True
            return [*items, Decoded(b"", self._answer.finish())]
        if not self._begun:
            return [Decoded(rest, self._fail("empty_200", "expected a stream, found no message"))]
        reason = "the stream ended without messageStop"
        return [Decoded(rest, self._fail("eof_without_terminator", reason))]

    def _read(self, message: Message) -> Decoded:
        if self._over:
            return Decoded(message.raw, _NO_EVENTS)
        payload = message.payload
        try:
            check_text(payload)
            if message.header(":message-type") != "event":
                self._over = True
                return Decoded(message.raw, [Failed(read_exception(message))])
            name = message.header(":event-type")
            if name == "contentBlockDelta" and self._answer.speaking >= 0:
                delta = self._plain(payload)
                if delta is not None:
                    return Decoded(message.raw, delta)
            return Decoded(message.raw, self._event(name, payload))
        except OutOfOrder as error:
            return Decoded(message.raw, self._fail("duplicate_or_out_of_order", str(error)))
        except (KeyError, *MALFORMED) as error:
            reason = f"expected an event of an answer, found other data ({error})"
            return Decoded(message.raw, self._fail("unparsable_chunk", reason))

    def _plain(self, payload: bytes) -> Sequence[Event] | None:
        """More of the text that has spoken last; None for every other delta."""
        try:
            event = decode_plain(payload)
        except msgspec.MsgspecError:
            return None
        if event.contentBlockIndex != self._answer.speaking:
            return None
        text = event.delta.text
        return (PartDelta(self._answer.speaking_part, text),) if text else _NO_EVENTS

    def _event(self, name: str, payload: bytes) -> list[Event]:
        event = decode_raws(payload)
        answer = self._answer
        match name:
            case "messageStart":
                return answer.start(event)
            case "contentBlockStart":
                return answer.block_start(event)
            case "contentBlockDelta":
                return answer.block_delta(event)
            case "contentBlockStop":
                return answer.block_stop(event)
            case "messageStop":
                answer.stop(event)
                self._stopped = answer.native is not None
            case "metadata":
                answer.metadata(event)
                self._measured = True  # by some before they stop
            case _:
                return []  # an event of the future
        if not (self._stopped and self._measured):
            return []
        self._over = True
        return answer.finish()

    def _fail(self, flag: str, reason: str) -> list[Event]:
        if self._over:
            return []
        self._over = True
        surface = Surface.SEMANTIC if flag == "empty_200" else Surface.STREAM
        return [Failed(Signal(surface, message=reason, flag=flag))]


def whole_decoder(
    identity: str = "",
    *,
    limit_bytes: int = LIMIT_BYTES,
    is_page: bool = False,
    expects_stream: bool = False,
) -> WholeDecoder:
    """A decoder of a whole body. `expects_stream`: an answer in one piece is none."""

    def read(body: bytes) -> list[Event]:
        return _read_body(body, identity, expects_stream=expects_stream)

    return WholeDecoder(read, limit_bytes=limit_bytes, is_page=is_page)


def _read_body(body: bytes, identity: str, *, expects_stream: bool) -> list[Event]:
    try:
        check_text(body)
        raws = decode_raws(body)
        if is_error(raws):
            signal = read_error(body, Surface.SEMANTIC)
            return [Failed(msgspec.structs.replace(signal, flag="error_object_in_200"))]
        if expects_stream:
            return failed("unparsable_chunk", "expected an event stream, found a JSON body")
        answer = Answer(identity)
        events = answer.whole(raws)
    except (OutOfOrder, KeyError, *MALFORMED) as error:
        return failed("invalid_json_body", f"expected an answer, found other data ({error})")
    ends = answer.finish()
    return ends if isinstance(ends[-1], Failed) else [*events, *ends]
