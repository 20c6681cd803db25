"""A client without any library, which hears everything that a simulated provider sends."""

import asyncio
import json
from typing import Any, NamedTuple

from tests.contract.toy import Toy
from understudy.shell.simulator import Simulator
from understudy.sim.provider import Provider

TOY = Toy("toy")
QUIET = 0.25
"""Seconds without a byte after which a client of ours calls a connection silent."""

PATIENCE = 1.5
"""Seconds after which it leaves in any case."""


class Heard(NamedTuple):
    status: int
    headers: dict[str, str]
    data: bytes  # the body with its framing
    end: str  # fin, rst, quiet, refused
    times: list[float]

    @property
    def body(self) -> bytes:
        if "content-length" in self.headers:
            return self.data
        rest, body = self.data, b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            count = int(size, 16)
            body += rest[:count]
            rest = rest[count + 2 :]
        return body

    @property
    def texts(self) -> list[str]:
        frames = self.body.split(b"\n\n")
        return [
            "\n".join(line.removeprefix("data: ") for line in frame.decode().splitlines()[1:])
            for frame in frames
            if frame.startswith(b"event: text\n")
        ]


def asked(prompt: str, *, stream: bool = True) -> bytes:
    return json.dumps({"model": "m", "turns": [prompt], "stream": stream}).encode()


async def ask(url: str, body: bytes, *, quiet: float = QUIET, path: str = "/toy") -> Heard:
    """Send one request on a new connection, and hear everything that follows."""
    host, port = url.removeprefix("http://").split(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
    except ConnectionRefusedError:
        return Heard(0, {}, b"", "refused", [])
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len(body)}"
    loop = asyncio.get_running_loop()
    heard, times, end = b"", [], "fin"
    try:
        writer.write(head.encode() + b"\r\n\r\n" + body)
        async with asyncio.timeout(PATIENCE):
            while data := await asyncio.wait_for(reader.read(65536), quiet):
                heard += data
                times.append(loop.time())
    except TimeoutError:
        end = "quiet"
    except (ConnectionResetError, BrokenPipeError):
        end = "rst"
    writer.close()
    first, _, rest = heard.partition(b"\r\n\r\n")
    lines = first.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    status = int(lines[0].split(" ")[1]) if heard else 0
    return Heard(status, headers, rest, end, times)


def simulator(**fields: Any) -> Simulator:
    return Simulator([Provider("a", "toy", **fields)], {"toy": TOY})


def address(url: str) -> tuple[str, int]:
    """Where a URL of ours connects to."""
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)
