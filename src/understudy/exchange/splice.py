"""Splice: continues an answer of plain text on another target, so that the client sees one answer.

Only text is ever continued. The continuation's own beginning (its start, a repeated tail, the whole
answer said again) is taken away; its parts are renumbered onto the open part; usage adds up. One
that begins as the answer did and then says something else has begun anew: it is no continuation,
and fails.
"""

from collections.abc import Container, Iterable, Sequence
from typing import assert_never

import msgspec

from understudy.chat.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Signal, Surface
from understudy.chat.parts import Text
from understudy.chat.request import Format, Message, Request, Role
from understudy.chat.response import Piece
from understudy.chat.usage import Usage

OVERLAP_CHARS = 24
"""A repetition of the delivered tail counts as one from this length on; shorter ones may be meant.
"""

DIVERGED = "continuation_diverged"
"""The taxonomy's flag for an answer that was begun anew, in other words, instead of continued."""

NOTHING_TO_ADD = "empty_200"
"""The taxonomy's flag for an empty answer: as a continuation, it says that the text was whole."""

HELD_CHARS = 64 * 1024
"""The longest repetition that is waited for; beyond it, it is passed on."""


def can_continue(pieces: Sequence[Piece], request: Request) -> bool:
    """Whether an answer so far may be continued at all: one answer, plain text, some of it
    there, and as far as anybody can tell not yet as long as the caller allows.
    """
    if not pieces or pieces[-1].start.kind is not PartKind.TEXT or not pieces[-1].text.strip():
        return False
    plain = {PartKind.TEXT, PartKind.REASONING}
    if any(piece.start.kind not in plain or piece.start.choice for piece in pieces):
        return False
    limit = request.max_output_tokens
    if limit is not None and _tokens(_said(pieces)) >= limit:
        return False
    wanted = request.response_format
    return wanted is None or wanted.kind is Format.TEXT


def is_only_thought(pieces: Sequence[Piece]) -> bool:
    """Whether the client has seen reasoning and nothing else: the answer itself can begin anew."""
    thoughts = [
        piece
        for piece in pieces
        if piece.start.kind is PartKind.REASONING and not piece.start.choice
    ]
    return bool(pieces) and len(thoughts) == len(pieces)


def continuation(request: Request, pieces: Sequence[Piece]) -> Request:
    """The request that asks a target with PREFILL for the rest of the answer.

    The delivered text is put into the model's mouth without trailing white space, which some
    hosts refuse; reasoning is switched off since it cannot stand before a prefill.
    """
    said = _said(pieces)
    messages = request.messages
    last = messages[-1] if messages else None
    if last is not None and last.role is Role.ASSISTANT:
        before = "".join(part.text for part in last.parts if isinstance(part, Text))
        said = before + said
        messages = messages[:-1]
    limit = request.max_output_tokens
    if limit is not None:
        limit = max(1, limit - _tokens(said))
    return msgspec.structs.replace(
        request,
        messages=(*messages, Message(Role.ASSISTANT, (Text(said.rstrip()),))),
        reasoning=None,
        max_output_tokens=limit,
    )


def summed(events: Sequence[Event], spent: Usage | None) -> Sequence[Event]:
    """Usage of a continued answer is that of all its attempts: add what was `spent` before."""
    if spent is None:
        return events
    return [
        msgspec.structs.replace(event, usage=spent + event.usage)
        if isinstance(event, Finished) and event.usage is not None
        else event
        for event in events
    ]


class Renewal:
    """Lets another's whole answer follow reasoning that led nowhere: its parts come behind that,
    its start is taken away. One instance for an answer begun anew.
    """

    def __init__(self, pieces: Sequence[Piece], open_parts: Iterable[int]) -> None:
        self._shift = 1 + max(piece.start.index for piece in pieces)
        self._open = tuple(open_parts)

    def translate(self, events: Sequence[Event]) -> list[Event]:
        """What the client shall hear of a frame's events."""
        out: list[Event] = []
        for event in events:
            match event:
                case Started():
                    continue
                case PartStarted() | PartDelta() | PartEnded():
                    out.extend(self._closed())
                    out.append(msgspec.structs.replace(event, index=event.index + self._shift))
                case Finished():
                    out.extend(self._closed())
                    out.append(event)
                case Failed():
                    out.append(event)
                case _:
                    assert_never(event)
        return out

    def _closed(self) -> list[Event]:
        ended: list[Event] = [PartEnded(index) for index in self._open]
        self._open = ()
        return ended


class Splice:
    """Maps the events of a continuation onto an answer already begun. One instance a
    continuation.

    `open_parts`: those that the client has not seen the end of, None for the last one. An answer
    that broke between the end of its text and its own goes on in a part of its own, if at all.
    """

    def __init__(self, pieces: Sequence[Piece], open_parts: Container[int] | None = None) -> None:
        said = _said(pieces)
        self._part = pieces[-1].start.index
        self._next = 1 + max(piece.start.index for piece in pieces)
        self._is_begun = open_parts is None or self._part in open_parts
        if not self._is_begun:
            self._part, self._next = self._next, self._next + 1
        self._tail = said
        self._space = said[len(said.rstrip()) :]
        self._map: dict[int, int] = {}
        self._mute: set[int] = set()
        self._held: str | None = ""
        self._is_open = True

    def translate(self, events: Sequence[Event]) -> list[Event]:
        """What the client shall hear of a frame's events."""
        return [out for event in events for out in self.receive(event)]

    def receive(self, event: Event) -> list[Event]:
        """What the client shall hear of `event`."""
        match event:
            case Started():
                return []
            case PartStarted():
                return self._start(event)
            case PartDelta():
                return self._delta(event)
            case PartEnded(index=index):
                return self._end(index)
            case Finished():
                return [*self._flush(), *self._close(), event]
            case Failed(signal=signal) if signal.flag == NOTHING_TO_ADD:
                return [*self._flush(), *self._close(), Finished(StopReason.END)]
            case Failed():
                return [event]

    def _start(self, event: PartStarted) -> list[Event]:
        if event.kind is PartKind.TEXT and self._is_open:
            self._map[event.index] = self._part
            return []
        if event.kind is PartKind.REASONING:
            self._mute.add(event.index)
            return []
        if event.kind is PartKind.TEXT:
            self._map[event.index] = self._next
            self._next += 1
            return [msgspec.structs.replace(event, index=self._map[event.index])]
        reason = f"a continuation may only be text, found {event.kind.value}"
        return [Failed(Signal(Surface.STREAM, flag="duplicate_or_out_of_order", message=reason))]

    def _delta(self, event: PartDelta) -> list[Event]:
        if event.index in self._mute:
            return []
        index = self._map[event.index]
        if self._held is None or index != self._part:
            begun = self._begin() if index == self._part else []
            return [*begun, msgspec.structs.replace(event, index=index)]
        self._held += event.text
        return [] if self._may_repeat(self._held) else self._flush()

    def _may_repeat(self, held: str) -> bool:
        """Whether what came so far may be the beginning of a repetition of what was delivered."""
        if len(held) < OVERLAP_CHARS + len(self._space):
            return True
        if len(held) > HELD_CHARS:
            return False
        return held in self._tail or self._tail.lstrip().startswith(held.lstrip())

    def _end(self, index: int) -> list[Event]:
        if index in self._mute:
            return []
        mapped = self._map[index]
        if mapped == self._part:
            return [*self._flush(), *self._close()]
        return [PartEnded(mapped)]

    def _flush(self) -> list[Event]:
        if self._held is None:
            return []
        text, self._held = self._held, None
        rest = self._without_overlap(text)
        if rest is text:
            again, said = text.lstrip(), self._tail.lstrip()
            count = _common(again, said)
            if count >= OVERLAP_CHARS and count == len(said):
                rest = again[count:]
            elif count >= OVERLAP_CHARS:
                reason = "the answer was begun anew in other words instead of continued"
                return [Failed(Signal(Surface.GATEWAY, flag=DIVERGED, message=reason))]
        return [*self._begin(), PartDelta(self._part, rest)] if rest else []

    def _begin(self) -> list[Event]:
        if self._is_begun:
            return []
        self._is_begun = True
        return [PartStarted(self._part, PartKind.TEXT)]

    def _close(self) -> list[Event]:
        if not self._is_open:
            return []
        self._is_open = False
        return [PartEnded(self._part)] if self._is_begun else []

    def _without_overlap(self, text: str) -> str:
        if self._space and text.startswith(self._space):
            return text[len(self._space) :]
        longest = min(len(text), len(self._tail))
        for size in range(longest, OVERLAP_CHARS - 1, -1):
            if self._tail.endswith(text[:size]):
                return text[size:]
        return text


def _tokens(text: str) -> int:
    """About how many tokens a text is."""
    return len(text) // 4


def _said(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces if piece.start.kind is PartKind.TEXT)


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))
