"""What all exchanges of a process share: the router, the dialects, the classifier, and bounds."""

from collections.abc import Mapping

import msgspec

from understudy.dialects.base import Dialect
from understudy.providers.classifier import Classifier
from understudy.routing.router import Router


class Limits(msgspec.Struct, frozen=True):
    """Bytes. `held`: of a whole answer before it may be sent on unfinished when memory is short.
    `error`: of an error body that is read. `answer`: of a whole answer at most, also of one that is
    buffered by `on_break = "restart"`. `recorded`: of a body that is kept for the journal.
    """

    held: int = 64 * 1024
    error: int = 64 * 1024
    answer: int = 64 * 1024 * 1024
    recorded: int = 1024 * 1024


class HeldBudget:
    """Bytes of unfinished answers held in this process; beyond `limit_bytes` large ones go out
    early.
    """

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


class Services(msgspec.Struct, frozen=True):
    router: Router
    dialects: Mapping[str, Dialect]
    classifier: Classifier
    budget: HeldBudget
    limits: Limits = Limits()
