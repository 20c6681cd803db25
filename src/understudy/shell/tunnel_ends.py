"""The two ends of a tunnel: the client's connection, taken over, and one to the target."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Protocol, cast

from typing_extensions import override

from understudy.wire.http import ResponseHead, header

if TYPE_CHECKING:
    from understudy.shell.client import ClientConnection

MOST_HEAD_BYTES = 64 * 1024

ERROR_TIMEOUT = 2.0
"""Seconds in which a refusal's body has to come."""


class Ends(Protocol):
    """The tunnel, as its ends see it."""

    def client_data(self, data: bytes) -> None: ...

    def client_gone(self) -> None: ...

    def client_blocked(self) -> None: ...

    def client_ready(self) -> None: ...

    def upstream_data(self, data: bytes) -> None: ...

    def upstream_gone(self) -> None: ...

    def hold(self) -> None: ...

    def unhold(self) -> None: ...


class Near(asyncio.Protocol):
    """The client's connection while it is a tunnel's; `give_back` ends that."""

    def __init__(self, client: "ClientConnection", transport: asyncio.Transport) -> None:
        self._client = client
        self._transport = transport
        self._tunnel: Ends | None = None

    def follow(self, tunnel: Ends) -> None:
        """From here on the tunnel hears what comes."""
        self._tunnel = tunnel
        self._transport.set_protocol(self)

    def give_back(self) -> "ClientConnection":
        """Let the client's connection answer."""
        self._tunnel = None
        self._transport.set_protocol(self._client)
        return self._client

    @override
    def data_received(self, data: bytes) -> None:
        if self._tunnel is not None:
            self._tunnel.client_data(data)

    @override
    def pause_writing(self) -> None:
        if self._tunnel is not None:
            self._tunnel.client_blocked()

    @override
    def resume_writing(self) -> None:
        if self._tunnel is not None:
            self._tunnel.client_ready()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        tunnel, self._tunnel = self._tunnel, None
        if tunnel is not None:
            tunnel.client_gone()
        self._client.connection_lost(exc)

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def pause(self) -> None:
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Close it once all is written."""
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()


class Far(asyncio.Protocol):
    """The connection to the target."""

    def __init__(self, tunnel: Ends) -> None:
        self.head: asyncio.Future[tuple[ResponseHead, bytes]]
        self.head = asyncio.get_running_loop().create_future()
        self._tunnel = tunnel
        self._transport: asyncio.Transport | None = None
        self._held = b""
        self._is_followed = False
        self._gone = asyncio.Event()
        self._came = asyncio.Event()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_followed:
            self._tunnel.upstream_data(data)
            return
        self._held += data
        self._came.set()
        if self.head.done():
            return
        head, gap, rest = self._held.partition(b"\r\n\r\n")
        if gap:
            read = _read_head(head)
            if read is None:
                self.head.set_exception(ValueError("expected an HTTP head"))
            else:
                self._held = b""
                self.head.set_result((read, rest))
        elif len(self._held) > MOST_HEAD_BYTES:
            self.head.set_exception(ValueError("the head is too long"))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._gone.set()
        self._came.set()
        if not self.head.done():
            self.head.set_exception(ValueError("the connection ended before its head"))
        elif self._is_followed:
            self._tunnel.upstream_gone()

    @override
    def pause_writing(self) -> None:
        self._tunnel.hold()

    @override
    def resume_writing(self) -> None:
        self._tunnel.unhold()

    def follow(self, rest: bytes) -> None:
        """From here on the tunnel hears what comes."""
        self._is_followed = True
        data, self._held = rest + self._held, b""
        if data:
            self._tunnel.upstream_data(data)
        if self._gone.is_set():
            self._tunnel.upstream_gone()

    async def body(self, head: ResponseHead, rest: bytes) -> bytes:
        """The body of a refusal, as far as it comes soon."""
        said = header(head.headers, b"content-length")
        length = int(said) if said is not None and said.isdigit() else MOST_HEAD_BYTES
        length = min(length, MOST_HEAD_BYTES)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ERROR_TIMEOUT):
                while len(rest) + len(self._held) < length and not self._gone.is_set():
                    self._came.clear()
                    await self._came.wait()
        return (rest + self._held)[:length]

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def pause(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _read_head(head: bytes) -> ResponseHead | None:
    first, *lines = head.split(b"\r\n")
    parts = first.split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit():
        return None
    found: list[tuple[bytes, bytes]] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            return None
        found.append((name.strip().lower(), value.strip()))
    return ResponseHead(int(parts[1]), tuple(found))
