"""Refusals: a wave of 400 that is the host's fault, told from the mistakes of callers.

A 400 is the caller's mistake, unless the host is broken in a way that makes it refuse what it took
before (a platform fault of March 2026 did, for 20 hours). What every host refuses is a mistake;
what another host then answers speaks against the first. Enough of that, of different shapes (what
a request has of capabilities, and about how long it is), and against nearly no successes, is the
host's fault.

Hosts differ in what they take, so one caller's requests prove little where others are served: each
counts for its part of the callers only. Where nobody else is, its requests must also be such as
worked there before, and twice as many as the successes.

Bounded: so many shapes and callers for each model at a host, so many refusals.
"""

from collections import Counter
from collections.abc import Container, Iterable
from typing import Final, NamedTuple

from understudy.chat.endpoint import Needs
from understudy.chat.failure import Failure, Fault
from understudy.routing.breaker import Breaker
from understudy.routing.retry import is_refusal, is_too_long
from understudy.routing.shape import Proven, Shape, shape_of
from understudy.routing.topology import Domain

WITHIN: Final = 60.0
WORKED_WITHIN: Final = 86_400.0
REQUESTS: Final = 5
SHAPES: Final = 3
LEAST_OF_400: Final = 2
MOST_ALIKE: Final = 2
"""Refusals of one caller and shape that are kept: more of the same prove nothing."""

MOST_KEPT: Final = 64
HEARD_WITHIN: Final = 600.0
"""Seconds after its last answer that a caller is one of those who use a model."""

BAD_REQUEST: Final = 400


def is_bad_request(failure: Failure) -> bool:
    """Return whether a host found fault with the request itself, and did not say with what."""
    return (
        failure.status == BAD_REQUEST
        and failure.fault is Fault.CLIENT
        and failure.domain == "request"
        and not is_refusal(failure)
        and not is_too_long(failure)
    )


class Refusal(NamedTuple):
    """One dubious refusal. `had_worked`: the like of it was answered there before."""

    at: float
    shape: Shape
    status: int
    caller: str
    had_worked: bool


class Refusals:
    """The dubious refusals of each model at a host, and what has worked there."""

    def __init__(self) -> None:
        self._proven: dict[Domain, Proven] = {}
        self._refused: dict[Domain, list[Refusal]] = {}

    def keep(self, domains: Container[Domain]) -> None:
        """Forget the models that are no longer there."""
        self._proven = {model: seen for model, seen in self._proven.items() if model in domains}
        self._refused = {model: seen for model, seen in self._refused.items() if model in domains}

    def proven(self, model: Domain) -> Proven:
        """Return what has worked there, for `remember`."""
        return self._proven.setdefault(model, Proven())

    def has_worked(self, model: Domain, needs: Needs, now: float) -> bool:
        """Return whether a request like this was answered there within a day."""
        at = self.proven(model).shapes.get(shape_of(needs))
        return at is not None and now - at < WORKED_WITHIN

    def note(self, model: Domain, refusal: Refusal) -> None:
        """Note a request that another host answered, or a 429 where nothing else is limited."""
        now, alike = refusal.at, (refusal.caller, refusal.shape)
        kept = [each for each in self._refused.get(model, ()) if now - each.at < WITHIN]
        same = [each for each in kept if (each.caller, each.shape) == alike]
        if len(same) >= MOST_ALIKE:
            kept.remove(same[0])
        self._refused[model] = [*kept[1 - MOST_KEPT :], refusal]

    def wave(self, model: Domain, breaker: Breaker, now: float) -> str:
        """Return in words why it is the host's fault, empty when it is not.

        Looks back just so far as it takes to find enough refusals, and compares them with the
        successes of that time.
        """
        refused = [each for each in self._refused.get(model, ()) if now - each.at < WITHIN]
        callers = self._callers(model, refused, now)
        counted = _enough(refused, len(callers))
        if not counted:
            return ""
        first = counted[-1].at
        good = breaker.window.good_since(first, now)
        if good * (2 if len(callers) == 1 else 1) > len(counted):
            return ""
        got = " and ".join(str(each) for each in sorted({each.status for each in counted}))
        voices = len({each.caller for each in counted})
        return (
            f"{len(counted)} requests of {len({each.shape for each in counted})} shapes from "
            f"{voices} of {len(callers)} callers got {got} in {now - first:.0f} s that work "
            f"elsewhere, beside {good} successes"
        )

    def _callers(self, model: Domain, refused: Iterable[Refusal], now: float) -> set[str]:
        """Return who uses the model: those it has answered lately, and those refused."""
        answered = self.proven(model).callers.items()
        served = {caller for caller, at in answered if now - at < HEARD_WITHIN}
        return served | {each.caller for each in refused}


def _enough(refused: list[Refusal], callers: int) -> list[Refusal]:
    """Return the newest that make a wave among so many callers, the newest first; none: no wave."""
    most = max(2, -(-REQUESTS // max(1, callers)))
    counted: list[Refusal] = []
    shapes: set[Shape] = set()
    each_of: Counter[str] = Counter()
    of_400 = 0
    for each in reversed(refused):
        if each_of[each.caller] >= most or (callers == 1 and not each.had_worked):
            continue
        counted.append(each)
        shapes.add(each.shape)
        each_of[each.caller] += 1
        of_400 += each.status == BAD_REQUEST
        if len(counted) >= REQUESTS and len(shapes) >= SHAPES and of_400 >= LEAST_OF_400:
            return counted
    return []
