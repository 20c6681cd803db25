"""One connection of a simulated provider: reads requests, and plays the steps of the answers.

Knows neither providers nor faults: a `Stage` says what to send, and is told what became of it.
"""

import asyncio
import socket
import struct
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol, cast

import httptools
from typing_extensions import override

from understudy.sim.answer import STAMP
from understudy.sim.provider import Incoming
from understudy.sim.steps import Act, Step, whole

MAX_BODY_BYTES = 256 * 1024 * 1024
WRITE_BYTES = 64 * 1024
"""Most bytes written at once: a slow reader holds up the rest."""

_EARLY = 0.0005
_DRAIN_EVERY = 0.002
_DRAINS = 1000
_NO_LINGER = struct.pack("ii", 1, 0)
_STAMP = STAMP.encode()


class Part(Protocol):
    """One answer being played, as its stage sees it."""

    @property
    def steps(self) -> Sequence[Step]: ...

    @property
    def is_stamped(self) -> bool: ...

    def sent(self, count: int) -> None:
        """So many bytes more were sent."""
        ...

    def ended(self, *, complete: bool) -> None:
        """The last step was played; or the peer went before that."""
        ...


class Stage(Protocol):
    """Who decides what a connection says."""

    def admits(self, player: "Player") -> bool:
        """Whether a new connection may stay; one that may not is reset."""
        ...

    def left(self, player: "Player") -> None: ...

    def take(self, incoming: Incoming, *, is_first: bool) -> Part: ...


class Player(asyncio.Protocol):
    """One accepted connection. Requests are answered one after the other."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._queue: deque[tuple[Incoming, bool]] = deque()
        self._is_first = True
        self._part: Part | None = None
        self._keeps_alive = True
        self._at = 0
        self._due = 0.0
        self._has_waited = False
        self._timer: asyncio.TimerHandle | None = None
        self._rest: memoryview | None = None
        self._is_paused = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        if not self._stage.admits(self):
            self.reset()

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.reset()
        except httptools.HttpParserError:
            self._write(whole(400, (), b"malformed request")[0].data)
            self._close()

    @override
    def eof_received(self) -> bool:
        return False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._stop_timer()
        self._queue.clear()
        self._stage.left(self)
        self._finish(complete=False)

    @override
    def pause_writing(self) -> None:
        self._is_paused = True

    @override
    def resume_writing(self) -> None:
        self._is_paused = False
        if self._part is not None and self._timer is None:
            self._play()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if (b"expect", b"100-continue") in self._fields:
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > MAX_BODY_BYTES:
            self.reset()
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        incoming = Incoming(
            self._parser.get_method().decode("latin-1"),
            self._url.decode("latin-1"),
            tuple(self._fields),
            b"".join(self._body),
        )
        self._queue.append((incoming, self._parser.should_keep_alive()))
        self._url, self._fields, self._body, self._body_bytes = b"", [], [], 0
        if self._part is None:
            self._next()

    def reset(self) -> None:
        """End the connection with RST, whatever is under way."""
        self._stop_timer()
        transport = self._transport
        if transport is None:
            return
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()

    def _next(self) -> None:
        if not self._queue or self._transport is None:
            return
        incoming, self._keeps_alive = self._queue.popleft()
        is_first, self._is_first = self._is_first, False
        self._part = self._stage.take(incoming, is_first=is_first)
        self._at = 0
        self._has_waited = False
        self._due = self._loop.time()
        self._play()

    def _play(self) -> None:
        """Play steps until one has to wait: for its time, for a slow reader, or for ever."""
        part = self._part
        while part is not None and self._transport is not None:
            if self._rest is not None and not self._send_rest(part):
                return
            steps = part.steps
            if self._at >= len(steps):
                self._complete()
                return
            step = steps[self._at]
            if step.delay > 0 and not self._has_waited:
                self._due += step.delay
                if self._due - self._loop.time() > _EARLY:
                    self._timer = self._loop.call_at(self._due, self._fire)
                    return
            if self._is_paused:
                self._has_waited = True
                return
            self._has_waited = False
            self._send(part, step)
            if step.act is not None:
                self._act(step.act)
                return
            if not step.repeats:
                self._at += 1

    def _fire(self) -> None:
        self._timer = None
        self._has_waited = True
        self._play()

    def _send(self, part: Part, step: Step) -> None:
        data = step.data
        if part.is_stamped and _STAMP in data:
            data = data.replace(_STAMP, b" T%016d" % (time.monotonic_ns() // 1000))
        if len(data) > WRITE_BYTES:
            self._rest = memoryview(data)
            return
        if data:
            self._write(data)
            part.sent(len(data))

    def _send_rest(self, part: Part) -> bool:
        """Write on a large piece; False while the reader is behind."""
        while self._rest is not None and not self._is_paused:
            data = bytes(self._rest[:WRITE_BYTES])
            self._rest = self._rest[WRITE_BYTES:] if len(self._rest) > WRITE_BYTES else None
            self._write(data)
            part.sent(len(data))
        return self._rest is None

    def _act(self, act: Act) -> None:
        if act is Act.HOLD:
            return
        self._finish(complete=True)
        if act is Act.CLOSE:
            self._close()
        else:
            self._reset_when_sent(_DRAINS)

    def _reset_when_sent(self, tries: int) -> None:
        """RST throws away what was not sent yet, and that would be another fault."""
        transport = self._transport
        if transport is None:
            return
        if tries and transport.get_write_buffer_size():
            self._timer = self._loop.call_later(_DRAIN_EVERY, self._reset_when_sent, tries - 1)
            return
        self.reset()

    def _complete(self) -> None:
        self._finish(complete=True)
        if self._keeps_alive:
            self._next()
        else:
            self._close()

    def _finish(self, *, complete: bool) -> None:
        part, self._part = self._part, None
        self._rest = None
        if part is not None:
            part.ended(complete=complete)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
