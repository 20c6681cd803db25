"""The words of the router: leases out, outcomes in, and what to do next."""

import enum
from typing import TypeAlias

import msgspec

from understudy.chat.endpoint import Capability
from understudy.chat.failure import Failure
from understudy.routing.breaker import Permit
from understudy.routing.topology import Domain, Target


class Lease(msgspec.Struct, frozen=True):
    """Leave to make one attempt at `target`: a permit of every domain. Closed exactly once.

    `first_token` is the limit on the first content, in seconds from now (adaptive or configured).
    `is_probe`: some domain is half-open, this attempt is its test. `is_desperate`: everything was
    down and this is the least bad target, tried all the same. `is_standby`: the first target works,
    but this one is to be known to work too.
    """

    id: int
    target: Target
    permits: tuple[tuple[Domain, Permit], ...]
    at: float
    first_token: float
    is_probe: bool = False
    is_desperate: bool = False
    is_standby: bool = False


class NoTarget(msgspec.Struct, frozen=True):
    """Nobody can take the attempt. `reasons`: target name -> why not, in a few words.

    `fault_is_callers`: no target of the route could ever serve this request (a capability, the
    context window), whoever is up; `is_too_long`: it is for want of room alone. `retry_after`:
    seconds until the first of them may be free. `is_spent`: quota that is used up is all that keeps
    calls from every one of them. `wait`: ask again after so many seconds, once; 0 for not at all.
    """

    reasons: dict[str, str]
    fault_is_callers: bool
    retry_after: float | None = None
    is_too_long: bool = False
    is_spent: bool = False
    wait: float = 0.0


class Ended(enum.Enum):
    """An attempt that ended without a failure of its own.

    `OUTRUN`: it had said nothing when a rival that began later won.
    """

    SUCCEEDED = "succeeded"
    ABANDONED = "abandoned"
    OUTRUN = "outrun"


Outcome: TypeAlias = Failure | Ended


class Retry(msgspec.Struct, frozen=True):
    """Make another attempt after `delay` seconds; `same_target` only that one may take it."""

    delay: float
    same_target: bool = False


class Resume(msgspec.Struct, frozen=True):
    """Continue the answer already begun, on a target with all of `capabilities`."""

    delay: float
    capabilities: frozenset[Capability] = frozenset()


class GiveUp(msgspec.Struct, frozen=True):
    """Tell the caller. `reason` for people and journal (budget, deadline, pass_through ...)."""

    reason: str
    retry_after: float | None = None


Step: TypeAlias = Retry | Resume | GiveUp
