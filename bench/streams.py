"""Stream load: `python -m bench.streams PORT STREAMS SECONDS MODEL` prints one JSON object.

Each worker keeps one connection and reads stream after stream. `gap` is the time between two
chunks of a stream as they arrive, `transit` from the provider's clock to ours (one machine).
"""

import asyncio
import json
import re
import sys
import time
from typing import Any, cast

import uvloop

from bench.payloads import chat_request, request_bytes
from bench.provider import CHUNKS

_STAMP = re.compile(rb"T(\d{16})")


class Tally:
    """What all workers of one run saw."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.chunks = 0
        self.whole = 0
        self.broken = 0
        self.transit: list[int] = []
        self.gap: list[int] = []

    def report(self, elapsed: float) -> dict[str, Any]:
        transit, gap = sorted(self.transit), sorted(self.gap)
        return {
            "elapsed_s": round(elapsed, 3),
            "streams": self.whole,
            "broken": self.broken,
            "chunks": self.chunks,
            "transit_p50_us": _percentile(transit, 0.5),
            "transit_p99_us": _percentile(transit, 0.99),
            "gap_p99_us": _percentile(gap, 0.99),
        }


class Worker(asyncio.Protocol):
    def __init__(self, tally: Tally, request: bytes, done: asyncio.Future[None]) -> None:
        self._tally = tally
        self._request = request
        self._done = done
        self._carry = b""
        self._tail = b""
        self._seen = 0
        self._last = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns() // 1000
        tally = self._tally
        buffer = self._carry + data
        end = 0
        for match in _STAMP.finditer(buffer):
            end = match.end()
            self._seen += 1
            tally.chunks += 1
            tally.transit.append(now - int(match[1]))
            if self._last:
                tally.gap.append(now - self._last)
            self._last = now
        self._carry = buffer[end:][-20:]
        self._tail = (self._tail + data)[-64:]
        if self._tail.endswith(b"\r\n0\r\n\r\n"):
            # A stamp cut by chunked framing is not found: a few may be missing, not many.
            if self._seen >= CHUNKS - 3 and b"[DONE]" in self._tail:
                tally.whole += 1
            else:
                tally.broken += 1
            if time.monotonic() < tally.until:
                self._begin()
            else:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if time.monotonic() < self._tally.until:
            self._tally.broken += 1
        if not self._done.done():
            self._done.set_result(None)

    def _begin(self) -> None:
        self._carry = self._tail = b""
        self._seen = self._last = 0
        self._transport.write(self._request)


async def main(port: int, streams: int, seconds: float, model: str) -> None:
    """Run the load and print what was seen."""
    loop = asyncio.get_running_loop()
    request = request_bytes(port, chat_request(stream=True, model=model))
    began = time.monotonic()
    tally = Tally(began + seconds)
    waits: list[asyncio.Future[None]] = []
    for number in range(streams):
        done: asyncio.Future[None] = loop.create_future()
        waits.append(done)
        await loop.create_connection(
            lambda done=done: Worker(tally, request, done),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        if number % 10 == 9:
            await asyncio.sleep(0.005)
    await asyncio.wait(waits, timeout=seconds + 20)
    print(json.dumps(tally.report(time.monotonic() - began)))


def _percentile(ordered: list[int], share: float) -> int | None:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
