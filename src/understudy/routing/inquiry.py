"""Inquiry: what an attempt that ended says about failure domains, and how that is told.

Ties together who is to be charged (`correlation`), how (`charge`), whether the request itself is to
blame (`poison`) or is blamed wrongly (`refusals`), and says for each opening why, with evidence.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from understudy.chat.failure import Failure, Scope, Supply
from understudy.routing import charge, poison, refusals
from understudy.routing.breaker import Breaker, State
from understudy.routing.budget import RetryBudget
from understudy.routing.chain import Chain
from understudy.routing.correlation import Correlation
from understudy.routing.evidence import Family, family_of
from understudy.routing.lattice import Lattice
from understudy.routing.pause import pause
from understudy.routing.poison import Suspects
from understudy.routing.refusals import BAD_REQUEST, Refusal, Refusals
from understudy.routing.scarcity import LIMITED_MODEL
from understudy.routing.seat import Seat
from understudy.routing.shape import shape_of
from understudy.routing.steps import Lease
from understudy.routing.topology import Domain
from understudy.routing.verdict import Verdict

MOST_LINES: Final = 8
"""Lines of evidence that an opening keeps."""

BAD_REQUEST_WAVE: Final = "corr.bad_request_wave"
QUERY_OF_DEATH: Final = "corr.query_of_death"

_NOTHING: Final[Mapping[Domain, Breaker]] = {}


class Call(NamedTuple):
    """One attempt that ended. `began`: when it had begun to answer, None if it never did."""

    lease: Lease
    seat: Seat
    chain: Chain
    began: float | None


class Charged(msgspec.Struct, frozen=True):
    """Who was charged for a failure, None for nobody, and the rule that said so: the taxonomy's
    row, or one over several failures.
    """

    domain: Domain | None
    rule: str


class Inquiry:
    """One for a router; it outlives reloads.

    `alert_until`: until then every answer is asked for, even of a chain without a failure, to know
    which requests do no harm. `budget` gets back what a wrong refusal has cost.
    """

    def __init__(self, budget: RetryBudget) -> None:
        self._budget = budget
        self.alert_until = float("-inf")
        self._refusals = Refusals()
        self._suspects = Suspects()
        self._breakers: Mapping[Domain, Breaker] = _NOTHING
        self._correlation = Correlation(_NOTHING, Lattice(()))

    def adopt(self, breakers: Mapping[Domain, Breaker], seats: Iterable[Seat]) -> None:
        """Take new targets and the breakers of all their domains."""
        seats = tuple(seats)
        self._breakers = breakers
        self._correlation = Correlation(breakers, Lattice(seats))
        self._refusals.keep(breakers)
        for seat in seats:
            model = seat.domain(Scope.MODEL)
            if model is not None:
                seat.proven = self._refusals.proven(model)

    @property
    def is_armed(self) -> bool:
        """Whether some request is known to bring down whoever serves it."""
        return self._suspects.is_armed

    def opens(self, chain: Chain, now: float) -> None:
        """Stop a request at once that is known to bring down whoever serves it."""
        if chain.digest is not None and self._suspects.is_condemned(chain.digest(), now):
            chain.is_poison = True
            chain.seats = ()

    def answered(self, call: Call, now: float) -> None:
        """Learn from an answer that somebody else did not give."""
        chain = call.chain
        if chain.digest is not None and now < self.alert_until:
            self._suspects.answered(chain.digest(), now)
        self.accepted(call, now)

    def accepted(self, call: Call, now: float) -> None:
        """Learn that somebody begins to answer a request that a host found fault with."""
        chain = call.chain
        if not chain.client_faults or chain.is_vindicated:
            return
        chain.is_vindicated = True
        if chain.is_lent:
            self._budget.give_back(now)
        for name, failure in chain.failures:
            seat = next((seat for _, seat in chain.granted if seat.name == name), None)
            model = None if seat is None else seat.domain(Scope.MODEL)
            if (
                seat is not None
                and model is not None
                and model not in call.seat.domains
                and refusals.is_bad_request(failure)
            ):
                self._note(model, seat, chain, BAD_REQUEST, now)

    def supplied(self, lease: Lease, supply: Supply | None, now: float) -> None:
        """Learn what a target's host says is left, beside an answer."""
        own = self._correlation.lattice.own(lease.target.name)
        if own is not None and supply is not None:
            pause(self._breakers[own], supply, now)

    def failed(self, call: Call, failure: Failure, now: float) -> Charged:
        """Charge whoever is to blame for a failure."""
        rule = self._of_death(call, failure, now)
        if refusals.is_bad_request(failure):
            return self._refused(call, failure, now)
        asked = call.lease.at
        verdict = self._correlation.judge(call.seat, failure, now, began=call.began, asked=asked)
        domain = self._charge(call, failure, verdict, now)
        if verdict.rule == LIMITED_MODEL and domain is not None:
            # Overload and 400 came together when a platform broke (March 2026).
            self._note(domain, call.seat, call.chain, 429, now)
        for each in verdict.absolved:
            self._breakers[each].absolve(now)
        for each in verdict.also:
            self._open(each, verdict.rule, verdict.words, now)
        return Charged(domain, rule or verdict.rule or failure.kind)

    # The request itself

    def _of_death(self, call: Call, failure: Failure, now: float) -> str:
        """Stop a request that hosts die of."""
        chain, seat, lease = call.chain, call.seat, call.lease
        is_probe = lease.is_probe or lease.is_desperate
        if chain.digest is None or is_probe or not poison.is_death(failure, began=call.began):
            return ""
        host = seat.domain(Scope.HOST)
        known = None if host is None else self._correlation.evidence.of(Family.SILENT, host)
        digest = chain.digest()
        by_others = 0 if known is None else known.count - self._suspects.deaths(digest, seat.host)
        if known is not None and known.first < lease.at and by_others > 0:
            return ""  # It had been failing before.
        self.alert_until = now + poison.ALERT
        is_own = poison.is_own(seat.target.origin)
        if not self._suspects.died(digest, seat.host, lease.at, now, is_own=is_own):
            return ""
        chain.is_poison = True
        return QUERY_OF_DEATH

    def _refused(self, call: Call, failure: Failure, now: float) -> Charged:
        """A 400: the caller's mistake, or a host that refuses what it took before."""
        seat, chain = call.seat, call.chain
        model = seat.domain(Scope.MODEL)
        verdict = Verdict(Scope.NONE)
        breaker = None if model is None else self._breakers.get(model)
        if breaker is not None and model is not None:
            twins = self._correlation.lattice.twins(model)
            if any(self._refusals.has_worked(each, chain.needs, now) for each in twins):
                chain.is_doubted = True
            is_shut = breaker.why == BAD_REQUEST_WAVE and breaker.state(now) is not State.CLOSED
            if is_shut and self._had_worked(seat, chain, now):
                words = "it still answers 400 to what it took before"
                verdict = Verdict(Scope.MODEL, BAD_REQUEST_WAVE, words, is_wave=True)
        domain = self._charge(call, failure, verdict, now)
        return Charged(domain, verdict.rule or failure.kind)

    def _had_worked(self, seat: Seat, chain: Chain, now: float) -> bool:
        """Whether that model of that host, in any of its regions, has answered requests like it."""
        model, host = seat.domain(Scope.MODEL), seat.domain(Scope.HOST)
        if model is None or host is None:
            return False
        lattice = self._correlation.lattice
        here = lattice.twins(model) & lattice.members(host, Scope.MODEL)
        return any(self._refusals.has_worked(each, chain.needs, now) for each in here)

    def _note(self, model: Domain, seat: Seat, chain: Chain, status: int, now: float) -> None:
        """Note a dubious refusal of a model, and judge whether they are many by now."""
        had_worked = self._had_worked(seat, chain, now)
        refusal = Refusal(now, shape_of(chain.needs), status, chain.caller, had_worked)
        self._refusals.note(model, refusal)
        breaker = self._breakers.get(model)
        if breaker is None or breaker.state(now) is not State.CLOSED:
            return
        words = self._refusals.wave(model, breaker, now)
        if words:
            self._open(model, BAD_REQUEST_WAVE, words, now)

    # Charging and telling

    def _charge(self, call: Call, failure: Failure, verdict: Verdict, now: float) -> Domain | None:
        place = charge.charged(call.seat, verdict.charge)
        before = None if place is None else call.seat.breakers[place].permit
        domain = charge.fail(call.seat, call.lease.permits, failure, verdict, now, call.began)
        if place is not None and call.seat.breakers[place].permit is not before:
            self._tell(call.seat.breakers[place], call, failure, verdict, now)
        return domain

    def _tell(
        self, breaker: Breaker, call: Call, failure: Failure, verdict: Verdict, now: float
    ) -> None:
        """Say why it opened, and what speaks for it."""
        if verdict.is_wave:
            breaker.why, breaker.words = verdict.rule, verdict.words
        elif verdict.words not in breaker.words:
            breaker.words = f"{breaker.words}; {verdict.words}"
        evidence = self._correlation.evidence
        domains = verdict.among or call.seat.domains
        if all(each in self._breakers for each in domains):
            family = family_of(failure, began=call.began)
            breaker.evidence = evidence.lines(family, domains[:MOST_LINES], now)

    def _open(self, domain: Domain, rule: str, words: str, now: float) -> None:
        """Open a domain on the strength of what was seen elsewhere, or of several answers."""
        breaker = self._breakers[domain]
        if breaker.state(now) is State.CLOSED:
            breaker.fail(breaker.permit, now, why=rule, trips=True)
            breaker.words = words
