"""An errand: walks a `Course`, so that its call sees one attempt with one answer.

The exchange keeps time over the whole of it, as over any attempt; here only each request has a
limit of its own, so that a host that falls silent on the way is noticed before the deadline. It
never tries anything again: whatever goes wrong ends the attempt. What was begun over there is
stopped where nobody wants it any more, which goes on behind the attempt's end, for seconds.
"""

import asyncio
from typing import TYPE_CHECKING, Protocol

from understudy.dialects.course import Ask, Course, Told
from understudy.shell.head import request_head
from understudy.shell.upstream import Upstream
from understudy.wire.http import HttpRequest, ResponseHead

if TYPE_CHECKING:
    from understudy.shell.plane import Plane, Wiring

NO_CREDENTIAL = "credential_unavailable"
"""The taxonomy's flag for an attempt that had nothing to show."""


class Sender(Protocol):
    """Who sent us, and hears of it as of one attempt."""

    def errand_begun(self, attempt: int) -> None: ...

    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None: ...

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None: ...


class Errand:
    """To the call it is a connection: it may be cancelled. `begin` once."""

    def __init__(
        self, plane: "Plane", wiring: "Wiring", course: Course, sender: Sender, attempt: int
    ) -> None:
        self._plane = plane
        self._wiring = wiring
        self._course = course
        self._sender: Sender | None = sender
        self._attempt = attempt
        self._is_begun = False
        self._is_leaving = False
        self._round = 0
        self._timer: asyncio.TimerHandle | None = None
        self._connection: Upstream | None = None
        self._head: ResponseHead | None = None
        self._pieces: list[bytes] = []
        self._length = 0
        self._held = 0

    def begin(self) -> None:
        self._ask(self._course.begin())

    def cancel(self) -> None:
        """Nobody waits for the answer any more."""
        self._sender = None
        if self._connection is None or not self._course.is_binding:
            self._leave()

    detach = cancel

    def pause(self) -> None:
        """Nothing of an answer is told before its end, so a slow reader holds nothing up."""

    resume = pause

    def upstream_connected(self, attempt: int, connection: Upstream) -> None:
        if attempt != self._round:
            return
        self._connection = connection
        if not self._is_begun and self._sender is not None:
            self._is_begun = True
            self._sender.errand_begun(self._attempt)

    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None:
        if attempt != self._round:
            return
        self._head = head or self._head
        self._pieces.append(data)
        self._length += len(data)
        limits, budget = self._plane.services.limits, self._plane.services.budget
        self._hold(self._length + self._course.held_bytes)
        if self._held > limits.answer:
            self._lost("response_over_limit", "the answer is too long")
        elif budget.is_spent:
            self._lost("overload_shed", "too many answers wait to be read")
        elif is_end and self._head is not None:
            self._connection = None
            head, body = self._head, b"".join(self._pieces)
            self._drop()
            self._heard(head, body)

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None:
        if attempt == self._round:
            self._connection = None
            self._lost(flag, detail)

    def _heard(self, head: ResponseHead, body: bytes) -> None:
        try:
            step = self._course.heard(head, body)
        except Exception as error:  # noqa: BLE001 - a bug of ours costs the one attempt
            self._plane.report_bug(error)
            self._lost("protocol_error", type(error).__name__)
            return
        if self._sender is None and not self._is_leaving:
            self._leave()
        elif isinstance(step, Ask):
            self._ask(step)
        elif isinstance(step, Told):
            self._tell(step)
        else:
            self._hold(0)

    def _ask(self, ask: Ask) -> None:
        self._hold(self._course.held_bytes)
        loop = self._plane.loop
        if ask.after > 0:
            self._timer = loop.call_later(ask.after, self._send, ask.request, ask.patience)
        else:
            self._send(ask.request, ask.patience)

    def _send(self, request: HttpRequest, patience: float) -> None:
        wiring = self._wiring
        lines = wiring.lines
        self._round += 1
        if wiring.keeper is not None:
            own = wiring.keeper.lines(request, wiring.pool.address.origin.authority)
            if own is None:
                self._lost(NO_CREDENTIAL, wiring.keeper.why())
                return
            lines += own
        self._timer = self._plane.loop.call_later(patience, self._late)
        message = (request_head(request, lines), request.body)
        self._plane.pools.start(wiring.pool, self, self._round, message)

    def _late(self) -> None:
        if self._connection is None:
            flag = "connect_timeout"
        else:
            flag = "ttfb_timeout" if self._head is None else "headers_then_silence"
        self._lost(flag, "")

    def _tell(self, told: Told) -> None:
        sender, self._sender = self._sender, None
        self._hold(0)
        if sender is not None:
            sender.upstream_read(self._attempt, told.head, told.body, is_end=True)
        self._leave()

    def _lost(self, flag: str, detail: str) -> None:
        """One exchange went wrong, and with it the attempt."""
        self._drop()
        self._hold(0)
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.upstream_closed(self._attempt, flag, detail)
        if not self._is_leaving:
            self._leave()

    def _leave(self) -> None:
        """Stop what was begun, if it has not come to its end."""
        if self._is_leaving:
            return
        self._is_leaving = True
        self._drop()
        step = self._course.leave()
        if step is None:
            self._hold(0)
        else:
            self._ask(step)

    def _drop(self) -> None:
        """Let go of the exchange under way."""
        if self._timer is not None:
            self._timer.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.cancel()
        else:
            self._plane.pools.cancel(self, self._round)
        self._head, self._pieces, self._length = None, [], 0

    def _hold(self, count: int) -> None:
        """Count what is kept of the answer among what the process keeps of all."""
        budget = self._plane.services.budget
        budget.take(count - self._held)
        self._held = count
