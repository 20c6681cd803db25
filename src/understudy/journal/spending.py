"""Spending: what each caller used on each day (UTC), added up as entries are written.

Kept beside the entries, in the same transaction: so it loses nothing that they have, and goes on
where entries were deleted for room or age, which must give nobody a fresh month.
"""

import math
from typing import Final

import msgspec

from understudy.journal.entry import RequestEntry

DAY: Final = 86_400.0
LONGER: Final = 31
"""Days that it is kept longer than entries are."""

_MOST: Final = 2**53

ADD: Final = """
INSERT INTO spending VALUES (?,?,?,?,?) ON CONFLICT (day, caller) DO UPDATE SET
  requests = requests + excluded.requests, tokens = tokens + excluded.tokens,
  cost_usd = cost_usd + excluded.cost_usd
"""


class Spending(msgspec.Struct, frozen=True):
    """What a caller used on one day, which is counted from 1970-01-01."""

    day: int
    caller: str
    requests: int
    tokens: int
    cost_usd: float


class Sums:
    """Adds up entries. A request counts on the day on which it ended."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, str], Spending] = {}

    def add(self, entry: RequestEntry) -> None:
        """Raises: ValueError, OverflowError (it has no day)."""
        key = (int((entry.at + entry.duration) // DAY), entry.caller)
        usage, cost = entry.usage, entry.cost_usd or 0.0
        tokens = 0 if usage is None else usage.prompt_tokens + usage.output_tokens
        before = self._sums.get(key)
        self._sums[key] = Spending(
            *key,
            requests=1 if before is None else before.requests + 1,
            tokens=min(_MOST, tokens + (0 if before is None else before.tokens)),
            cost_usd=(cost if math.isfinite(cost) else 0.0)
            + (0.0 if before is None else before.cost_usd),
        )

    def rows(self) -> list[tuple[int, str, int, int, float]]:
        """Return what to bind to `ADD`."""
        return [msgspec.structs.astuple(each) for each in self._sums.values()]
