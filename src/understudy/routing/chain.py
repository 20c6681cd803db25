"""Chain: all attempts for one client request. Written by routing, carried by the exchange."""

from collections.abc import Callable, Mapping

import msgspec

from understudy.chat.endpoint import FILES, Capability, Needs
from understudy.chat.failure import Failure
from understudy.routing.policy import denial, shortfall
from understudy.routing.seat import Seat
from understudy.routing.steps import Lease
from understudy.routing.topology import Route


class Plan(msgspec.Struct, frozen=True, gc=False):
    """A route made ready: the seats that its policy allows, and why it does not allow the others.

    `common` and `least_window` (tokens, None when no window is known) are what every seat has, so
    that most requests need no look at each (files are not where a host limits them). `epoch` counts
    reloads. `faces` are the seats as each sort of calls sees them, where they do not see them alike
    (see `modes`).
    """

    route: Route
    epoch: int
    seats: tuple[Seat, ...]
    denied: dict[str, str]
    common: frozenset[Capability]
    least_window: int | None
    faces: tuple[tuple[Seat, ...], ...] = ()


class Chain(msgspec.Struct):
    """One client request on its way through targets. Times are the clock's seconds.

    `seats` can take the request and may (policy and capabilities). `tried` are the names of
    targets leased so far; `attempts` counts leases. `wanted` are the names that the last decision
    prefers. `larger_than` is a context window that proved too small, in tokens. `digest` makes a
    hash of the request's body. `is_doubted`: a host found fault with a request that it may well be
    at fault for itself. `is_poison`: hosts died of it, and nobody else is to be asked.
    `despaired` are the hosts asked although they are down. `is_standby`: it goes to the second
    target first, so that that is known to work.
    `caller` is whose request it is; `is_vindicated`: somebody answers it whom a host found fault
    with. `is_lent`: its second attempt is paid for as long as nobody answers. `has_waited`: for a
    moment, for who only rested.
    """

    route: Route
    needs: Needs
    began: float
    deadline: float
    plan: Plan
    seats: tuple[Seat, ...]
    attempts: int = 0
    failures: list[tuple[str, Failure]] = []
    tried: set[str] = set()
    wanted: tuple[str, ...] = ()
    larger_than: int = 0
    client_faults: int = 0
    repeats: int = 0
    despaired: set[str] = set()
    granted: list[tuple[Lease, Seat]] = []
    digest: Callable[[], bytes] | None = None
    is_doubted: bool = False
    is_poison: bool = False
    is_standby: bool = False
    caller: str = ""
    is_vindicated: bool = False
    is_lent: bool = False
    has_waited: bool = False

    def seat_of(self, lease: Lease) -> Seat:
        """Return the seat that a lease of this chain was granted on (it may be gone by now)."""
        for granted, seat in self.granted:
            if granted is lease:
                return seat
        raise AssertionError("the lease is another chain's")

    def remaining(self, capabilities: frozenset[Capability]) -> list[Seat]:
        """Return the seats not tried yet that can also do `capabilities`, in the route's order."""
        return [
            seat
            for seat in self.seats
            if seat.name not in self.tried
            and capabilities <= seat.capabilities
            and (not self.larger_than or (seat.window or 0) > self.larger_than)
        ]


def prepare(route: Route, epoch: int, every: Mapping[str, Seat]) -> Plan:
    """Make a route ready over `every` seat there is, by name."""
    denied: dict[str, str] = {}
    seats: list[Seat] = []
    for name in dict.fromkeys(route.targets):
        seat = every.get(name)
        why = "not configured" if seat is None else denial(route.policy, seat.target)
        if seat is None or why is not None:
            denied[name] = why or ""
        else:
            seats.append(seat)
    able = [
        seat.capabilities - (FILES if seat.target.endpoint.limits.files else frozenset())
        for seat in seats
    ]
    windows = [seat.window for seat in seats if seat.window is not None]
    return Plan(
        route=route,
        epoch=epoch,
        seats=tuple(seats),
        denied=denied,
        common=frozenset.intersection(*able) if able else frozenset(),
        least_window=min(windows, default=None),
    )


def fitting(plan: Plan, needs: Needs) -> tuple[Seat, ...]:
    """Return the seats of a plan that can take a request with these needs."""
    return tuple(seat for seat in plan.seats if shortfall(seat, needs) is None)
