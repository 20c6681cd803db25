"""A whole answer, and its unfolding into events. Law: fold(unfold(response)) == response."""

from collections.abc import Iterable, Iterator

import msgspec

from understudy.chat.events import (
    ChoiceEnd,
    Event,
    Failed,
    Fields,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.parts import Citation
from understudy.chat.usage import Usage


class Piece(msgspec.Struct, frozen=True):
    """One part of an answer, whole: how it started, and everything that was added to it."""

    start: PartStarted
    text: str = ""
    signature: str | None = None
    encrypted: str | None = None
    audio_base64: str | None = None
    citations: tuple[Citation, ...] = ()
    fields: Fields | None = None


class Response(msgspec.Struct, frozen=True):
    """A whole answer. `choices` holds the ends of further answers where n > 1 were asked for."""

    started: Started
    pieces: tuple[Piece, ...]
    finished: Finished

    @property
    def text(self) -> str:
        """The first answer's plain text."""
        return "".join(
            piece.text
            for piece in self.pieces
            if piece.start.kind is PartKind.TEXT and piece.start.choice == 0
        )

    @property
    def stop(self) -> StopReason:
        return self.finished.stop

    @property
    def usage(self) -> Usage | None:
        return self.finished.usage

    @property
    def ends(self) -> tuple[ChoiceEnd, ...]:
        return self.finished.choices


class Incomplete(Exception):
    """The events do not add up to a whole answer."""


class Folder:
    """Collects events into an answer. Feed every event to `receive`; ask `pieces` at any time."""

    def __init__(self) -> None:
        self.started: Started | None = None
        self.finished: Finished | None = None
        self._starts: dict[int, PartStarted] = {}
        self._text: dict[int, list[str]] = {}
        self._rest: dict[int, Piece] = {}

    def receive(self, event: Event) -> None:
        if type(event) is PartDelta:
            if event.text:
                self._text[event.index].append(event.text)
            if (
                event.signature
                or event.encrypted
                or event.audio_base64
                or event.citation is not None
                or event.fields is not None
            ):
                self._extend(event)
        elif type(event) is PartStarted:
            self._starts[event.index] = event
            self._text[event.index] = []
        elif type(event) is Started:
            self.started = event
        elif type(event) is Finished:
            self.finished = event

    def pieces(self) -> tuple[Piece, ...]:
        """Everything heard so far, part by part."""
        return tuple(self.piece(index) for index in sorted(self._starts))

    def response(self) -> Response:
        """The whole answer. Raises: Incomplete when it has no beginning or no end."""
        if self.started is None or self.finished is None:
            raise Incomplete("the answer has no beginning or no end")
        return Response(self.started, self.pieces(), self.finished)

    def piece(self, index: int) -> Piece:
        """One part, as far as it was heard."""
        text = "".join(self._text[index])
        rest = self._rest.get(index)
        if rest is None:
            return Piece(self._starts[index], text)
        return msgspec.structs.replace(rest, start=self._starts[index], text=text)

    def _extend(self, delta: PartDelta) -> None:
        old = self._rest.get(delta.index) or Piece(self._starts[delta.index])
        citations = old.citations
        if delta.citation is not None:
            citations = (*citations, delta.citation)
        fields = old.fields
        if delta.fields is not None:
            fields = delta.fields if fields is None else _joined(fields, delta.fields)
        self._rest[delta.index] = Piece(
            start=old.start,
            signature=_join(old.signature, delta.signature),
            encrypted=_join(old.encrypted, delta.encrypted),
            audio_base64=_join(old.audio_base64, delta.audio_base64),
            citations=citations,
            fields=fields,
        )


def fold(events: Iterable[Event]) -> Response:
    """Collect a whole answer. Raises: Incomplete for a stream that failed or never ended."""
    folder = Folder()
    for event in events:
        if isinstance(event, Failed):
            raise Incomplete(f"the answer failed: {event.signal.message}")
        folder.receive(event)
    return folder.response()


def unfold(response: Response) -> Iterator[Event]:
    """Say a whole answer as events, one delta a part (and one a citation)."""
    yield response.started
    for piece in response.pieces:
        yield piece.start
        yield from _deltas(piece)
        yield PartEnded(piece.start.index)
    yield response.finished


def _deltas(piece: Piece) -> Iterator[PartDelta]:
    index = piece.start.index
    whole = PartDelta(
        index,
        piece.text,
        signature=piece.signature,
        encrypted=piece.encrypted,
        audio_base64=piece.audio_base64,
        fields=piece.fields,
    )
    if whole != PartDelta(index):
        yield whole
    for citation in piece.citations:
        yield PartDelta(index, citation=citation)


def _join(old: str | None, new: str | None) -> str | None:
    if old is None or new is None:
        return new if old is None else old
    return old + new


def _joined(old: Fields, new: Fields) -> Fields:
    """Later fields win, but lists go on where they ended."""
    joined = {**old, **new}
    for name in old.keys() & new.keys():
        first, second = bytes(old[name]).strip(), bytes(new[name]).strip()
        if first.startswith(b"[") and second.startswith(b"["):
            items = [part for part in (first[1:-1].strip(), second[1:-1].strip()) if part]
            joined[name] = msgspec.Raw(b"[" + b",".join(items) + b"]")
    return joined
