"""Standby: a few requests go to the second target although the first works (`Route.standby`).

So that its key, its quota and its caches are known to work on the day they are needed. It is no
failover: where the second target is not sound, or anything about the first is in question, the
request goes the usual way.
"""

from collections.abc import Callable, Sequence

from understudy.routing.chain import Chain
from understudy.routing.policy import preferred
from understudy.routing.seat import Seat


def call_up(chain: Chain, draw: Callable[[], float]) -> None:
    """Send a request that has just begun to the standby, if it is drawn."""
    seats = preferred(chain.seats, chain.needs)
    second = standby_of(seats)
    if second is None or not (seats[0].is_sound() and second.is_sound()):
        return
    if draw() < chain.route.standby:
        chain.wanted = (second.name,)
        chain.is_standby = True


def standby_of(seats: Sequence[Seat]) -> Seat | None:
    """Return who stands by for the first of `seats`: the next at another host, else the next."""
    others = seats[1:]
    elsewhere = [seat for seat in others if seat.host != seats[0].host]
    return next(iter(elsewhere or others), None)
