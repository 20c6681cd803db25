"""Verdict: who is charged for a failure, and why. A value; `correlation` makes it."""

import math

import msgspec

from understudy.chat.failure import Scope
from understudy.routing.topology import Domain


class Verdict(msgspec.Struct, frozen=True):
    """Who is charged, by which rule, and in words why. `rule` is empty where the row decided.

    `is_wave`: several answers agree, so this one opens the breaker. `absolved` are domains that
    were charged before for what is now another's fault; `also` are domains to open along with it.
    `among` are those whose failures, or successes, made the difference. `at_most`: seconds beyond
    which the row's cooldown is not believed.
    """

    charge: Scope
    rule: str = ""
    words: str = ""
    is_wave: bool = False
    absolved: tuple[Domain, ...] = ()
    also: tuple[Domain, ...] = ()
    among: tuple[Domain, ...] = ()
    at_most: float = math.inf
