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
from understudy.exchange.attempt import Attempt
from understudy.exchange.delivery import Delivery
from understudy.exchange.ending import Ending
from understudy.exchange.launching import Launcher
from understudy.exchange.ledger import Ledger
from understudy.exchange.media import MediaNeeded
from understudy.exchange.messages import (
    Aside,
    CancelAttempt,
    ClientBlocked,
    ClientGone,
    ClientReady,
    Close,
    Command,
    FetchMedia,
    Input,
    MediaFetched,
    Record,
    StartAttempt,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
    UpstreamRead,
    WakeAt,
)
from understudy.exchange.receipt import Receipt
from understudy.exchange.relay import Relay
from understudy.exchange.services import Services
from understudy.exchange.vigil import Vigil
from understudy.exchange.writing import Writer
from understudy.routing.router import Chain
from understudy.routing.steps import Ended, GiveUp, Lease, NoTarget, Outcome, Resume, Retry
from understudy.routing.topology import OnBreak, Route


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
        self._delivery = Delivery(
            self._writer.client, self._receipt, services.limits.answer, int(asked.at), asked.path
        )
        self._glance: Glance
        self._route: Route
        self._chain: Chain
        self._launcher: Launcher
        self._relay: Relay
        self._out: list[Command] = []
        self._live: dict[int, Attempt] = {}
        self._vigil = Vigil()
        self._pending: tuple[float, Retry | Resume] | None = None
        self._wake_at: float | None = None
        self._step: Retry | Resume | None = None
        self._parked: Lease | None = None
        self._last: tuple[Failure, Attempt] | None = None
        self._mistake: tuple[Failure, Attempt] | None = None

    def start(self, now: float) -> Sequence[Command]:
        """Read the request, find its route, and make the first attempt."""
        router = self._services.router
        admitted = admit(self._asked, self._writer, router)
        if not isinstance(admitted, Admitted):
            return self._end(ending.refused(admitted, self._delivery), now)
        glance = self._glance = admitted.glance
        route = self._route = admitted.route
        self._ledger.open(route, stream=glance.stream)
        if glance.is_talk and route.on_break is OnBreak.RESUME:
            self._delivery.keep_text()
        asked, needs = self._asked, glance.needs
        self._chain = router.begin(route, needs, now, digest=asked.digest, caller=asked.caller)
        delivery, writer = self._delivery, self._writer
        self._launcher = Launcher(writer, glance, route, delivery, self._receipt)
        self._relay = Relay(route, router, writer, delivery, self._ledger)
        self._out = self._relay.out
        self._attempt(None, now)
        return self._commands()

    def handle(self, event: Input, now: float) -> Sequence[Command]:
        """Take one input; returns the commands to carry out."""
        if self.is_closed:
            return ()
        self._out = self._relay.out = []
        if type(event) is UpstreamRead:
            attempt = self._live.get(event.attempt)
            if attempt is not None:
                self._read(attempt, event, now)
        elif type(event) is UpstreamConnected:
            attempt = self._live.get(event.attempt)
            if attempt is not None:
                attempt.connected = now
            if attempt is None or attempt.lease.target.connect is None:
                return ()
        else:
            self._elsewhere(event, now)
        return self._commands()

    def _read(self, attempt: Attempt, event: UpstreamRead, now: float) -> None:
        live = self._live
        attempt.is_over = event.is_end
        if event.head is not None:
            said = attempt.receive_head(event.head, self._services, now)
            if said:
                self._heard(attempt, said, now)
        if event.data and attempt.number in live:
            said = attempt.receive_data(event.data)
            if said:
                self._heard(attempt, said, now)
            if attempt.may_let_go():
                self._relay.let_go(attempt, now)
                self._won(attempt, now)
        if event.is_end and attempt.number in live:
            self._heard(attempt, attempt.receive_end(now), now)
            if attempt.number in live and attempt.is_unwatched:
                self._finish(attempt, now)
            elif attempt.number in live:
                self._failed(attempt, Signal(Surface.STREAM, flag="eof_without_terminator"), now)

    def _elsewhere(self, event: Aside, now: float) -> None:
        match event:
            case UpstreamClosed():
                attempt = self._live.get(event.attempt)
                if attempt is not None:
                    attempt.is_over = True
                    self._lost(attempt, event.flag, now, event.detail)
            case TimerFired():
                self._timer(now)
            case ClientGone():
                self._gone(now)
            case ClientBlocked():
                for each in self._live.values():
                    each.block()
            case ClientReady():
                for each in self._live.values():
                    each.unblock(now)
                self._wake_at = None
            case MediaFetched(found=found):
                self._writer.media.learn(found)
                self._attempt(self._step, now)
            case _:
                assert_never(event)

    def _attempt(self, step: Retry | Resume | None, now: float) -> None:
        """Lease a target and start on it; where nobody can take it, tell the client."""
        self._step = step
        only = None
        capabilities: frozenset[Capability] = frozenset()
        if isinstance(step, Resume):
            capabilities = step.capabilities
        elif step is not None and step.same_target and self._last is not None:
            only = self._last[1].lease.target.name
        router = self._services.router
        while True:
            parked, self._parked = self._parked, None
            lease = parked or router.lease(self._chain, now, only=only, capabilities=capabilities)
            if not isinstance(lease, Lease):
                self._nobody(lease, now)
                return
            try:
                if self._launch(lease, resumes=isinstance(step, Resume)):
                    return
            except InvalidRequest as error:
                router.close(lease, Ended.ABANDONED, now)
                self._end(ending.refused(words.invalid(error), self._delivery), now)
                return
            router.close(lease, Ended.ABANDONED, now)

    def _launch(self, lease: Lease, *, resumes: bool, is_hedge: bool = False) -> bool:
        """Write the request for a leased target and send it; False where its losses forbid that."""
        try:
            launched = self._launcher.attempt(lease, resumes=resumes)
        except MediaNeeded as need:
            if not is_hedge:
                self._parked = lease
                self._out.append(FetchMedia(need.urls))
            return not is_hedge
        if launched is None:
            return False
        attempt, written = launched
        self._live[attempt.number] = attempt
        self._wake_at = None
        attempt.is_hedge = is_hedge
        if not resumes:
            chain, router = self._chain, self._services.router
            hedge_at = None if is_hedge else self._launcher.hedge_at(router, chain, lease)
            self._vigil.begin(lease.at, chain.deadline, hedge_at)
        self._out.append(StartAttempt(attempt.number, lease.target.name, written.request))
        return True

    def _look(self, now: float) -> None:
        """Nobody has said anything yet: is there a reason to ask another beside the last asked?"""
        router = self._services.router
        last = next(reversed(self._live.values()))
        is_late, is_half = self._vigil.look(now)
        lease = router.rival(self._chain, last.lease, now, is_late=is_late, is_half=is_half)
        if lease is not None and not self._launch(lease, resumes=False, is_hedge=True):
            router.close(lease, Ended.ABANDONED, now)

    def _heard(self, attempt: Attempt, items: Sequence[Decoded], now: float) -> None:
        """Pass on what an answer says. Whoever begins to speak first has won the race."""
        relay = self._relay
        speaker = relay.speaker
        end = relay.pass_on(attempt, items, now)
        if relay.speaker is not speaker:
            self._won(attempt, now)
        if end is None:
            return
        if type(end) is Failed:
            self._failed(attempt, end.signal, now)
        else:
            self._finish(attempt, now)

    def _won(self, attempt: Attempt, now: float) -> None:
        """The attempt speaks: its rivals are out, and other limits hold for it."""
        self._wake_at = None
        self._vigil.end()
        for rival in tuple(self._live.values()):
            if rival is not attempt:
                is_late = rival.number < attempt.number
                self._end_attempt(rival, Ended.OUTRUN if is_late else Ended.ABANDONED, now)

    def _finish(self, attempt: Attempt, now: float) -> None:
        """The answer is complete."""
        self._end_attempt(attempt, Ended.SUCCEEDED, now)
        self._relay.finish(attempt)
        self._end(Ending((), "ok"), now)

    def _lost(self, attempt: Attempt, flag: str, now: float, detail: str = "") -> None:
        """Nothing more comes. That is a failure, unless the answer had been said in full."""
        if attempt.number not in self._live:
            return
        rest = attempt.receive_break()
        if not rest:
            self._failed(attempt, Signal(Surface.TRANSPORT, flag=flag, message=detail), now)
            return
        if not attempt.is_over:
            attempt.is_over = True
            self._out.append(CancelAttempt(attempt.number))
        self._heard(attempt, rest, now)

    def _failed(self, attempt: Attempt, signal: Signal, now: float) -> None:
        """Decide what follows a failure; nothing else in the gateway tries again."""
        committed = self._delivery.committed
        signal = self._services.concealer.signal(signal)
        failure = attempt.meaning(signal, self._services.classifier, committed=committed)
        self._end_attempt(attempt, failure, now)
        self._last = (failure, attempt)
        self._vigil.end()
        if self._live:
            self._rival_goes_on(attempt, failure, now)
            return
        rest = ending.rest_needs(self._route, self._glance, self._delivery, self._writer)
        router, chain, lease = self._services.router, self._chain, attempt.lease
        step = router.after(chain, lease, failure, now, committed=committed, rest=rest)
        if isinstance(step, GiveUp):
            self._give_up(failure, attempt, step.retry_after, now)
        elif isinstance(step, Resume) is committed:
            self._try_again(step, now)
        else:
            self._give_up(failure, attempt, None, now)

    def _rival_goes_on(self, attempt: Attempt, failure: Failure, now: float) -> None:
        """One of several attempts failed: the others decide, unless the request is at fault.

        Where none of them answers, that it found fault with the request is what the client hears.
        """
        if words.is_callers(failure):
            self._mistake = failure, attempt
        if self._services.router.note(self._chain, attempt.lease, failure):
            self._vigil.begin(now, self._chain.deadline, None)
            return
        for rival in tuple(self._live.values()):
            self._end_attempt(rival, Ended.ABANDONED, now)
        self._give_up(failure, attempt, None, now)

    def _try_again(self, step: Retry | Resume, now: float) -> None:
        if step.delay <= 0.0:
            self._attempt(step, now)
        else:
            self._pending = (now + step.delay, step)
            self._wake_at = None

    def _nobody(self, refusal: NoTarget, now: float) -> None:
        if refusal.wait:
            self._pending, self._wake_at = (now + refusal.wait, self._step or Retry(0.0)), None
        elif self._last is not None:
            self._give_up(*self._last, refusal.retry_after, now)
        else:
            self._end(ending.unserved(refusal, self._launcher.lossy, self._delivery), now)

    def _give_up(
        self, failure: Failure, attempt: Attempt, retry_after: float | None, now: float
    ) -> None:
        """Tell the client that there is no answer, or no more of it."""
        tried = self._ledger.attempts()
        if self._delivery.committed:
            self._end(ending.cut(failure, attempt, tried, self._delivery, self._writer), now)
            return
        failure, attempt = self._mistake or (failure, attempt)
        self._delivery.sign(attempt, self._route.on_loss)
        self._end(ending.given_up(failure, attempt, tried, self._delivery, retry_after), now)

    def _end(self, how: Ending, now: float) -> Sequence[Command]:
        """Close the books on the request: journal and client."""
        self._out.extend(how.commands)
        self.is_closed = True
        if self._parked is not None:
            self._services.router.close(self._parked, Ended.ABANDONED, now)
        self._ledger.note(self._out)
        status, seams = self._delivery.status, self._receipt.seams
        entry = self._ledger.entry(how.outcome, status, now, failure=how.failure, seams=seams)
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
                self._lost(attempt, flag, now)
        if now >= self._vigil.at and self._live and not self.is_closed:
            self._look(now)

    def _expire(self, now: float) -> None:
        """The chain's deadline has passed: whoever is still at it is too slow."""
        self._pending = None
        for attempt in tuple(self._live.values()):
            flag = attempt.silence() or "client_deadline_expired"
            self._lost(attempt, flag, now)
        if not self.is_closed and self._last is not None:
            self._give_up(*self._last, None, now)
        elif not self.is_closed:
            self._end(ending.refused(words.too_late(), self._delivery), now)

    def _end_attempt(self, attempt: Attempt, outcome: Outcome, now: float) -> None:
        """Close the books on one attempt: lease, journal, connection."""
        del self._live[attempt.number]
        if not attempt.is_over and outcome is not Ended.SUCCEEDED:
            self._out.append(CancelAttempt(attempt.number))
        attempt.close()
        charged = self._services.router.close(attempt.lease, outcome, now)
        cost = self._ledger.attempt(attempt, outcome, now, charged)
        if self._route.hedge and cost:
            self._services.router.spent(cost)

    def _commands(self) -> Sequence[Command]:
        """What is to be done, and when to look again where that has changed."""
        if self.is_closed:
            return self._out
        if self._out:
            self._ledger.note(self._out)
        if self._wake_at is None:
            self._wake_at = self._due()
            self._out.append(WakeAt(self._wake_at))
        return self._out

    def _due(self) -> float:
        checks = [attempt.check_at() for attempt in self._live.values()]
        if self._pending is not None:
            checks.append(self._pending[0])
        return min(self._chain.deadline, self._vigil.at, *checks)
