"""Answers in their envelope, bytes to events: binary messages, each holding one event inside.

The first event tells whose body it is; `Bodies` knows them.
"""

import base64
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from understudy.chat.events import Event, Failed, Finished
from understudy.chat.failure import Signal, Surface
from understudy.chat.usage import Usage
from understudy.dialects.aws import read_exception
from understudy.dialects.base import Decoded, ResponseDecoder
from understudy.dialects.bedrock_invoke.body import Body
from understudy.dialects.bedrock_invoke.chunks import (
    METRICS,
    OWN,
    Chunk,
    Counts,
    chunk,
    decode_counts,
)
from understudy.wire.errors import WireError
from understudy.wire.eventstream import EventStreamDecoder, Message
from understudy.wire.sse import SseDecoder, encode_frame

_NO_EVENTS: tuple[Event, ...] = ()
_DELTA = "content_block_delta"
_DELTA_START = b'{"type":"content_block_delta"'
"""Nearly all events; the dialect inside reads those that are named the short way."""

_TEXTUAL = b" \t\r\n<{["
"""How a page or a JSON body begins. The first byte of a message is that of a length: nought."""

_decode_chunk = msgspec.json.Decoder(Chunk).decode
_decode_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_MALFORMED = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, ValueError)


Pick: TypeAlias = Callable[[bytes], tuple[Body | None, ResponseDecoder]]


class StreamDecoder:
    """A stream of messages. `pick` gives whose body its first event is, None for Anthropic's, and
    a decoder of the dialect inside; `whole` reads a body that is no stream.
    """

    def __init__(self, pick: Pick, whole: ResponseDecoder) -> None:
        self._messages = EventStreamDecoder()
        self._pick = pick
        self._body: Body | None = None
        self._inside: ResponseDecoder | None = None
        self._whole = whole
        self._begun = False
        self._over = False
        self._is_foreign = False
        self._metrics: dict[str, msgspec.Raw] = {}

    def receive_data(self, data: bytes) -> list[Decoded]:
        if not self._begun and data:
            self._begun = True
            self._is_foreign = data[:1] in _TEXTUAL
        if self._is_foreign:
            return list(self._whole.receive_data(data))
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
        if self._is_foreign:
            return list(self._whole.receive_eof())
        rest = self._messages.rest()
        if self._over:
            return [Decoded(rest, _NO_EVENTS)] if rest else []
        self._over = True
        inside = self._inside or self._pick(b"")[1]
        items = [Decoded(rest, _NO_EVENTS, is_hidden=True)] if rest else []
        for item in inside.receive_eof():
            raw = _framed(item.raw) if self._body is None else b""
            items.append(Decoded(raw, self._measured(list(item.events)), item.is_hidden))
        return items

    def _read(self, message: Message) -> Decoded:
        if self._over:
            return Decoded(message.raw, _NO_EVENTS)
        if message.header(":message-type") != "event":
            self._over = True
            return Decoded(message.raw, [Failed(read_exception(message))])
        if message.header(":event-type") != "chunk":
            return Decoded(message.raw, _NO_EVENTS)  # an event of the future
        try:
            said = base64.b64decode(_decode_chunk(message.payload).bytes, validate=True)
            self._keep_metrics(said)
            return Decoded(message.raw, self._said(said))
        except (KeyError, *_MALFORMED) as error:
            reason = f"expected an event in a chunk, found other data ({error})"
            return Decoded(message.raw, self._fail("unparsable_chunk", reason))

    def _keep_metrics(self, said: bytes) -> None:
        """Keep what the envelope adds to the last event."""
        if METRICS.encode() in said:
            raws = _decode_raws(said)
            if METRICS in raws:
                decode_counts(raws[METRICS])
                self._metrics = {OWN + METRICS: msgspec.Raw(bytes(raws[METRICS]))}

    def _said(self, said: bytes) -> list[Event]:
        if self._inside is None:
            self._body, self._inside = self._pick(said)
        if self._body is None:
            frame = encode_frame(said, _DELTA if said.startswith(_DELTA_START) else "")
        else:
            frame = self._body.framed(said)
        events = [event for item in self._inside.receive_data(frame) for event in item.events]
        self._over = bool(events) and isinstance(events[-1], Finished | Failed)
        return self._measured(events)

    def _measured(self, events: list[Event]) -> list[Event]:
        """Let an end say what the envelope added, and count by it where nobody else has."""
        last = events[-1] if events else None
        if isinstance(last, Finished) and self._metrics:
            fields = {**(last.fields or {}), **self._metrics}
            usage = last.usage or _usage(decode_counts(self._metrics[OWN + METRICS]))
            events[-1] = msgspec.structs.replace(last, fields=fields, usage=usage)
        return events

    def _fail(self, flag: str, reason: str) -> list[Event]:
        if self._over:
            return []
        self._over = True
        return [Failed(Signal(Surface.STREAM, message=reason, flag=flag))]


def _usage(counts: Counts) -> Usage | None:
    if counts.inputTokenCount is None or counts.outputTokenCount is None:
        return None
    return Usage(input_tokens=counts.inputTokenCount, output_tokens=counts.outputTokenCount)


def _framed(raw: bytes) -> bytes:
    """Frames that the dialect inside added, as messages."""
    frames = SseDecoder().receive_data(raw) if raw else []
    return b"".join(chunk(frame.data) for frame in frames if frame.data is not None)
