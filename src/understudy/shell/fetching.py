"""One plain request to a target, outside any exchange: no other target could answer it.

Used for answers that their provider is still at (`background`). Whatever happens, `done` is called
once: with what the provider said, or with a status of 502 to 504.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from understudy.shell.head import request_head
from understudy.shell.upstream import Pools, Upstream
from understudy.wire.http import Headers, HttpRequest, ResponseHead

if TYPE_CHECKING:
    from understudy.shell.plane import Wiring

PATIENCE = 60.0
"""Seconds for the whole answer."""

MOST_BYTES = 64 * 2**20

OURS: Headers = ((b"accept-encoding", b"identity"), (b"user-agent", b"understudy"))

Done: TypeAlias = Callable[[int, Headers, bytes], None]


class Fetch:
    """A request under way."""

    def __init__(self, pools: Pools, wiring: "Wiring", request: HttpRequest, done: Done) -> None:
        self._pools = pools
        self._done: Done | None = done
        self._head: ResponseHead | None = None
        self._pieces: list[bytes] = []
        self._length = 0
        self._connection: Upstream | None = None
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._late)
        lines = wiring.lines
        if wiring.keeper is not None:
            own = wiring.keeper.lines(request, wiring.pool.address.origin.authority)
            if own is None:
                self._end(503, (), b"")
                return
            lines += own
        message = (request_head(request, lines), request.body)
        pools.start(wiring.pool, self, 1, message)

    def upstream_connected(self, attempt: int, connection: Upstream) -> None:
        del attempt
        self._connection = connection

    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None:
        del attempt
        self._head = head or self._head
        self._pieces.append(data)
        self._length += len(data)
        if self._length > MOST_BYTES:
            self._cancel()
            self._end(502, (), b"")
        elif is_end and self._head is not None:
            self._end(self._head.status, self._head.headers, b"".join(self._pieces))

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None:
        del attempt, flag, detail
        self._end(502, (), b"")

    def _late(self) -> None:
        self._cancel()
        self._end(504, (), b"")

    def _cancel(self) -> None:
        if self._connection is not None:
            self._connection.cancel()
        else:
            self._pools.cancel(self, 1)

    def _end(self, status: int, headers: Headers, body: bytes) -> None:
        done, self._done = self._done, None
        self._timer.cancel()
        if done is not None:
            done(status, headers, body)
