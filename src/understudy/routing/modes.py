"""Modes: where only streams fail, or only whole answers, only these are kept away.

A breaker opens for all calls. Where those of the other mode are known to work, it is closed again
and a *cell* takes its place: a breaker of the same domain that only calls of the failing mode have
to pass (`host:acme[streamed]`). They see their targets through seats with that breaker (`seen`);
once it has nothing against them any more, these seats are gone, and the domain is whole again.

The other mode works where of its calls that were asked since the domain began to fail so few failed
that chance alone hardly spares them like that (`proof.is_spared`). What fails by saying nothing
proves nothing of this kind: a whole answer is silent until its end, be it well or not.

Calls are counted only while a domain has failures: a sound one costs nothing here.
"""

import enum
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Final

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Failure
from understudy.routing import cooldown, proof
from understudy.routing.breaker import Breaker, State
from understudy.routing.chain import Plan
from understudy.routing.inquiry import Call
from understudy.routing.seat import Seat
from understudy.routing.thresholds import DEFAULTS, Settings
from understudy.routing.topology import Domain
from understudy.routing.window import Window

_NEVER: Final = float("-inf")

# Causes in the taxonomy's ids: an answer that began and then stood still.
_STALLED: Final = frozenset({"idle_mid_stream", "drip_below_min_rate"})


class Mode(enum.Enum):
    """How an answer comes: piece by piece, or at once."""

    STREAMED = "streamed"
    WHOLE = "whole"


def mode_of(needs: Needs) -> Mode:
    """Return the mode of a request's calls."""
    return Mode.STREAMED if Capability.STREAMING in needs.capabilities else Mode.WHOLE


def cell_of(domain: Domain, mode: Mode) -> Domain:
    """Return what the part of a domain is called that concerns calls of one mode."""
    return Domain(domain.kind, f"{domain.name}[{mode.value}]")


class _Tally:
    """One mode's calls: those that began to answer or failed, and those that came to their end."""

    def __init__(self, settings: Settings) -> None:
        self.begun = Window(settings.window, settings.buckets)
        self.ended = Window(settings.window, settings.buckets)


class _Doubt:
    """A domain that has failures, `since` the first and until now at the `last`. `silent_at`: when
    the last of them was silence.
    """

    def __init__(self, settings: Settings, now: float) -> None:
        self.since = self.last = now
        self.silent_at = _NEVER
        self.tallies = {mode: _Tally(settings) for mode in Mode}


class _Cell(msgspec.Struct, frozen=True):
    base: Domain
    mode: Mode
    breaker: Breaker


class Modes:
    """One for a router; it outlives reloads.

    `is_armed`: some domain has failures, so calls are to be counted. `is_split`: some cell is not
    clear, so some calls see other seats than others.
    """

    def __init__(self, settings: Settings = DEFAULTS) -> None:
        self.is_armed = False
        self.is_split = False
        self._settings = settings
        self._doubts: dict[Domain, _Doubt] = {}
        self._cells: dict[Domain, _Cell] = {}
        self._breakers: MutableMapping[Domain, Breaker] = {}
        self._seats: Mapping[str, Seat] = {}
        self._live: frozenset[Domain] = frozenset()
        self._views: dict[Mode, dict[str, Seat]] = {}

    def adopt(
        self, breakers: MutableMapping[Domain, Breaker], seats: Mapping[str, Seat], now: float
    ) -> None:
        """Take new targets and the breakers of all their domains; those of cells are added."""
        self._breakers, self._seats = breakers, seats
        self._cells = {name: cell for name, cell in self._cells.items() if cell.base in breakers}
        self._rebuild(frozenset(name for name, cell in self._cells.items() if _is_live(cell, now)))

    # Who sees what

    def seen(self, seats: Sequence[Seat], mode: Mode) -> tuple[Seat, ...]:
        """Return the seats as calls of that mode see them."""
        views = self._views.get(mode, {})
        return tuple(views.get(seat.name, seat) for seat in seats)

    def faced(self, plan: Plan) -> Plan:
        """Return a plan with its seats in each way in which calls see them."""
        if not self.is_split:
            return plan
        faces = tuple(self.seen(plan.seats, mode) for mode in Mode)
        return msgspec.structs.replace(plan, faces=faces)

    def cells(self, seat: Seat) -> tuple[Seat, ...]:
        """Return the seats in whose place calls of one mode see a seat."""
        return tuple(views[seat.name] for views in self._views.values() if seat.name in views)

    def refresh(self, now: float) -> bool:
        """Look again which cells are clear. Returns whether some calls see other seats now."""
        live = frozenset(name for name, cell in self._cells.items() if _is_live(cell, now))
        if live == self._live:
            return False
        self._rebuild(live)
        return True

    # What is learnt

    def began(self, call: Call, now: float) -> None:
        """Count a call that begins to answer."""
        for tally in self._tallies(call, now):
            tally.begun.succeed(now)

    def ended(self, call: Call, now: float) -> None:
        """Count an answer that came to its end."""
        for tally in self._tallies(call, now):
            if call.began is None:
                tally.begun.succeed(now)
            tally.ended.succeed(now)

    def failed(self, call: Call, failure: Failure, domain: Domain | None, now: float) -> bool:
        """Note whom a failure was charged to. Returns whether some calls see other seats now."""
        if domain is None or cooldown.is_limit(failure):
            return False
        if domain in self._cells:
            return self.refresh(now)
        doubt = self._doubts.get(domain)
        if doubt is None or now - doubt.last >= self._settings.window:
            doubt = self._doubts[domain] = _Doubt(self._settings, now)
            self.is_armed = True
        doubt.last = now
        if _is_silent(failure, call):
            doubt.silent_at = now
        doubt.tallies[mode_of(call.chain.needs)].begun.fail(now)
        breaker = self._breakers.get(domain)
        if breaker is None or not _has_opened(breaker, domain, call, now):
            return False
        alone = self._alone(doubt, breaker, now)
        if alone is None:
            return False
        mode, words = alone
        name = cell_of(domain, mode)
        cell = self._cells.setdefault(name, _Cell(domain, mode, Breaker(self._settings)))
        breaker.words = f"{breaker.words}; {words}"
        cell.breaker.take_over(breaker, now)
        del self._doubts[domain]
        self._rebuild(self._live | {name})
        return True

    # Inside

    def _tallies(self, call: Call, now: float) -> list[_Tally]:
        """What a success is counted in: of domains that have failed before it was asked for."""
        mode = mode_of(call.chain.needs)
        found = []
        for domain in call.seat.domains:
            doubt = self._doubts.get(domain)
            if doubt is None:
                continue
            if now - doubt.last >= self._settings.window:
                del self._doubts[domain]
                self.is_armed = bool(self._doubts)
            elif call.lease.at >= doubt.since:
                found.append(doubt.tallies[mode])
        return found

    def _alone(self, doubt: _Doubt, breaker: Breaker, now: float) -> tuple[Mode, str] | None:
        """Return the mode that fails while the other works, and how well; None where that is not
        known.
        """
        if now - doubt.silent_at < self._settings.window:
            return None
        for mode, other in ((Mode.STREAMED, Mode.WHOLE), (Mode.WHOLE, Mode.STREAMED)):
            begun, spared = doubt.tallies[mode].begun, doubt.tallies[other]
            for window in (begun, spared.begun, spared.ended):
                if now >= window.end:
                    window.roll(now)
            share = begun.bad / (begun.good + begun.bad + 1)
            bad, every = spared.begun.bad, spared.ended.good + spared.begun.bad
            if bad and not breaker.is_soft:
                continue  # It failed in a row, or for the most part: one of these is too many.
            if proof.is_spared(self._settings, bad, every, share):
                return mode, f"of {every} {other.value} ones {bad} failed"
        return None

    def _rebuild(self, live: frozenset[Domain]) -> None:
        """Make the seats that calls of each mode see: some of them have to pass a cell."""
        self._live = live
        self.is_split, self.is_armed = bool(live), bool(self._doubts)
        for name in self._cells:
            self._breakers.pop(name, None)
        self._breakers.update((name, self._cells[name].breaker) for name in live)
        self._views = {}
        for mode in Mode:
            cells = [(name, self._cells[name]) for name in live if self._cells[name].mode is mode]
            added = {cell.base: (name, cell.breaker) for name, cell in cells}
            self._views[mode] = {
                seat.name: seat.behind(added)
                for seat in self._seats.values()
                if not added.keys().isdisjoint(seat.domains)
            }


def _is_live(cell: _Cell, now: float) -> bool:
    """Whether it has anything against calls, now that time has passed."""
    cell.breaker.blocked_for(now)
    return not cell.breaker.is_clear


def _is_silent(failure: Failure, call: Call) -> bool:
    """Whether nobody said or did anything: where a whole answer comes, that shows much later."""
    was_told = failure.status is not None or failure.code is not None or failure.type is not None
    return failure.cause in _STALLED or (call.began is None and not was_told)


def _has_opened(breaker: Breaker, domain: Domain, call: Call, now: float) -> bool:
    """Whether it is open, and was closed when the call was made."""
    for each, permit in call.lease.permits:
        if each == domain:
            is_next = breaker.permit.generation == permit.generation + 1
            return is_next and permit.probe == 0 and breaker.state(now) is State.OPEN
    return False
