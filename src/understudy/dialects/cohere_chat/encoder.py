"""A stream of events for a client that asked for one."""

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
from understudy.dialects.cohere_chat import speech
from understudy.dialects.cohere_chat.citation import write_citation
from understudy.dialects.cohere_chat.schema import DONE, encode
from understudy.wire.http import Headers
from understudy.wire.sse import encode_comment, encode_frame

_HEAD: Headers = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
)
_EMPTY: speech.Object = {
    "role": "assistant",
    "content": [],
    "tool_plan": "",
    "tool_calls": [],
    "citations": [],
}


class StreamEncoder:
    """Says events as this dialect's. Content, calls and citations are numbered each for itself."""

    def __init__(self) -> None:
        self.losses: list[Loss] = []
        self._parts: dict[int, PartStarted] = {}
        self._numbers: dict[int, int] = {}
        self._plain: dict[int, bytes] = {}
        self._texts: dict[int, list[str]] = {}
        self._blocks = 0
        self._calls = 0
        self._citations = 0

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        match event:
            case PartDelta():
                plain = self._plain.get(event.index)
                if plain is not None and _is_plain(event):
                    self._texts[event.index].append(event.text)
                    return b"%b%b}}}}\n\n" % (plain, encode(event.text)) if event.text else b""
                return self._delta(event)
            case PartStarted():
                return self._start(event)
            case PartEnded(index=index):
                return self._end(index)
            case Started():
                return self._started(event)
            case Finished():
                self._note(speech.finish_losses(event))
                return _frame("message-end", {"delta": speech.end(event)}) + DONE
            case Failed():
                raise AssertionError("a failure is said by abort")
            case _:
                assert_never(event)

    def abort(self, failure: Failure) -> bytes:
        """An end that names the error, which is how this dialect says that an answer broke off."""
        return _frame(
            "message-end", {"delta": {"error": failure.message, "finish_reason": "ERROR"}}
        )

    def remark(self, text: bytes) -> bytes:
        return encode_comment(text)

    def _started(self, event: Started) -> bytes:
        self._note(speech.start_losses(event))
        message = {**_EMPTY, **speech.own(event.fields)}
        data = {"id": event.id, "type": "message-start", "delta": {"message": message}}
        return encode_frame(encode(data), "message-start")

    def _start(self, start: PartStarted) -> bytes:
        lost = speech.unsayable(start)
        if lost is not None:
            self._note([lost])
            if lost.change is Change.DROPPED:
                return b""
        index = start.index
        self._parts[index] = start
        self._texts[index] = []
        if start.kind is PartKind.TOOL_CALL:
            self._numbers[index] = self._calls
            self._calls += 1
            call = speech.call(start, "", {}) if not start.is_custom else _held(start)
            return self._said("tool-call-start", index, {"tool_calls": call})
        if speech.is_plan(start):
            return b""
        number = self._numbers[index] = self._blocks
        self._blocks += 1
        if start.kind in speech.TEXTUAL:
            self._plain[index] = _before(number)
        return self._said("content-start", index, {"content": speech.block(start, "")})

    def _delta(self, delta: PartDelta) -> bytes:
        start = self._parts.get(delta.index)
        if start is None:
            return b""
        is_signed = delta.signature is not None or delta.encrypted is not None
        self._note(
            speech.said_losses(
                start,
                delta.fields,
                is_signed=is_signed,
                has_sound=delta.audio_base64 is not None,
            )
        )
        self._texts[delta.index].append(delta.text)
        said = b""
        if delta.text or delta.fields:
            said = self._more(start, delta)
        if delta.citation is not None:
            said += self._citation(start, delta)
        return said

    def _more(self, start: PartStarted, delta: PartDelta) -> bytes:
        index, text = start.index, delta.text
        own = speech.beside(delta.fields)
        if start.kind is PartKind.TOOL_CALL:
            argued = own.pop("arguments", None)
            if start.is_custom or not (text or argued or own):
                return b""
            function = {"arguments": argued or text}
            return self._said(
                "tool-call-delta", index, {"tool_calls": {**own, "function": function}}
            )
        if speech.is_plan(start):
            if not text:
                return b""
            return _frame("tool-plan-delta", {"delta": {"message": {"tool_plan": text}}})
        logprobs = speech.logprobs_of(delta.fields)
        if not (text or own or logprobs):
            return b""
        beside: speech.Object = {"logprobs": logprobs[0]} if logprobs else {}
        content = {**speech.more(start, text), **own}
        return self._said("content-delta", index, {"content": content}, beside)

    def _citation(self, start: PartStarted, delta: PartDelta) -> bytes:
        citation = delta.citation
        assert citation is not None
        self._note(speech.citation_losses(start, citation.dialect))
        number, self._citations = self._citations, self._citations + 1
        block = self._numbers.get(start.index, 0)
        text = "".join(self._texts[start.index])
        said = write_citation(citation, text, block=block, number=number)
        message = {"citations": said}
        return _frame("citation-start", {"index": number, "delta": {"message": message}}) + _frame(
            "citation-end", {"index": number}
        )

    def _end(self, index: int) -> bytes:
        start = self._parts.get(index)
        if start is None or speech.is_plan(start):
            return b""
        text = "".join(self._texts.pop(index))
        self._plain.pop(index, None)
        if start.kind is not PartKind.TOOL_CALL:
            return _frame("content-end", {"index": self._numbers[index]})
        said = b""
        if start.is_custom:
            function = {"arguments": encode({"input": text}).decode()}
            said = self._said("tool-call-delta", index, {"tool_calls": {"function": function}})
        return said + _frame("tool-call-end", {"index": self._numbers[index]})

    def _said(
        self, kind: str, index: int, message: speech.Object, beside: speech.Object | None = None
    ) -> bytes:
        data = {"index": self._numbers[index], "delta": {"message": message}, **(beside or {})}
        return _frame(kind, data)

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]


def _frame(kind: str, data: speech.Object) -> bytes:
    return encode_frame(encode({"type": kind, **data}), kind)


def _is_plain(delta: PartDelta) -> bool:
    return (
        delta.citation is None
        and delta.fields is None
        and delta.signature is None
        and delta.encrypted is None
        and delta.audio_base64 is None
    )


def _before(number: int) -> bytes:
    """All of a frame that says a piece of text, up to that."""
    return (
        b'event: content-delta\ndata: {"type":"content-delta","index":%d,'
        b'"delta":{"message":{"content":{"text":' % number
    )


def _held(start: PartStarted) -> speech.Object:
    """The start of a call whose free text is said at its end."""
    plain = PartStarted(start.index, start.kind, start.id, start.name)
    return speech.call(plain, "", {})
