from tests.routing.world import failure, target

from understudy.chat.failure import Scope
from understudy.routing.breaker import Breaker
from understudy.routing.case import WITHIN, Case, News
from understudy.routing.evidence import Evidence, Family
from understudy.routing.latency import FirstToken
from understudy.routing.lattice import Lattice
from understudy.routing.seat import Seat
from understudy.routing.topology import Domain

HOST = Domain(Scope.HOST, "a")
M, N = Domain(Scope.MODEL, "a/m"), Domain(Scope.MODEL, "a/n")


class Open(Case):
    """A case whose answers can be seen."""

    def failing(self) -> tuple[Domain, ...]:
        return self._failing(HOST, Scope.MODEL, WITHIN)

    def counted(self) -> tuple[float, int]:
        return self._first((M, N)), self._count((M, N))

    def worked(self, at: float) -> tuple[Domain, ...]:
        return self._worked_since(frozenset({M, N}), at)


def known() -> tuple[dict[Domain, Breaker], Evidence, Lattice, Seat]:
    """Two models of one host, of which m has failed at 1 s and n at 5 s."""
    targets = target("a/m"), target("a/n")
    breakers = {domain: Breaker() for each in targets for domain in each.domains}
    seats = [Seat(each, breakers, FirstToken()) for each in targets]
    evidence = Evidence(breakers)
    for seat, at in zip(seats, (1.0, 5.0), strict=True):
        evidence.note(seat.domains, failure(), at, began=None)
    return breakers, evidence, Lattice(seats), seats[1]


def case(now: float, *, host_worked: float = -1.0) -> Open:
    breakers, evidence, lattice, seat = known()
    breakers[HOST].last_success = host_worked
    return Open(breakers, evidence, lattice, News(seat, failure(), Family.SILENT, 0.0, now))


def test_what_fails_together_fails_within_a_minute_and_since_the_host_worked() -> None:
    assert case(6.0).failing() == (M, N)
    assert case(1.5 + WITHIN).failing() == (N,)
    assert case(6.0, host_worked=3.0).failing() == (N,)


def test_when_it_began_and_how_often_it_was() -> None:
    assert case(6.0).counted() == (1.0, 2)


def test_who_has_worked_since() -> None:
    made = case(9.0)
    assert made.worked(1.0) == ()
    breakers, evidence, lattice, seat = known()
    breakers[M].last_success = 4.0
    news = News(seat, failure(), Family.SILENT, 0.0, 9.0)
    assert Open(breakers, evidence, lattice, news).worked(3.0) == (M,)
