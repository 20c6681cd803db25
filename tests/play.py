"""Transcripts: a list of inputs and expectations, and a loop. No operators, no magic."""

from collections.abc import Sequence

import msgspec

from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import (
    CancelAttempt,
    Close,
    Command,
    Input,
    Record,
    SendData,
    SendHead,
    StartAttempt,
    UpstreamRead,
    WakeAt,
)
from understudy.journal.entry import RequestEntry
from understudy.wire.http import ResponseHead


def upstream_head(attempt: int, head: ResponseHead) -> UpstreamRead:
    return UpstreamRead(attempt, head)


def upstream_data(attempt: int, data: bytes) -> UpstreamRead:
    return UpstreamRead(attempt, data=data)


def upstream_end(attempt: int) -> UpstreamRead:
    return UpstreamRead(attempt, is_end=True)


class Stage:
    """Plays inputs to an exchange and keeps what it wanted done."""

    def __init__(self, exchange: Exchange, now: float = 0.0) -> None:
        self.exchange = exchange
        self.now = now
        self.commands: list[Command] = list(exchange.start(now))
        self.fresh: list[Command] = list(self.commands)

    def tell(self, *inputs: Input, after: float = 0.0) -> list[Command]:
        """Play inputs `after` seconds from now; returns the commands that they brought about."""
        self.now += after
        self.fresh = []
        for event in inputs:
            self.fresh.extend(self.exchange.handle(event, self.now))
        self.commands.extend(self.fresh)
        return self.fresh

    def targets(self) -> list[str]:
        """Whom attempts went to, in order."""
        return [one.target for one in self.commands if isinstance(one, StartAttempt)]

    def request(self, attempt: int) -> dict[str, object]:
        """The body of an attempt's request."""
        for command in self.commands:
            if isinstance(command, StartAttempt) and command.attempt == attempt:
                return msgspec.json.decode(command.request.body, type=dict[str, object])
        raise AssertionError(f"there is no attempt {attempt}")

    def cancelled(self) -> list[int]:
        return [one.attempt for one in self.commands if isinstance(one, CancelAttempt)]

    def heads(self) -> list[SendHead]:
        return [one for one in self.commands if isinstance(one, SendHead)]

    def head(self) -> dict[bytes, bytes]:
        """The header fields of the one head that was sent."""
        (head,) = self.heads()
        return dict(head.headers)

    def status(self) -> int:
        (head,) = self.heads()
        return head.status

    def sent(self) -> bytes:
        """Everything that the client got as a body."""
        return b"".join(one.data for one in self.commands if isinstance(one, SendData))

    def closes(self) -> list[bool]:
        """How the answer was closed: one entry, True for a clean end."""
        return [one.clean for one in self.commands if isinstance(one, Close)]

    def entry(self) -> RequestEntry:
        """The journal's one entry."""
        (record,) = [one for one in self.commands if isinstance(one, Record)]
        return record.entry

    def wake_at(self) -> float:
        """When the exchange last asked to be woken."""
        return [one.when for one in self.commands if isinstance(one, WakeAt)][-1]


def check_invariants(commands: Sequence[Command]) -> None:
    """What holds for every exchange: one head, before any body; one end; nothing after it."""
    heads = [index for index, one in enumerate(commands) if isinstance(one, SendHead)]
    bodies = [index for index, one in enumerate(commands) if isinstance(one, SendData)]
    ends = [index for index, one in enumerate(commands) if isinstance(one, Close)]
    assert len(heads) <= 1, "one head"
    assert len(ends) <= 1, "one end"
    if bodies:
        assert heads, "a head before any body"
        assert heads[0] < bodies[0], "a head before any body"
    if ends:
        assert ends[0] == len(commands) - 1, "nothing after the end"
