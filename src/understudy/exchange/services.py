"""What all exchanges of a process share: the router, the dialects, the classifier, and bounds."""

from collections.abc import Iterable, Mapping

import msgspec

from understudy.chat.failure import Signal
from understudy.dialects.base import Dialect
from understudy.dialects.counting import Counts
from understudy.providers.classifier import Classifier
from understudy.routing.router import Router


class Limits(msgspec.Struct, frozen=True):
    """Bytes. `held`: of a whole answer before it may be sent on unfinished when memory is short.
    `error`: of an error body that is read. `answer`: of a whole answer at most, also of one that is
    buffered by `on_break = "restart"`. `prelude`: of a stream before its first content
    (no less than a long frame may have). `recorded`: of a body that is kept for the journal.
    """

    held: int = 64 * 1024
    error: int = 64 * 1024
    answer: int = 64 * 1024 * 1024
    prelude: int = 8 * 1024 * 1024
    recorded: int = 1024 * 1024


CONCEALED = "[redacted]"
SHORTEST_SECRET = 8
"""Characters. What is shorter ("none", "EMPTY") is no secret, and may be part of any word."""


class Concealer:
    """Strikes our own credentials out of what providers say of a failure: some quote the key.

    `know` may be called again: what was known goes on being struck out, since requests in progress
    carry it still. `forget` is for what no request in progress can carry any more.
    """

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def know(self, secrets: Iterable[str]) -> None:
        """Add secrets. The longest goes first: one may be the beginning of another."""
        fresh = (secret for secret in secrets if len(secret) >= SHORTEST_SECRET)
        known = sorted({*self._known, *fresh}, key=len, reverse=True)
        self._known = {secret: secret.encode() for secret in known}

    def forget(self, secrets: Iterable[str]) -> None:
        """Take secrets away that are of no use to anybody: tokens that were renewed twice since."""
        gone = frozenset(secrets)
        self._known = {each: data for each, data in self._known.items() if each not in gone}

    def signal(self, signal: Signal) -> Signal:
        """Return a signal whose message is clean."""
        message = signal.message
        for secret in self._known:
            message = message.replace(secret, CONCEALED)
        if message == signal.message:
            return signal
        return msgspec.structs.replace(signal, message=message)

    def body(self, data: bytes) -> bytes:
        """Return the body of an error without them."""
        for secret in self._known.values():
            data = data.replace(secret, CONCEALED.encode())
        return data


class HeldBudget:
    """Bytes of answers held in this process, unfinished, or finished and not read by their clients.

    Beyond `limit_bytes` large ones go out early; beyond `SPENT` times as much, those that cannot
    (they have to be translated) are given up.
    """

    SPENT = 3

    def __init__(self, limit_bytes: int = 48 * 1024 * 1024) -> None:
        self.limit_bytes = limit_bytes
        self.held_bytes = 0

    def take(self, count: int) -> None:
        self.held_bytes += count

    def give(self, count: int) -> None:
        self.held_bytes -= count

    @property
    def is_short(self) -> bool:
        return self.held_bytes > self.limit_bytes

    @property
    def is_spent(self) -> bool:
        return self.held_bytes > self.SPENT * self.limit_bytes


class Services(msgspec.Struct, frozen=True):
    router: Router
    dialects: Mapping[str, Dialect]
    classifier: Classifier
    budget: HeldBudget
    limits: Limits = Limits()
    concealer: Concealer = msgspec.field(default_factory=Concealer)
    counts: tuple[Counts, ...] = ()
