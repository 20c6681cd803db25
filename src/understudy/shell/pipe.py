"""A client's connection without a socket: the request comes from this process, and the answer is
read by another thread of it, at that thread's pace.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable

import httptools
from typing_extensions import override

from understudy.wire.http import Headers, ResponseHead

HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding"})
"""Header fields of a connection, and here is none (RFC 9110 §7.6.1)."""


class Broken(Exception):
    """The answer was broken off: by a failure, by the reader, or because the gateway ended."""


class Answer:
    """What of one answer is there and not yet read. One thread writes, another reads.

    A reader who finds nothing leaves a `waiter`, which is called once there is something.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._head: ResponseHead | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._is_over = False
        self._is_broken = False
        self._is_held = False
        self._waiter: Callable[[], None] | None = None
        self._relieved: Callable[[], None] | None = None

    @property
    def size(self) -> int:
        """Bytes of its body that nobody has read yet."""
        return self._size

    @property
    def is_over(self) -> bool:
        return self._is_over

    def head(self, waiter: Callable[[], None]) -> ResponseHead | None:
        """Return status and header fields, None while they are not there. Raises: Broken."""
        with self._lock:
            if self._head is None:
                self._wait(waiter)
            return self._head

    def data(self, waiter: Callable[[], None]) -> bytes | None:
        """Take what is there of the body, b"" at its end, None for nothing yet. Raises: Broken."""
        with self._lock:
            if not self._pieces:
                if self._is_over and not self._is_broken:
                    return b""
                self._wait(waiter)
                return None
            pieces, self._pieces = self._pieces, []
            self._size = 0
            relieved = self._relieved if self._is_held else None
            self._is_held = False
        if relieved is not None:
            relieved()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def begin(self, head: ResponseHead) -> None:
        with self._lock:
            self._head = head
            self._wake()

    def add(self, data: bytes) -> None:
        with self._lock:
            self._pieces.append(data)
            self._size += len(data)
            self._wake()

    def end(self, *, is_broken: bool) -> None:
        """Say that nothing comes any more; what was said first holds."""
        with self._lock:
            if not self._is_over:
                self._is_over, self._is_broken = True, is_broken
                self._wake()

    def hold(self, above: int, relieved: Callable[[], None]) -> bool:
        """Whether more than `above` bytes wait; `relieved` is then called when they are taken."""
        with self._lock:
            self._is_held = self._size > above
            self._relieved = relieved
            return self._is_held

    def _wait(self, waiter: Callable[[], None]) -> None:
        if self._is_over:
            raise Broken
        self._waiter = waiter

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter()


class Pipe(asyncio.Transport):
    """The loop's end of a connection: what the protocol writes becomes an `Answer`."""

    def __init__(self, protocol: asyncio.Protocol, answer: Answer, *, has_body: bool) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._answer = answer
        self._has_body = has_body
        self._parser = httptools.HttpResponseParser(self)
        self._fields: list[tuple[bytes, bytes]] = []
        self._has_head = False
        self._high = 64 * 1024
        self._is_paused = False
        self._is_closing = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._is_closing:
            return
        self._parser.feed_data(data)
        if self._answer.size > self._high and not self._is_paused:
            # Not at once: whoever writes is in the middle of something.
            self._loop.call_soon(self._pause)

    @override
    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        for data in list_of_data:
            self.write(data)

    @override
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del low  # a reader takes all there is
        if high is not None:
            self._high = high

    @override
    def get_write_buffer_size(self) -> int:
        return self._answer.size

    @override
    def is_closing(self) -> bool:
        return self._is_closing

    @override
    def can_write_eof(self) -> bool:
        return True

    @override
    def write_eof(self) -> None:
        self.close()

    @override
    def pause_reading(self) -> None:
        """Nothing more comes than one request."""

    @override
    def resume_reading(self) -> None:
        """Nothing more comes than one request."""

    @override
    def close(self) -> None:
        # An answer to HEAD ends with its head, whatever length that names (RFC 9110 §9.3.2).
        self._close(is_broken=self._has_body or not self._has_head)

    @override
    def abort(self) -> None:
        self._close(is_broken=True)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        headers: Headers = tuple(field for field in self._fields if field[0].lower() not in HOP)
        self._has_head = True
        self._answer.begin(ResponseHead(self._parser.get_status_code(), headers))

    def on_body(self, body: bytes) -> None:
        self._answer.add(body)

    def on_message_complete(self) -> None:
        self._answer.end(is_broken=False)

    def _close(self, *, is_broken: bool) -> None:
        self._answer.end(is_broken=is_broken)
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    def _pause(self) -> None:
        if self._is_paused or self._is_closing:
            return
        if self._answer.hold(self._high, self._relieved):
            self._is_paused = True
            self._protocol.pause_writing()

    def _relieved(self) -> None:
        """Called in the reader's thread, which may outlive the loop."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._resume)

    def _resume(self) -> None:
        self._is_paused = False
        if not self._is_closing:
            self._protocol.resume_writing()
