"""A stream of events for a client that asked for one."""

from collections.abc import Mapping
from typing import assert_never

from understudy.chat.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
)
from understudy.chat.failure import Failure
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.anthropic_messages import speech
from understudy.dialects.anthropic_messages.failure import error_body
from understudy.dialects.anthropic_messages.schema import NAME, Raw, encode
from understudy.dialects.anthropic_messages.stop import stop_losses
from understudy.dialects.arguments import Argued
from understudy.wire.http import Headers
from understudy.wire.sse import encode_comment, encode_frame

_HEAD: Headers = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
)
_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_AT_TOP = frozenset({"context_management"})
"""Vendor fields that stand beside the last delta, not in it."""

_TEXTUAL = frozenset({PartKind.TEXT, PartKind.REFUSAL, PartKind.AUDIO})


class StreamEncoder:
    """Says events as this dialect's: a message starts, its blocks, how it ended.

    Blocks are numbered in the order of their start, and may interleave. The start of a block waits
    for the first thing said in it where that belongs into the start.
    """

    def __init__(self, request: Request) -> None:
        self.losses: list[Loss] = []
        self._model = request.model
        self._parts: dict[int, PartStarted] = {}
        self._numbers: dict[int, int] = {}
        self._plain: dict[int, bytes] = {}
        self._waiting: set[int] = set()
        self._argued: dict[int, Argued] = {}

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        match event:
            case PartDelta():
                plain = self._plain.get(event.index)
                if plain is not None and event.citation is None and event.fields is None:
                    return b"%b%b}}\n\n" % (plain, encode(event.text)) if event.text else b""
                return self._delta(event)
            case PartStarted():
                return self._part(event)
            case PartEnded(index=index):
                return self._ended(index)
            case Started():
                return self._started(event)
            case Finished():
                return self._finished(event)
            case Failed():
                raise AssertionError("a failure is said by abort")
            case _:
                assert_never(event)

    def abort(self, failure: Failure) -> bytes:
        """An error event, and no message_stop: the official clients raise on it."""
        return encode_frame(error_body(failure), "error")

    def remark(self, text: bytes) -> bytes:
        return encode_comment(text)

    def _started(self, event: Started) -> bytes:
        self._note(speech.foreign(event.fields, "started"))
        message = {
            **speech.message(event, self._model),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": speech.usage(event.usage, event.fields),
            **speech.own_fields(event.fields),
        }
        return _frame("message_start", {"message": message})

    def _part(self, event: PartStarted) -> bytes:
        index = event.index
        lost = speech.unsayable(event)
        if lost is not None:
            self._note([lost])
            if event.choice or event.kind is not PartKind.AUDIO:
                return b""
        self._note(speech.id_losses(event))
        number = self._numbers[index] = len(self._numbers)
        self._parts[index] = event
        if event.kind is PartKind.OPAQUE:
            return _frame("content_block_start", {"index": number, "content_block": event.raw})
        if event.field == speech.REDACTED or event.dialect == NAME:
            self._waiting.add(index)
            return b""
        return self._block_start(event, None)

    def _block_start(self, start: PartStarted, first: PartDelta | None) -> bytes:
        """Begin a block. `first` is said in it first, where the start has waited for that."""
        index = start.index
        number = self._numbers[index]
        beside = {} if first is None else speech.beside(first.fields)
        if start.field == speech.REDACTED:
            data = "" if first is None else first.encrypted or ""
            block: speech.Object = {"type": speech.REDACTED, "data": data, **beside}
        else:
            block = speech.block_start(start, beside)
        if start.kind in _TEXTUAL:
            self._plain[index] = _before(number, b"text_delta", b"text")
        elif start.kind is PartKind.TOOL_CALL:
            self._argued[index] = Argued(start)
        return _frame("content_block_start", {"index": number, "content_block": block})

    def _delta(self, event: PartDelta) -> bytes:
        start = self._parts.get(event.index)
        if start is None:
            return b""
        self._note(speech.foreign(event.fields, f"parts[{event.index}]"))
        said = b""
        if event.index in self._waiting:
            self._waiting.discard(event.index)
            said = self._block_start(start, event)
        return said + b"".join(self._said(start, event))

    def _said(self, start: PartStarted, event: PartDelta) -> list[bytes]:
        """The deltas of one event: each of them says one thing."""
        said = []
        if event.text:
            said.append(self._text(start, event.text))
        if event.citation is not None:
            said.append(self._citation(start, event))
        if event.signature is not None or event.encrypted is not None:
            self._note(speech.thought_losses(start, event.signature, event.encrypted))
        if event.signature is not None and speech.reads_back(start):
            delta = {"type": "signature_delta", "signature": event.signature}
            said.append(self._frame_of(start, delta))
        said += [self._frame_of(start, raw) for raw in speech.deltas(event.fields)]
        return said

    def _text(self, start: PartStarted, text: str) -> bytes:
        match start.kind:
            case PartKind.REASONING:
                if start.field == speech.REDACTED:
                    self._note([Loss(f"parts[{start.index}]", "redacted")])
                    return b""
                delta = {"type": "thinking_delta", "thinking": text}
            case PartKind.TOOL_CALL:
                text = self._argued[start.index].receive(text)
                return self._given(start, text) if text else b""
            case PartKind.OPAQUE:
                return self._given(start, text)
            case _:
                delta = {"type": "text_delta", "text": text}
        return self._frame_of(start, delta)

    def _given(self, start: PartStarted, text: str) -> bytes:
        return self._frame_of(start, {"type": "input_json_delta", "partial_json": text})

    def _citation(self, start: PartStarted, event: PartDelta) -> bytes:
        assert event.citation is not None
        raw = speech.citation(event.citation)
        if raw is None:
            self._note([Loss(f"parts[{start.index}].citations", "citations of another dialect")])
            return b""
        return self._frame_of(start, {"type": "citations_delta", "citation": raw})

    def _ended(self, index: int) -> bytes:
        start = self._parts.get(index)
        if start is None:
            return b""
        said = b""
        if index in self._waiting:
            self._waiting.discard(index)
            said = self._block_start(start, None)
        argued = self._argued.get(index)
        if argued is not None:
            rest = argued.end(self.losses)
            said += self._given(start, rest) if rest else b""
        self._plain.pop(index, None)
        return said + _frame("content_block_stop", {"index": self._numbers[index]})

    def _finished(self, event: Finished) -> bytes:
        for argued in self._argued.values():
            argued.conclude(event.stop)
        self._note(stop_losses(event))
        self._note(speech.usage_losses(event.usage))
        self._note(speech.foreign(event.fields, "finished"))
        own = speech.own_fields(event.fields)
        delta = {**speech.end(event), **{k: raw for k, raw in own.items() if k not in _AT_TOP}}
        said = {
            "delta": delta,
            "usage": speech.usage(event.usage, event.fields),
            **{k: raw for k, raw in own.items() if k in _AT_TOP},
        }
        return _frame("message_delta", said) + _STOP

    def _frame_of(self, start: PartStarted, delta: Mapping[str, object] | Raw) -> bytes:
        return _frame("content_block_delta", {"index": self._numbers[start.index], "delta": delta})

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]


def _before(number: int, kind: bytes, field: bytes) -> bytes:
    """All of a frame that comes before its text."""
    return (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
        b'"delta":{"type":"%b","%b":' % (number, kind, field)
    )


def _frame(name: str, said: Mapping[str, object]) -> bytes:
    data = encode({"type": name, **said})
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)
