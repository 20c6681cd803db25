"""Exchange: one client request, bytes to bytes. The machine that keeps answering.

Inputs and commands are in `messages`. `Delivery.committed` says whether the client has seen
anything: before, another target may take over unseen; after, only a splice may. `_failed` is the
only place that decides to try again.
"""

from collections.abc import Sequence
from typing import assert_never

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed
from understudy.chat.failure import Failure, Signal, Surface
from understudy.dialects.base import Decoded, Glance
from understudy.exchange import ending, words
from understudy.exchange.admission import Admitted, admit
from understudy.exchange.asked import Asked
from understudy.exchange.attempt import Attempt, patience
from understudy.exchange.delivery import Delivery
from understudy.exchange.ending import Ending, judged
from understudy.exchange.ledger import Ledger
from understudy.exchange.messages import (
    CancelAttempt,
    ClientBlocked,
    ClientGone,
    ClientReady,
    Close,
    Command,
    Input,
    Record,
    SendData,
    StartAttempt,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
    UpstreamRead,
    WakeAt,
)
from understudy.exchange.receipt import Receipt, content_length
from understudy.exchange.services import Services
from understudy.exchange.splice import Splice, continuation, summed
from understudy.exchange.writing import Writer
from understudy.routing.router import Chain
from understudy.routing.steps import Ended, GiveUp, Lease, NoTarget, Outcome, Resume, Retry
from understudy.routing.topology import OnBreak, OnLoss, Route


class Exchange:
    """Call `start` once, then `handle` for each input; carry out what they return, in order.

    After `Close` nothing more is wanted, and further inputs are ignored.
    """

    def __init__(self, services: Services, asked: Asked, now: float) -> None:
        self.is_closed = False
        self._services = services
        self._asked = asked
        self._writer = Writer(asked, services.dialects)
        self._ledger = Ledger(asked, now, recorded_bytes=services.limits.recorded)
        self._receipt = Receipt(asked.id)
        self._delivery = Delivery(self._writer.client, self._receipt, services.limits.answer)
        self._glance: Glance
        self._route: Route
        self._chain: Chain
        self._out: list[Command] = []
        self._live: dict[int, Attempt] = {}
        self._splices: dict[int, Splice] = {}
        self._pending: tuple[float, Retry | Resume] | None = None
        self._wake_at: float | None = None
        self._last: tuple[Failure, Attempt] | None = None
        self._lossy: list[str] = []

    def start(self, now: float) -> Sequence[Command]:
        """Read the request, find its route, and make the first attempt."""
        router = self._services.router
        admitted = admit(self._asked, self._writer, router)
        if not isinstance(admitted, Admitted):
            return self._end(ending.refused(admitted, self._delivery), now)
        glance = self._glance = admitted.glance
        route = self._route = admitted.route
        self._ledger.open(route, stream=glance.stream)
        if glance.stream and route.on_break is OnBreak.RESUME:
            self._delivery.keep_text()
        self._chain = router.begin(route, glance.needs, now)
        self._attempt(None, now)
        return self._commands()

    def handle(self, event: Input, now: float) -> Sequence[Command]:
        """Take one input; returns the commands to carry out."""
        if self.is_closed:
            return ()
        self._out = []
        if type(event) is UpstreamRead:
            attempt = self._live.get(event.attempt)
            if attempt is not None:
                self._read(attempt, event, now)
        elif type(event) is UpstreamConnected:
            attempt = self._live.get(event.attempt)
            if attempt is not None:
                attempt.connected = now
            return ()
        else:
            self._elsewhere(event, now)
        return self._commands()

    def _read(self, attempt: Attempt, event: UpstreamRead, now: float) -> None:
        live = self._live
        if event.head is not None:
            said = attempt.receive_head(event.head, self._services, now)
            if said:
                self._relay(attempt, said, now)
        if event.data and attempt.number in live:
            said = attempt.receive_data(event.data)
            if said:
                self._relay(attempt, said, now)
            if attempt.may_let_go():
                self._let_go(attempt, now)
        if event.is_end and attempt.number in live:
            self._relay(attempt, attempt.receive_end(now), now)
            if attempt.number in live and attempt.is_unwatched:
                self._finish(attempt, now)
            elif attempt.number in live:
                self._failed(attempt, Signal(Surface.STREAM, flag="eof_without_terminator"), now)

    def _closed(self, event: UpstreamClosed, now: float) -> None:
        attempt = self._live.get(event.attempt)
        if attempt is not None:
            attempt.is_over = True
            signal = Signal(Surface.TRANSPORT, flag=event.flag, message=event.detail)
            self._failed(attempt, signal, now)

    def _elsewhere(
        self,
        event: UpstreamClosed | TimerFired | ClientGone | ClientBlocked | ClientReady,
        now: float,
    ) -> None:
        match event:
            case UpstreamClosed():
                self._closed(event, now)
            case TimerFired():
                self._timer(now)
            case ClientGone():
                self._gone(now)
            case ClientBlocked():
                for attempt in self._live.values():
                    attempt.block()
            case ClientReady():
                for attempt in self._live.values():
                    attempt.unblock(now)
                self._wake_at = None
            case _:
                assert_never(event)

    def _attempt(self, step: Retry | Resume | None, now: float) -> None:
        """Lease a target and start on it; where nobody can take it, tell the client."""
        only = None
        capabilities: frozenset[Capability] = frozenset()
        if isinstance(step, Resume):
            capabilities = step.capabilities
        elif step is not None and step.same_target and self._last is not None:
            only = self._last[1].lease.target.name
        router = self._services.router
        while True:
            lease = router.lease(self._chain, now, only=only, capabilities=capabilities)
            if not isinstance(lease, Lease):
                self._nobody(lease, now)
                return
            try:
                is_launched = self._launch(lease, resumes=isinstance(step, Resume))
            except InvalidRequest as error:
                router.close(lease, Ended.ABANDONED, now)
                self._end(ending.refused(words.invalid(error), self._delivery), now)
                return
            if is_launched:
                return
            router.close(lease, Ended.ABANDONED, now)

    def _launch(self, lease: Lease, *, resumes: bool) -> bool:
        """Write the request for a leased target and send it; False where its losses forbid that."""
        endpoint = lease.target.endpoint
        if resumes:
            pieces = self._delivery.pieces()
            rest = continuation(self._writer.request(), pieces)
            written = self._writer.write_continuation(endpoint, rest)
        else:
            written = self._writer.write(endpoint, self._glance)
        if written.losses and self._route.on_loss is OnLoss.REJECT:
            lost = ", ".join(loss.token for loss in written.losses)
            self._lossy.append(f"{lease.target.name} would lose {lost}")
            return False
        number = self._receipt.attempts = self._receipt.attempts + 1
        wait = patience(self._chain, lease.at)
        self._live[number] = Attempt(number, lease, written, self._route.timeouts, wait)
        self._wake_at = None
        if resumes:
            self._delivery.take_over(self._writer.request())
            self._splices[number] = Splice(self._delivery.pieces())
        else:
            self._delivery.reset(None if written.is_passthrough else self._writer.request())
        self._out.append(StartAttempt(number, lease.target.name, written.request))
        return True

    def _relay(self, attempt: Attempt, items: Sequence[Decoded], now: float) -> None:
        """Pass on what an answer says, frame by frame; a frame that fails is not passed on."""
        delivery = self._delivery
        splice = self._splices.get(attempt.number) if self._splices else None
        ready: list[bytes] = []
        for raw, said, is_hidden in items:
            events = said if splice is None else splice.translate(said)
            end = attempt.watch(events, now)
            if attempt.first_content is not None and not attempt.is_heard:
                self._first_content(attempt, ready, now)
            if end is not None and type(end := judged(end, self._route, delivery)) is Failed:
                self._send(ready)
                self._failed(attempt, end.signal, now)
                return
            data = b"" if is_hidden else raw
            if delivery.committed:
                if splice is not None:
                    events = summed(events, self._ledger.usage)
                ready.append(delivery.send(data, events))
            else:
                delivery.hold(data, events)
                if attempt.first_content is not None and delivery.is_due(self._route, attempt):
                    self._commit(attempt)
            if end is not None:
                self._send(ready)
                self._finish(attempt, now)
                return
        self._send(ready)

    def _first_content(self, attempt: Attempt, ready: list[bytes], now: float) -> None:
        attempt.is_heard = True
        self._services.router.first_content(attempt.lease, now)
        self._wake_at = None
        if self._ledger.first_content is None:
            self._ledger.first_content = now
        if self._splices and attempt.number in self._splices:
            self._receipt.target = attempt.lease.target.name
            self._receipt.seam = self._ledger.response_bytes
            ready.append(self._delivery.trailer())

    def _commit(self, attempt: Attempt, length: int | None = None) -> None:
        """From here on the client has seen something."""
        assert attempt.head is not None
        self._receipt.sign(attempt.lease.target.name, attempt.losses, self._route.on_loss)
        self._out.extend(self._delivery.commit(attempt.head, length=length))

    def _let_go(self, attempt: Attempt, now: float) -> None:
        """Send a whole answer on unfinished: memory is short."""
        assert attempt.head is not None
        self._delivery.hold(attempt.let_go(now), ())
        self._first_content(attempt, [], now)
        self._commit(attempt, content_length(attempt.head.headers))

    def _finish(self, attempt: Attempt, now: float) -> None:
        """The answer is complete."""
        self._end_attempt(attempt, Ended.SUCCEEDED, now)
        if not self._delivery.committed:
            assert attempt.head is not None
            self._receipt.sign(attempt.lease.target.name, attempt.losses, self._route.on_loss)
            self._out.extend(self._delivery.whole(attempt.head))
        self._end(Ending((), "ok"), now)

    def _failed(self, attempt: Attempt, signal: Signal, now: float) -> None:
        """Decide what follows a failure; nothing else in the gateway tries again."""
        committed = self._delivery.committed
        signal = self._services.concealer.signal(signal)
        failure = self._services.classifier.classify(
            attempt.lease.target.taxonomy, signal, attempt.progress(committed=committed)
        )
        self._end_attempt(attempt, failure, now)
        self._last = (failure, attempt)
        resumable = committed and ending.may_resume(
            self._route, self._glance, self._delivery, self._writer
        )
        router, chain, lease = self._services.router, self._chain, attempt.lease
        step = router.after(chain, lease, failure, now, committed=committed, resumable=resumable)
        match step:
            case Retry(delay=delay) if not committed:
                self._try_again(step, delay, now)
            case Resume(delay=delay) if committed:
                self._try_again(step, delay, now)
            case Retry() | Resume():
                self._give_up(failure, attempt, None, now)
            case GiveUp(retry_after=retry_after):
                self._give_up(failure, attempt, retry_after, now)
            case _:
                assert_never(step)

    def _try_again(self, step: Retry | Resume, delay: float, now: float) -> None:
        if delay <= 0.0:
            self._attempt(step, now)
        else:
            self._pending = (now + delay, step)
            self._wake_at = None

    def _nobody(self, refusal: NoTarget, now: float) -> None:
        if self._last is not None:
            failure, attempt = self._last
            self._give_up(failure, attempt, refusal.retry_after, now)
        else:
            self._end(ending.unserved(refusal, self._lossy, self._delivery), now)

    def _give_up(
        self, failure: Failure, attempt: Attempt, retry_after: float | None, now: float
    ) -> None:
        """Tell the client that there is no answer, or no more of it."""
        tried = self._ledger.attempts()
        if self._delivery.committed:
            self._end(ending.cut(failure, attempt, tried, self._delivery, self._writer), now)
            return
        self._receipt.sign(attempt.lease.target.name, attempt.losses, self._route.on_loss)
        self._end(ending.given_up(failure, attempt, tried, self._delivery, retry_after), now)

    def _end(self, how: Ending, now: float) -> Sequence[Command]:
        """Close the books on the request: journal and client."""
        self._out.extend(how.commands)
        self.is_closed = True
        self._note_sent()
        entry = self._ledger.entry(
            how.outcome,
            self._delivery.status,
            now,
            failure=how.failure,
            seam=self._receipt.seam,
        )
        self._out.append(Record(entry))
        self._out.append(Close(how.clean))
        return self._out

    def _gone(self, now: float) -> None:
        """The client left: everything stops, nothing starts."""
        for attempt in tuple(self._live.values()):
            self._end_attempt(attempt, Ended.ABANDONED, now)
        self._end(Ending((), "client_gone"), now)

    def _timer(self, now: float) -> None:
        self._wake_at = None
        if now >= self._chain.deadline:
            self._expire(now)
            return
        if self._pending is not None and now >= self._pending[0]:
            step, self._pending = self._pending[1], None
            self._attempt(step, now)
        for attempt in tuple(self._live.values()):
            flag = attempt.overdue(now)
            if flag is not None:
                self._failed(attempt, Signal(Surface.TRANSPORT, flag=flag), now)

    def _expire(self, now: float) -> None:
        """The chain's deadline has passed: whoever is still at it is too slow."""
        self._pending = None
        for attempt in tuple(self._live.values()):
            flag = attempt.silence() or "client_deadline_expired"
            self._failed(attempt, Signal(Surface.TRANSPORT, flag=flag), now)
        if not self.is_closed and self._last is not None:
            self._give_up(*self._last, None, now)

    def _end_attempt(self, attempt: Attempt, outcome: Outcome, now: float) -> None:
        """Close the books on one attempt: lease, journal, connection."""
        del self._live[attempt.number]
        if self._splices:
            self._splices.pop(attempt.number, None)
        if not attempt.is_over and outcome is not Ended.SUCCEEDED:
            self._out.append(CancelAttempt(attempt.number))
        attempt.close()
        self._services.router.close(attempt.lease, outcome, now)
        self._ledger.attempt(attempt, outcome, now)

    def _send(self, ready: list[bytes]) -> None:
        data = b"".join(ready) if len(ready) != 1 else ready[0]
        if data:
            self._out.append(SendData(data))

    def _note_sent(self) -> None:
        for command in self._out:
            if type(command) is SendData:
                self._ledger.sent(command.data)

    def _commands(self) -> Sequence[Command]:
        """What is to be done, and when to look again where that has changed."""
        if self.is_closed:
            return self._out
        if self._out:
            self._note_sent()
        if self._wake_at is None:
            self._wake_at = self._due()
            self._out.append(WakeAt(self._wake_at))
        return self._out

    def _due(self) -> float:
        checks = [attempt.check_at() for attempt in self._live.values()]
        if self._pending is not None:
            checks.append(self._pending[0])
        return min(self._chain.deadline, *checks)
