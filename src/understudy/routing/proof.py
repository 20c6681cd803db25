"""Proof: do so many failures of so many calls show that a domain fails? Knows numbers only.

Chance alone makes some windows look bad. If calls fail independently with the usual share `p`,
then at least `bad` of `every` fail with a probability of at most

    exp(-every * D),  where  D = q ln(q/p) + (1-q) ln((1-q)/(1-p))  and  q = bad/every > p

(Chernoff's bound, which is also the likelihood ratio of "it fails with share q" to "with share
p"). A window proves something where that is less than the chance that we are ready to be wrong.
So few calls need a large share, and many need no more than the share that matters at all.
"""

import math

from understudy.routing.thresholds import Settings


def is_down(settings: Settings, bad: int, every: int) -> bool:
    """Return whether so much failed that the domain is down."""
    return _has_volume(settings, bad, every) and bad >= settings.hard_share * every


def is_poor(settings: Settings, bad: int, every: int, *, relapse: bool) -> bool:
    """Return whether it fails more than usual. `relapse`: it was down, and is just coming back."""
    if bad < settings.soft_share * every:
        return False
    if relapse:
        is_told = bad >= settings.min_relapses
        return is_told and chance(bad, every, settings.usual_share) <= settings.relapse_chance
    return (
        _has_volume(settings, bad, every)
        and chance(bad, every, settings.usual_share) <= settings.soft_chance
    )


def is_spared(settings: Settings, bad: int, every: int, share: float) -> bool:
    """Return whether so few failed that they do not fail like others, of which `share` did."""
    if every == 0 or bad >= settings.soft_share * every or bad >= share * every:
        return False
    # The same bound, from the other side: as many good ones, if so few were to be good.
    return chance(every - bad, every, 1.0 - share) <= settings.spare_chance


def chance(bad: int, every: int, usual: float) -> float:
    """Return how likely it is, at most, that `bad` or more of `every` fail by chance."""
    share = bad / every
    if share <= usual:
        return 1.0
    distance = share * math.log(share / usual)
    if bad < every:
        distance += (1.0 - share) * math.log((1.0 - share) / (1.0 - usual))
    return math.exp(-every * distance)


def _has_volume(settings: Settings, bad: int, every: int) -> bool:
    return bad >= settings.min_failures and every >= settings.min_volume
