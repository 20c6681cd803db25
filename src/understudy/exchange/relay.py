"""The relay: what attempts say becomes what the client hears.

At most one attempt is the speaker. Until somebody is, each keeps what it said to itself; the first
to say content (or to end well) becomes the speaker, and is the answer from there on.
"""

from collections.abc import Sequence

from understudy.chat.events import Event, Failed, Finished
from understudy.dialects.arguments import BrokenArguments
from understudy.dialects.base import Decoded
from understudy.exchange.attempt import Attempt
from understudy.exchange.delivery import Delivery
from understudy.exchange.ending import MUTE, is_mute, judged
from understudy.exchange.ledger import Ledger
from understudy.exchange.messages import Command, SendData
from understudy.exchange.receipt import content_length
from understudy.exchange.splice import summed
from understudy.exchange.writing import Writer
from understudy.routing.router import Router
from understudy.routing.topology import Route


class Relay:
    """One for a request. What its methods lead to is appended to `out`."""

    def __init__(
        self, route: Route, router: Router, writer: Writer, delivery: Delivery, ledger: Ledger
    ) -> None:
        self.speaker: Attempt | None = None
        self.out: list[Command] = []
        self._was_mute = False
        self._route = route
        self._router = router
        self._writer = writer
        self._delivery = delivery
        self._ledger = ledger

    def pass_on(
        self, attempt: Attempt, items: Sequence[Decoded], now: float
    ) -> Finished | Failed | None:
        """Pass on what an answer says, frame by frame; returns its end, if it is there.

        A frame that fails is not passed on.
        """
        splice = attempt.splice
        ready: list[bytes] = []
        end: Finished | Failed | None = None
        for raw, said, is_hidden in items:
            events = said if splice is None else splice.translate(said)
            end = attempt.watch(events, now)
            if end is not None and type(end := self._judged(attempt, end)) is Failed:
                break
            data = b"" if is_hidden else raw
            if attempt is not self.speaker:
                if end is None and attempt.first_content is None:
                    attempt.prelude.append((data, events))
                    continue
                self._speak(attempt, ready, now)
            try:
                self._say(attempt, data, events, ready)
            except BrokenArguments as error:
                end = Failed(error.signal)
            if end is not None:
                break
        data = b"".join(ready) if len(ready) != 1 else ready[0]
        if data:
            self.out.append(SendData(data))
        return end

    def _say(
        self, attempt: Attempt, data: bytes, events: Sequence[Event], ready: list[bytes]
    ) -> None:
        """Say one frame, or hold it. Raises: BrokenArguments."""
        delivery = self._delivery
        if delivery.committed:
            if attempt.splice is not None:
                events = summed(events, self._ledger.usage)
            ready.append(delivery.send(data, events))
            return
        delivery.hold(data, events)
        if attempt.first_content is not None and delivery.is_due(self._route, attempt):
            self._commit(attempt)

    def _judged(self, attempt: Attempt, end: Finished | Failed) -> Finished | Failed:
        """What an end counts as. The second of a request that has no word is its answer."""
        end = judged(end, self._route, self._delivery)
        if self._was_mute or not is_mute(end, attempt, self._writer):
            return end
        self._was_mute = True
        return MUTE

    def let_go(self, attempt: Attempt, now: float) -> None:
        """Send a whole answer on unfinished: memory is short."""
        assert attempt.head is not None
        data = attempt.let_go(now)
        self._speak(attempt, [], now)
        self._delivery.hold(data, ())
        self._commit(attempt, content_length(attempt.head.headers))

    def finish(self, attempt: Attempt) -> None:
        """The answer is complete: send what is still held of it."""
        if not self._delivery.committed:
            assert attempt.head is not None
            self._delivery.sign(attempt, self._route.on_loss)
            self.out.extend(self._delivery.whole(attempt.head))

    def _speak(self, attempt: Attempt, ready: list[bytes], now: float) -> None:
        """From here on this attempt is the answer, and what it said before counts."""
        self.speaker = attempt
        if attempt.first_content is not None:
            if attempt.is_stream:
                self._router.first_content(attempt.lease, now)
            if self._ledger.first_content is None:
                self._ledger.first_content = now
        delivery = self._delivery
        if delivery.committed:
            ready.append(delivery.seam(attempt, self._ledger.response_bytes))
            ready.extend(delivery.send(data, events) for data, events in attempt.prelude)
        else:
            delivery.reset(None if attempt.is_passthrough else self._writer.request())
            for data, events in attempt.prelude:
                delivery.hold(data, events)
        attempt.prelude = []

    def _commit(self, attempt: Attempt, length: int | None = None) -> None:
        """From here on the client has seen something."""
        assert attempt.head is not None
        self._delivery.sign(attempt, self._route.on_loss)
        self.out.extend(self._delivery.commit(attempt.head, length=length))
