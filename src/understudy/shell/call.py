"""Call: carries out what one exchange wants, and tells it what happened. Decides nothing.

A bug of ours costs the one request that it met: its connection is cut, so that nobody takes what
came of it for an answer, and the process goes on.
"""

import contextlib
import math
import secrets
from typing import TYPE_CHECKING, Protocol, TypeAlias, assert_never

from understudy.exchange.invariants import Watch
from understudy.exchange.messages import (
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
    SendData,
    SendHead,
    StartAttempt,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
    UpstreamRead,
    WakeAt,
)
from understudy.exchange.opening import Machine
from understudy.journal.entry import RequestEntry
from understudy.shell.credentials.keeper import Keeper, Waiting
from understudy.shell.errand import NO_CREDENTIAL, Errand
from understudy.shell.head import request_head
from understudy.shell.upstream import Upstream
from understudy.wire.http import Headers, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from understudy.chat.parts import Inline
    from understudy.shell.plane import Plane
    from understudy.shell.turnstile import Pass


REFUSALS = frozenset({401, 403})

SEED_BITS = 48
"""Of a random number for a target that asks for one: JSON's readers keep it exactly."""

Connection: TypeAlias = Upstream | Errand


class Client(Protocol):
    """The connection that the answer goes to."""

    def send_head(self, status: int, headers: Headers, length: int | None) -> None: ...

    def send_data(self, data: bytes) -> None: ...

    def flush(self) -> None: ...

    def answered(self, *, clean: bool) -> None: ...


class Call:
    """One request in progress: an exchange, the client's connection, the attempts' connections."""

    def __init__(
        self, plane: "Plane", client: Client, exchange: Machine, leave: "Pass | None" = None
    ) -> None:
        self.due = math.inf
        self._plane = plane
        self._client = client
        self._exchange = exchange
        self._leave = leave
        self._connections: dict[int, Connection] = {}
        self._waiting: dict[int, tuple[Keeper, Waiting]] = {}
        self._shown: dict[int, Keeper] = {}
        self._denials: dict[int, ResponseHead] = {}
        self._is_blocked = False
        self._is_broken = False
        self._watch = Watch()

    def begin(self) -> None:
        try:
            self._do(self._exchange.start(self._plane.now()))
        except Exception as error:  # noqa: BLE001 - see _break_off
            self._break_off(error)

    def client_gone(self) -> None:
        self._tell(ClientGone())

    def client_blocked(self) -> None:
        """The client's socket is full: read no more from upstream until it has drained."""
        self._is_blocked = True
        for connection in self._connections.values():
            connection.pause()
        self._tell(ClientBlocked())

    def client_ready(self) -> None:
        self._is_blocked = False
        for connection in tuple(self._connections.values()):
            connection.resume()
        self._tell(ClientReady())

    def upstream_connected(self, attempt: int, connection: Upstream) -> None:
        self._connections[attempt] = connection
        self._tell(UpstreamConnected(attempt))

    def errand_begun(self, attempt: int) -> None:
        self._tell(UpstreamConnected(attempt))

    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None:
        if is_end:
            self._connections.pop(attempt, None)
        self._tell(UpstreamRead(attempt, head, data, is_end))
        if self._shown:
            self._look_at(attempt, head, is_end=is_end)

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None:
        self._connections.pop(attempt, None)
        self._tell(UpstreamClosed(attempt, flag, detail))

    def media_fetched(self, found: "Mapping[str, Inline | str]") -> None:
        self._tell(MediaFetched(found))

    def _tell(self, event: Input) -> None:
        try:
            commands = self._exchange.handle(event, self._plane.now())
            if commands:
                self._do(commands)
        except Exception as error:  # noqa: BLE001 - see _break_off
            self._break_off(error)

    def _do(self, commands: "Sequence[Command]") -> None:
        client, watch = self._client, self._watch
        for command in commands:
            # With structs `type(x) is` takes a third of the time of isinstance or match.
            if type(command) is SendData:
                watch.sends()
                client.send_data(command.data)
            elif type(command) is WakeAt:
                self.due = command.when
            elif type(command) is SendHead:
                watch.heads()
                client.send_head(command.status, command.headers, command.length)
            elif type(command) is StartAttempt:
                watch.starts(command.attempt)
                self._start(command)
            elif type(command) is Record:
                self._record(command.entry)
            elif type(command) is Close:
                watch.closes()
                self._finish(clean=command.clean)
            elif type(command) is CancelAttempt:
                self._cancel(command.attempt)
            elif type(command) is FetchMedia:
                self._plane.media.begin(command.urls, self.media_fetched)
            else:
                assert_never(command)
        client.flush()

    def _record(self, entry: RequestEntry) -> None:
        self._watch.records(entry)
        if self._leave is not None:
            self._leave.ended(entry)
        self._plane.record(entry)

    def _start(self, command: StartAttempt, *, may_wait: bool = True) -> None:
        wiring = self._plane.wiring(command.target)
        if wiring.courses is not None:
            course = wiring.courses.course(command.request, secrets.randbits(SEED_BITS))
            errand = Errand(self._plane, wiring, course, self, command.attempt)
            self._connections[command.attempt] = errand
            errand.begin()
            return
        lines = wiring.lines
        keeper = wiring.keeper
        if keeper is not None:
            own = keeper.lines(command.request, wiring.pool.address.origin.authority)
            if own is not None:
                self._shown[command.attempt] = keeper
                lines += own
            elif may_wait:
                self._wait(command, keeper)
                return
            else:
                self.upstream_closed(command.attempt, NO_CREDENTIAL, keeper.why())
                return
        head = request_head(command.request, lines)
        body = command.request.body
        self._plane.pools.start(wiring.pool, self, command.attempt, (head, body))

    def _wait(self, command: StartAttempt, keeper: Keeper) -> None:
        """There is no credential yet: try once more when there is one, or no hope."""

        def told() -> None:
            del self._waiting[command.attempt]
            try:
                self._start(command, may_wait=False)
            except Exception as error:  # noqa: BLE001 - see _break_off
                self._break_off(error)

        self._waiting[command.attempt] = (keeper, keeper.wait(told))

    def _look_at(self, attempt: int, head: ResponseHead | None, *, is_end: bool) -> None:
        """See whether what we showed was refused. Said when the answer is over: by then the
        exchange has charged whom it will.
        """
        if head is not None and head.status in REFUSALS and attempt in self._shown:
            self._denials[attempt] = head
        if is_end:
            keeper = self._shown.pop(attempt, None)
            denial = self._denials.pop(attempt, None)
            if keeper is not None and denial is not None:
                keeper.refused(denial)

    def _cancel(self, attempt: int) -> None:
        connection = self._connections.pop(attempt, None)
        if connection is not None:
            connection.cancel()
        elif attempt in self._waiting:
            keeper, waiting = self._waiting.pop(attempt)
            keeper.leave(waiting)
        else:
            self._plane.pools.cancel(self, attempt)

    def wake(self) -> None:
        """The moment `due` has come."""
        self.due = math.inf
        self._tell(TimerFired())

    def _finish(self, *, clean: bool) -> None:
        self._plane.over(self)
        for connection in self._connections.values():
            if self._is_blocked:
                connection.resume()
            connection.detach()
        self._connections.clear()
        self._client.answered(clean=clean)

    def _break_off(self, error: Exception) -> None:
        """A bug of ours: say so, give back all that is held, and cut the client's connection.

        Whatever the exchange still wants is not done: it cannot be trusted any more.
        """
        if self._is_broken:
            return
        self._is_broken = True
        plane = self._plane
        plane.report_bug(error)
        plane.over(self)
        if self._leave is not None:
            self._leave.lost()
        for connection in self._connections.values():
            connection.cancel()
        self._connections.clear()
        for attempt in self._watch.attempts():
            self._cancel(attempt)
        with contextlib.suppress(Exception):
            self._exchange.handle(ClientGone(), plane.now())
        self._client.answered(clean=False)
