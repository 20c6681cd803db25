"""Streams of server-sent events: what their decoders do alike, whatever a frame says.

A body that is no such stream goes to a decoder of whole bodies. A frame that the end cut off is
read if it is whole but for its blank line. An answer that is complete but for its closing frame
gets that frame; any other end is a failure.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from understudy.chat.events import Event, Failed
from understudy.chat.failure import Signal, Surface
from understudy.dialects.base import Decoded
from understudy.dialects.whole import WholeDecoder
from understudy.wire.errors import WireError
from understudy.wire.sse import Frame, SseDecoder

NO_EVENTS: tuple[Event, ...] = ()


class EventStream(ABC):
    """A decoder of one answer. `foreign` makes what reads a page, or a bare JSON object.

    `_over`: the answer has ended, well or not. `_begun`: something that is not blank was read.
    """

    done: ClassVar[bytes | None] = None
    """Data that is no JSON, and ends the stream."""

    def __init__(self, foreign: Callable[[], WholeDecoder], sse: SseDecoder | None = None) -> None:
        self._sse = SseDecoder() if sse is None else sse
        self._over = False
        self._begun = False
        self._foreign: WholeDecoder | None = None
        self._make_foreign = foreign

    @abstractmethod
    def _frame(self, frame: Frame) -> Decoded:
        """Read one frame."""

    @abstractmethod
    def _is_json(self, data: bytes) -> bool:
        """Whether the data of a frame is whole."""

    @abstractmethod
    def _is_complete(self) -> bool:
        """Whether all has been said but for what closes the stream."""

    @abstractmethod
    def _close(self) -> Decoded:
        """Add the closing frame of an answer that is complete without it."""

    @abstractmethod
    def _eof(self) -> list[Event]:
        """Say what is missing where the body ended too early."""

    def receive_data(self, data: bytes) -> list[Decoded]:
        if self._foreign is not None:
            return self._foreign.receive_data(data)
        if not self._begun:
            start = data.lstrip()[:1]
            if start in {b"<", b"{", b"["}:
                self._foreign = self._make_foreign()
                return self._foreign.receive_data(self._sse.receive_eof() + data)
            self._begun = bool(start)
        try:
            frames = self._sse.receive_data(data)
        except WireError as error:
            return [Decoded(data, self._fail("unparsable_chunk", str(error)))]
        if len(frames) == 1:
            return [self._frame(frames[0])]
        return [self._frame(frame) for frame in frames]

    def receive_eof(self) -> list[Decoded]:
        if self._foreign is not None:
            return self._foreign.receive_eof()
        rest = self._sse.receive_eof()
        items: list[Decoded] = []
        if rest:
            last = None if self._over else self._last_frame(rest)
            # A frame that was cut off says nothing, and would spoil the one that may follow.
            items.append(last or Decoded(rest, NO_EVENTS, is_hidden=True))
        if self._over:
            return items
        return [*items, self._close() if self._is_complete() else Decoded(b"", self._eof())]

    def _last_frame(self, rest: bytes) -> Decoded | None:
        """Read what the stream's end cut off, if it is whole but for its blank line."""
        for frame in SseDecoder(len(rest) + 2).receive_data(rest + b"\n\n"):
            if frame.data is not None and (
                frame.data.strip() == self.done or self._is_json(frame.data)
            ):
                return self._frame(frame)
        return None

    def _fail(self, flag: str, reason: str, event: str = "") -> list[Event]:
        """End the answer as a failure; once."""
        if self._over:
            return []
        self._end()
        surface = Surface.SEMANTIC if flag == "empty_200" else Surface.STREAM
        return [Failed(Signal(surface, message=reason, flag=flag, event=event or None))]

    def _end(self) -> None:
        self._over = True
