"""Decisions: what follows a failed attempt. Nothing else in the gateway decides to try again.

The questions, in order: is anything left to try for (deadline, attempts, whose fault it was); if
the client has seen content, may and can the answer go on elsewhere; is there another target; may
the same one be asked again; is anybody left at all; is there at least one that nobody has asked
because it is down; may we wait. The first that finds something answers.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from understudy.chat.endpoint import Capability
from understudy.chat.failure import Failure, Fault, Progress, Reaction, Scope
from understudy.routing import cooldown, retry
from understudy.routing.backoff import full_jitter
from understudy.routing.budget import RetryBudget
from understudy.routing.chain import Chain
from understudy.routing.despair import Despair, desperate
from understudy.routing.policy import preferred
from understudy.routing.seat import Seat
from understudy.routing.steps import GiveUp, Lease, Resume, Retry, Step

KEPT: Final = 0.5
"""The share of the retries that no request which a host found fault with may use.

A caller whose requests are all wrong must not use up what those need whose host has failed.
"""

PATIENCE: Final = 30.0
"""The longest that a caller is kept waiting before the same target is tried again, in seconds.

Beyond it the caller is told when to come back: its own patience is likely to be shorter.
"""

_NOTHING: Final[frozenset[Capability]] = frozenset()


class Setback(msgspec.Struct, frozen=True):
    """One failure to be answered: who failed how in which chain, and what may be done about it."""

    chain: Chain
    lease: Lease
    failed: Seat
    failure: Failure
    moves: tuple[Reaction, ...]
    ending: str


class Decisions:
    """Draws jitter from `draw` and pays from `budget`; a second host in despair `despair` pays."""

    def __init__(self, budget: RetryBudget, despair: Despair, draw: Callable[[], float]) -> None:
        self._budget = budget
        self._despair = despair
        self._draw = draw

    def setback(self, chain: Chain, lease: Lease, failure: Failure) -> Setback:
        """Note in the chain what failed, and what may follow. The lease has been closed before, so
        breakers know of it already.
        """
        failed = chain.seat_of(lease)
        retry.note(chain, failed, failure)
        policy = chain.route.policy
        moves, ending = retry.allowed(failure, refusal_fails_over=policy.refusal_fails_over)
        if chain.is_doubted and failure.fault is Fault.CLIENT and not moves:
            moves = (Reaction.OTHER_HOST,)  # Perhaps it is the host that is mistaken.
        return Setback(chain, lease, failed, failure, moves, ending)

    def after(
        self,
        setback: Setback,
        now: float,
        *,
        committed: bool,
        rest: frozenset[Capability] | None = None,
    ) -> Step:
        """Decide. `rest`: what it takes to go on with an answer already begun, None: nobody can."""
        chain, ending = setback.chain, setback.ending
        reason = retry.stop(chain, now)
        if reason is not None:
            return self._give_up(setback, reason, now)
        if committed:
            return self._resume(setback, now, rest)
        return (
            self._elsewhere(setback, now)
            or self._again(setback, now)
            or self._anybody(setback, now)
            or self._in_despair(setback, now)
            or self._later(setback, now)
            or self._give_up(setback, ending, now)
        )

    def _elsewhere(self, setback: Setback, now: float) -> Step | None:
        """Another target that works, or is only poor."""
        pool = setback.chain.remaining(_NOTHING)
        found = _find(setback, _strangers(setback.chain, pool), now) or _find(setback, pool, now)
        if not found:
            return None
        if not self._pay(setback, now):
            return self._give_up(setback, "budget", now)
        setback.chain.wanted = tuple(seat.name for seat in found)
        return Retry(0.0)

    def _again(self, setback: Setback, now: float) -> Step | None:
        """The same target after a pause, where nothing but this failure speaks against it."""
        failed, failure, chain = setback.failed, setback.failure, setback.chain
        if Reaction.RETRY_SAME not in setback.moves or not failed.is_usable(now):
            return None
        if chain.repeats and _others(setback, now):
            return None
        if chain.repeats == 0 and retry.is_stale(failure):
            # Nobody read the request, so the next one multiplies nothing: it costs no budget.
            chain.repeats += 1
            chain.wanted = (failed.name,)
            return Retry(0.0, same_target=True)
        is_at_once = (
            chain.repeats == 0
            and failure.progress is Progress.NOT_SENT
            and failure.charge is Scope.NONE
        )
        said = cooldown.hint(failure) or 0.0
        return self._wait(setback, 0.0 if is_at_once else said + self._jitter(chain), now)

    def _anybody(self, setback: Setback, now: float) -> Step | None:
        """Another target although nothing says that it stands apart from what failed (another
        model, another account of the same host): that is better than no answer.
        """
        found = _others(setback, now)
        if not found:
            return None
        if not self._pay(setback, now):
            return self._give_up(setback, "budget", now)
        setback.chain.wanted = tuple(seat.name for seat in found)
        return Retry(0.0)

    def _in_despair(self, setback: Setback, now: float) -> Step | None:
        """A target that is down, at a host that this chain has not asked like that yet."""
        chain = setback.chain
        pool = desperate(chain, chain.remaining(_NOTHING), now)
        found = retry.first_match(setback.moves, setback.failed, setback.failure, pool)
        if not found:
            return None
        is_paid = self._despair.has_left(now) if chain.despaired else self._budget.withdraw(now)
        if not is_paid:
            return self._give_up(setback, "budget", now)
        chain.wanted = tuple(seat.name for seat in found)
        return Retry(0.0)

    def _later(self, setback: Setback, now: float) -> Step | None:
        """The same target once its quota lets it. What is down is not waited for: nobody knows for
        how long, and the caller, told at once when to come back, can do better.
        """
        blocked = setback.failed.blocked_for(now)
        if Reaction.RETRY_SAME not in setback.moves or blocked <= 0.0:
            return None
        if not cooldown.is_limit(setback.failure):
            return None
        return self._wait(setback, blocked + self._jitter(setback.chain), now)

    def _resume(self, setback: Setback, now: float, rest: frozenset[Capability] | None) -> Step:
        chain = setback.chain
        if rest is None:
            return self._give_up(setback, "not_resumable", now)
        if not retry.resumes(setback.failure, setback.moves):
            return self._give_up(setback, setback.ending, now)
        found = _find(setback, chain.remaining(rest), now)
        if not found:
            return self._give_up(setback, "no_target", now)
        if not self._pay(setback, now):
            return self._give_up(setback, "budget", now)
        chain.wanted = tuple(seat.name for seat in found)
        return Resume(0.0, rest)

    def _jitter(self, chain: Chain) -> float:
        return full_jitter(chain.repeats, self._draw)

    def _wait(self, setback: Setback, delay: float, now: float) -> Step | None:
        chain = setback.chain
        if delay > PATIENCE:
            return None
        if now + delay >= chain.deadline:
            return self._give_up(setback, "deadline", now)
        if not self._budget.withdraw(now):
            return self._give_up(setback, "budget", now)
        chain.repeats += 1
        chain.wanted = (setback.failed.name,)
        return Retry(delay, same_target=True)

    def _pay(self, setback: Setback, now: float) -> bool:
        """Pay for a move to another target; free where what failed is shut by now."""
        if setback.failure.fault is not Fault.CLIENT and not setback.lease.is_desperate:
            return setback.failed.blocked_for(now) > 0.0 or self._budget.withdraw(now)
        if setback.failure.fault is not Fault.CLIENT:
            return self._budget.withdraw(now)
        chain = setback.chain
        chain.is_lent = self._budget.withdraw(now, keep=KEPT)
        return chain.is_lent

    def _give_up(self, setback: Setback, reason: str, now: float) -> GiveUp:
        if setback.failure.fault is Fault.CLIENT:
            return GiveUp(reason)
        return GiveUp(reason, _reopens(setback, now))


def _strangers(chain: Chain, pool: Sequence[Seat]) -> list[Seat]:
    """Return those of `pool` whose host has not failed the chain, where one attempt is left.

    A host with many regions and keys would else use up all attempts, and nobody else be asked.
    """
    if len(chain.failures) + 1 < chain.route.max_attempts:
        return []
    failed = {name for name, _ in chain.failures}
    met = {seat.host for _, seat in chain.granted if seat.name in failed}
    return [seat for seat in pool if seat.host not in met]


def _find(setback: Setback, pool: Sequence[Seat], now: float) -> list[Seat]:
    """Return those of `pool` to go to: what works first, then what is poor."""
    needs = setback.chain.needs
    free = [seat for seat in pool if seat.is_free(now)]
    usable = [seat for seat in pool if seat.is_usable(now)]
    for seats in (preferred(free, needs), free, preferred(usable, needs), usable):
        found = retry.first_match(setback.moves, setback.failed, setback.failure, seats)
        if found:
            return found
    return []


def _others(setback: Setback, now: float) -> list[Seat]:
    """Return who is left and works, where it was not the caller who failed."""
    if not setback.moves or setback.failure.fault is Fault.CLIENT:
        return []
    return [seat for seat in setback.chain.remaining(_NOTHING) if seat.is_usable(now)]


def _reopens(setback: Setback, now: float) -> float | None:
    """Return when it is worth the caller's while to come back: the first target to be free again.

    Where one is free already, what the provider asked for, if anything.
    """
    waits = [seat.blocked_for(now) for seat in setback.chain.seats]
    first = min(waits, default=0.0)
    return first if first > 0.0 else cooldown.hint(setback.failure)
