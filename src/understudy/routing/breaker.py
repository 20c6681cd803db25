"""Breaker: may a call pass through one failure domain? Knows counts and time, not who asks.

A breaker is closed (calls pass and are counted), open (none pass until a moment), or half-open
(one probe at a time; enough of them in a row close it). There is no timer: whatever time changes
is worked out from `now` when somebody asks. A permit carries the generation in which it was
given, and its outcome counts in that generation only, so an answer that took a minute cannot
close, or keep open, a breaker that has moved on since.

It opens hard after failures in a row, or when most of a window failed: the domain is down. It
opens softly when a smaller share failed: the domain still answers, but whoever has a choice
should go elsewhere; who has none may still use it (the router decides).

Apart from that a domain can rest: a provider said "not before then". A rest is no fault, moves no
state, and ends by itself without a probe. And its traffic can be turned (see `ramp`): after it
closed, it comes back in steps.
"""

import enum
from typing import Final

import msgspec

from understudy.routing import ramp
from understudy.routing.ramp import Comeback, Turns


class State(enum.Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Permit(msgspec.Struct, frozen=True, gc=False):
    """Leave to make one call. Its outcome counts only in the same generation.

    `probe` is the number of the probe when the call tests a half-open breaker, 0 otherwise.
    """

    generation: int
    probe: int = 0


NEUTRAL: Final = Permit(-1)
"""A permit whose outcome never counts: for the call that goes through although nothing should."""


class Settings(msgspec.Struct, frozen=True):
    """When a breaker opens, and for how long. Times in seconds.

    `consecutive`: failures in a row that open it, at any traffic. `window` and `buckets`: how far
    back shares are counted, and how finely. A window opens it only with `min_volume` outcomes and
    `min_failures` failures in it: hard from the share `hard_share`, softly from `soft_share`
    (4 %: an outage of 5-10 % is seen within a minute at 20 requests a second, 0.5 % never is).
    `base_open`: how long it stays open after a hard opening, `soft_open` after a soft one (what
    still works for most need not be back soon, and would be caught again); times the number of
    openings that are not yet forgiven, at most `max_open`. One opening is forgiven for every
    `forgive_after` spent closed. A failed probe doubles the time instead, at most to
    `max_between_probes`, so that the end of a long outage is noticed within 10 s, a while of
    waiting for a cheap request (`selection.PATIENCE`) included.
    `probes_to_close`: probes in a row that must succeed, more than one because a single lucky
    answer proves little. `probe_patience`: a probe that is still running after that no longer
    keeps the next one waiting. `trusted_for`: a domain that succeeded within that time is not
    put away for long on a single answer's word: the first probe has to confirm it.
    """

    consecutive: int = 5
    window: float = 30.0
    buckets: int = 10
    min_volume: int = 20
    min_failures: int = 5
    hard_share: float = 0.5
    soft_share: float = 0.04
    base_open: float = 5.0
    soft_open: float = 15.0
    max_open: float = 300.0
    forgive_after: float = 60.0
    max_between_probes: float = 7.0
    probes_to_close: int = 2
    probe_patience: float = 10.0
    trusted_for: float = 600.0


DEFAULTS: Final = Settings()
_NEVER: Final = float("-inf")
_CLOSED: Final = State.CLOSED
"""A look-up in an enum takes as long as a small function; this one is made for every call."""


class Breaker:
    """One failure domain's breaker.

    `is_clear` is the fast answer: closed, not resting and its traffic not turned, as far as anybody
    has asked. When it is false, ask `blocked_for(now)`: time may have cleared it.
    """

    __slots__ = (
        "_bad",
        "_bucket_bad",
        "_bucket_end",
        "_bucket_good",
        "_closed_at",
        "_ejections",
        "_generation",
        "_good",
        "_misses",
        "_open_until",
        "_passes",
        "_probe",
        "_probe_at",
        "_probe_until",
        "_rest_until",
        "_settings",
        "_slot",
        "_state",
        "_streak",
        "_width",
        "is_clear",
        "is_soft",
        "last_success",
        "permit",
        "rest_is_known",
        "turns",
        "was_working",
        "why",
    )

    def __init__(self, settings: Settings = DEFAULTS) -> None:
        assert settings.buckets >= 1
        assert settings.probes_to_close >= 1
        self._settings = settings
        self._width = settings.window / settings.buckets
        self._state = State.CLOSED
        self._generation = 0
        self.permit = Permit(0)
        self.is_clear = True
        self.is_soft = False
        self.was_working = False
        self.last_success = _NEVER
        self.why = ""
        self.turns: Turns = ()
        self._open_until = _NEVER
        self._closed_at = _NEVER
        self._rest_until = _NEVER
        self.rest_is_known = False
        self._streak = 0
        self._ejections = 0
        self._misses = 0
        self._passes = 0
        self._probe = 0
        self._probe_at = _NEVER
        self._probe_until = _NEVER
        self._clear_window()

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
        if now >= self._bucket_end:
            self._roll(now)
        return self._good, self._bad

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
        """Report that the call succeeded."""
        if permit.generation != self._generation:
            return
        self.last_success = now
        if self._state is _CLOSED:
            if now >= self._bucket_end:
                self._roll(now)
            self._good += 1
            self._bucket_good[self._slot] += 1
            self._streak = 0
        elif self._state is State.HALF_OPEN and permit.probe:
            self._free(permit)
            self._passes += 1
            if self._passes >= self._settings.probes_to_close:
                self.turns = (*self.turns, Comeback(now, self._ejections))
                self._close(now)

    def fail(
        self, permit: Permit, now: float, *, why: str = "", floor: float = 0.0, trips: bool = False
    ) -> None:
        """Report that the call failed because of this domain.

        `trips`: one such failure is proof enough. `floor`: stay open at least so long.
        """
        if permit.generation != self._generation:
            return
        if self._state is State.CLOSED:
            self._count_failure(now)
            is_hard = trips or self._is_down()
            if is_hard or self._is_poor():
                self.was_working = self.is_trusted(now)
                self.is_soft = not is_hard
                self._eject(now)
                unconfirmed = self.was_working and floor > self._settings.max_between_probes
                self._open(now, why, 0.0 if unconfirmed else floor)
        elif self._state is State.HALF_OPEN and permit.probe:
            self._misses += 1
            self.is_soft = self.is_soft and not trips
            self._open(now, why, floor)

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

    def rest(self, now: float, seconds: float, *, known: bool, why: str = "") -> None:
        """Let no call pass for `seconds`. `known`: the provider said how long, it is no guess."""
        if seconds > 0.0 and now + seconds > self._rest_until:
            self._rest_until = now + seconds
            self.rest_is_known = known
            self.is_clear = False
            if self._state is State.CLOSED:
                self.why = why

    def absolve(self, now: float) -> None:
        """Close at once, and end a guessed rest: it was another domain's fault."""
        if not self.rest_is_known:
            self._rest_until = _NEVER
        if self._state is not State.CLOSED:
            self._ejections = max(0, self._ejections - 1)
            self._close(now)
        elif not self.is_clear:
            self.blocked_for(now)

    # Inside

    def _is_down(self) -> bool:
        settings = self._settings
        if self._streak >= settings.consecutive:
            return True
        return self._has_volume() and self._bad >= settings.hard_share * (self._good + self._bad)

    def _is_poor(self) -> bool:
        share = self._settings.soft_share
        return self._has_volume() and self._bad >= share * (self._good + self._bad)

    def _has_volume(self) -> bool:
        settings = self._settings
        return self._bad >= settings.min_failures and self._good + self._bad >= settings.min_volume

    def _count_failure(self, now: float) -> None:
        if now >= self._bucket_end:
            self._roll(now)
        self._bad += 1
        self._bucket_bad[self._slot] += 1
        self._streak += 1

    def _eject(self, now: float) -> None:
        """Count one more opening, less those that the time spent closed has forgiven."""
        if self._ejections:
            forgiven = int((now - self._closed_at) / self._settings.forgive_after)
            self._ejections = max(0, self._ejections - forgiven)
        self._ejections += 1
        self._misses = 0

    def _open(self, now: float, why: str, floor: float) -> None:
        settings = self._settings
        base = settings.soft_open if self.is_soft else settings.base_open
        grown = min(base * self._ejections, settings.max_open)
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
        self._misses = 0
        self.is_soft = False
        if now >= self._rest_until:
            self._settle(now)
        self._clear_window()
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

    def _clear_window(self) -> None:
        self._good = 0
        self._bad = 0
        self._slot = 0
        self._bucket_good = [0] * self._settings.buckets
        self._bucket_bad = [0] * self._settings.buckets
        self._bucket_end = _NEVER

    def _roll(self, now: float) -> None:
        """Move to the bucket of `now`; what falls out of the window no longer counts."""
        buckets = self._settings.buckets
        steps = buckets
        if self._bucket_end != _NEVER:
            steps = min(buckets, 1 + int((now - self._bucket_end) / self._width))
        for _ in range(steps):
            self._slot = (self._slot + 1) % buckets
            self._good -= self._bucket_good[self._slot]
            self._bad -= self._bucket_bad[self._slot]
            self._bucket_good[self._slot] = 0
            self._bucket_bad[self._slot] = 0
        # Buckets lie on a fixed grid, so that the same outcomes always fall into the same ones.
        self._bucket_end = (now // self._width + 1.0) * self._width
