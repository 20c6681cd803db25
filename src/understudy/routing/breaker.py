"""Breaker: may a call pass through one failure domain? Knows counts and time, not who asks.

A breaker is closed (calls pass and are counted), open (none pass until a moment), or half-open
(one probe at a time; enough of them in a row close it). There is no timer: whatever time changes
is worked out from `now` when somebody asks. A permit carries the generation in which it was
given, and its outcome counts in that one only: a breaker that has moved on since learns nothing.

A call is credited once it begins to answer (`succeed`), which is what most of its life is spent
after. If it breaks later, that credit is taken back and a failure counted (`break_off`).

It opens hard after failures in a row, or when most of a window failed: the domain is down. There
are two rows: calls that never began to answer, and answers that broke. The second opens it only
where half of the window failed too; beside many long answers still under way it says little. It
opens softly when a smaller share failed: the domain still answers, but whoever has a choice should
go elsewhere; who has none may still use it (the router decides).

Apart from that a domain can rest: a provider said "not before then". A rest is no fault, moves no
state, and ends by itself without a probe. And its traffic can be turned, step by step (`ramp`).
"""

import enum
from typing import Final

from understudy.routing import proof, ramp
from understudy.routing.permit import NEUTRAL, Permit
from understudy.routing.ramp import Comeback, Turns
from understudy.routing.thresholds import DEFAULTS, Settings
from understudy.routing.window import Window

__all__ = ["DEFAULTS", "NEUTRAL", "Breaker", "Permit", "Settings", "State"]


class State(enum.Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


_NEVER: Final = float("-inf")
_SILENT: Final = "calls in a row never began to answer"
_BROKEN: Final = "answers in a row broke"
_CLOSED: Final = State.CLOSED
"""A look-up in an enum takes as long as a small function; this one is made for every call."""


class Breaker:
    """One failure domain's breaker.

    `is_clear` is the fast answer: closed, not resting and its traffic not turned, as far as anybody
    has asked. When it is false, ask `blocked_for(now)`: time may have cleared it.
    """

    __slots__ = (
        "_breaks",
        "_broke_at",
        "_closed_at",
        "_ejections",
        "_generation",
        "_misses",
        "_open_until",
        "_passes",
        "_probe",
        "_probe_at",
        "_probe_until",
        "_rest_until",
        "_settings",
        "_state",
        "_streak",
        "_was_soft",
        "evidence",
        "is_clear",
        "is_soft",
        "last_success",
        "last_whole",
        "permit",
        "rest_is_known",
        "rest_is_quota",
        "turns",
        "was_working",
        "why",
        "window",
        "words",
    )

    def __init__(self, settings: Settings = DEFAULTS) -> None:
        assert settings.probes_to_close >= 1
        self._settings = settings
        self.window = Window(settings.window, settings.buckets)
        self._state = State.CLOSED
        self._generation = 0
        self.permit = Permit(0)
        self.is_clear = True
        self.is_soft = False
        self.was_working = False
        self._was_soft = False
        self.last_success = _NEVER
        self.last_whole = _NEVER
        self.why = ""
        self.words = ""
        self.evidence: tuple[str, ...] = ()
        self.turns: Turns = ()
        self._open_until = _NEVER
        self._closed_at = _NEVER
        self._rest_until = _NEVER
        self.rest_is_known = False
        self.rest_is_quota = False
        self._streak = 0
        self._breaks = 0
        self._broke_at = _NEVER
        self._ejections = 0
        self._misses = 0
        self._passes = 0
        self._probe = 0
        self._probe_at = _NEVER
        self._probe_until = _NEVER

    # Asking

    def state(self, now: float) -> State:
        """Return the state at `now`; a rest does not show in it."""
        if self._state is State.OPEN and now >= self._open_until:
            return State.HALF_OPEN
        return self._state

    def blocked_for(self, now: float) -> float:
        """Return how many seconds until a call may pass: 0 when one may pass now."""
        if self.is_clear:
            return 0.0
        until = self._rest_until
        if self._state is State.OPEN:
            until = max(until, self._open_until)
        elif self._state is State.HALF_OPEN and self._probe_until > until:
            until = self._probe_until
        if self.turns:
            until = max(until, now + ramp.barred_for(self.turns, now))
        if now < until:
            return until - now
        if self._state is State.CLOSED:
            self._settle(now)
        return 0.0

    def resting_for(self, now: float) -> float:
        """Return how many seconds of a rest are left, 0 without one."""
        return max(0.0, self._rest_until - now)

    def is_barred(self, now: float) -> bool:
        """Return whether its owner lets nothing through."""
        return ramp.barred_for(self.turns, now) > 0.0

    def share(self, now: float) -> float:
        """Return the share of requests that may prefer it (see `ramp`), whatever its state."""
        return ramp.share(self.turns, now)

    def unprobed_for(self, now: float) -> float | None:
        """Return how long a probe has been wanted that nobody made; None while it is closed."""
        if self._state is State.CLOSED:
            return None
        return max(0.0, now - max(self._open_until, self._probe_at))

    def open_for(self, now: float) -> float:
        """Return how many seconds until a probe may pass, rests aside; 0 when it is not open."""
        return max(0.0, self._open_until - now) if self._state is State.OPEN else 0.0

    def counts(self, now: float) -> tuple[int, int]:
        """Return the successes and failures in the window."""
        window = self.window
        if now >= window.end:
            window.roll(now)
        return window.good, window.bad

    def is_trusted(self, now: float) -> bool:
        """Return whether it succeeded lately, so that one bad answer proves little."""
        return now - self.last_success < self._settings.trusted_for

    # One call

    def acquire(self, now: float) -> Permit | None:
        """Return leave to make one call, None when the domain is shut."""
        if self.is_clear:
            return self.permit
        if self.blocked_for(now) > 0.0:
            return None
        if self._state is State.CLOSED:
            return self.permit
        if self._state is State.OPEN:
            self._state = State.HALF_OPEN
            self._passes = 0
            self._next_generation()
        self._probe += 1
        self._probe_at = now
        self._probe_until = now + self._settings.probe_patience
        return Permit(self._generation, self._probe)

    def succeed(self, permit: Permit, now: float) -> None:
        """Report that the call began to answer, or answered."""
        if permit.generation != self._generation:
            return
        self.last_success = now
        if self._state is _CLOSED:
            window = self.window
            if now >= window.end:
                window.roll(now)
            window.good += 1
            window.goods[window.slot] += 1
            self._streak = 0
        elif self._state is State.HALF_OPEN and permit.probe:
            self._free(permit)
            self._passes += 1
            if self._passes >= self._settings.probes_to_close:
                self.turns = (*self.turns, Comeback(now, 1 if self.is_soft else self._ejections))
                self._close(now)

    def fail(
        self, permit: Permit, now: float, *, why: str = "", floor: float = 0.0, trips: bool = False
    ) -> None:
        """Report that the call failed because of this domain, and had not begun to answer.

        `trips`: one such failure is proof enough. `floor`: stay open at least so long.
        """
        if permit.generation != self._generation:
            return
        if self._state is State.CLOSED:
            self.window.fail(now)
            self._streak += 1
            row = "one of this kind is proof enough" if trips else self._row(self._streak, _SILENT)
            self._judge(now, why, floor, row)
        elif self._state is State.HALF_OPEN and permit.probe:
            self._miss(now, why, floor, is_hard=trips)

    def fall_behind(self, permit: Permit, now: float, *, why: str = "") -> None:
        """Report that the call had not begun to answer when a later one elsewhere had.

        That happens to sound domains too, so it counts in the row and not in the share.
        """
        if permit.generation != self._generation:
            return
        if self._state is State.CLOSED:
            self._streak += 1
            if row := self._row(self._streak, _SILENT):
                self._judge(now, why, 0.0, row)
        elif self._state is State.HALF_OPEN and permit.probe:
            self._miss(now, why, 0.0, is_hard=False)

    def break_off(self, permit: Permit, now: float, *, began: float, why: str = "") -> None:
        """Report that the answer broke which began at `began`, and was credited then."""
        if permit.generation != self._generation:
            if self._has_just_closed(permit, now):
                self.words = "the answer broke for which it had closed"
                self.is_soft = self._was_soft
                self._misses += 1
                self._open(now, why, 0.0)
            return
        if self._state is State.CLOSED:
            self.take_back(permit, now, began=began)
            self.window.fail(now)
            self._breaks = self._breaks + 1 if self._broke_at > self.last_whole else 1
            self._broke_at = now
            is_most = self.window.bad >= self.window.good
            self._judge(now, why, 0.0, self._row(self._breaks, _BROKEN) if is_most else "")
        elif self._state is State.HALF_OPEN and permit.probe:
            self._miss(now, why, 0.0, is_hard=False)

    def take_back(self, permit: Permit, now: float, *, began: float) -> None:
        """Take back the credit of a call that began to answer at `began`."""
        if permit.generation == self._generation and self._state is State.CLOSED:
            self.window.take_back(began, now)

    def release(self, permit: Permit) -> None:
        """Report that the call says nothing about this domain; a probe's place is free again."""
        if permit.probe and permit.generation == self._generation:
            self._free(permit)

    # Apart from calls

    def turn(self, turns: Turns, now: float) -> None:
        """Turn its traffic: these are all the turns there are from now on."""
        self.turns = turns
        self.is_clear = False
        self.blocked_for(now)

    def rest(
        self, now: float, seconds: float, *, known: bool, quota: bool = False, why: str = ""
    ) -> None:
        """Let no call pass for `seconds`. `known`: the provider said how long, it is no guess.
        `quota`: until there is more of what is used up.
        """
        if seconds > 0.0 and now + seconds > self._rest_until:
            self._rest_until = now + seconds
            self.rest_is_known, self.rest_is_quota = known, quota
            self.is_clear = False
            if self._state is State.CLOSED:
                self.why = why

    def absolve(self, now: float) -> None:
        """Close at once, and end a guessed rest: it was another domain's fault."""
        if not self.rest_is_known:
            self._rest_until = _NEVER
        if self._state is not State.CLOSED:
            self._ejections = max(0, self._ejections - (not self.is_soft))
            self._close(now)
        elif not self.is_clear:
            self.blocked_for(now)

    def take_over(self, other: "Breaker", now: float) -> None:
        """Open in the place of `other`, which has opened for what concerns this one alone."""
        self.is_soft, self.was_working = other.is_soft, other.was_working
        self.words, self.evidence = other.words, other.evidence
        self.last_success = max(self.last_success, other.last_success)
        self._eject(now)
        self._open(now, other.why, 0.0)
        other.absolve(now)

    # Inside

    def _row(self, failures: int, what: str) -> str:
        return f"{failures} {what}" if failures >= self._settings.consecutive else ""

    def _has_just_closed(self, permit: Permit, now: float) -> bool:
        """Return whether it closed a moment ago on the strength of that permit's probe."""
        is_next = permit.generation == self._generation - 1
        is_recent = now - self._closed_at < self._settings.probe_patience
        return permit.probe > 0 and is_next and is_recent and self._state is State.CLOSED

    def _judge(self, now: float, why: str, floor: float, row: str) -> None:
        """Open it where it failed too often. `row` says why it is down; empty: by share only."""
        settings, window = self._settings, self.window
        every = window.good + window.bad
        is_hard = bool(row) or proof.is_down(settings, window.bad, every)
        step = ramp.step_of(self.turns, now)
        is_poor = proof.is_poor(settings, window.bad, every, relapse=step is not None)
        if not is_hard and not is_poor:
            return
        self.words = row or f"{window.bad} of {every} calls failed in {settings.window:g} s"
        self.evidence = ()
        self.was_working = self.is_trusted(now)
        self.is_soft = not is_hard and (self._was_soft or step is None)
        if not self._ejections or (step != 0 and self.last_success > self._closed_at):
            self._eject(now)  # Else it had not come back yet: no new fall.
        unconfirmed = self.was_working and floor > settings.max_between_probes
        self._open(now, why, 0.0 if unconfirmed else floor)

    def _miss(self, now: float, why: str, floor: float, *, is_hard: bool) -> None:
        """A probe failed."""
        self._misses += 1
        self.is_soft = self.is_soft and not is_hard
        self._open(now, why, floor)

    def _eject(self, now: float) -> None:
        """Count one more hard opening, less those that the time spent closed has forgiven."""
        if self.is_soft:
            return  # What fails a little for hours does so each time that it returns.
        if self._ejections:
            forgiven = int((now - self._closed_at) / self._settings.forgive_after)
            self._ejections = max(0, self._ejections - forgiven)
        self._ejections += 1
        self._misses = 0

    def _open(self, now: float, why: str, floor: float) -> None:
        settings = self._settings
        base = settings.soft_open if self.is_soft else settings.base_open
        grown = base if self.is_soft else min(base * self._ejections, settings.max_open)
        # The exponent is bounded: 2.0 ** 1100 would overflow after a very long outage.
        paced = base * 2.0 ** min(self._misses, 16)
        self._state = State.OPEN
        self.turns = ramp.lasting(self.turns)
        self._open_until = now + max(grown, min(paced, settings.max_between_probes), floor)
        self._probe_until = _NEVER
        self.is_clear = False
        self.why = why
        self._next_generation()

    def _close(self, now: float) -> None:
        self._state = State.CLOSED
        self._closed_at = now
        self._open_until = _NEVER
        self._probe_until = _NEVER
        self._streak = 0
        self._breaks = 0
        self._misses = 0
        self._was_soft, self.is_soft = self.is_soft, False
        if now >= self._rest_until:
            self._settle(now)
        self.window.clear()
        self._next_generation()

    def _settle(self, now: float) -> None:
        """It is closed and does not rest: clear, unless its traffic is turned."""
        self._rest_until = _NEVER
        self.rest_is_known = False
        self.why = ""
        self.turns = ramp.going_on(self.turns, now)
        self.is_clear = not self.turns

    def _next_generation(self) -> None:
        self._generation += 1
        self.permit = Permit(self._generation)

    def _free(self, permit: Permit) -> None:
        if permit.probe == self._probe:
            self._probe_until = _NEVER
