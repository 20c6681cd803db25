"""Providers as scripts of ours, before them the real gateway as a process of its own."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from tests.system.processes import Gateway, free_port, http_request
from understudy.shell.head import status_line

Script = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
KEY = "us-security-caller-0123456789abcdef"
SECOND_KEY = "us-security-restricted-fedcba987654"
PROVIDER_KEY = "sk-security-canary-5d2a7c91e3b84f06"
ENVIRONMENT = {"CALLER_KEY": KEY, "SECOND_KEY": SECOND_KEY, "PROVIDER_KEY": PROVIDER_KEY}

_HEAD = """\
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:{admin}"
log_format = "json"
drain = 2
[journal]
path = {journal}
[keys.all]
key = "env:CALLER_KEY"
[keys.some]
key = "env:SECOND_KEY"
routes = ["mine"]
"""
_PROVIDER = """\
[providers.{name}]
kind = "openai-compatible"
dialect = "{dialect}"
base_url = "http://127.0.0.1:{port}{path}"
key = "env:PROVIDER_KEY"
[providers.{name}.models.m]
max_output_tokens = 4096
"""
_ROUTE = """\
[routes.{name}]
targets = [{targets}]
"""
OPENAI = "openai_chat"
ANTHROPIC = "anthropic_messages"


class Host:
    """A raw server: one request a connection, whole, then a script. Keeps what it was sent."""

    def __init__(self, script: Script, dialect: str = OPENAI) -> None:
        self.script = script
        self.dialect = dialect
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        await asyncio.wait([task])
        self._tasks.discard(task)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        while self._tasks:
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError)
        with contextlib.suppress(*gone):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            self.requests.append(head + await reader.readexactly(length))
            await self.script(self.requests[-1], writer)
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


class Site:
    """What a test holds of a running gateway."""

    def __init__(self, running: Gateway, admin_port: int, folder: Path) -> None:
        self.running = running
        self.admin_url = f"http://127.0.0.1:{admin_port}"
        self.folder = folder
        self.port = running.port

    async def raw(self, data: bytes, limit: float = 10.0) -> bytes:
        """Send, and read until the gateway closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        answer = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(limit):
                while chunk := await reader.read(1 << 20):
                    answer += chunk
        writer.transport.abort()
        return answer

    async def post(self, body: bytes, path: str = "/v1/chat/completions", key: str = KEY) -> bytes:
        return await self.raw(post(body, path, key))

    def rss(self) -> int:
        """Bytes of memory of the gateway's process."""
        text = Path(f"/proc/{self.running.process.pid}/statm").read_text()
        return int(text.split()[1]) * 4096

    async def health(self) -> str:
        answer = await asyncio.to_thread(http_request, f"{self.admin_url}/admin/health")
        return answer.text


def post(body: bytes, path: str = "/v1/chat/completions", key: str = KEY) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: x", "connection: close"]
    lines += [f"authorization: Bearer {key}", f"content-length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def chat(text: str = "hi", **more: object) -> bytes:
    message = {"role": "user", "content": text}
    return json.dumps({"model": "all", "messages": [message], **more}).encode()


def answer(
    body: bytes, *, status: int = 200, kind: str = "application/json", more: bytes = b""
) -> bytes:
    """A whole HTTP answer; `more` are further header lines."""
    head = b"content-type: %b\r\ncontent-length: %d\r\n" % (kind.encode(), len(body))
    return status_line(status) + head + more + b"\r\n" + body


def completion(text: str) -> bytes:
    """A whole answer of the chat dialect."""
    said = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    made = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps({**made, "choices": [said], "usage": usage}).encode()


def saying(data: bytes) -> Script:
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return script


@contextlib.asynccontextmanager
async def site(folder: Path, *hosts: Host, more: str = "") -> AsyncIterator[Site]:
    """A gateway over these hosts in order: the routes `all` and `mine`, and what `more` says."""
    servers = []
    admin = free_port()
    text = _HEAD.format(admin=admin, journal=json.dumps(str(folder / "journal.db")))
    for index, host in enumerate(hosts):
        server = await asyncio.start_server(host.connected, "127.0.0.1", 0, limit=1 << 26)
        host.port = server.sockets[0].getsockname()[1]
        servers.append(server)
        path = "/v1" if host.dialect == OPENAI else ""
        text += _PROVIDER.format(name=f"p{index}", dialect=host.dialect, port=host.port, path=path)
    targets = ", ".join(f'"p{index}/m"' for index in range(len(hosts)))
    text += "".join(_ROUTE.format(name=name, targets=targets) for name in ("all", "mine"))
    config = folder / "understudy.toml"
    config.write_text(text + more)
    running = Gateway(config, ENVIRONMENT)
    try:
        yield Site(running, admin, folder)
        await asyncio.to_thread(running.stop)
    finally:
        running.close()
        for server in servers:
            server.close()
        for host in hosts:
            await host.stop()
