"""Steps: what a simulated provider sends after how long, and what becomes of the connection.

HTTP's framing is written here, so that a fault can break that too.
"""

import enum
from collections.abc import Sequence

import msgspec

from understudy.sim.faults import How
from understudy.wire.http import Headers


class Act(enum.Enum):
    """What happens to the connection after a step's bytes."""

    RESET = "reset"
    CLOSE = "close"
    HOLD = "hold"


class Step(msgspec.Struct, frozen=True, gc=False):
    """Wait `delay` seconds, send `data`, then `act`; with `repeats` until the peer goes."""

    delay: float = 0.0
    data: bytes = b""
    act: Act | None = None
    repeats: bool = False


def joined(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Steps without a wait between them, as one: the fewer writes, the better."""
    joined: list[Step] = []
    group: list[bytes] = []
    delay = 0.0
    for step in steps:
        if step.delay > 0 and group:
            joined.append(Step(delay, b"".join(group)))
            group = []
        if step.repeats or step.act is not None:
            if group:
                joined.append(Step(delay, b"".join(group)))
                group = []
            joined.append(step)
            continue
        if not group:
            delay = step.delay
        group.append(step.data)
    if group:
        joined.append(Step(delay, b"".join(group)))
    return tuple(step for step in joined if step.data or step.act is not None)


def whole(status: int, headers: Headers, body: bytes) -> tuple[Step, ...]:
    """Write an answer of one piece."""
    return (Step(data=head(status, headers, len(body), 0) + body),)


def head(status: int, headers: Headers, length: int | None, surplus: int) -> bytes:
    """Write a head; `length` None is chunked, `surplus` what it announces beyond the truth."""
    fields = b"".join(b"%b: %b\r\n" % pair for pair in headers)
    framing = (
        b"transfer-encoding: chunked"
        if length is None
        else b"content-length: %d" % (length + surplus)
    )
    return b"HTTP/1.1 %d %b\r\n%b%b\r\n\r\n" % (status, _reason(status), fields, framing)


def _reason(status: int) -> bytes:
    return b"OK" if status == 200 else b"Simulated"


def chunk(data: bytes) -> bytes:
    """Write one chunk (RFC 9112 §7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def ending(how: How) -> Act:
    """How a connection is ended."""
    return Act.RESET if how is How.RST else Act.CLOSE
