"""A whole answer, for a client that asked for no stream."""

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
from understudy.chat.response import Folder, Piece
from understudy.dialects.cohere_chat import speech
from understudy.dialects.cohere_chat.citation import write_citation
from understudy.dialects.cohere_chat.failure import error_body
from understudy.dialects.cohere_chat.schema import PLAN, Raw, encode
from understudy.wire.http import Headers

_HEAD: Headers = ((b"content-type", b"application/json"),)


class WholeEncoder:
    """Says nothing until the answer has ended, and then all of it."""

    def __init__(self) -> None:
        self.losses: list[Loss] = []
        self._folder = Folder()

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        match event:
            case Started() | PartStarted() | PartDelta() | PartEnded():
                self._folder.receive(event)
                return b""
            case Finished():
                return self._body(event)
            case Failed():
                raise AssertionError("a failure is said by abort")
            case _:
                assert_never(event)

    def abort(self, failure: Failure) -> bytes:
        """An error object: nothing of the answer has been said yet."""
        return error_body(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a body has no room for it
        return b""

    def _body(self, finished: Finished) -> bytes:
        started = self._folder.started
        assert started is not None
        self._note(speech.start_losses(started))
        message = _Message(self)
        for piece in self._folder.pieces():
            message.add(piece)
        self._note(speech.finish_losses(finished))
        end = speech.end(finished)
        if message.logprobs:
            end["logprobs"] = message.logprobs
        said = {"id": started.id, "message": {**message.body(), **speech.own(started.fields)}}
        return encode({**said, **end})

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]


class _Message:
    """The message of a whole answer."""

    def __init__(self, encoder: WholeEncoder) -> None:
        self.logprobs: list[Raw] = []
        self._note = encoder._note  # noqa: SLF001 - one of its parts
        self._plan: list[str] = []
        self._content: list[object] = []
        self._calls: list[object] = []
        self._citations: list[object] = []

    def add(self, piece: Piece) -> None:
        start = piece.start
        lost = speech.unsayable(start)
        if lost is not None:
            self._note([lost])
            if lost.change is Change.DROPPED:
                return
        is_signed = piece.signature is not None or piece.encrypted is not None
        self._note(
            speech.said_losses(
                start,
                piece.fields,
                is_signed=is_signed,
                has_sound=piece.audio_base64 is not None,
            )
        )
        own = speech.beside(piece.fields)
        self.logprobs += speech.logprobs_of(piece.fields)
        block = len(self._content)
        if start.kind is PartKind.TOOL_CALL:
            self._calls.append(speech.call(start, piece.text or "{}", own))
        elif speech.is_plan(start):
            self._plan.append(piece.text)
        else:
            self._content.append({**speech.block(start, piece.text), **own})
        for citation in piece.citations:
            self._note(speech.citation_losses(start, citation.dialect))
            number = len(self._citations)
            self._citations.append(write_citation(citation, piece.text, block=block, number=number))

    def body(self) -> speech.Object:
        said: speech.Object = {"role": "assistant"}
        if self._plan:
            said[PLAN] = "".join(self._plan)
        for name, value in (
            ("tool_calls", self._calls),
            ("content", self._content),
            ("citations", self._citations),
        ):
            if value:
                said[name] = value
        return said
