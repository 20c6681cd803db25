"""Answers, events to bytes: chunks of a stream, or one body that says all."""

from typing import assert_never

from understudy.chat.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartStarted,
    Started,
)
from understudy.chat.failure import Failure
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.chat.response import Folder
from understudy.dialects.fields import foreign
from understudy.dialects.openai_completions import speech
from understudy.dialects.openai_completions.schema import OWN, encode
from understudy.dialects.openai_errors import error_body
from understudy.wire.http import Headers
from understudy.wire.sse import encode_comment

_STREAM: Headers = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
)
_WHOLE: Headers = ((b"content-type", b"application/json"),)
_DONE = b"data: [DONE]\n\n"


class StreamEncoder:
    """Says events as chunks: more text, how it ended, and the usage."""

    def __init__(self, request: Request) -> None:
        self.losses: list[Loss] = []
        self._model = request.model
        self._wants_usage = request.wants_usage
        self._start = b""
        self._parts: dict[int, PartStarted] = {}
        self._plain: dict[int, bytes] = {}
        self._choices: set[int] = {0}

    def head(self) -> Headers:
        return _STREAM

    def send(self, event: Event) -> bytes:
        match event:
            case PartDelta():
                return self._delta(event)
            case PartStarted():
                return self._part(event)
            case PartEnded():
                return b""
            case Started():
                return self._started(event)
            case Finished():
                return self._finished(event)
            case Failed():
                raise AssertionError("a failure is said by abort")
            case _:
                assert_never(event)

    def abort(self, failure: Failure) -> bytes:
        """An error chunk, and no [DONE]: the official clients raise on it."""
        return b"data: " + error_body(failure) + b"\n\n"

    def remark(self, text: bytes) -> bytes:
        return encode_comment(text)

    def _started(self, event: Started) -> bytes:
        self._note(foreign(event.fields, "started", OWN))
        own = speech.beside(event.fields)
        head = {**speech.identity(event, self._model), **own}
        self._start = b"data: " + encode(head)[:-1]
        return b""

    def _part(self, event: PartStarted) -> bytes:
        lost = speech.unsayable(event)
        if lost is not None:
            self._note([lost])
            if lost.change is Change.DROPPED:
                return b""
        self._parts[event.index] = event
        self._choices.add(event.choice)
        at = str(event.choice).encode()
        self._plain[event.index] = self._start + b',"choices":[{"index":' + at + b',"text":'
        return b""

    def _delta(self, event: PartDelta) -> bytes:
        start = self._parts.get(event.index)
        if start is None:
            return b""
        if event.citation is not None or event.fields is not None or event.audio_base64 is not None:
            self._note(
                speech.said_losses(
                    start,
                    event.fields,
                    is_cited=event.citation is not None,
                    has_sound=event.audio_base64 is not None,
                )
            )
        if not event.text:
            return b""
        return b'%b%b,"logprobs":null,"finish_reason":null}]}\n\n' % (
            self._plain[event.index],
            encode(event.text),
        )

    def _finished(self, event: Finished) -> bytes:
        self._note(speech.finish_losses(event))
        numbers = sorted(self._choices | {end.choice for end in event.choices})
        beside = speech.beside(event.fields)
        said = []
        for number in numbers:
            choices: speech.Object = {"choices": [speech.choice(event, number, "")], **beside}
            said.append(self._start + b"," + encode(choices)[1:] + b"\n\n")
            beside = {}
        if self._wants_usage and event.usage is not None:
            usage = bytes(speech.usage(event.usage, event.fields))
            said.append(self._start + b',"choices":[],"usage":' + usage + b"}\n\n")
        return b"".join([*said, _DONE])

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]


class WholeEncoder:
    """Says nothing until the answer has ended, and then all of it."""

    def __init__(self, request: Request) -> None:
        self.losses: list[Loss] = []
        self._model = request.model
        self._folder = Folder()

    def head(self) -> Headers:
        return _WHOLE

    def send(self, event: Event) -> bytes:
        self._folder.receive(event)
        return self._body(event) if type(event) is Finished else b""

    def abort(self, failure: Failure) -> bytes:
        """An error object: nothing of the answer has been said yet."""
        return error_body(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a body has no room for it
        return b""

    def _body(self, finished: Finished) -> bytes:
        started = self._folder.started or Started("", "")
        self._note(foreign(started.fields, "started", OWN))
        texts = self._texts()
        self._note(speech.finish_losses(finished))
        numbers = sorted(texts.keys() | {end.choice for end in finished.choices} | {0})
        body = speech.identity(started, self._model)
        body["choices"] = [
            speech.choice(finished, number, "".join(texts.get(number, []))) for number in numbers
        ]
        if finished.usage is not None:
            body["usage"] = speech.usage(finished.usage, finished.fields)
        return encode({**body, **speech.beside(started.fields), **speech.beside(finished.fields)})

    def _texts(self) -> dict[int, list[str]]:
        """What each of n answers says."""
        texts: dict[int, list[str]] = {}
        for piece in self._folder.pieces():
            lost = speech.unsayable(piece.start)
            if lost is not None:
                self._note([lost])
                if lost.change is Change.DROPPED:
                    continue
            self._note(
                speech.said_losses(
                    piece.start,
                    piece.fields,
                    is_cited=bool(piece.citations),
                    has_sound=piece.audio_base64 is not None,
                )
            )
            texts.setdefault(piece.start.choice, []).append(piece.text)
        return texts

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]
