"""Thresholds: when a breaker opens, and for how long. Numbers only."""

from typing import Final

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """When a breaker opens, and for how long. Times in seconds.

    `consecutive`: failures in a row that open it, at any traffic. `window` and `buckets`: how far
    back shares are counted, and how finely. A window opens it only with `min_volume` outcomes and
    `min_failures` failures in it: hard from the share `hard_share`, softly from `soft_share`
    (4 %: an outage of 5-10 % is seen within a minute at 20 requests a second) where a domain that
    fails as usual, `usual_share` of its calls, would show the like with a probability of at most
    `soft_chance` (see `proof`). One that is just coming back has failed before, so there
    `min_relapses` failures are enough, and `relapse_chance`, to shut it as it was
    shut before; in the first step of its return that is no new fall.
    `spare_chance`: calls of another mode work where those that fail would show the like with a
    probability of at most that (see `modes`).
    `base_open`: how long it stays open after a hard opening, `soft_open` after a soft one (what
    still works for most need not be back soon, and would be caught again). A hard one is so times
    the number of those not yet forgiven, at most `max_open`. One opening is forgiven for every
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
    usual_share: float = 0.005
    soft_chance: float = 1e-6
    relapse_chance: float = 0.05
    min_relapses: int = 2
    spare_chance: float = 0.05
    base_open: float = 5.0
    soft_open: float = 15.0
    max_open: float = 300.0
    forgive_after: float = 60.0
    max_between_probes: float = 7.0
    probes_to_close: int = 2
    probe_patience: float = 10.0
    trusted_for: float = 600.0


DEFAULTS: Final = Settings()
