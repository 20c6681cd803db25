"""One attempt at one target: turns what it hears into events, and says when it has taken
too long.
"""

import enum
import math
from collections.abc import Sequence

import msgspec

from understudy.chat.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartKind,
    PartStarted,
    Started,
)
from understudy.chat.failure import Failure, Progress, Signal, Surface
from understudy.chat.loss import Loss
from understudy.chat.usage import Usage
from understudy.dialects.base import Decoded, Dialect, Endless, ResponseDecoder
from understudy.dialects.names import Unrenamed
from understudy.exchange.services import Services
from understudy.exchange.splice import Renewal, Splice
from understudy.exchange.writing import Written
from understudy.operations.embeddings import Embedded
from understudy.operations.files import Filed
from understudy.operations.task import Result
from understudy.operations.units import NOTHING, Units
from understudy.providers.classifier import Classifier
from understudy.routing.steps import Lease
from understudy.routing.topology import Timeouts
from understudy.wire.http import ResponseHead, header, media_type

DRIP_EVENTS = 4
"""Fewer content events than this in one idle period is a drip, not an answer."""

GOOD = range(200, 204)
"""Not 205 and 206, nor 204: an answer without a body, or with a part of one, is no answer."""

TOLD_BY_PART = frozenset({PartKind.TOOL_CALL, PartKind.IMAGE, PartKind.OPAQUE})
"""Parts that say something by merely starting."""


class Phase(enum.Enum):
    CONNECTING = "connecting"
    WAITING = "waiting"
    STREAMING = "streaming"
    WHOLE = "whole"


class Attempt:
    """`receive_head`, `receive_data` and `receive_end` return what was said; failures are in it.

    Everything bad that an upstream can say ends up as a `Failed` event: the exchange has one way to
    hear of failure. `prelude` is what it said before its first content, `splice` what makes its
    words the continuation of another's. `close` gives back what was held; call it once.
    """

    def __init__(
        self,
        number: int,
        lease: Lease,
        written: Written,
        timeouts: Timeouts,
    ) -> None:
        self.number = number
        self.lease = lease
        self.is_passthrough = written.is_passthrough
        self.losses: tuple[Loss, ...] = written.losses
        self.started = lease.at
        self.connected: float | None = None
        self.head: ResponseHead | None = None
        self.head_at: float | None = None
        self.first_content: float | None = None
        self.is_hedge = False
        self.splice: Splice | Renewal | None = None
        self.prelude: list[tuple[bytes, Sequence[Event]]] = []
        self.usage: Usage | None = None
        self.billed: Usage | None = None
        self.units = NOTHING
        self.space: str | None = None
        self.error_body: bytes | None = None
        self.is_over = False
        self.is_unwatched = False
        self._hides_usage = written.hides_usage
        self._expected = written.expected
        self._names = written.names
        self.is_stream = written.stream
        self._is_sparse = written.is_sparse
        self._timeouts = timeouts
        self._dialect: Dialect | None = None
        self._decoder: ResponseDecoder | None = None
        self._buffer: list[bytes] = []
        self._buffered_bytes = 0
        self._prelude_bytes = 0
        self._services: Services | None = None
        self._is_blocked = False
        self._runs_tool = False
        self._content_events = 0
        self._counted_events = 0
        self._drip_from = lease.at
        self._last_content = lease.at

    def receive_head(self, head: ResponseHead, services: Services, now: float) -> Sequence[Decoded]:
        self.head = head
        self.head_at = now
        self._services = services
        self._dialect = services.dialects[self.lease.target.endpoint.dialect]
        if head.status not in GOOD:
            self.error_body = b""
            return ()
        gauge = self.lease.target.gauge
        if gauge is not None and gauge.is_spent(head.headers):
            services.router.supplied(self.lease, gauge.read(head.headers), now)
        encoding = header(head.headers, b"content-encoding")
        if encoding is not None and encoding.lower() != b"identity":
            return _bad(Surface.TRANSPORT, "content_decoding_error", "an encoding nobody asked for")
        if self.is_stream:
            decoder = self._dialect.decoder(head, stream=True, hide_usage=self._hides_usage)
            self._decoder = Unrenamed(decoder, self._names) if self._names else decoder
        return ()

    def receive_data(self, data: bytes) -> Sequence[Decoded]:
        """Streams are decoded as they come; whole answers and error bodies are held until
        the end.
        """
        decoder = self._decoder
        if self.is_unwatched:
            return (Decoded(data, ()),)
        services = self._services
        assert services is not None
        limits = services.limits
        if decoder is not None and self._is_sparse:
            return self._long_frames(data, decoder, services)
        if decoder is not None and self.is_stream:
            if self.first_content is None:  # until then all of it is held
                self._prelude_bytes += len(data)
                if self._prelude_bytes > limits.prelude:
                    message = f"no content in the first {limits.prelude} bytes"
                    return _bad(Surface.SEMANTIC, "response_over_limit", message)
            return decoder.receive_data(data)
        if self.error_body is not None:
            if self._buffered_bytes < limits.error:
                self._keep(data, services)
            return ()
        self._keep(data, services)
        if self._buffered_bytes > limits.answer:
            return _bad(Surface.SEMANTIC, "response_over_limit", "the answer is too long")
        if services.budget.is_spent:
            return _bad(Surface.GATEWAY, "overload_shed", "too many answers wait to be read")
        return ()

    def _long_frames(
        self, data: bytes, decoder: ResponseDecoder, services: Services
    ) -> Sequence[Decoded]:
        """A frame may be as long as an answer: what has come of one is held, and counted."""
        self._buffered_bytes += len(data)
        services.budget.take(len(data))
        items = decoder.receive_data(data)
        if items:
            services.budget.give(self._buffered_bytes)
            self._buffered_bytes = 0
        elif services.budget.is_spent:
            return _bad(Surface.GATEWAY, "overload_shed", "too many answers wait to be read")
        return items

    def receive_end(self, now: float) -> Sequence[Decoded]:
        """The response ended as HTTP says it should; whether the answer did is for its decoder."""
        self.is_over = True
        if self.is_unwatched:
            return ()
        body = self._taken()
        if self.error_body is not None:
            assert self._dialect is not None
            assert self.head is not None
            assert self._services is not None
            self.error_body = body = self._services.concealer.body(body)
            return (Decoded(b"", (Failed(self._dialect.parse_failure(self.head, body)),)),)
        if self._decoder is not None:
            return self._decoder.receive_eof()
        return self._whole(body, now)

    def receive_break(self) -> Sequence[Decoded]:
        """The connection broke, or is as good as broken: what ends the answer, if all of it had
        been said but for the end of the stream; nothing where it had not.

        A tool that the provider runs itself goes on after a reason for the answer's end.
        """
        if self._decoder is None or self.is_unwatched or self._runs_tool:
            return ()
        if isinstance(self._decoder, Endless):
            return ()
        items = self._decoder.receive_eof()
        return (
            items if any(type(event) is Finished for _, said, _ in items for event in said) else ()
        )

    def _whole(self, body: bytes, now: float) -> Sequence[Decoded]:
        """Read a whole answer; one that is passed on needs no more than a skim, mostly."""
        head, dialect = self.head, self._dialect
        if head is None or dialect is None:
            return ()
        if self.is_passthrough:
            end = dialect.skim(head, body)
            if end is not None:
                self._content(now)
                return (Decoded(body, (end,)),)
        decoder = dialect.decoder(head, stream=False)
        if self._names:
            decoder = Unrenamed(decoder, self._names)
        items = list(decoder.receive_data(body)) if body else []
        if not any(isinstance(event, Failed) for item in items for event in item.events):
            items.extend(decoder.receive_eof())
        return [self._signed(item) for item in items]

    def _signed(self, item: Decoded) -> Decoded:
        """Say in an answer that means nothing elsewhere whose it is."""
        end = item.events[-1] if item.events else None
        if not isinstance(end, Finished) or not isinstance(end.result, Filed):
            return item
        owned = msgspec.structs.replace(end.result, owner=self.lease.target.provider)
        signed = msgspec.structs.replace(end, result=owned)
        return item._replace(events=(*item.events[:-1], signed))

    def may_let_go(self) -> bool:
        """Whether a whole answer must go out unfinished: memory is short, and it needs no
        translation. Only what calls itself JSON: a page is never anybody's answer.
        """
        services = self._services
        return (
            self._buffered_bytes > 0
            and self.is_passthrough
            and services is not None
            and services.budget.is_short
            and not self.is_stream
            and not self.is_unwatched
            and self.error_body is None
            and self._buffered_bytes > services.limits.held
            and self.head is not None
            and media_type(self.head.headers) == b"application/json"
        )

    def let_go(self, now: float) -> bytes:
        """Give up watching a whole answer; returns what was held of it."""
        self.is_unwatched = True
        self.first_content = now
        return self._taken()

    def watch(self, events: Sequence[Event], now: float) -> Finished | Failed | None:
        """Note content and usage; returns the end, if it is among the events."""
        for event in events:
            if type(event) is PartDelta:
                if event.text or event.audio_base64 or event.encrypted:
                    self._content(now)
            elif type(event) is Finished:
                self.usage = event.usage or self.usage
                self.billed = event.billed
                self.units = self._came_to(event)
                return event if event.result is None else self._checked(event, event.result)
            elif type(event) is Failed:
                return event
            elif type(event) is PartStarted:
                self._runs_tool = event.kind is PartKind.OPAQUE
                if event.kind in TOLD_BY_PART:
                    self._content(now)
            elif type(event) is Started:
                self.usage = event.usage or self.usage
        return None

    def _came_to(self, end: Finished) -> Units:
        """What is billed besides tokens: as the provider says, else as was asked and answered."""
        if end.units is not None or self._expected is None:
            return end.units or NOTHING
        return self._expected.came_to(end.result)

    def _checked(self, end: Finished, result: Result) -> Finished | Failed:
        """Whether the result is what was asked for; notes the space of vectors."""
        space = self.lease.target.space
        flaw = None if self._expected is None else self._expected.flaw(result, space)
        if flaw is not None:
            return Failed(Signal(Surface.SEMANTIC, flag="schema_violation", message=flaw))
        if space is not None:
            self.space = space.text(result.dimension if isinstance(result, Embedded) else None)
        return end

    def block(self) -> None:
        """Nobody reads this attempt now: its idle clock stands still until `unblock`."""
        self._is_blocked = True

    def unblock(self, now: float) -> None:
        self._is_blocked = False
        self._last_content = now
        self._drip_from = now
        self._counted_events = self._content_events

    def close(self) -> None:
        """Give back what is held."""
        self._taken()

    def progress(self, *, committed: bool) -> Progress:
        """What trying again would repeat."""
        if committed:
            return Progress.STREAMING
        return Progress.NOT_SENT if self.connected is None else Progress.SENT

    def meaning(self, signal: Signal, classifier: Classifier, *, committed: bool) -> Failure:
        """What a signal means, with what the answer's head says is left."""
        target, head = self.lease.target, self.head
        failure = classifier.classify(target.taxonomy, signal, self.progress(committed=committed))
        if head is None or target.gauge is None or self.error_body is None:
            return failure
        return msgspec.structs.replace(failure, supply=target.gauge.read(head.headers))

    @property
    def phase(self) -> Phase:
        if self.connected is None:
            return Phase.CONNECTING
        if not self.is_stream:
            return Phase.WHOLE
        return Phase.WAITING if self.first_content is None else Phase.STREAMING

    def check_at(self) -> float:
        """The moment at which the present phase has to be looked at again."""
        if self.connected is None or not self.is_stream or self.first_content is None:
            is_talk = self.is_stream and not self._is_sparse
            limit = self.lease.first_token if is_talk else self._timeouts.answer
            patience = self.lease.target.connect
            if self.connected is None:  # The exchange does not look again when it is connected.
                limit = min(limit, self._timeouts.connect) if patience is None else patience
            elif patience is not None:  # It had to start first.
                return self.connected + limit
            return self.started + limit
        if self._is_blocked:
            return math.inf
        if self._is_sparse:
            return self._last_content + self._timeouts.answer
        return min(self._last_content, self._drip_from) + self._timeouts.idle

    def overdue(self, now: float) -> str | None:
        """Return the taxonomy's flag for what takes too long, or None. Call when `check_at` has
        come.
        """
        if now < self.check_at():
            return None
        match self.phase:
            case Phase.CONNECTING | Phase.WAITING | Phase.WHOLE:
                return self.silence()
            case Phase.STREAMING:
                if self._is_sparse or now >= self._last_content + self._timeouts.idle:
                    return "idle_mid_stream"
                return self._drip(now)

    def silence(self) -> str | None:
        """The taxonomy's flag for having said nothing yet; None once there was content."""
        match self.phase:
            case Phase.CONNECTING:
                return "connect_timeout"
            case Phase.WAITING | Phase.WHOLE:
                return "ttfb_timeout" if self.head is None else "headers_then_silence"
            case Phase.STREAMING:
                return None

    def _drip(self, now: float) -> str | None:
        fresh = self._content_events - self._counted_events
        self._counted_events = self._content_events
        self._drip_from = now
        if fresh >= DRIP_EVENTS:
            return None
        # What said its last long ago does not drip: it has stopped.
        is_still = now - self._last_content > self._timeouts.idle / 2
        return "idle_mid_stream" if is_still else "drip_below_min_rate"

    def _content(self, now: float) -> None:
        self._content_events += 1
        self._last_content = now
        if self.first_content is None:
            self.first_content = now
            self._drip_from = now

    def _keep(self, data: bytes, services: Services) -> None:
        self._buffer.append(data)
        self._buffered_bytes += len(data)
        services.budget.take(len(data))

    def _taken(self) -> bytes:
        if self._services is not None:
            self._services.budget.give(self._buffered_bytes)
        self._buffered_bytes = 0
        data = b"".join(self._buffer)
        self._buffer = []
        return data


def _bad(surface: Surface, flag: str, message: str) -> Sequence[Decoded]:
    return (Decoded(b"", (Failed(Signal(surface, flag=flag, message=message)),)),)
