"""Connections towards providers: pooled, kept alive, TLS, and never reused after a cancel.

One `Upstream` carries one response at a time to its `Listener`. A connection goes back to the pool
only after a response that ended exactly as HTTP says; anything else closes it.
"""

import asyncio
import select
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol, TypeAlias, cast

import httptools
from typing_extensions import override

from understudy.shell.connecting import connect_flag
from understudy.shell.dialing import Dialer
from understudy.wire.http import Headers, Origin, ResponseHead

MAX_HEAD_BYTES = 64 * 1024
MAX_FIELDS = 256

READ_BYTES = 16 * 1024
"""Read in one go, and waiting for a client that does not read: uvloop's 256 KiB would be dear."""

JOINED_BYTES = 16 * 1024
"""A body shorter than this is copied behind its head: cheaper than a second buffer to write."""

Message: TypeAlias = tuple[bytes, bytes]
"""Head and body, as they go onto the wire."""

Locate: TypeAlias = Callable[[], Awaitable[tuple[str, int]]]


class Listener(Protocol):
    """Who hears of an attempt. Each call names the attempt that it speaks of."""

    def upstream_connected(self, attempt: int, connection: "Upstream") -> None: ...

    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None: ...

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None: ...


class Address(NamedTuple):
    """Where a pool's connections go, and how: the key of a pool."""

    origin: Origin
    verify_tls: bool


class Upstream(asyncio.BufferedProtocol):
    """One connection to a provider. What it reads passes through its pool's buffer."""

    def __init__(self, pool: "Pool") -> None:
        self.pool = pool
        self.is_reused = False
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._listener: Listener | None = None
        self._attempt = 0
        self._arrivals = select.poll()
        self._parser: httptools.HttpResponseParser | None = None
        self._fields: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._has_head = False
        self._is_interim = False
        self._is_complete = False
        self._keeps_alive = False
        self._ends_at_eof = False
        self._heard = False
        self._unheard = 0  # bytes since the parser last said something of the response
        self._body: list[bytes] = []
        self._fresh_head: ResponseHead | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._arrivals.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self.pool.open_count += 1

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    @property
    def is_quiet(self) -> bool:
        """Whether it can carry a new request: the last one is all sent, and nothing came since.

        What the socket holds by now would be taken for the answer, perhaps to another caller.
        """
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size():
            return False
        return not self._arrivals.poll(0)

    def send(self, listener: Listener, attempt: int, request: Message) -> None:
        """Write one request; its response goes to `listener` until it ends or is cancelled."""
        assert self._transport is not None
        self._listener = listener
        self._attempt = attempt
        self._parser = httptools.HttpResponseParser(self)
        self._fields = []
        self._head_bytes = self._unheard = 0
        self._heard = self._has_head = False
        self._is_interim = self._is_complete = self._ends_at_eof = False
        head, body = request
        if len(body) < JOINED_BYTES:
            self._transport.write(head + body)
        else:
            self._transport.writelines(request)

    def cancel(self) -> None:
        """Drop the response now. The connection is gone: what comes late must meet nobody."""
        self._listener = None
        self.abort()

    def detach(self) -> None:
        """Nobody listens any more, but the answer was whole: reuse it if HTTP ends soon."""
        self._listener = None
        self.pool.draining(self)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    @override
    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self.pool.buffer

    @override
    def buffer_updated(self, nbytes: int) -> None:
        parser = self._parser
        if parser is None:
            self.abort()
            return
        self._heard = True
        self._unheard += nbytes
        try:
            parser.feed_data(self.pool.buffer[:nbytes])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._is_complete:
                self._fail("protocol_error", type(error).__name__)
                return
            # What follows a complete response belongs to nobody (RFC 9112 §6.3).
            self._keeps_alive = False
        if self._unheard > MAX_HEAD_BYTES:
            # Interim heads or a field without end; the parser would join a field's pieces for ever.
            self._fail("protocol_error", "more than a head should need, and no head")
            return
        # Delivered outside the parser's callbacks: it would swallow what a listener raises.
        head, self._fresh_head = self._fresh_head, None
        parts = self._body
        body = b"" if not parts else parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        listener = self._listener
        if self._is_complete:
            self._complete(head, body)
        elif listener is not None and (body or head is not None):
            listener.upstream_read(self._attempt, head, body, is_end=False)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            self.pool.lost(self)
        if self._parser is None:
            return
        if self._has_head and self._ends_at_eof and exc is None:
            self._complete(None, b"")
            return
        if not self._heard and self.is_reused:
            flag = "reused_connection_closed"
            self.pool.sweep(idle_for=-1.0)  # all: whoever forgot this one has forgotten them too
        else:
            flag = "reset_mid_stream" if self._has_head else "reset_before_headers"
        self._fail(flag, "closed" if exc is None else type(exc).__name__)

    def on_message_begin(self) -> None:
        if self._is_complete:
            raise ValueError("nobody asked for a second response")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MAX_HEAD_BYTES or len(self._fields) >= MAX_FIELDS:
            raise ValueError("the response head is too long")
        self._fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._is_interim = True
            return
        self._unheard = 0
        headers: Headers = tuple(self._fields)
        names = [name for name, _ in headers]
        self._ends_at_eof = b"content-length" not in names and b"transfer-encoding" not in names
        self._has_head = True
        self._fresh_head = ResponseHead(status, headers)

    def on_body(self, body: bytes) -> None:
        self._unheard = 0
        self._body.append(body)

    def on_message_complete(self) -> None:
        assert self._parser is not None
        if self._is_interim:
            self._is_interim = False
            self._fields = []
            return
        self._is_complete = True
        self._keeps_alive = self._parser.should_keep_alive()

    def _complete(self, head: ResponseHead | None, body: bytes) -> None:
        listener, self._listener = self._listener, None
        self._parser = None
        self._is_complete = False
        if self._keeps_alive and self.is_open:
            self.pool.put(self)
        else:
            self.abort()
        if listener is not None:
            listener.upstream_read(self._attempt, head, body, is_end=True)

    def _fail(self, flag: str, detail: str) -> None:
        listener, self._listener = self._listener, None
        self._parser = None
        self._body.clear()
        self.abort()
        if listener is not None:
            listener.upstream_closed(self._attempt, flag, detail)


class Pool:
    """Idle connections of one address, newest first. Bounded; the oldest idle ones are closed."""

    def __init__(self, address: Address, dialer: Dialer, max_idle: int, buffer: memoryview) -> None:
        self.address = address
        self.locate: Locate | None = None  # None: it is where its address says
        self.open_count = 0
        self.opening_count = 0
        self.buffer = buffer
        self._dialer = dialer
        self._idle: deque[Upstream] = deque()
        self._max_idle = max_idle
        self._draining: dict[Upstream, float] = {}
        self._loop = asyncio.get_running_loop()

    def take(self) -> Upstream | None:
        """An idle connection that can still be used, or None."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_quiet:
                connection.is_reused = True
                return connection
            connection.abort()
        return None

    def put(self, connection: Upstream) -> None:
        self._draining.pop(connection, None)
        if len(self._idle) >= self._max_idle:
            connection.abort()
            return
        connection.idle_since = self._loop.time()
        self._idle.append(connection)

    def lost(self, connection: Upstream) -> None:
        self.open_count -= 1
        self._draining.pop(connection, None)

    def draining(self, connection: Upstream) -> None:
        """Remember a connection whose answer is complete while HTTP has not said so yet."""
        self._draining[connection] = self._loop.time()

    def sweep(self, idle_for: float, drain_for: float = 1.0) -> None:
        """Close what has idled, or drained, for too long (seconds)."""
        now = self._loop.time()
        while self._idle and now - self._idle[0].idle_since > idle_for:
            self._idle.popleft().abort()
        for connection, since in tuple(self._draining.items()):
            if now - since > drain_for:
                connection.abort()

    def close(self) -> None:
        for connection in (*self._idle, *self._draining):
            connection.abort()

    async def connect(self) -> Upstream:
        """Open a connection. Raises: OSError, UnicodeError (a host that can be no name)."""
        address = self.address
        where = None if self.locate is None else await self.locate()
        connection = Upstream(self)
        try:
            await self._dialer.dial(
                lambda: connection, address.origin, where, verify=address.verify_tls
            )
        except BaseException:
            # uvloop says nothing of a connection that was made just before it was cancelled.
            connection.connection_lost(None)
            raise
        return connection

    def opened(self, _: asyncio.Task[None]) -> None:
        """Opening a connection is over, well or not."""
        self.opening_count -= 1


class Pools:
    """All pools of a process, and the tasks that open connections."""

    def __init__(
        self, *, max_open: int = 4096, max_idle: int = 256, idle_for: float = 50.0
    ) -> None:
        self.dialer = Dialer()
        self._pools: dict[Address, Pool] = {}
        self._max_open = max_open
        self._max_idle = max_idle
        self._idle_for = idle_for
        self._tasks: dict[tuple[Listener, int], asyncio.Task[None]] = {}
        self._loop = asyncio.get_running_loop()
        # One for all connections: the parser has copied what it needs before anything else is read.
        self._buffer = memoryview(bytearray(READ_BYTES))

    def pool(self, address: Address) -> Pool:
        """The pool of an address, made when it is first asked for."""
        pool = self._pools.get(address)
        if pool is None:
            pool = self._pools[address] = Pool(address, self.dialer, self._max_idle, self._buffer)
        return pool

    def start(self, pool: Pool, listener: Listener, attempt: int, request: Message) -> None:
        """Send `request` over a pooled connection, or open one; the listener hears how it goes."""
        connection = pool.take()
        if connection is not None:
            listener.upstream_connected(attempt, connection)
            connection.send(listener, attempt, request)
            return
        count = pool.open_count + pool.opening_count
        if count >= self._max_open:
            detail = f"{count} connections are open or being opened"
            self._loop.call_soon(listener.upstream_closed, attempt, "pool_timeout", detail)
            return
        pool.opening_count += 1
        task = self._loop.create_task(self._open(pool, listener, attempt, request))
        task.add_done_callback(pool.opened)
        self._tasks[listener, attempt] = task

    def cancel(self, listener: Listener, attempt: int) -> None:
        """Stop opening a connection for an attempt that nobody wants any more."""
        task = self._tasks.pop((listener, attempt), None)
        if task is not None:
            task.cancel()

    def sweep(self) -> None:
        for pool in self._pools.values():
            pool.sweep(self._idle_for)

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        for pool in self._pools.values():
            pool.close()
        self.dialer.close()

    def counts(self) -> dict[str, int]:
        """Open connections by authority."""
        return {address.origin.authority: pool.open_count for address, pool in self._pools.items()}

    async def _open(self, pool: Pool, listener: Listener, attempt: int, request: Message) -> None:
        try:
            connection = await pool.connect()
        except (OSError, UnicodeError) as error:
            if self._tasks.pop((listener, attempt), None) is not None:
                listener.upstream_closed(attempt, connect_flag(error), str(error)[:200])
            return
        if self._tasks.pop((listener, attempt), None) is None:
            connection.abort()
            return
        if not connection.is_open:
            listener.upstream_closed(attempt, "reset_before_headers", "closed at once")
            return
        listener.upstream_connected(attempt, connection)
        connection.send(listener, attempt, request)
