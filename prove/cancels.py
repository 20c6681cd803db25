"""Clients that leave at random moments: no byte reaches another, and nothing stays behind.

Each request asks for a text of its own. Some wait for all of it, on connections that are used
again; most leave: before they have asked, at once, in the middle, with a reset or politely. What
anybody hears must be the beginning of its own text.
"""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from pathlib import Path

import msgspec

from prove import Row
from prove.client import CHAT, MESSAGES, PATHS, Ask, ask
from prove.command import main, say
from prove.rig import Rig
from prove.world import folder, spots, stand

FULL, FAST = 100_000, 1_500
TOGETHER = 48
STAYS = 0.25
"""Share of the requests that wait for their answer."""

PATIENCE = 30.0
KIB = 1024.0
SLOPE_KIB = 1024.0
"""Growth of memory over ten thousand requests that counts as none."""

ROUTES = """
[routes.mixed]
targets = ["alpha/m", "beta/m"]
"""
_WAYS = ("unasked", "at once", "in the head", "after a while", "after some bytes", "politely")


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None
    text: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    delta: _Delta = _Delta()


class _Frame(msgspec.Struct):
    """What both dialects say in pieces, and no more of it."""

    choices: list[_Choice] = []
    delta: _Delta = _Delta()


_frame = msgspec.json.Decoder(_Frame).decode


class Tally:
    """What came of all requests."""

    def __init__(self) -> None:
        self.left: Counter[str] = Counter()
        self.whole = 0
        self.reused = 0
        self.foreign: list[str] = []
        self.unanswered: list[str] = []
        self.resident: list[tuple[int, float]] = []

    @property
    def count(self) -> int:
        return self.whole + self.left.total()


class Line:
    """One client's connection, kept for the next request where the last was heard to its end."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bool]:
        """The connection, and whether it has been used before."""
        if self._reader is not None and self._writer is not None:
            return self._reader, self._writer, True
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self._reader, self._writer, False

    def leave(self, *, politely: bool = False) -> None:
        if self._writer is not None:
            if politely:
                self._writer.close()
            else:
                self._writer.transport.abort()
        self._reader = self._writer = None


def texts(raw: bytes) -> str:
    """The text in as much of a streamed answer as was heard; frames that are cut do not count."""
    head, _, rest = raw.partition(b"\r\n\r\n")
    if b"text/event-stream" not in head:
        return ""
    body = []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        count = int(size or b"0", 16)
        body.append(rest[:count])
        rest = rest[count + 2 :]
    found = []
    for frame in b"".join(body).split(b"\n\n")[:-1]:
        data = frame.partition(b"data: ")[2]
        if data.startswith(b"{"):
            read = _frame(data)
            deltas = [choice.delta for choice in read.choices] or [read.delta]
            found += [delta.content or delta.text or "" for delta in deltas]
    return "".join(found)


def spoken(raw: bytes, request: Ask) -> str:
    """The text of an answer, streamed or whole."""
    if request.stream:
        return texts(raw)
    said = json.loads(raw.partition(b"\r\n\r\n")[2])
    if request.dialect == CHAT:
        return str(said["choices"][0]["message"]["content"])
    return "".join(str(part["text"]) for part in said["content"])


async def hear(reader: asyncio.StreamReader) -> bytes:
    """One answer to its end, head and all, by its framing."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b"content-length: " in head:
        count = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head + await reader.readexactly(count)
    body = [head]
    while True:
        line = await reader.readuntil(b"\r\n")
        count = int(line, 16)
        body += [line, await reader.readexactly(count + 2)]
        if count == 0:
            return b"".join(body)


async def one(line: Line, request: Ask, way: str, draw: random.Random) -> bytes:
    """Ask, and leave in that way; returns what was heard until then."""
    reader, writer, _ = await line.open()
    head = (
        f"POST {PATHS[request.dialect]} HTTP/1.1\r\nhost: x\r\n"
        f"content-type: application/json\r\ncontent-length: {len(request.body)}\r\n\r\n"
    ).encode()
    message = head + request.body
    if way == "unasked":
        message = message[: draw.randrange(len(head), len(message))]
    elif way == "in the head":
        message = message[: draw.randrange(1, len(head))]
    writer.write(message)
    heard = b""
    if way == "after some bytes":
        heard = await reader.read(draw.randrange(1, 3000))
    elif way in {"after a while", "politely"}:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(draw.random() * 0.06):
                while data := await reader.read(4096):
                    heard += data
    line.leave(politely=way == "politely")
    return heard


async def caller(rig: Rig, numbers: list[int], tally: Tally, draw: random.Random) -> None:
    """One client after another, until all numbers are taken."""
    line = Line(rig.port)
    while numbers:
        number = numbers.pop()
        dialect = draw.choice((CHAT, MESSAGES))
        stream = draw.random() < 0.7
        request = ask("mixed", f"request {number} [tokens=24]", stream=stream, dialect=dialect)
        try:
            if draw.random() < STAYS:
                await _stay(line, request, tally)
            else:
                way = draw.choice(_WAYS)
                heard = await one(line, request, way, draw)
                tally.left[way] += 1
                text = texts(heard) if stream else ""
                if not request.expected.startswith(text):
                    tally.foreign.append(f"request {number}, {way}: {text[:200]!r}")
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            tally.left["lost"] += 1
            tally.unanswered.append(f"request {number}: {error!r}")
            line.leave()
    line.leave()


async def _stay(line: Line, request: Ask, tally: Tally) -> None:
    reader, writer, is_reused = await line.open()
    tally.reused += is_reused
    head = f"POST {PATHS[request.dialect]} HTTP/1.1\r\nhost: x\r\n"
    writer.write(f"{head}content-length: {len(request.body)}\r\n\r\n".encode() + request.body)
    async with asyncio.timeout(PATIENCE):
        raw = await hear(reader)
    text = spoken(raw, request)
    tally.whole += 1
    if text != request.expected:
        tally.foreign.append(f"{text[:200]!r}, expected {request.expected[:200]!r}")


async def watch(rig: Rig, tally: Tally, every: float) -> None:
    """Note now and then how much memory the gateway has."""
    while True:
        await asyncio.sleep(every)
        tally.resident.append((tally.count, resident_kib(rig.pid)))


def resident_kib(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4.0


def slope_kib(samples: list[tuple[int, float]]) -> float:
    """KiB for ten thousand requests, by least squares over the second half of a run."""
    half = samples[len(samples) // 2 :]
    if len(half) < 3:
        return 0.0
    mean_n = sum(n for n, _ in half) / len(half)
    mean_kib = sum(kib for _, kib in half) / len(half)
    spread = sum((n - mean_n) ** 2 for n, _ in half)
    rise = sum((n - mean_n) * (kib - mean_kib) for n, kib in half)
    return 10_000 * rise / spread if spread else 0.0


class Left(msgspec.Struct, frozen=True):
    """What is still there when all clients are gone."""

    descriptors: int
    clients: int
    in_progress: int
    in_flight: int


def left(rig: Rig, before: int) -> Left:
    """Wait until nothing is left, or seconds are over."""
    end = time.monotonic() + 15
    while True:
        health = rig.admin("/admin/health").json()
        found = Left(
            max(0, sockets(rig) - before),
            health["clients"],
            health["in_progress"],
            sum(target["in_flight"] for target in health["router"]["targets"]),
        )
        if found == Left(0, 0, 0, 0) or time.monotonic() > end:
            return found
        time.sleep(0.2)


def sockets(rig: Rig) -> int:
    """Descriptors, but for the connections that wait in pools to be used again."""
    pooled = sum(n for name, n in rig.metrics().items() if "_upstream_connections" in name)
    return len(list(Path(f"/proc/{rig.pid}/fd").iterdir())) - int(pooled)


async def storm(rig: Rig, count: int, tally: Tally, seed: int) -> None:
    numbers = list(range(count))
    watching = asyncio.ensure_future(watch(rig, tally, 0.25 if count <= FAST else 2.0))
    await asyncio.gather(
        *(caller(rig, numbers, tally, random.Random(seed + k)) for k in range(TOGETHER))
    )
    watching.cancel()


def rows(count: int) -> list[Row]:
    tally = Tally()
    with folder() as home:
        providers = spots(["alpha"]) + spots(["beta"], MESSAGES)
        more = "".join(provider.table() for provider in providers) + ROUTES
        with stand(home, providers):
            rig = Rig(home, [], more)
            try:
                rig.start()
                asyncio.run(storm(rig, TOGETHER * 4, Tally(), 1))  # what is made once is made now
                left(rig, 1_000_000)
                before = sockets(rig)
                asyncio.run(storm(rig, count, tally, 1000))
                found = left(rig, before)
                rig.gateway.stop()
            finally:
                rig.close()
    for line in (*tally.foreign[:5], *tally.unanswered[:5]):
        say(line)
    return _figures(count, tally, found)


def _figures(count: int, tally: Tally, found: Left) -> list[Row]:
    conditions = (
        f"{TOGETHER} clients at once, both dialects on both sides, {1 - STAYS:.0%} leave in one of "
        f"{len(_WAYS)} ways, {tally.reused:,} answers over connections used before; one gateway, "
        "two simulated providers"
    )
    slope = slope_kib(tally.resident)
    leaked = (
        f"{found.descriptors} sockets, {found.clients} clients, {found.in_progress} requests, "
        f"{found.in_flight} pool slots"
    )
    figures = [
        Row(
            name="random client cancels: bytes of another's answer",
            goal="0 foreign, 0 unanswered of those who stay",
            measured=f"{len(tally.foreign)} foreign, {len(tally.unanswered)} unanswered",
            passed=not tally.foreign and not tally.unanswered and tally.count >= count,
            conditions=conditions,
            n=tally.count,
        ),
        Row(
            name="random client cancels: what is left behind",
            goal="0 sockets, clients, requests, pool slots",
            measured=leaked,
            passed=found == Left(0, 0, 0, 0),
            conditions=conditions,
            n=tally.count,
        ),
    ]
    if count < FULL:  # a slope takes minutes to show
        return figures
    memory = Row(
        name="random client cancels: memory",
        goal=f"slope under {SLOPE_KIB:.0f} KiB for 10,000 requests",
        measured=f"{slope:+.0f} KiB for 10,000 (second half of the run)",
        passed=slope < SLOPE_KIB,
        conditions=conditions,
        n=tally.count,
    )
    return [*figures, memory]


def run(*, fast: bool) -> list[Row]:
    return rows(FAST if fast else FULL)


main(__name__, run)
