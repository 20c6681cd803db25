"""Correlation: the smallest failure domain that explains what failed and what did not.

One answer is judged by the taxonomy's row. Where more is known, the row's domain may be too wide
(others in it work) or too narrow (all beside it fail as well): see docs/routing.md, "Several
failures together"; each rule there is a method of `_Case`.
"""

import math
from collections.abc import Mapping
from typing import Final

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.routing import cooldown, ramp
from understudy.routing.breaker import Breaker, State
from understudy.routing.case import WITHIN, News
from understudy.routing.evidence import Evidence, Family
from understudy.routing.lattice import Lattice
from understudy.routing.scarcity import Scarcity
from understudy.routing.seat import Seat
from understudy.routing.topology import Domain
from understudy.routing.verdict import Verdict

EDGE_WITHIN: Final = 30.0
REGION_WITHIN: Final = 30.0
REMEMBERED: Final = 600.0
OWN_WITHIN: Final = 5.0
OWN_HOSTS: Final = 3
STREAK: Final = 3
"""Failures of a narrow domain before what works beside it counts for its host."""

_NEVER: Final = float("-inf")
_NARROW: Final = (Scope.MODEL, Scope.ACCOUNT, Scope.KEY)


class Correlation:
    """What failed lately, for one topology. `breakers` say when a domain succeeded last."""

    def __init__(self, breakers: Mapping[Domain, Breaker], lattice: Lattice) -> None:
        self.evidence = Evidence(breakers)
        self.lattice = lattice
        self.breakers = breakers
        self._unsent: dict[Domain, float] = {}
        self.auth_waves: dict[Domain, float] = {}
        self._answered = _NEVER

    def judge(
        self,
        seat: Seat,
        failure: Failure,
        now: float,
        *,
        began: float | None = None,
        asked: float = math.inf,
    ) -> Verdict:
        """Return who is to be charged for a failure, and remember it.

        `began`: when the call had begun to answer, None if it never did. `asked`: when it was made.
        """
        if failure.status is not None:
            self._answered = now
        if failure.fault is Fault.CLIENT or failure.charge is Scope.NONE:
            return Verdict(Scope.NONE)
        host = seat.domain(Scope.HOST)
        if host is None or any(domain not in self.breakers for domain in seat.domains):
            # No host to think about, or a call from before a reload that took its domains away.
            return Verdict(failure.charge)
        if failure.charge is Scope.HOST and self._is_our_own(host, failure, now):
            words = f"nothing could be sent to {len(self._unsent)} hosts, and nobody answers"
            return Verdict(Scope.NONE, "corr.own_network", words)
        family = self.evidence.note(seat.domains, failure, now, began=began)
        news = News(seat, failure, family, asked, now)
        return _Case(self, news).verdict() or Verdict(failure.charge)

    def _is_our_own(self, host: Domain, failure: Failure, now: float) -> bool:
        if failure.progress is not Progress.NOT_SENT or failure.status is not None:
            return False
        self._unsent = {domain: at for domain, at in self._unsent.items() if now - at < OWN_WITHIN}
        self._unsent[host] = now
        if len(self._unsent) < OWN_HOSTS or now - self._answered < OWN_WITHIN:
            return False
        # Every host that answered lately, if only with an error, proves that our network works.
        return all(
            now - breaker.last_success >= OWN_WITHIN
            for domain, breaker in self.breakers.items()
            if domain.kind is Scope.HOST
        )


class _Case(Scarcity):
    """One failure, and the questions asked about it."""

    def __init__(self, known: Correlation, news: News) -> None:
        super().__init__(known.breakers, known.evidence, known.lattice, news)
        self._auth_waves = known.auth_waves

    def verdict(self) -> Verdict | None:
        """Return the verdict, None where the row of the taxonomy stands."""
        charge = self._failure.charge
        if self._family is Family.REFUSED:
            return self._auth()
        if self._family is Family.LIMITED and charge is Scope.ACCOUNT:
            return self.limited()
        if charge is Scope.HOST:
            return self._edge() or self._lab() or self._narrow() or self._region()
        if self._family is Family.GONE:
            return self._lab() or self._gone() or self._wide()
        return None if cooldown.is_limit(self._failure) else self._lab() or self._wide()

    # Too narrow: what lies beside it fails as well

    def _auth(self) -> Verdict | None:
        """Refused keys that used to work: the host's authentication may be down."""
        key, host = self._seat.domain(Scope.KEY), self._host
        if key is None:
            return None
        if (alone := self._refused_alone(key)) is not None:
            return alone
        wave = self._auth_waves.get(host, _NEVER)
        keys = self._failing(host, Scope.KEY, WITHIN)
        last = {each: self._breakers[each].last_success for each in keys}
        working = [each for each in keys if cooldown.has_worked(last[each], self._now)]
        if wave > self._evidence.worked(self._family, host):
            keys, words = (key,), f"it still refuses keys with {self._failure.status}"
        elif len(keys) > 1 and working:
            words = (
                f"{len(keys)} keys are refused with {self._failure.status}, of which some worked"
            )
        elif self._was_working(key) and self._is_confirmed(key):
            keys = (key,)
            words = f"a key that worked is refused with {self._failure.status}, by a probe too"
        else:
            return Verdict(Scope.KEY, at_most=cooldown.DOUBTED) if self._is_doubtful(key) else None
        self._auth_waves[host] = self._now
        return Verdict(Scope.HOST, "corr.auth_wave", words, is_wave=True, absolved=keys, among=keys)

    def _is_doubtful(self, key: Domain) -> bool:
        """Whether the host may be refusing keys that are good: it has lately, or others are too."""
        every = self._lattice.members(self._host, Scope.KEY)
        beside = self._evidence.touched(self._family, every - {key}, self._now - WITHIN)
        wave = self._auth_waves.get(self._host, _NEVER)
        return self._now - wave < REMEMBERED or any(map(self._was_working, beside))

    def _was_working(self, domain: Domain) -> bool:
        breaker = self._breakers[domain]
        return breaker.was_working or breaker.is_trusted(self._now)

    def _is_confirmed(self, key: Domain) -> bool:
        """Whether a probe repeats it, and no other key of the host has worked in between."""
        trouble = self._evidence.of(Family.REFUSED, key)
        is_shut = any(
            self._breakers[domain].state(self._now) is not State.CLOSED
            for domain in (key, self._host)
        )
        if trouble is None or trouble.count < 2 or not is_shut:
            return False
        if self._asked <= trouble.first:
            return False  # It was under way already: no second opinion, but the first again.
        return self._evidence.worked(Family.REFUSED, self._host) < trouble.first

    def _refused_alone(self, key: Domain) -> Verdict | None:
        """The key is refused for this model again, and has worked for another in between."""
        own = self._lattice.own(self._seat.name)
        trouble = None if own is None else self._evidence.of(self._family, own)
        if own is None or trouble is None or trouble.count < 2:
            return None
        beside = self._lattice.neighbours(self._seat, Scope.KEY)
        if not (working := self._worked_since(beside, trouble.first)):
            return None
        words = f"it alone is refused, another model of {key} works"
        at_most = cooldown.DOUBTED if self._is_doubtful(key) else math.inf
        among = (own, *working)
        return Verdict(own.kind, "blast.refused_target", words, among=among, at_most=at_most)

    def _edge(self) -> Verdict | None:
        edge = self._seat.domain(Scope.EDGE)
        if edge is None:
            return None
        every = self._lattice.members(edge, Scope.HOST)
        failing = self._failing(edge, Scope.HOST, EDGE_WITHIN)
        if len(failing) < 2:
            return None
        if self._family is Family.PAGED:
            words = f"pages of the edge came from {len(failing)} hosts behind it"
        elif len(failing) == len(every) and self._outside(edge, self._first(failing)):
            words = f"all {len(every)} hosts behind it fail, and others work"
        else:
            return None
        return Verdict(Scope.EDGE, "corr.shared_edge", words, is_wave=True, among=failing)

    def _outside(self, edge: Domain, since: float) -> bool:
        """Whether a host that is not behind the edge has worked since then."""
        behind = self._lattice.members(edge, Scope.HOST)
        hosts = frozenset(each for each in self._breakers if each.kind is Scope.HOST)
        return bool(self._worked_since(hosts - behind, since))

    def _lab(self) -> Verdict | None:
        """A lab's models fail wherever they are served, by hosts that serve other labs well."""
        lab = self._seat.domain(Scope.LAB)
        if lab is None or self._failure.progress is Progress.NOT_SENT:
            return None
        hosts = self._lattice.members(lab, Scope.HOST)
        every = self._lattice.members(lab, Scope.MODEL)
        models = self._failing(lab, Scope.MODEL, WITHIN)
        if len(hosts) < 2 or self._count(models) < STREAK:
            return None
        if hosts - {host for each in models for host in self._lattice.members(each, Scope.HOST)}:
            return None
        if self._family is Family.GONE and len(models) < len(every):
            return None
        first = self._first(models)
        working = self._worked_since(hosts, first)
        if not working or self._evidence.worked(self._family, lab) > first:
            return None
        words = f"its models fail at all {len(hosts)} hosts, where other labs' work"
        return Verdict(
            Scope.LAB, "blast.lab", words, is_wave=True, absolved=models, among=(*models, *working)
        )

    def _gone(self) -> Verdict | None:
        """A model that two hosts no longer have has been withdrawn by its lab."""
        model = self._seat.domain(Scope.MODEL)
        if model is None:
            return None
        twins = self._lattice.twins(model)
        gone = self._evidence.failing(self._family, twins, self._now - REMEMBERED, self._now)
        first = self._first((model, *gone))
        if len({host for each in gone for host in self._lattice.members(each, Scope.HOST)}) < 2:
            if not self._worked_since(frozenset({self._host}), first):
                return None
            words = f"other models of {self._host} work"
            return Verdict(Scope.MODEL, "corr.model_gone", words, among=(model, self._host))
        has_it = self._worked_since(twins, first)
        words = f"{len(gone)} hosts no longer have it"
        also = () if has_it else tuple(sorted(twins - set(gone)))
        return Verdict(Scope.MODEL, "corr.model_gone", words, also=also, among=(*gone, *has_it))

    def _wide(self) -> Verdict | None:
        """All that lies beside it at its host fails too."""
        kind = self._failure.charge
        every = self._lattice.members(self._host, kind)
        failing = self._failing(self._host, kind, WITHIN)
        if kind not in _NARROW or len(every) < 2 or len(failing) < len(every):
            return None
        words = f"all {len(every)} of its {kind.value}s fail"
        return Verdict(Scope.HOST, "blast.wide", words, among=failing)

    # Too wide: others in it work

    def _narrow(self) -> Verdict | None:
        """A model, account or key fails, and others beside it work."""
        if self._failure.progress is Progress.NOT_SENT:
            return None  # A connection knows no models.
        wide = self._seat.domain(Scope.REGION) or self._host
        for kind in (*_NARROW, Scope.TARGET):
            domain = self._seat.domain(kind)
            trouble = None if domain is None else self._evidence.of(Family.ILL, domain)
            if domain is None or trouble is None or trouble.count <= STREAK:
                continue
            if self._works_beside(domain, wide, trouble.first):
                words = f"it alone fails, others at {wide} work"
                return Verdict(kind, "blast.narrow", words, among=(domain, wide))
        return None

    def _works_beside(self, domain: Domain, wide: Domain, since: float) -> bool:
        """Whether what lies beside it works nearly always: a row may be chance where much fails."""
        breaker, evidence = self._breakers[wide], self._evidence
        is_back = ramp.step_of(breaker.turns, self._now) is None
        if breaker.state(self._now) is not State.CLOSED or not is_back:
            # Few calls pass. Models come back one by one; accounts and keys hardly do.
            others = self._lattice.members(wide, Scope.MODEL) - {domain}
            has_one = any(evidence.is_back(other, since) for other in others)
            return domain.kind is Scope.MODEL and has_one
        if min(breaker.last_success, breaker.last_whole) <= since:
            return False
        good, bad = evidence.shares(wide, self._now)
        own_good, own_bad = evidence.shares(domain, self._now)
        return (bad - own_bad) * 4 <= max(0, good - own_good)

    def _region(self) -> Verdict | None:
        region = self._seat.domain(Scope.REGION)
        if region is None:
            return None
        failing = self._failing(self._host, Scope.REGION, REGION_WITHIN)
        if len(failing) < 2:
            others = self._lattice.members(self._host, Scope.REGION) - {region}
            words = f"no other region of {self._host} fails" if others else ""
            return Verdict(Scope.REGION, "blast.region", words, among=(region, *sorted(others)))
        words = f"{len(failing)} of its regions fail"
        return Verdict(Scope.HOST, "blast.wide", words, among=failing)
