"""Batches: one client request put to its targets in portions, and one answer made of theirs.

Each portion is an exchange of its own, with all of its failover; this only hands inputs to them,
keeps what they say, and puts it together. All or nothing: where one portion fails, its error is the
answer and the others are cancelled. Portions may be answered by different targets, since those of a
route are in one space.
"""

from collections.abc import Sequence

import msgspec

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.dialects.base import Dialect, Splits
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import (
    CancelAttempt,
    ClientGone,
    Close,
    Command,
    Input,
    Record,
    SendData,
    SendHead,
    StartAttempt,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
    UpstreamRead,
    WakeAt,
)
from understudy.exchange.receipt import loss_field
from understudy.exchange.services import Services
from understudy.journal.entry import AttemptEntry, RequestEntry
from understudy.routing.topology import Route
from understudy.wire.http import Headers, header

LANES = 4
"""Portions under way at once."""

_OURS = b"x-understudy-"


class Portion:
    """One portion: its exchange, what that said to the client, and its entry."""

    def __init__(self, exchange: Exchange, began: float) -> None:
        self.exchange = exchange
        self.began = began
        self.wake_at = float("inf")
        self.head: SendHead | None = None
        self.data: list[bytes] = []
        self.entry: RequestEntry | None = None
        self.is_clean = True
        self.numbers: dict[int, int] = {}

    @property
    def is_good(self) -> bool:
        return self.is_clean and self.head is not None and self.head.status < 300


class Batches:
    """To the shell it is an exchange like any other: `start` once, then `handle` each input."""

    def __init__(self, services: Services, asked: Asked, route: Route, bodies: list[bytes]) -> None:
        self.is_closed = False
        self._services = services
        self._asked = asked
        self._route = route
        self._bodies = bodies
        self._portions: list[Portion] = []
        self._owners: dict[int, tuple[Portion, int]] = {}
        self._out: list[Command] = []
        self._began = 0.0
        self._wake_at: float | None = None

    def start(self, now: float) -> Sequence[Command]:
        """Begin as many portions as there are lanes."""
        self._began = now
        for _ in range(LANES):
            self._next(now)
        return self._commands()

    def handle(self, event: Input, now: float) -> Sequence[Command]:
        """Give an input to the portion that it is for."""
        if self.is_closed:
            return ()
        self._out = []
        if isinstance(event, UpstreamConnected | UpstreamRead | UpstreamClosed):
            owner = self._owners.get(event.attempt)
            if owner is not None:
                portion, number = owner
                inner = msgspec.structs.replace(event, attempt=number)
                self._carry_out(portion, portion.exchange.handle(inner, now), now)
        elif isinstance(event, TimerFired):
            self._timer(now)
        elif isinstance(event, ClientGone):
            self._stop(now)
            self._close("client_gone", 0, now)
        return self._commands()

    def _next(self, now: float) -> None:
        if self.is_closed or len(self._portions) == len(self._bodies):
            return
        body = self._bodies[len(self._portions)]
        asked = msgspec.structs.replace(self._asked, body=body, glance=None)
        portion = Portion(Exchange(self._services, asked, now), now)
        self._portions.append(portion)
        self._carry_out(portion, portion.exchange.start(now), now)

    def _timer(self, now: float) -> None:
        self._wake_at = None
        if now >= self._began + self._route.deadline:
            self._stop(now)
            self._refuse(_late(len(self._bodies)), now)
            return
        for portion in tuple(self._portions):
            if portion.wake_at <= now and not self.is_closed:
                self._carry_out(portion, portion.exchange.handle(TimerFired(), now), now)

    def _carry_out(self, portion: Portion, commands: Sequence[Command], now: float) -> None:
        """Pass on what concerns the network; keep what was for the client."""
        for command in commands:
            match command:
                case StartAttempt(attempt=number):
                    ours = len(self._owners) + 1
                    self._owners[ours] = (portion, number)
                    portion.numbers[number] = ours
                    self._out.append(msgspec.structs.replace(command, attempt=ours))
                case CancelAttempt(attempt=number):
                    self._out.append(CancelAttempt(portion.numbers[number]))
                case WakeAt(when=when):
                    portion.wake_at = when
                    self._wake_at = None
                case SendHead():
                    portion.head = command
                case SendData(data=data):
                    portion.data.append(data)
                case Record(entry=entry):
                    portion.entry = entry
                case Close(clean=clean):
                    portion.is_clean = clean
                    portion.wake_at = float("inf")
                    self._over(portion, now)

    def _over(self, portion: Portion, now: float) -> None:
        if self.is_closed:
            return
        if not portion.is_good:
            self._fail(portion, now)
            return
        self._next(now)
        if len(self._portions) == len(self._bodies) and all(p.is_good for p in self._portions):
            self._finish(now)

    def _finish(self, now: float) -> None:
        """All portions are answered: say one answer."""
        dialect = self._dialect()
        assert isinstance(dialect, Splits), "only such requests are put in portions"
        answers = [b"".join(portion.data) for portion in self._portions]
        body, losses = dialect.join(self._asked.body, self._asked.path, answers)
        lost = loss_field(losses) if losses else b""
        headers = (
            (b"content-type", b"application/json"),
            *self._receipt(),
            *(((b"x-understudy-loss", lost),) if lost else ()),
        )
        self._say(200, headers, body)
        self._close("ok", 200, now, sent=len(body))

    def _fail(self, failed: Portion, now: float) -> None:
        """One portion has no answer: that is the answer."""
        self.is_closed = True
        self._stop(now)
        self.is_closed = False
        head, body = failed.head, b"".join(failed.data)
        if head is None or not failed.is_clean:
            self._refuse(_broken(), now)
            return
        own = tuple(field for field in head.headers if not field[0].startswith(_OURS))
        self._say(head.status, (*own, *self._receipt()), body)
        outcome = "failed" if failed.entry is None else failed.entry.outcome
        self._close(outcome, head.status, now, sent=len(body))

    def _refuse(self, failure: Failure, now: float) -> None:
        status, headers, body = self._dialect().render_failure(failure)
        self._say(status, (*headers, *self._receipt()), body)
        self._close("failed", status, now, sent=len(body), failure=failure.kind)

    def _stop(self, now: float) -> None:
        """Cancel whatever is under way."""
        self.is_closed = True
        for portion in self._portions:
            if not portion.exchange.is_closed:
                self._carry_out(portion, portion.exchange.handle(ClientGone(), now), now)
        self.is_closed = False

    def _say(self, status: int, headers: Headers, body: bytes) -> None:
        self._out += [SendHead(status, headers, len(body)), SendData(body)]

    def _close(
        self, outcome: str, status: int, now: float, *, sent: int = 0, failure: str | None = None
    ) -> None:
        self.is_closed = True
        entry = self._entry(outcome, status, now, failure)
        self._out += [Record(msgspec.structs.replace(entry, response_bytes=sent)), Close()]

    def _receipt(self) -> Headers:
        """What the portions' receipts say, together."""
        heads = [portion.head.headers for portion in self._portions if portion.head is not None]
        fields: list[tuple[bytes, bytes]] = [
            (b"x-understudy-request-id", self._asked.id.encode()),
            (b"x-understudy-attempts", b"%d" % len(self._owners)),
            (b"x-understudy-portions", b"%d" % len(self._bodies)),
        ]
        for name in (b"x-understudy-target", b"x-understudy-space", b"x-understudy-loss"):
            said = {value: None for head in heads if (value := header(head, name)) is not None}
            if said:
                fields.append((name, b", ".join(said)))
        return tuple(fields)

    def _entry(self, outcome: str, status: int, now: float, failure: str | None) -> RequestEntry:
        """One entry for the request, with the attempts of all portions."""
        entries = [(portion, portion.entry) for portion in self._portions]
        known = [entry for _, entry in entries if entry is not None]
        attempts: list[AttemptEntry] = []
        for portion, entry in entries:
            if entry is not None:
                attempts += [self._shifted(portion, attempt) for attempt in entry.attempts]
        used = [entry.usage for entry in known if entry.usage is not None]
        costs = [entry.cost_usd for entry in known if entry.cost_usd is not None]
        targets = dict.fromkeys(entry.target for entry in known if entry.target is not None)
        return RequestEntry(
            id=self._asked.id,
            at=self._asked.at,
            duration=now - self._began,
            caller=self._asked.caller,
            dialect=self._asked.dialect,
            route=self._route.name,
            operation=self._route.operation.value,
            stream=False,
            outcome=outcome,
            status=status,
            attempts=tuple(sorted(attempts, key=lambda attempt: attempt.number)),
            target=next(reversed(targets), None) if outcome == "ok" else None,
            failure=failure or next((entry.failure for entry in known if entry.failure), None),
            usage=sum(used[1:], used[0]) if used else None,
            cost_usd=sum(costs) if costs else None,
            losses=tuple(sorted({loss for entry in known for loss in entry.losses})),
            request_bytes=len(self._asked.body),
            request_body=self._asked.body if self._route.record else None,
        )

    def _shifted(self, portion: Portion, attempt: AttemptEntry) -> AttemptEntry:
        """An attempt as seen from the beginning of the whole request."""
        by = portion.began - self._began
        times = {
            name: moment + by
            for name in ("started", "ended", "connected", "head", "first_content")
            if (moment := getattr(attempt, name)) is not None
        }
        number = portion.numbers[attempt.number]
        return msgspec.structs.replace(attempt, number=number, **times)

    def _dialect(self) -> Dialect:
        return self._services.dialects[self._asked.dialect]

    def _commands(self) -> Sequence[Command]:
        if not self.is_closed and self._wake_at is None:
            due = [portion.wake_at for portion in self._portions]
            self._wake_at = min(self._began + self._route.deadline, *due)
            self._out.append(WakeAt(self._wake_at))
        return self._out


def _own(kind: str, status: int, message: str) -> Failure:
    return Failure(
        kind=kind,
        fault=Fault.GATEWAY,
        domain="gateway",
        charge=Scope.NONE,
        progress=Progress.SENT,
        message=message,
        status=status,
        code="upstream_failed",
    )


def _late(count: int) -> Failure:
    message = f"not all of {count} portions were answered within the deadline"
    return _own("gateway.client_deadline_expired", 504, message)


def _broken() -> Failure:
    return _own("gateway.portion_broken", 502, "the answer to a portion of the inputs broke off")
