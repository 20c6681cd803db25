"""Refusals: a wave of 400 that is the host's fault, told from the mistakes of callers.

A 400 is the caller's mistake, unless the host is broken in a way that makes it refuse what it took
before (a platform fault of March 2026 did, for 20 hours). A shape is what a request has of
capabilities and about how long it is. A refusal of a shape that had worked there, or of a request
that another host then answered, is dubious; enough of them, of different shapes, and against
nearly no successes, are the host's fault. A caller's own mistakes come among successes.

Bounded: so many shapes for each model at a host, so many refusals.
"""

from collections import Counter, deque
from collections.abc import Container
from typing import Final

from understudy.chat.endpoint import Needs
from understudy.chat.failure import Failure, Fault
from understudy.routing.breaker import Breaker
from understudy.routing.retry import is_refusal, is_too_long
from understudy.routing.shape import Shape, shape_of
from understudy.routing.topology import Domain

WITHIN: Final = 60.0
WORKED_WITHIN: Final = 86_400.0
REQUESTS: Final = 5
SHAPES: Final = 3
LEAST_OF_400: Final = 2
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


class Refusals:
    """The dubious refusals of each model at a host, and the shapes that have worked there."""

    def __init__(self) -> None:
        self._worked: dict[Domain, dict[Shape, float]] = {}
        self._refused: dict[Domain, deque[tuple[float, Shape, int]]] = {}

    def keep(self, domains: Container[Domain]) -> None:
        """Forget the models that are no longer there."""
        self._worked = {model: seen for model, seen in self._worked.items() if model in domains}
        self._refused = {model: seen for model, seen in self._refused.items() if model in domains}

    def worked(self, model: Domain) -> dict[Shape, float]:
        """Return what has worked there, for `remember`."""
        return self._worked.setdefault(model, {})

    def has_worked(self, model: Domain, needs: Needs, now: float) -> bool:
        """Return whether a request like this was answered there within a day."""
        at = self.worked(model).get(shape_of(needs))
        return at is not None and now - at < WORKED_WITHIN

    def note(self, model: Domain, needs: Needs, now: float, *, status: int = BAD_REQUEST) -> None:
        """Note a dubious refusal. A 429 is one where no other model of the account is limited."""
        refused = self._refused.setdefault(model, deque(maxlen=64))
        refused.append((now, shape_of(needs), status))

    def wave(self, model: Domain, breaker: Breaker, now: float) -> str:
        """Return in words why it is the host's fault, empty when it is not.

        Looks back just so far as it takes to find enough refusals, and compares them with the
        successes of that time.
        """
        shapes: set[Shape] = set()
        statuses: Counter[int] = Counter()
        for requests, (at, shape, status) in enumerate(reversed(self._refused.get(model, ())), 1):
            if now - at >= WITHIN:
                return ""
            shapes.add(shape)
            statuses[status] += 1
            is_enough = requests >= REQUESTS and len(shapes) >= SHAPES
            if is_enough and statuses[BAD_REQUEST] >= LEAST_OF_400:
                good = breaker.window.good_since(at, now)
                if good > requests:
                    return ""
                got = " and ".join(str(each) for each in sorted(statuses))
                return (
                    f"{requests} requests of {len(shapes)} shapes got {got} in {now - at:.0f} s "
                    f"that work elsewhere or had worked there, beside {good} successes"
                )
        return ""
