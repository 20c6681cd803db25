"""A gateway in the test's own loop, toy dialects on both sides, providers scripted by the test."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import msgspec

from tests.exchange.stage import services, target
from understudy.config.secret import Secret
from understudy.config.settings import Caller, Credential, JournalSettings, Server, Settings
from understudy.dialects.base import Dialect
from understudy.exchange.services import Services
from understudy.journal.entry import RequestEntry
from understudy.routing.topology import Route, Target, Topology
from understudy.shell.client import ClientConnection
from understudy.shell.plane import Bounds, Plane
from understudy.wire.http import Origin

UPSTREAM_SECRET = "sk-upstream-secret-canary"

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Provider:
    """A raw TCP server that runs one script for each connection; keeps what it was sent."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.tls = tls
        self.connections = 0
        self.requests: list[bytes] = []
        self.gone = asyncio.Event()
        self.busy = 0

    async def serve(self) -> tuple[asyncio.Server, int]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self.tls)
        return server, server.sockets[0].getsockname()[1]

    async def read_request(self, reader: asyncio.StreamReader) -> bytes:
        """Read one whole request; b"" when the peer is gone."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            request = head + await reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone.set()
            return b""
        self.requests.append(request)
        return request

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.busy += 1
        # RuntimeError is what uvloop says to a write after the peer has gone.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, RuntimeError):
            await self.script(reader, writer)
        writer.transport.abort()
        self.busy -= 1


class Gateway:
    """What a test needs to hold of a running gateway."""

    def __init__(self, plane: Plane, port: int, entries: list[RequestEntry]) -> None:
        self.plane = plane
        self.port = port
        self.entries = entries

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def raw(self, data: bytes, *, limit: float = 5.0) -> bytes:
        """Send bytes, and read until the server closes or `limit` seconds are over."""
        reader, writer = await self.connect()
        writer.write(data)
        answer = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(limit):
                while chunk := await reader.read(65536):
                    answer += chunk
        writer.transport.abort()
        return answer

    async def ask(self, *, stream: bool = True, close: bool = True, key: str = "") -> bytes:
        """One toy request; returns the whole response as bytes."""
        return await self.raw(request(stream=stream, close=close, key=key))

    async def settled(self) -> RequestEntry:
        """Wait for one more journal entry."""
        async with asyncio.timeout(5):
            while not self.entries:
                await asyncio.sleep(0.005)
        return self.entries[-1]


def request(
    *, stream: bool = True, close: bool = True, key: str = "", path: str = "/toy", **more: object
) -> bytes:
    """A toy request as HTTP bytes."""
    body = msgspec.json.encode({"model": "r", "stream": stream, "turns": ["hi"], **more})
    lines = [f"POST {path} HTTP/1.1", "host: x", f"content-length: {len(body)}"]
    if close:
        lines.append("connection: close")
    if key:
        lines.append(f"authorization: Bearer {key}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def self_signed(folder: Path) -> ssl.SSLContext:
    """What a server at 127.0.0.1 needs whose certificate nobody has reason to trust."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", *curve, *made, *names],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@contextlib.asynccontextmanager
async def gateway(
    *providers: Provider,
    bounds: Bounds | None = None,
    route: Route | None = None,
    callers: dict[bytes, Caller] | None = None,
    dialects: tuple[str, ...] = (),
    verify_tls: bool = True,
    spoken: Mapping[str, Dialect] | None = None,
) -> AsyncIterator[Gateway]:
    """Run a gateway over these providers, in order, as the route "r"."""
    servers: list[asyncio.Server] = []
    targets: list[Target] = []
    for index, provider in enumerate(providers):
        server, port = await provider.serve()
        servers.append(server)
        dialect = dialects[index] if dialects else "toy"
        one = target("abcdef"[index], dialect)
        origin = Origin("http" if provider.tls is None else "https", "127.0.0.1", port)
        targets.append(msgspec.structs.replace(one, origin=origin, verify_tls=verify_tls))
    built: Services = services(*targets, route=route)
    if spoken is not None:
        built = msgspec.structs.replace(built, dialects=spoken)
    entries: list[RequestEntry] = []
    topology = Topology({one.name: one for one in targets}, {"r": built.router.find("r")})  # type: ignore[dict-item]
    secret = Secret(f"Bearer {UPSTREAM_SECRET}")
    settings = Settings(
        server=Server(),
        journal=JournalSettings(enabled=False),
        callers=callers or {},
        topology=topology,
        credentials={one.name: Credential("authorization", secret) for one in targets},
    )
    plane = Plane(settings, built, entries.append, "t-", bounds or Bounds())
    listener = await plane.loop.create_server(lambda: ClientConnection(plane), "127.0.0.1", 0)
    sweeper = asyncio.ensure_future(plane.sweep())
    try:
        yield Gateway(plane, listener.sockets[0].getsockname()[1], entries)
    finally:
        sweeper.cancel()
        listener.close()
        plane.close()
        for server in servers:
            server.close()
        async with asyncio.timeout(5):
            while any(provider.busy for provider in providers):
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.02)
