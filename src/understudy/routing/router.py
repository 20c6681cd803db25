"""Router: the one place that says who gets an attempt, and what follows when it fails.

Order of questions, the same on every hop: may the target take it (policy), can it (capabilities,
context window), does it work (breakers and rests), and only then which one (those that have what
is wished for, in the route's order or by its weights). When nobody is left that works, there are
three steps before refusing:

- a target that is only *poor* (its breaker opened softly: a small share of calls fails) is used;
- else the *least bad* one is tried, at two hosts at most for a chain, as far as a small budget for
  such attempts goes: one that only rests on a guess, else the one whose breakers reopen first. Not
  so a target that rests because its provider said until when: asking early is certain to fail, and
  may lengthen the penalty;
- else who rests for a moment more is waited for, once.

`after` is the only place that decides on another attempt. It never sleeps while another target
is eligible, never passes the deadline, and pays from one budget; a move away from a domain whose
breaker has just opened is free, since it cannot repeat: nothing goes there any more, and the
calls that were under way when it opened are a bounded number.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Failure, Supply
from understudy.routing import charge, retry, snapshot
from understudy.routing.breaker import DEFAULTS, Breaker, Settings
from understudy.routing.budget import RetryBudget
from understudy.routing.chain import Chain, Plan, fitting, prepare
from understudy.routing.decisions import Decisions
from understudy.routing.despair import Despair, brief_wait
from understudy.routing.drain import Drains
from understudy.routing.growth import Meters
from understudy.routing.hedge import HedgeBudget, risk_usd, rivals
from understudy.routing.inquiry import Call, Charged, Inquiry
from understudy.routing.latency import FirstToken, first_token_limit
from understudy.routing.lattice import housed
from understudy.routing.modes import Modes, mode_of
from understudy.routing.owners import all_routes
from understudy.routing.policy import MARGIN
from understudy.routing.seat import Seat, domains_of
from understudy.routing.selection import ease, narrowed, select, strays, tier
from understudy.routing.shape import remember
from understudy.routing.snapshot import Candidate, Health, Snapshot
from understudy.routing.standby import call_up
from understudy.routing.steps import Ended, Lease, NoTarget, Outcome, Step
from understudy.routing.topology import Domain, Route, Topology

__all__ = ["Chain", "Router"]

_NOTHING: Final[frozenset[Capability]] = frozenset()


class Router:
    """One for a process. `draw` returns numbers in [0, 1): weights and jitter, nothing else."""

    def __init__(
        self,
        topology: Topology,
        draw: Callable[[], float],
        *,
        settings: Settings = DEFAULTS,
        budget: RetryBudget | None = None,
    ) -> None:
        self._draw = draw
        self._settings = settings
        self._budget = RetryBudget() if budget is None else budget
        self._despair = Despair()
        self._hedges = HedgeBudget()
        self._breakers: dict[Domain, Breaker] = {}
        self._latencies: dict[str, FirstToken] = {}
        self._seats: dict[str, Seat] = {}
        self._plans: dict[str, Plan] = {}
        self._leased: dict[int, tuple[Seat, Chain]] = {}
        self._begun: dict[int, float] = {}
        self._inquiry = Inquiry(self._budget)
        self._modes = Modes(settings)
        self._decisions = Decisions(self._budget, self._despair, draw)
        self.drains = Drains()
        self._meters = Meters()
        self._last_id = 0
        self._epoch = 0
        self._build(topology, 0.0)

    def swap(self, topology: Topology, now: float) -> None:
        """Take a new topology. What is known of domains and targets that are still there stays."""
        self._build(topology, now)

    def names(self) -> list[str]:
        """Return the names of all routes, sorted."""
        return sorted(name for name, plan in self._plans.items() if plan.route.parent is None)

    def find(self, model: str) -> Route | None:
        """Return the route of that name.

        A target's own name is no route: asking for it would go around every route's policy.
        """
        plan = self._plans.get(model)
        return None if plan is None else plan.route

    def renew(self, domain: Domain, now: float) -> None:
        """A key was renewed: what was held against the old one is over."""
        if (breaker := self._breakers.get(domain)) is not None:
            breaker.absolve(now)

    # One request

    def begin(
        self,
        route: Route,
        needs: Needs,
        now: float,
        *,
        digest: Callable[[], bytes] | None = None,
        caller: str = "",
    ) -> Chain:
        """Open the books on one client request, and pay into the retry budget.

        `digest` hashes its body; called only where hosts have died of one. `caller`: whose it is.
        """
        self._budget.deposit(now)
        self._despair.deposit(now)
        if route.hedge:
            self._hedges.deposit()
        plan = self._plan(route)
        seats = plan.seats
        window = plan.least_window
        if not needs.capabilities <= plan.common or (
            window is not None and needs.input_tokens > window * MARGIN
        ):
            seats = fitting(plan, needs)
        chain = Chain(route, needs, now, now + route.deadline, plan, seats, digest=digest)
        chain.caller = caller
        if self._modes.is_split:
            if self._modes.refresh(now):
                self._replan()
            chain.seats = self._modes.seen(seats, mode_of(needs))
        if self._inquiry.is_armed:
            self._inquiry.opens(chain, now)
        if route.standby:
            call_up(chain, self._draw)
        return chain

    def lease(
        self,
        chain: Chain,
        now: float,
        *,
        only: str | None = None,
        capabilities: frozenset[Capability] = _NOTHING,
    ) -> Lease | NoTarget:
        """Give leave for one attempt. Close it with `close`, whatever comes of it."""
        if chain.plan.epoch != self._epoch:
            self._renew(chain)
        if only is not None:
            pool: Sequence[Seat] = [seat for seat in chain.seats if seat.name == only]
        elif chain.tried or capabilities:
            pool = chain.remaining(capabilities)
        else:
            pool = chain.seats
        sound = [seat for seat in pool if seat.is_sound()]
        if sound and len(sound) == len(pool):
            return self._grant(chain, self._choose(chain, sound), now, others=len(sound) - 1)
        seats = tier(pool, now)
        if seats and not strays(chain, seats, pool, now):
            seat = ease(chain.route, narrowed(chain, seats), chain.needs, now, self._draw)
            others = sum(each.is_free(now) for each in pool if each is not seat)
            return self._grant(chain, seat, now, others=others)
        least_bad = self._despair.least_bad(chain, pool, now)
        if least_bad is not None:
            chain.despaired.add(least_bad.host)
            return self._grant(chain, least_bad, now, is_desperate=True)
        return snapshot.no_target(chain, capabilities, now, wait=brief_wait(chain, pool, now))

    def first_content(self, lease: Lease, now: float) -> None:
        """Credit the target: its answer has begun. Learn how long that took. Once for each lease.

        Calls last up to ten minutes, so their beginning is what tells soon that a domain works; a
        failure after it takes the credit back.
        """
        seat, chain = self._leased[lease.id]
        seat.latency.observe(now - lease.at, now)
        self._begun[lease.id] = now
        charge.succeed(seat, lease.permits, now)
        if chain.client_faults:
            self._inquiry.accepted(Call(lease, seat, chain, now), now)
        if self._modes.is_armed:
            self._modes.began(Call(lease, seat, chain, now), now)

    def supplied(self, lease: Lease, supply: Supply | None, now: float) -> None:
        """Learn what the target's host says is left, beside an answer of `lease`."""
        self._inquiry.supplied(lease, supply, now)

    def close(self, lease: Lease, outcome: Outcome, now: float) -> Charged | None:
        """Say how the attempt ended. Exactly once for each lease. Returns whom a failure cost."""
        leased = self._leased.pop(lease.id, None)
        assert leased is not None, "a lease is closed exactly once"
        seat, chain = leased
        began = self._begun.pop(lease.id, None)
        if outcome is Ended.SUCCEEDED:
            if began is None:
                charge.succeed(seat, lease.permits, now)
            charge.complete(seat, now)
            remember(seat.proven, chain.needs, chain.caller, now)
            if self._modes.is_armed:
                self._modes.ended(Call(lease, seat, chain, began), now)
            if chain.failures or now < self._inquiry.alert_until:
                self._inquiry.answered(Call(lease, seat, chain, began), now)
            return None
        if outcome is Ended.ABANDONED:
            charge.release(seat, lease.permits)
            return None
        failure = charge.OUTRUN if outcome is Ended.OUTRUN else outcome
        call = Call(lease, seat, chain, began)
        charged = self._inquiry.failed(call, failure, now)
        if self._modes.failed(call, failure, charged.domain, now):
            self._replan()
        return charged

    def after(
        self,
        chain: Chain,
        lease: Lease,
        failure: Failure,
        now: float,
        *,
        committed: bool,
        rest: frozenset[Capability] | None = None,
    ) -> Step:
        """Decide what follows the failed attempt of `lease`, which has been closed before.

        `committed`: the client has seen content. `rest`: what a target must be able to do that goes
        on from there, None where the answer is of a kind that nobody goes on with.
        """
        if chain.plan.epoch != self._epoch:
            self._renew(chain)
        setback = self._decisions.setback(chain, lease, failure)
        return self._decisions.after(setback, now, committed=committed, rest=rest)

    # Hedging

    def hedge_at(self, chain: Chain, lease: Lease, now: float) -> float:
        """Return when a second target may be asked beside that of `lease`; infinity for never.

        Only the first attempt of a chain is hedged, and only once its target's times are known.
        """
        if not chain.route.hedge or chain.attempts != 1:
            return math.inf
        first = chain.seat_of(lease)
        usual = first.latency.p95(now)
        if usual is None or not rivals(first, chain.remaining(_NOTHING), now):
            return math.inf
        return now + self._hedges.wait(usual)

    def rival(
        self, chain: Chain, lease: Lease, now: float, *, is_late: bool, is_half: bool = False
    ) -> Lease | None:
        """Give leave for an attempt beside that of `lease`; None where there is no reason to,
        nobody can take it, or it would be too many, or too dear.

        A reason is that the last asked is late (see `hedge_at`); that one of its domains was shut
        after it had begun: others have found out what it is still waiting for; or that half of
        what was left of the deadline is over (`is_half`), which is paid for as a retry. Moving away
        from what is shut is free. Neither of these two is a matter of the route.
        """
        first = chain.seat_of(lease)
        is_shut = first.blocked_for(now) > 0.0
        if not (is_late or is_half or is_shut) or chain.attempts >= chain.route.max_attempts:
            return None
        if retry.stop(chain, now) is not None:
            return None
        if chain.plan.epoch != self._epoch:
            self._renew(chain)
        left = chain.remaining(_NOTHING)
        pool = rivals(first, left, now)
        if not pool and is_half:
            pool = [seat for seat in left if seat.is_usable(now)]
        if not pool or now >= chain.deadline:
            return None
        seat = self._choose(chain, pool)
        if is_half and not is_shut:
            is_paid = self._budget.withdraw(now)
        else:
            is_paid = is_shut or self._hedges.withdraw(risk_usd(seat, chain.needs))
        return self._grant(chain, seat, now) if is_paid else None

    def spent(self, cost_usd: float) -> None:
        """Learn what an answer of a hedging route cost."""
        self._hedges.spent(cost_usd)

    def note(self, chain: Chain, lease: Lease, failure: Failure) -> bool:
        """Take note of a failure while a rival of the failed attempt goes on.

        Returns whether the rival is worth waiting for: not where enough of them have said by now
        that the request itself is at fault.
        """
        self._decisions.setback(chain, lease, failure)
        return chain.client_faults <= retry.MAX_CLIENT_FAULTS and not chain.is_poison

    # Views

    def snapshot(self, now: float) -> Snapshot:
        """Return the state of every domain and target, for people and metrics."""
        calls = Counter(seat.name for seat, _ in self._leased.values())
        cells, seats = self._modes.cells, self._seats.values()
        targets = [snapshot.target(seat, cells(seat), calls[seat.name], now) for seat in seats]
        domains = [snapshot.domain(each, self._breakers[each], now) for each in self._breakers]
        return Snapshot(now, tuple(domains), tuple(targets), self._budget.view(now))

    def health(self, now: float) -> list[Health]:
        """Return for every configured route how many of its targets could answer now."""
        return [snapshot.health(self._plans[name], now) for name in self.names()]

    def explain(self, route: Route, needs: Needs, now: float) -> list[Candidate]:
        """Return the targets of a route in the order of asking, then those left out, and why."""
        plan = self._plan(route)
        seats = self._modes.seen(plan.seats, mode_of(needs))
        return snapshot.explain(plan, seats, needs, now)

    # Leases

    def _choose(self, chain: Chain, seats: Sequence[Seat]) -> Seat:
        """Return one of `seats`, all of which are sound."""
        return select(chain.route, narrowed(chain, seats), self._draw)

    def _grant(
        self, chain: Chain, seat: Seat, now: float, *, others: int = 0, is_desperate: bool = False
    ) -> Lease:
        permits = seat.shared_permits()
        is_probe = False
        if permits is None:
            permits, is_probe = seat.permits(now)
        timeouts = chain.route.timeouts
        limit = timeouts.first_token
        if others and timeouts.is_adaptive:
            limit = first_token_limit(timeouts, seat.latency.p95(now))
        self._last_id += 1
        lease = Lease(
            self._last_id,
            seat.target,
            permits,
            now,
            limit,
            is_probe,
            is_desperate,
            chain.is_standby and not chain.attempts,
        )
        if seat.meter is not None:
            seat.meter.spend(chain.needs.input_tokens, now)
        self._leased[lease.id] = (seat, chain)
        chain.attempts += 1
        chain.tried.add(seat.name)
        chain.granted.append((lease, seat))
        return lease

    # Topology

    def _build(self, topology: Topology, now: float) -> None:
        targets = housed(topology.targets)
        domains = [domain for target in targets.values() for domain in domains_of(target)]
        self._breakers = {
            domain: self._breakers.get(domain) or Breaker(self._settings)
            for domain in dict.fromkeys(domains)
        }
        self.drains.attach(self._breakers, now)
        self._latencies = {name: self._latencies.get(name) or FirstToken() for name in targets}
        self._seats = {
            name: Seat(target, self._breakers, self._latencies[name])
            for name, target in targets.items()
        }
        self._meters.attach(self._seats.values(), now)
        self._inquiry.adopt(self._breakers, self._seats.values())
        self._modes.adopt(self._breakers, self._seats, now)
        self._routes = tuple(all_routes(topology))
        self._replan()

    def _replan(self) -> None:
        """Let every chain look anew at what it may ask: targets have changed, or their seats."""
        self._epoch += 1
        plans = [prepare(route, self._epoch, self._seats) for route in self._routes]
        self._plans = {plan.route.name: self._modes.faced(plan) for plan in plans}

    def _plan(self, route: Route) -> Plan:
        plan = self._plans.get(route.name)
        if plan is None or plan.route is not route:
            return prepare(route, self._epoch, self._seats)
        return plan

    def _renew(self, chain: Chain) -> None:
        """Go on with the new topology: a target that is gone, or now forbidden, gets no attempt."""
        current = self._plans.get(chain.route.name)
        plan = prepare(chain.route, self._epoch, self._seats) if current is None else current
        chain.plan = plan
        chain.route = plan.route
        chain.seats = self._modes.seen(fitting(plan, chain.needs), mode_of(chain.needs))
