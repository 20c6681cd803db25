"""A call of the simulated world: carries out what one exchange wants, as `shell/call.py` does.

Beside it stands a referee that sees every command, and the client that hears the answer.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from understudy.chat.parts import Inline
from understudy.exchange.exchange import Exchange
from understudy.exchange.invariants import UNANSWERED, InvariantBroken, Referee
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
from understudy.sim.listening import Ask, Ear, Heard
from understudy.sim.network import Line
from understudy.wire.http import ResponseHead

if TYPE_CHECKING:
    from understudy.sim.world import World

HIGH_BYTES = 16 * 1024
LOW_BYTES = HIGH_BYTES // 4
"""Of unsent answer: `shell/client.py` has the same marks."""

WRITE_TIMEOUT = 300.0
"""Seconds that a client may keep us waiting before it is dropped."""


class Call:
    """One request in progress."""

    def __init__(
        self,
        world: "World",
        exchange: Exchange,
        ear: Ear,
        ask: Ask,
        heard: Callable[[Heard], None],
    ) -> None:
        self.is_over = False
        self._world = world
        self._exchange = exchange
        self._ear = ear
        self._reads = ask.reads
        self._model = ask.model
        self._route = world.topology.routes.get(ask.model)
        self._outcome = ""
        self._heard = heard
        self._referee = Referee(world.topology)
        self._lines: dict[int, Line] = {}
        self._targets: dict[int, str] = {}
        self._is_blocked = False
        self._due: float | None = None
        self._alarm: float | None = None
        self._unsent = 0.0
        self._unsent_at = 0.0

    def begin(self) -> None:
        self._do(self._exchange.start(self._world.now))

    def client_gone(self) -> None:
        if not self.is_over:
            self._tell(ClientGone())

    def upstream_connected(self, attempt: int, line: Line) -> None:
        self._lines[attempt] = line
        self._tell(UpstreamConnected(attempt))

    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None:
        if is_end:
            self._lines.pop(attempt, None)
            self._referee.over(attempt)
        self._tell(UpstreamRead(attempt, head, data, is_end))

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None:
        self._lines.pop(attempt, None)
        self._referee.over(attempt)
        self._tell(UpstreamClosed(attempt, flag, detail))

    def _media_fetched(self, found: Mapping[str, Inline | str]) -> None:
        if not self.is_over:
            self._tell(MediaFetched(found))

    def _tell(self, event: Input) -> None:
        commands = self._exchange.handle(event, self._world.now)
        if commands:
            self._do(commands)

    def _do(self, commands: Sequence[Command]) -> None:
        referee, world = self._referee, self._world
        sent = 0
        for command in commands:
            if self.is_over:
                raise InvariantBroken(f"after the end: {command!r}")
            if type(command) is SendData:
                referee.see(command, None)
                sent += len(command.data)
                self._ear.data(command.data, world.now)
            elif type(command) is WakeAt:
                self._wake_at(command.when)
            else:
                self._do_rarely(command)
        referee.settle()
        if self._ear.is_wrong is not None:
            raise InvariantBroken(self._ear.is_wrong)
        if sent and self._reads is not None:
            self._write(sent)

    def _do_rarely(self, command: Command) -> None:
        referee, world = self._referee, self._world
        if type(command) is StartAttempt:
            referee.topology = world.topology
            self._route = world.topology.routes.get(self._model, self._route)
            referee.see(command, self._route)
            self._targets[command.attempt] = command.target
            world.start(self, command)
            return
        referee.see(command, None)
        if type(command) is SendHead:
            self._ear.head(command.status, command.headers, command.length)
        elif type(command) is CancelAttempt:
            self._cancel(command.attempt)
        elif type(command) is FetchMedia:
            unreachable = dict.fromkeys(command.urls, "the simulated world has no such file")
            self._world.after(0.0, lambda: self._media_fetched(unreachable))
        elif type(command) is Record:
            self._outcome = command.entry.outcome
            self._ear.check(command.entry.response_bytes, command.entry.seam)
            world.record(command.entry)
        elif type(command) is Close:
            self._finish(clean=command.clean)

    def _cancel(self, attempt: int) -> None:
        line = self._lines.pop(attempt, None)
        if line is not None:
            line.cancel()
        else:
            self._world.pool(self._targets[attempt]).cancel(self, attempt)

    def _finish(self, *, clean: bool) -> None:
        self.is_over = True
        for line in self._lines.values():
            if self._is_blocked:
                line.resume()
            line.detach()
        self._lines.clear()
        now = self._world.now
        left = self._outcome == UNANSWERED
        if not left:
            self._ear.end(now, clean=clean)
        self._world.over(self)
        self._heard(self._ear.hear(now, left=left))

    # The clock

    def _wake_at(self, when: float) -> None:
        self._due = when
        if self._alarm is None or when < self._alarm:
            self._alarm = when
            self._world.wake_at(when, partial(self._ring, when))

    def _ring(self, when: float) -> None:
        """An alarm goes off; it was set for a moment that may have moved on since."""
        if self.is_over or when != self._alarm:
            return
        self._alarm = None
        due = self._due
        if due is None:
            return
        if due > self._world.now:
            self._wake_at(due)
            return
        self._due = None
        self._tell(TimerFired())

    # The client's socket

    def _write(self, count: int) -> None:
        """More for a client that takes `reads` bytes a second."""
        assert self._reads is not None
        now = self._world.now
        self._unsent = max(0.0, self._unsent - (now - self._unsent_at) * self._reads) + count
        self._unsent_at = now
        if self._unsent > HIGH_BYTES and not self._is_blocked and not self.is_over:
            self._is_blocked = True
            for line in self._lines.values():
                line.pause()
            self._tell(ClientBlocked())
            wait = (self._unsent - LOW_BYTES) / self._reads
            if wait > WRITE_TIMEOUT:
                self._world.after(WRITE_TIMEOUT, self.client_gone)
            else:
                self._world.after(wait, self._ready)

    def _ready(self) -> None:
        if self.is_over:
            return
        self._is_blocked = False
        for line in tuple(self._lines.values()):
            line.resume()
        self._tell(ClientReady())
