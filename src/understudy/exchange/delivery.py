"""Delivery: what the client has been told of one answer. `committed` is the hinge, and lives here
only.

Before the first content nothing leaves: frames are held, and forgotten when the attempt fails.
Afterwards the client has one head, bytes in order, and exactly one end.
"""

from collections.abc import Sequence

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, PartEnded, PartStarted, Started
from understudy.chat.failure import Failure
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import Folder, Piece
from understudy.dialects.base import Dialect, ResponseEncoder, failure_at
from understudy.exchange.attempt import Attempt
from understudy.exchange.messages import Command, SendData, SendHead
from understudy.exchange.receipt import Receipt, forwarded
from understudy.exchange.tail import Frame, Tail
from understudy.routing.topology import OnBreak, OnLoss, Route
from understudy.wire.http import Headers, ResponseHead


class Delivery:
    """One answer on its way to the client: held, then committed, then ended.

    `limit_bytes`: of what is held at most. `created`: Unix seconds, for an answer without a date.
    `path`: where it was asked.
    """

    def __init__(
        self, dialect: Dialect, receipt: Receipt, limit_bytes: int, created: int = 0, path: str = ""
    ) -> None:
        self.committed = False
        self.status = 0
        self.held_bytes = 0
        self._dialect = dialect
        self._receipt = receipt
        self._limit_bytes = limit_bytes
        self._created = created
        self._path = path
        self._heard: list[Event] | None = None
        self._tail: Tail | None = None
        self._encoder: ResponseEncoder | None = None
        self._held: list[bytes] = []
        self._held_events: list[Event] = []

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What the answer said and the client's dialect cannot say."""
        return () if self._encoder is None else tuple(self._encoder.losses)

    def keep_text(self) -> None:
        """Remember what is said from here on: another target may have to continue it."""
        self._heard = []
        self._tail = Tail()

    def pieces(self) -> tuple[Piece, ...]:
        """What the client has heard so far (empty where nothing is kept)."""
        folder = Folder()
        for event in self._heard or ():
            folder.receive(event)
        return folder.pieces()

    def open_parts(self) -> list[int]:
        """The parts that the client has seen begin, and not end."""
        heard = self._heard or ()
        ended = {event.index for event in heard if isinstance(event, PartEnded)}
        begun = [event.index for event in heard if isinstance(event, PartStarted)]
        return [index for index in begun if index not in ended]

    def reset(self, request: Request | None) -> None:
        """Forget what was held of a failed attempt; `request` is given where the next is
        translated.
        """
        assert not self.committed
        if self._held or self._held_events:
            self._held = []
            self._held_events = []
            self.held_bytes = 0
        self._encoder = None if request is None else self._dialect.encoder(request)

    def hold(self, raw: bytes, events: Sequence[Event]) -> None:
        """Keep one frame back until the answer commits."""
        if self._encoder is not None and events and type(events[0]) is Started:
            events = (self._dated(events[0]), *events[1:])
        data = self._say(raw, events)
        if data:
            self._held.append(data)
        self.held_bytes += len(data)
        if self._heard is not None:
            self._held_events.extend(events)

    def is_due(self, route: Route, attempt: Attempt) -> bool:
        """Streams go out as they come, unless the route buffers and there is room to."""
        if not attempt.is_stream:
            return False
        return route.on_break is not OnBreak.RESTART or self.held_bytes > self._limit_bytes

    def commit(self, upstream: ResponseHead, *, length: int | None = None) -> list[Command]:
        """Send the head, and everything held. Called once."""
        assert not self.committed
        self.committed = True
        self.status = upstream.status if self._encoder is None else 200
        if self._heard is not None:
            self._heard.extend(self._held_events)
            if self._tail is not None:
                self._tail.notice(self._held_events)
            self._held_events = []
        own = forwarded(upstream.headers) if self._encoder is None else self._encoder.head()
        fields = (*own, *self._receipt.headers())
        commands: list[Command] = [SendHead(self.status, fields, length)]
        held = b"".join(self._held)
        self._held = []
        self.held_bytes = 0
        if held:
            commands.append(SendData(held))
        return commands

    def whole(self, upstream: ResponseHead) -> list[Command]:
        """Send an answer that is complete in what was held, with its length."""
        if self._encoder is not None and self._encoder.losses:
            self._receipt.losses = (*self._receipt.losses, *self._encoder.losses)
        return self.commit(upstream, length=self.held_bytes)

    def send(self, raw: bytes, events: Sequence[Event]) -> bytes:
        """Say one more frame after the commit: returns the client's bytes."""
        if self._tail is None:
            return self._say(raw, events)
        return self._tell(self._tail.push(raw, events))

    def refuse(self, failure: Failure) -> list[Command]:
        """Send an error instead of an answer. Nothing was committed, and nothing held counts."""
        return self._error(*failure_at(self._dialect, self._named(failure), self._path))

    def pass_on(self, head: ResponseHead, body: bytes) -> list[Command]:
        """Send a provider's own error, in its own bytes: it speaks the client's dialect."""
        return self._error(head.status, forwarded(head.headers), body)

    def speaks(self, attempt: Attempt) -> bool:
        """Whether the attempt's provider speaks the client's dialect."""
        return self.speaks_to(attempt.lease.target.endpoint)

    def speaks_to(self, endpoint: Endpoint) -> bool:
        """Whether an endpoint takes the client's dialect as it is."""
        return endpoint.dialect == self._dialect.name

    def abort(self, failure: Failure, request: Request) -> bytes:
        """Bytes that mark an answer already begun as incomplete, in the client's dialect."""
        rest = b"" if self._tail is None else self._tell(self._tail.flush())
        return rest + self._voice(request).abort(self._named(failure))

    def take_over(self, request: Request) -> None:
        """From a provider's own bytes to ours: an encoder that has already said what the client
        heard. What the client has not heard yet is forgotten.
        """
        if self._tail is not None:
            self._tail.drop()
        self._voice(request)

    def sign(self, attempt: Attempt, on_loss: OnLoss) -> None:
        """Say in the receipt who answers, and what of the request was lost on the way there."""
        self._receipt.sign(attempt.lease.target.name, attempt.losses, on_loss)
        self._receipt.is_standby = attempt.lease.is_standby
        self._receipt.space = attempt.space

    def seam(self, attempt: Attempt, at_byte: int) -> bytes:
        """Note where another goes on. Returns what tells the client so after the head, where its
        dialect has room for a remark.
        """
        self._receipt.target = attempt.lease.target.name
        self._receipt.seams.append(at_byte)
        assert self._encoder is not None, "who goes on is translated"
        return self._encoder.remark(self._receipt.comment())

    def _dated(self, started: Started) -> Started:
        """Not every dialect says when an answer was made, and some must."""
        if started.created is not None:
            return started
        return msgspec.structs.replace(started, created=self._created)

    def _named(self, failure: Failure) -> Failure:
        return msgspec.structs.replace(failure, request_id=self._receipt.request_id)

    def _error(self, status: int, headers: Headers, body: bytes) -> list[Command]:
        assert not self.committed
        self.committed = True
        self.status = status
        fields = (*headers, *self._receipt.headers())
        return [SendHead(status, fields, len(body)), SendData(body)]

    def _voice(self, request: Request) -> ResponseEncoder:
        if self._encoder is None:
            encoder = self._dialect.encoder(request)
            for event in self._heard or ():
                encoder.send(event)
            self._encoder = encoder
        return self._encoder

    def _tell(self, frames: Sequence[Frame]) -> bytes:
        """Say frames, and remember that they were said."""
        said: list[bytes] = []
        for raw, events in frames:
            if self._heard is not None:
                self._heard.extend(events)
            said.append(self._say(raw, events))
        return b"".join(said)

    def _say(self, raw: bytes, events: Sequence[Event]) -> bytes:
        encoder = self._encoder
        if encoder is None:
            return raw
        if len(events) == 1:
            return encoder.send(events[0])
        return b"".join([encoder.send(event) for event in events])
