"""Opening: the machine for one client request. Mostly an exchange; `Batches` for what has more
inputs than a target takes at once.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Dialect, Splits
from understudy.exchange.asked import Asked
from understudy.exchange.batches import Batches
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import Command, Input
from understudy.exchange.services import Services


class Machine(Protocol):
    """What the shell drives."""

    def start(self, now: float) -> Sequence[Command]: ...

    def handle(self, event: Input, now: float) -> Sequence[Command]: ...


def splitting(dialects: Mapping[str, Dialect]) -> frozenset[str]:
    """Return the dialects whose requests `opened` should look at."""
    return frozenset(name for name, dialect in dialects.items() if isinstance(dialect, Splits))


def opened(services: Services, asked: Asked, now: float) -> Machine:
    """Return the machine for a request; one that cannot be read is the exchange's to explain."""
    dialect = services.dialects[asked.dialect]
    if isinstance(dialect, Splits):
        try:
            glance = asked.glance or dialect.glance(asked.body, asked.path)
            route = services.router.find(glance.model)
            is_allowed = asked.routes is None or glance.model in asked.routes
            count = 0 if glance.expected is None else glance.expected.count
            if route is not None and is_allowed and route.batch and count > route.batch:
                bodies = dialect.split(asked.body, asked.path, route.batch)
                return Batches(services, asked, route, bodies)
        except InvalidRequest:
            pass
    return Exchange(services, asked, now)
