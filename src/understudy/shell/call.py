"""Call: carries out what one exchange wants, and tells it what happened. No decision is made here.
"""

import asyncio
from typing import TYPE_CHECKING, Protocol, assert_never

from understudy.exchange.exchange import Exchange
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
    SendHead,
    StartAttempt,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
    UpstreamData,
    UpstreamEnd,
    UpstreamHead,
    WakeAt,
)
from understudy.shell.head import request_head
from understudy.shell.upstream import Upstream
from understudy.wire.http import Headers, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from understudy.shell.plane import Plane


class Client(Protocol):
    """The connection that the answer goes to."""

    def send_head(self, status: int, headers: Headers, length: int | None) -> None: ...

    def send_data(self, data: bytes) -> None: ...

    def flush(self) -> None: ...

    def answered(self, *, clean: bool) -> None: ...


class Call:
    """One request in progress: an exchange, the client's connection, the attempts' connections."""

    def __init__(self, plane: "Plane", client: Client, exchange: Exchange) -> None:
        self._plane = plane
        self._client = client
        self._exchange = exchange
        self._connections: dict[int, Upstream] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_blocked = False

    def begin(self) -> None:
        self._do(self._exchange.start(self._plane.now()))

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

    def upstream_head(self, attempt: int, head: ResponseHead) -> None:
        self._tell(UpstreamHead(attempt, head))

    def upstream_data(self, attempt: int, data: bytes) -> None:
        self._tell(UpstreamData(attempt, data))

    def upstream_end(self, attempt: int) -> None:
        self._connections.pop(attempt, None)
        self._tell(UpstreamEnd(attempt))

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None:
        self._connections.pop(attempt, None)
        self._tell(UpstreamClosed(attempt, flag, detail))

    def _tell(self, event: Input) -> None:
        if not self._exchange.is_closed:
            self._do(self._exchange.handle(event, self._plane.now()))

    def _do(self, commands: "Sequence[Command]") -> None:
        client = self._client
        for command in commands:
            match command:
                case SendData(data=data):
                    client.send_data(data)
                case SendHead(status=status, headers=headers, length=length):
                    client.send_head(status, headers, length)
                case StartAttempt():
                    self._start(command)
                case WakeAt(when=when):
                    self._wake_at(when)
                case CancelAttempt(attempt=attempt):
                    self._cancel(attempt)
                case Record(entry=entry):
                    self._plane.record(entry)
                case Close(clean=clean):
                    self._finish(clean=clean)
                case _:
                    assert_never(command)
        client.flush()

    def _start(self, command: StartAttempt) -> None:
        route = self._plane.wiring(command.target)
        head = request_head(command.request, route.host, route.credentials)
        data = head + command.request.body
        self._plane.pools.start(route.address, self, command.attempt, data)

    def _cancel(self, attempt: int) -> None:
        connection = self._connections.pop(attempt, None)
        if connection is not None:
            connection.cancel()
        else:
            self._plane.pools.cancel(self, attempt)

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._plane.loop.call_at(when, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self._tell(TimerFired())

    def _finish(self, *, clean: bool) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for connection in self._connections.values():
            if self._is_blocked:
                connection.resume()
            connection.detach()
        self._connections.clear()
        self._client.answered(clean=clean)
