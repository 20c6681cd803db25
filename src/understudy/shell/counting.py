"""Requests for a count of tokens: who counts, and what is answered where nobody can."""

from collections.abc import Sequence

from understudy.chat.errors import InvalidRequest
from understudy.config.settings import Caller
from understudy.dialects.counting import Counting, Counts
from understudy.dialects.paths import matched
from understudy.routing.topology import Topology


class Counters:
    """The dialects that count."""

    def __init__(self, counts: Sequence[Counts]) -> None:
        self._counts = tuple(counts)

    def find(self, path: bytes) -> Counts | None:
        """Return who counts at a path (without a query)."""
        text = path.decode("latin-1")
        for each in self._counts:
            if matched(text, each.paths) is not None:
                return each
        return None


def guessed(counting: Counting, topology: Topology, caller: Caller) -> bytes | None:
    """Return a guess where no target of the route can count; None where one can, or the request
    is a mistake that an exchange explains better.
    """
    try:
        name = counting.model()
        route = topology.routes.get(name)
        if route is None or (caller.routes is not None and name not in caller.routes):
            return None
        if any(topology.targets[each].endpoint.dialect == counting.name for each in route.targets):
            return None
        return counting.guess()
    except InvalidRequest:
        return None
