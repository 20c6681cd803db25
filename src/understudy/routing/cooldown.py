"""Cooldown: how long a failure asks its domain to rest, and how long a breaker stays open for it.

Sources, in order: when to come back, as the answer said (Retry-After and the like, already read
into `Failure.retry_after`), when it said that there is more of what is used up (`Failure.supply`),
the taxonomy's cooldown for the row, nothing.
"""

import math
from typing import Final

import msgspec

from understudy.chat.failure import Failure, Scope

MAX_HINT: Final = 3600.0
"""The longest rest, in seconds, that one answer may ask of a key, an account or a model."""

MAX_HINT_WIDE: Final = 60.0
"""The same for a region, host, lab or edge: too much hangs on it to believe one answer for long."""

KEY_FLOOR: Final = 300.0
"""The longest that a key which used to work is put away for a refusal, in seconds."""

DOUBTED: Final = 7.0
"""The same where the host's authentication may be down instead: not longer than between probes."""

MAX_COOLDOWN: Final = 86_400.0
"""The longest time, in seconds, that the taxonomy may put a domain away."""

_WIDE: Final = frozenset({Scope.REGION, Scope.HOST, Scope.LAB, Scope.EDGE})
_TOO_MANY_REQUESTS: Final = 429
_LASTING: Final = frozenset({"until_human", "permanent"})


class Rest(msgspec.Struct, frozen=True):
    """Seconds of rest; `is_known` when the provider said so itself."""

    seconds: float
    is_known: bool


def hint(failure: Failure) -> float | None:
    """Return the seconds that the provider asked to wait, at most MAX_HINT.

    None when it said nothing usable: zero, a negative number (some hosts send -1 for "unknown"),
    not a number.
    """
    said = failure.retry_after
    if said is None and failure.supply is not None:
        said = failure.supply.wait
    if said is None or not math.isfinite(said) or said <= 0.0:
        return None
    return min(said, MAX_HINT)


def rest(failure: Failure) -> Rest | None:
    """Return the rest of the charged domain, None when this failure asks for none.

    A rest is for limits and for explicit hints: the domain works, but not before a moment. Other
    failures are the breaker's matter.
    """
    if failure.charge is Scope.NONE or is_lasting(failure):
        return None
    said = hint(failure)
    if said is not None:
        wide = failure.charge in _WIDE
        return Rest(min(said, MAX_HINT_WIDE) if wide else said, is_known=True)
    if is_limit(failure) and failure.cooldown > 0.0:
        return Rest(min(failure.cooldown, MAX_HINT), is_known=False)
    return None


def is_limit(failure: Failure) -> bool:
    """Return whether a quota ran out for a while, rather than something broke."""
    if failure.charge in _WIDE or is_lasting(failure):
        return False
    return failure.permanence == "until_reset" or failure.status == _TOO_MANY_REQUESTS


def is_unexplained(failure: Failure) -> bool:
    """Return whether a host refused with 429 and gave no reason: it may be the host's own trouble.

    No hint and nothing used up is none, nor is a hint where half or more of every limit is left.
    """
    supply = failure.supply
    if failure.status != _TOO_MANY_REQUESTS or (supply is not None and supply.spent):
        return False
    return hint(failure) is None or (supply is not None and supply.is_ample)


def is_lasting(failure: Failure) -> bool:
    """Return whether waiting will not mend it: a human must, or nobody can."""
    return failure.permanence in _LASTING


def floor(failure: Failure) -> float:
    """Return how long a breaker that opens for this failure stays open at least, in seconds."""
    if not is_lasting(failure):
        return 0.0
    cooldown = failure.cooldown
    return min(cooldown, MAX_COOLDOWN) if math.isfinite(cooldown) and cooldown > 0.0 else 0.0


def has_worked(last_success: float, now: float) -> bool:
    """Return whether something succeeded within a day: it is no mistake of who configured it."""
    return now - last_success < MAX_COOLDOWN
