"""The network between gateway and simulated providers: connections, their pools, their latency.

Says of a response what `shell/upstream.py` says in the same situation: the same flags, the same
reuse of connections that ended well, and no reuse of any other.
"""

from collections import deque
from functools import partial
from typing import Protocol

import msgspec

from understudy.sim.agenda import Agenda
from understudy.sim.chance import Stream
from understudy.sim.provider import Incoming
from understudy.sim.reply import Reply, ReplyError
from understudy.sim.station import Knock, Station
from understudy.sim.steps import Act, Step
from understudy.wire.http import ResponseHead

WINDOW_BYTES = 64 * 1024
"""What is under way to a gateway that does not read; the provider waits beyond it."""

DRAIN = 1.0
"""Seconds in which HTTP has to end after the answer did, for its connection to be used again."""


class Network(msgspec.Struct, frozen=True):
    """How it is between gateway and providers. Seconds, with `jitter` as a share more at most.

    `connect` is how long opening takes, `one_way` what each byte needs. `read_bytes` is what one
    read brings at most; with `cuts_small` reads are of any size up to that. `wake_late`: how late
    a timer of the gateway may be. `idle_close`: when providers close what nobody uses.
    `max_idle` and `idle_for` are the gateway's pool, `max_open` its bound for one provider.
    """

    connect: float = 0.003
    one_way: float = 0.002
    jitter: float = 0.5
    read_bytes: int = 16 * 1024
    cuts_small: bool = False
    wake_late: float = 0.02
    idle_close: float | None = None
    max_idle: int = 256
    idle_for: float = 50.0
    max_open: int = 4096


class Listener(Protocol):
    """Who hears of an attempt (`shell.upstream.Listener`)."""

    def upstream_connected(self, attempt: int, line: "Line") -> None: ...

    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None: ...

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None: ...


class Line:
    """One connection: the gateway's end, and the provider playing its steps at the other."""

    def __init__(self, pool: "LinePool", latency: float) -> None:
        self.is_open = True
        self.is_reused = False
        self.idle_since = 0.0
        self._pool = pool
        self._agenda = pool.agenda
        self._latency = latency
        self._listener: Listener | None = None
        self._attempt = 0
        self._reply: Reply | None = None
        self._is_heard = False
        self._is_paused = False
        self._inbox: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._loss: str | None = None
        self._requests = 0
        self._arrived = 0
        self._is_shut = False
        self._steps: tuple[Step, ...] = ()
        self._at = 0
        self._is_held_up = False
        self._is_played = True

    @property
    def is_quiet(self) -> bool:
        """Whether it can carry a new request: it is open, and nothing came since the last."""
        return self.is_open and not self._inbox and self._loss is None

    def send(self, listener: Listener, attempt: int, incoming: Incoming) -> None:
        """Send one request; its response goes to `listener` until it ends or is cancelled."""
        self._listener = listener
        self._attempt = attempt
        self._reply = Reply()
        self._is_heard = False
        self._requests += 1
        self._agenda.after(self._latency, partial(self._asked, incoming, self._requests))

    def cancel(self) -> None:
        """Drop the response; the connection is gone."""
        self._listener = None
        self.abort()

    def detach(self) -> None:
        """Nobody listens any more, but the answer was whole: reuse it if HTTP ends soon."""
        self._listener = None
        self._agenda.after(DRAIN, partial(self._drained, self._requests))

    def abort(self) -> None:
        if self.is_open:
            self.is_open = False
            self._inbox.clear()
            self._pool.lost(self)
            if not self._is_played:
                self._is_played = True
                self._pool.station.cancelled += 1

    def pause(self) -> None:
        self._is_paused = True

    def resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._agenda.after(0.0, self._read)

    def break_off(self, why: str) -> None:
        """The provider's end is gone at this moment: a reset, or (why "") an ordinary close."""
        self._is_played = self._is_shut = True
        self._agenda.after(self._latency, partial(self._lost, why))

    # The provider's end: steps are counted by when their bytes arrive.

    def _asked(self, incoming: Incoming, number: int) -> None:
        if not self.is_open or number != self._requests or self._is_shut:
            return
        self._arrived = number
        station = self._pool.station
        if station.is_killed:
            self.break_off("reset")
            return
        self._steps = station.take(incoming, is_first=number == 1)
        self._at = 0
        self._is_played = False
        self._schedule(self._latency)

    def _schedule(self, delay: float) -> None:
        if self._at < len(self._steps):
            wait = self._steps[self._at].delay + delay
            self._agenda.after(wait, partial(self._play, self._requests))
            return
        self._is_played = True
        idle = self._pool.network.idle_close
        if idle is not None:
            self._agenda.after(idle, partial(self._idle_out, self._requests))

    def _play(self, number: int) -> None:
        """Bytes of one step arrive, and what follows them."""
        if not self.is_open or number != self._requests or self._is_played:
            return
        if self._is_paused and self._waiting_bytes > WINDOW_BYTES:
            self._is_held_up = True
            return
        step = self._steps[self._at]
        if step.data:
            self._inbox.append(step.data)
            self._waiting_bytes += len(step.data)
        if not step.repeats:
            self._at += 1
        if step.act is None:
            self._schedule(0.0)
        elif step.act is not Act.HOLD:
            self._is_played = True
            self._loss = "reset" if step.act is Act.RESET else ""
        self._read()

    def _idle_out(self, number: int) -> None:
        if self.is_open and number == self._arrived:
            self.break_off("")

    # The gateway's end

    def _lost(self, why: str) -> None:
        if self.is_open and self._loss is None:
            self._loss = why
            self._read()

    def _read(self) -> None:
        """Read while there is something, and somebody who wants it."""
        inbox = self._inbox
        while inbox and self.is_open and not self._is_paused:
            data = inbox.popleft()
            size = self._pool.read_size()
            if len(data) > size:
                inbox.appendleft(data[size:])
                data = data[:size]
            self._waiting_bytes -= len(data)
            self._receive(data)
        if self._is_held_up and self._waiting_bytes <= WINDOW_BYTES:
            self._is_held_up = False
            self._agenda.after(0.0, partial(self._play, self._requests))
        if not inbox and self._loss is not None and self.is_open and not self._is_paused:
            self._connection_lost(self._loss)

    def _receive(self, data: bytes) -> None:
        reply = self._reply
        if reply is None:
            self.abort()
            return
        self._is_heard = True
        try:
            reply.feed(data)
        except ReplyError as error:
            self._fail("protocol_error", str(error))
            return
        head, body = reply.take_head(), reply.take_body()
        if reply.is_complete:
            self._complete(head, body)
        elif self._listener is not None and (body or head is not None):
            self._listener.upstream_read(self._attempt, head, body, is_end=False)

    def _connection_lost(self, why: str) -> None:
        self.abort()
        reply = self._reply
        if reply is None:
            return
        if reply.has_head and reply.ends_at_eof and not why:
            self._complete(None, b"")
            return
        if not self._is_heard and self.is_reused:
            flag = "reused_connection_closed"
            self._pool.distrust()
        elif not self._is_heard:
            flag = "reset_before_headers"
        else:
            flag = "reset_mid_stream" if reply.has_head else "reset_before_headers"
        self._fail(flag, why or "closed")

    def _complete(self, head: ResponseHead | None, body: bytes) -> None:
        listener, self._listener = self._listener, None
        reply, self._reply = self._reply, None
        assert reply is not None
        if reply.keeps_alive and not reply.has_surplus and self.is_open:
            self._pool.put(self)
        else:
            self.abort()
        if listener is not None:
            listener.upstream_read(self._attempt, head, body, is_end=True)

    def _fail(self, flag: str, detail: str) -> None:
        listener, self._listener = self._listener, None
        self._reply = None
        self.abort()
        if listener is not None:
            listener.upstream_closed(self._attempt, flag, detail)

    def _drained(self, number: int) -> None:
        if self._reply is not None and number == self._requests:
            self.abort()


class LinePool:
    """Connections to one provider: those that are idle, and those being opened."""

    def __init__(self, station: Station, network: Network, agenda: Agenda, stream: Stream) -> None:
        self.station = station
        self.network = network
        self.agenda = agenda
        self.outage: str | None = None
        self._stream = stream
        self._idle: deque[Line] = deque()
        self._open: dict[Line, None] = {}
        self._opening: dict[tuple[Listener, int], None] = {}

    @property
    def open_count(self) -> int:
        return len(self._open)

    def start(self, listener: Listener, attempt: int, incoming: Incoming) -> None:
        """Send a request over an idle connection, or open one; the listener hears how it goes."""
        line = self._take()
        if line is not None:
            listener.upstream_connected(attempt, line)
            line.send(listener, attempt, incoming)
            return
        if len(self._open) + len(self._opening) >= self.network.max_open:
            why = "too many connections"
            self.agenda.after(0.0, partial(listener.upstream_closed, attempt, "pool_timeout", why))
            return
        self._opening[listener, attempt] = None
        delay = self._spread(self.network.connect)
        self.agenda.after(delay, partial(self._opened, listener, attempt, incoming))

    def cancel(self, listener: Listener, attempt: int) -> None:
        """Stop opening a connection that nobody wants any more."""
        self._opening.pop((listener, attempt), None)

    def put(self, line: Line) -> None:
        if len(self._idle) >= self.network.max_idle:
            line.abort()
            return
        line.idle_since = self.agenda.now
        self._idle.append(line)

    def distrust(self) -> None:
        """A kept connection was dead: try none of the others."""
        while self._idle:
            self._idle.pop().abort()

    def lost(self, line: Line) -> None:
        del self._open[line]

    def reset(self) -> None:
        """The provider's process is gone, and with it all its connections."""
        for line in tuple(self._open):
            line.break_off("reset")

    def read_size(self) -> int:
        """How much the next read brings."""
        most = self.network.read_bytes
        return 1 + self._stream.below(most) if self.network.cuts_small else most

    def _take(self) -> Line | None:
        idle = self._idle
        while idle and self.agenda.now - idle[0].idle_since > self.network.idle_for:
            idle.popleft().abort()
        while idle:
            line = idle.pop()
            if line.is_quiet:
                line.is_reused = True
                return line
            line.abort()
        return None

    def _opened(self, listener: Listener, attempt: int, incoming: Incoming) -> None:
        if (listener, attempt) not in self._opening:
            return
        if self.outage == "":
            return  # nothing comes back: the gateway's own limit will have to end this
        del self._opening[listener, attempt]
        if self.outage is not None:
            listener.upstream_closed(attempt, self.outage, "simulated")
            return
        knock = self.station.knock()
        if knock is Knock.REFUSES:
            listener.upstream_closed(attempt, "connect_refused", "simulated")
            return
        line = Line(self, self._spread(self.network.one_way))
        self._open[line] = None
        if knock is Knock.RESETS:
            line.break_off("reset")
        listener.upstream_connected(attempt, line)
        if line.is_open:
            line.send(listener, attempt, incoming)

    def _spread(self, seconds: float) -> float:
        return seconds * (1.0 + self.network.jitter * self._stream.draw())
