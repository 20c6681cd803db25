"""A stream of binary messages for a client that asked for one."""

from collections.abc import Mapping
from functools import lru_cache
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
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.dialects.arguments import Argued
from understudy.dialects.aws import exception
from understudy.dialects.bedrock_converse import speech
from understudy.dialects.bedrock_converse.opaque import opaque_events
from understudy.dialects.bedrock_converse.schema import NAME, Object, encode
from understudy.wire.eventstream import encode_headers, frame
from understudy.wire.http import Headers

_HEAD: Headers = ((b"content-type", b"application/vnd.amazon.eventstream"),)
_TEXTUAL = frozenset({PartKind.TEXT, PartKind.REFUSAL, PartKind.AUDIO})


class StreamEncoder:
    """Says events as this dialect's. Blocks are numbered in the order in which they first speak.

    Only calls have a start: blocks of text and of thoughts begin with their first delta.
    """

    def __init__(self, request: Request) -> None:  # noqa: ARG002 - every stream is alike
        self.losses: list[Loss] = []
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
                    return _text_frame(plain, event.text) if event.text else b""
                return self._delta(event)
            case PartStarted():
                return self._part(event)
            case PartEnded(index=index):
                return self._ended(index)
            case Started(fields=fields):
                self._note(speech.foreign(fields, "started"))
                message = {"role": "assistant", **speech.own_fields(fields)}
                return _frame("messageStart", message)
            case Finished():
                return self._finished(event)
            case Failed():
                raise AssertionError("a failure is said by abort")
            case _:
                assert_never(event)

    def abort(self, failure: Failure) -> bytes:
        """An exception in the stream: the official clients raise it."""
        return exception(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - clients trip over unknown events
        return b""

    def _part(self, start: PartStarted) -> bytes:
        lost = speech.unsayable(start)
        if lost is not None:
            self._note([lost])
            if lost.change is Change.DROPPED:
                return b""
        self._note(speech.id_losses(start))
        index = start.index
        self._parts[index] = start
        if start.kind is PartKind.OPAQUE:
            return self._opaque(start)
        if start.kind is PartKind.TOOL_CALL:
            self._argued[index] = Argued(start)
            if start.dialect == NAME:
                self._waiting.add(index)
                return b""
            return self._call(start, None)
        return b""

    def _call(self, start: PartStarted, first: PartDelta | None) -> bytes:
        beside = {} if first is None else speech.beside(first.fields)
        call = {**speech.call_start(start), **beside}
        return self._frame_of(start, "contentBlockStart", {"start": {"toolUse": call}})

    def _opaque(self, start: PartStarted) -> bytes:
        assert start.raw is not None
        found = opaque_events(start.raw)
        if not found:
            self._parts.pop(start.index)
            self._note([Loss(f"parts[{start.index}]", "streams have no word for such a block")])
        return b"".join(self._frame_of(start, name, said) for name, said in found)

    def _delta(self, delta: PartDelta) -> bytes:
        start = self._parts.get(delta.index)
        if start is None:
            return b""
        where = f"parts[{delta.index}]"
        self._note(speech.foreign(delta.fields, where))
        said = b""
        if delta.index in self._waiting:
            self._waiting.discard(delta.index)
            said = self._call(start, delta)
        elif speech.beside(delta.fields):
            self._note([Loss(where, "fields that streams have no word for", Change.CHANGED)])
        if speech.beside_block(delta.fields):
            self._note([Loss(where, "fields that streams have no word for", Change.CHANGED)])
        self._note(speech.thought_losses(start, delta))
        deltas = self._deltas(start, delta)
        return said + b"".join(
            self._frame_of(start, "contentBlockDelta", {"delta": each}) for each in deltas
        )

    def _deltas(self, start: PartStarted, delta: PartDelta) -> list[object]:
        """The deltas of one event: each of them says one thing."""
        said = self._text(start, delta.text) if delta.text else []
        if delta.citation is not None:
            self._note(speech.citation_losses(start, delta.citation))
            raw = speech.citation(delta.citation)
            if raw is not None and speech.is_citable(start):
                said.append({"citation": raw})
        if delta.signature is not None and speech.reads_back(start):
            said.append({"reasoningContent": {"signature": delta.signature}})
        if delta.encrypted is not None and speech.is_hidden(start):
            said.append({"reasoningContent": {"redactedContent": delta.encrypted}})
        return [*said, *speech.deltas(delta.fields)]

    def _text(self, start: PartStarted, text: str) -> list[object]:
        match start.kind:
            case PartKind.REASONING:
                return [] if speech.is_hidden(start) else [{"reasoningContent": {"text": text}}]
            case PartKind.TOOL_CALL:
                ready = self._argued[start.index].receive(text)
                return [{"toolUse": {"input": ready}}] if ready else []
            case PartKind.OPAQUE:
                return [{"toolUse": {"input": text}}]
            case _:
                return [{"text": text}]

    def _ended(self, index: int) -> bytes:
        start = self._parts.get(index)
        if start is None:
            return b""
        said = b""
        if index in self._waiting:
            self._waiting.discard(index)
            said = self._call(start, None)
        argued = self._argued.get(index)
        if argued is not None:
            rest = argued.end(self.losses)
            if rest:
                delta = {"toolUse": {"input": rest}}
                said += self._frame_of(start, "contentBlockDelta", {"delta": delta})
        if index not in self._numbers:
            if start.kind is PartKind.REASONING:
                return said  # nothing was said of it
            said += self._frame_of(start, "contentBlockDelta", {"delta": {"text": ""}})
        self._plain.pop(index, None)
        return said + self._frame_of(start, "contentBlockStop", {})

    def _finished(self, event: Finished) -> bytes:
        for argued in self._argued.values():
            argued.conclude(event.stop)
        self._note(speech.end_losses(event))
        stop = _frame("messageStop", speech.stopped(event))
        return stop + _frame("metadata", speech.measured(event))

    def _frame_of(self, start: PartStarted, name: str, said: Object) -> bytes:
        number = self._numbers.get(start.index)
        if number is None:
            number = self._numbers[start.index] = len(self._numbers)
            if start.kind in _TEXTUAL:
                self._plain[start.index] = b'{"contentBlockIndex":%d,"delta":{"text":' % number
        return _frame(name, {"contentBlockIndex": number, **said})

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]


def _text_frame(plain: bytes, text: str) -> bytes:
    return frame(_headers("contentBlockDelta"), b"%b%b}}" % (plain, encode(text)))


def _frame(name: str, said: Mapping[str, object]) -> bytes:
    return frame(_headers(name), encode(said))


@lru_cache(maxsize=16)
def _headers(name: str) -> bytes:
    return encode_headers(
        ((":event-type", name), (":content-type", "application/json"), (":message-type", "event"))
    )
