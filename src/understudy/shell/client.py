"""One client connection: HTTP/1.1 in, answers out. Bounded in every direction (RFC 9112).

httptools (llhttp) refuses ambiguous framing; what it lets pass and we do not want is refused here.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools
from typing_extensions import override

from understudy.shell.head import fields, status_line
from understudy.wire.http import Headers

if TYPE_CHECKING:
    from understudy.config.settings import Caller
    from understudy.shell.call import Call
    from understudy.shell.plane import Plane

MAX_PIPELINED = 16
"""Requests that may wait behind the one being answered; reading pauses beyond."""

LINGER = 2.0
"""Seconds in which a refused client may go on sending (unread) before the connection is closed."""

_HEEDED = frozenset(
    {b"content-length", b"transfer-encoding", b"expect", b"content-encoding", b"host"}
)

HIGH_WATER_BYTES = 16 * 1024
"""Of unsent answer in this process; above it the upstream is not read."""


class Incoming:
    """A request as it arrives."""

    __slots__ = (
        "body",
        "body_bytes",
        "caller",
        "expects_continue",
        "fields",
        "has_host",
        "head_bytes",
        "is_framed",
        "is_http10",
        "is_read",
        "keeps_alive",
        "method",
        "url",
    )

    def __init__(self) -> None:
        self.method = b""
        self.url = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.head_bytes = 0
        self.body: list[bytes] = []
        self.body_bytes = 0
        self.caller: Caller | None = None
        self.expects_continue = False
        self.keeps_alive = True
        self.is_http10 = False
        self.has_host = False
        self.is_framed = False
        self.is_read = False  # its head: fields that come later are trailers


class ClientConnection(asyncio.Protocol):
    """Reads requests, hands each to the plane, writes its answer; the next one waits its turn."""

    def __init__(self, plane: "Plane") -> None:
        self.call: Call | None = None
        self._plane = plane
        self._head_room = plane.bounds.head_bytes
        self._field_room = plane.bounds.fields
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._incoming = Incoming()
        self._waiting: deque[Incoming] = deque()
        self._current: Incoming | None = None
        self._out: list[bytes] = []
        self._is_chunked = False
        self._must_close = False
        self._is_reading = True
        self._refusal: tuple[int, str] | None = None
        self._deadline = plane.now() + plane.bounds.head_timeout
        self._blocked_since: float | None = None
        self._unheard = 0  # bytes since the parser last said something
        self._unsent = 0  # bytes of answers that the budget for held ones counts: nobody reads them

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER_BYTES, low=HIGH_WATER_BYTES // 4)
        self._plane.opened(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._plane.lost(self)
        self._transport = None
        self._count_unsent(0)
        call, self.call = self.call, None
        if call is not None:
            call.client_gone()

    @override
    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            return
        self._unheard += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            if self._waiting:  # it is complete, as the parser sees it
                self._incoming = self._waiting.pop()
            if self._tunnels(data[error.args[0] :]):
                return
            self._refusal = (400, "this server does not upgrade connections to that")
        except httptools.HttpParserError as error:
            if self._refusal is None:
                self._refusal = (400, f"malformed HTTP request ({type(error).__name__})")
        if self._unheard > self._head_room and self._refusal is None:
            # The parser joins the pieces of a field, without limit and at quadratic cost.
            self._refusal = (431, "a header field, a trailer or a chunk extension is too long")
        if self._refusal is not None:
            self._refuse()
            return
        self._next()
        if len(self._waiting) > MAX_PIPELINED:
            self._pause_reading()

    @override
    def pause_writing(self) -> None:
        self._blocked_since = self._plane.now()
        if self._transport is not None:
            self._count_unsent(self._transport.get_write_buffer_size())
        if self.call is not None:
            self.call.client_blocked()

    @override
    def resume_writing(self) -> None:
        self._blocked_since = None
        self._count_unsent(0)
        if self.call is not None:
            self.call.client_ready()

    def on_message_begin(self) -> None:
        self._unheard = 0
        self._deadline = self._plane.now() + self._plane.bounds.head_timeout

    def on_url(self, url: bytes) -> None:
        incoming = self._incoming
        incoming.url += url
        if len(incoming.url) > self._plane.bounds.url_bytes:
            self._stop(414, "the URL is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._unheard = 0
        incoming = self._incoming
        incoming.head_bytes += len(name) + len(value)
        if not incoming.is_read:  # a trailer counts, and means nothing (RFC 9110 §6.5.1)
            incoming.fields.append((name.lower(), value))
        if incoming.head_bytes > self._head_room or len(incoming.fields) > self._field_room:
            self._stop(431, "the header fields are too many or too long")

    def on_headers_complete(self) -> None:
        self._unheard = 0
        incoming = self._incoming
        incoming.is_read = True
        bounds = self._plane.bounds
        self._deadline = self._plane.now() + bounds.body_timeout
        parser = self._parser
        incoming.method = parser.get_method()
        incoming.keeps_alive = parser.should_keep_alive()
        version = parser.get_http_version()
        if version not in {"1.1", "1.0"}:
            self._stop(505, "this server speaks HTTP/1.1")
        incoming.is_http10 = version == "1.0"
        for name, value in incoming.fields:
            if name in _HEEDED:
                self._heed(incoming, name, value)
        if not incoming.has_host and not incoming.is_http10:  # RFC 9112 §3.2
            self._stop(400, "a request names its host")
        incoming.caller = self._plane.caller(incoming)
        self._invite()

    def _heed(self, incoming: Incoming, name: bytes, value: bytes) -> None:
        """Obey, or refuse, a field that says how the body comes, or whom it is for."""
        if name == b"host":
            if incoming.has_host:
                self._stop(400, "a request names one host")
            incoming.has_host = True
        elif name == b"expect":
            incoming.expects_continue = value.lower() == b"100-continue" and not incoming.is_http10
        elif name == b"content-encoding":
            if value.lower() != b"identity":
                self._stop(415, "send the body without content-encoding")
        else:
            self._frame(incoming, name, value)

    def _frame(self, incoming: Incoming, name: bytes, value: bytes) -> None:
        """Take one length or one coding, and nothing that two servers could read differently."""
        if incoming.is_framed:
            self._stop(400, "ambiguous body length: one content-length or one transfer-encoding")
        incoming.is_framed = True
        if name == b"content-length":
            limit = self._plane.bounds.body_bytes
            if int(value) > limit:
                self._stop(413, f"the body is larger than {limit} bytes")
            return
        if incoming.is_http10:  # RFC 9112 §6.1: who passed it on may have read it otherwise
            self._stop(400, "HTTP/1.0 knows no transfer-encoding")
        if value.strip().lower() != b"chunked":
            self._stop(501, "the only transfer-encoding known here is chunked")

    def on_body(self, body: bytes) -> None:
        self._unheard = 0
        incoming = self._incoming
        incoming.body_bytes += len(body)
        if incoming.body_bytes > self._plane.bounds.body_bytes:
            self._stop(413, f"the body is larger than {self._plane.bounds.body_bytes} bytes")
        if incoming.caller is not None:  # nothing is kept for somebody whom nobody knows
            incoming.body.append(body)

    def on_message_complete(self) -> None:
        self._waiting.append(self._incoming)
        self._incoming = Incoming()
        self._deadline = self._plane.now() + self._plane.bounds.idle_timeout

    def send_head(self, status: int, headers: Headers, length: int | None) -> None:
        current = self._current
        assert current is not None
        parts = [status_line(status), fields(headers), self._plane.date_line()]
        if length is not None:
            self._is_chunked = False
            parts.append(b"content-length: %d\r\n" % length)
        elif current.is_http10:
            self._is_chunked = False
            self._must_close = True
        else:
            self._is_chunked = True
            parts.append(b"transfer-encoding: chunked\r\n")
        if self._must_close or not current.keeps_alive or self._plane.is_draining:
            self._must_close = True
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        self._out.append(b"".join(parts))

    def send_data(self, data: bytes) -> None:
        if self._is_chunked:
            self._out.append(b"%x\r\n%b\r\n" % (len(data), data))
        else:
            self._out.append(data)

    def flush(self) -> None:
        out = self._out
        if not out:
            return
        self._out = []
        if self._transport is None or self._transport.is_closing():
            return
        if len(out) == 1:
            self._transport.write(out[0])
        elif max(map(len, out)) < HIGH_WATER_BYTES:
            self._transport.write(b"".join(out))
        else:  # a copy of that is dearer than a second buffer
            self._transport.writelines(out)

    def answered(self, *, clean: bool) -> None:
        """The answer is complete (or, not `clean`, must be seen to be broken off)."""
        self.call = None
        self._current = None
        if self._transport is None:
            return
        if not clean:
            self.flush()
            self._transport.abort()
            return
        if self._is_chunked:
            self._out.append(b"0\r\n\r\n")
            self._is_chunked = False
        self.flush()
        if self._refusal is not None:
            # The client may still be sending: closing now would reset the answer away (RFC 9112
            # §9.6).
            self._deadline = self._plane.now() + LINGER
            if self._transport.can_write_eof():
                self._transport.write_eof()
            return
        if self._must_close:
            self._transport.close()
            return
        self._deadline = self._plane.now() + self._plane.bounds.idle_timeout
        if self._waiting:
            self._plane.loop.call_soon(self._next)
            return
        self._invite()
        if not self._is_reading:
            self._is_reading = True
            self._transport.resume_reading()

    def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer the current request at once, without an exchange."""
        self.send_head(status, headers, len(body))
        if self._current is not None and self._current.method != b"HEAD":
            self.send_data(body)
        self.answered(clean=True)

    def close_if_idle(self) -> None:
        """For a drain: a connection between two requests is closed, a busy one after its answer."""
        self._must_close = True
        if self._current is None and self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def sweep(self, now: float) -> None:
        """Close what keeps us waiting: a slow head or body, an idle connection, a client that never
        reads.
        """
        if self._blocked_since is not None and self._transport is not None:
            self._count_unsent(self._transport.get_write_buffer_size())
            if now - self._blocked_since > self._plane.bounds.write_timeout:
                self.abort()
        elif self._current is None and now > self._deadline and self._transport is not None:
            is_mid_request = bool(self._incoming.url or self._incoming.fields)
            if is_mid_request and self._refusal is None:
                self._refusal = (408, "the request took too long to arrive")
                self._refuse()
            else:
                self._transport.close()

    def _tunnels(self, early: bytes) -> bool:
        """Whether what asks for an upgrade gets one, or is told why not; only between requests."""
        tunnels, incoming, transport = self._plane.tunnels, self._incoming, self._transport
        if self._current is not None or self._waiting or not tunnels.takes(incoming):
            return False
        self._current, self._must_close = incoming, True
        assert transport is not None
        tunnels.begin(self, incoming, transport, early)
        return True

    def _count_unsent(self, size: int) -> None:
        """What waits in the socket's buffer is memory like any other that answers are held in."""
        self._plane.services.budget.take(size - self._unsent)
        self._unsent = size

    def _next(self) -> None:
        while self._current is None and self._waiting and self._transport is not None:
            if self._transport.is_closing():
                return
            self._current = self._waiting.popleft()
            self._plane.serve(self, self._current)

    def _invite(self) -> None:
        """Ask for a body that is held back until it is asked for, when its turn has come."""
        is_next = self._current is None and not self._waiting
        if is_next and self._incoming.expects_continue and self._transport is not None:
            self._incoming.expects_continue = False
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _pause_reading(self) -> None:
        if self._transport is not None and self._is_reading and self._current is not None:
            self._is_reading = False
            self._transport.pause_reading()

    def _stop(self, status: int, reason: str) -> None:
        self._refusal = (status, reason)
        raise ValueError(reason)

    def _refuse(self) -> None:
        """Answer a request that cannot be trusted, in the dialect of its path, and close."""
        assert self._refusal is not None
        status, reason = self._refusal
        if self._current is not None or self._waiting or self._transport is None:
            # Others come first: the refusal would be taken for the answer to one of them.
            self.abort()
            return
        self._must_close = True
        self._current = self._incoming
        self._plane.refuse(self, self._incoming, status, reason)
