"""Answers, events to bytes: a line for each, or one body that says all."""

from datetime import UTC, datetime
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
from understudy.dialects.ollama_chat import speech
from understudy.dialects.ollama_chat.failure import error_body
from understudy.dialects.ollama_chat.schema import encode
from understudy.wire.http import Headers
from understudy.wire.lines import on_one_line

Object = dict[str, object]

_LAST_SECOND = 253_402_300_799
"""Of the year 9999: providers may say any number for when they answered."""

_STREAM: Headers = ((b"content-type", b"application/x-ndjson"),)
_WHOLE: Headers = ((b"content-type", b"application/json; charset=utf-8"),)


class StreamEncoder:
    """Says events as lines. A call is said when it is whole, which is how this dialect has it."""

    def __init__(self, request: Request) -> None:
        self.losses: list[Loss] = []
        self._stream = request.stream
        self._model = request.model
        self._identity: Object = {}
        self._before = b""  # all of a line that comes before its text
        self._calls: dict[int, list[str]] = {}
        self._called = 0
        self._ended: set[int] = set()
        self._starts: dict[int, PartStarted] = {}

    def head(self) -> Headers:
        return _STREAM

    def send(self, event: Event) -> bytes:
        if type(event) is PartDelta and self._is_plain(event):
            return on_one_line(b'%b%b},"done":false}' % (self._before, encode(event.text))) + b"\n"
        match event:
            case Started():
                self._identity = identity(event, self._model)
                message: Object = {"role": "assistant", "content": ""}
                self._before = encode({**self._identity, "message": message})[: -len(b'""}}')]
                self._note(speech.foreign(event.fields, "started"))
                return b""
            case PartStarted():
                return self._start(event)
            case PartDelta():
                return self._delta(event)
            case PartEnded(index=index):
                return self._end(index)
            case Finished():
                self._note(speech.finish_losses(event))
                message = {"role": "assistant", "content": ""}
                return self._line({"message": message, **speech.end(event)})
            case Failed():
                raise AssertionError("a failure is never sent: see abort")
            case _:
                assert_never(event)

    def abort(self, failure: Failure) -> bytes:
        """A line with an error, and none that is done: the official client raises on it."""
        return error_body(failure) + b"\n"

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a line is JSON
        return b""

    def _start(self, start: PartStarted) -> bytes:
        lost = speech.unsayable(start)
        if lost is not None:
            self._note([lost])
            if lost.change is Change.DROPPED:
                return b""
        self._starts[start.index] = start
        if start.kind is PartKind.IMAGE:
            message: Object = {"role": "assistant", "content": "", "images": [start.raw]}
            return self._line({"message": message, "done": False})
        if start.kind is PartKind.TOOL_CALL:
            self._calls[start.index] = []
        return b""

    def _is_plain(self, delta: PartDelta) -> bool:
        """Whether a delta adds to a text, and says nothing beside."""
        start = self._starts.get(delta.index)
        if start is None or start.kind is not PartKind.TEXT or not delta.text:
            return False
        return delta == PartDelta(delta.index, delta.text)

    def _delta(self, delta: PartDelta) -> bytes:
        start = self._starts.get(delta.index)
        if start is None:
            return b""
        self._note(speech.delta_losses(start, delta))
        if start.index in self._calls:
            self._calls[start.index].append(delta.text)
            return b""
        own = speech.own(delta.fields)
        if not delta.text and not own:
            return b""
        message: Object = {"role": "assistant", "content": delta.text}
        if start.kind is PartKind.REASONING:
            message = {"role": "assistant", "content": "", "thinking": delta.text}
        return self._line({"message": {**message, **own}, "done": False})

    def _end(self, index: int) -> bytes:
        """Calls are said in the order of their start: nothing else numbers them for everybody."""
        if index in self._calls:
            self._ended.add(index)
        said = b""
        for number in list(self._calls):
            if number not in self._ended:
                break
            said += self._call(self._starts[number], "".join(self._calls.pop(number)))
        return said

    def _call(self, start: PartStarted, text: str) -> bytes:
        call = speech.call(start, text, self._called, self.losses)
        self._called += 1
        message: Object = {"role": "assistant", "content": "", "tool_calls": [call]}
        return self._line({"message": message, "done": False})

    def _line(self, said: Object) -> bytes:
        return on_one_line(encode({**self._identity, **said})) + b"\n"

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]


class WholeEncoder:
    """Says nothing until the answer has ended, and then all of it."""

    def __init__(self, request: Request) -> None:
        self._lines = StreamEncoder(request)
        self.losses = self._lines.losses
        self._texts: dict[PartKind, list[str]] = {}
        self._kinds: dict[int, PartKind] = {}
        self._images: list[object] = []
        self._calls: list[object] = []
        self._written: dict[int, list[str]] = {}
        self._identity: Object = {}
        self._own: Object = {}
        self._model = request.model

    def head(self) -> Headers:
        return _WHOLE

    def send(self, event: Event) -> bytes:
        self._lines.send(event)  # for what it finds lost
        match event:
            case Started():
                self._identity = identity(event, self._model)
            case PartStarted():
                self._start(event)
            case PartDelta(index=index, text=text):
                self._written.get(index, []).append(text)
                self._own |= speech.own(event.fields)
            case PartEnded(index=index):
                self._end(index)
            case Finished():
                return self._body(event)
            case Failed():
                raise AssertionError("a failure is never sent: see abort")
            case _:
                assert_never(event)
        return b""

    def abort(self, failure: Failure) -> bytes:
        """An error object: nothing of the answer has been said yet."""
        return error_body(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a body has no room for it
        return b""

    def _start(self, start: PartStarted) -> None:
        lost = speech.unsayable(start)
        if lost is not None and lost.change is Change.DROPPED:
            return
        if start.kind is PartKind.IMAGE:
            self._images.append(start.raw)
            return
        if start.kind is PartKind.TOOL_CALL:
            self._calls.append(start)
            self._written[start.index] = []
            return
        kind = PartKind.REASONING if start.kind is PartKind.REASONING else PartKind.TEXT
        self._written[start.index] = self._texts.setdefault(kind, [])

    def _end(self, index: int) -> None:
        for at, call in enumerate(self._calls):
            if isinstance(call, PartStarted) and call.index == index:
                self._calls[at] = speech.call(call, "".join(self._written[index]), at, [])

    def _body(self, finished: Finished) -> bytes:
        texts = {kind: "".join(said) for kind, said in self._texts.items()}
        message: Object = {"role": "assistant", "content": texts.get(PartKind.TEXT, "")}
        message |= self._own
        if texts.get(PartKind.REASONING):
            message["thinking"] = texts[PartKind.REASONING]
        if self._images:
            message["images"] = self._images
        if self._calls:
            message["tool_calls"] = self._calls
        return encode({**self._identity, "message": message, **speech.end(finished)})


def identity(started: Started, asked: str) -> Object:
    """What every line begins with. `asked` is the model that the caller named."""
    at = datetime.fromtimestamp(min(max(started.created or 0, 0), _LAST_SECOND), UTC)
    return {
        "model": started.model or asked,
        "created_at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
