"""Measure: a figure beside its bound, and what all measures look at."""

from collections.abc import Sequence

import msgspec

from understudy.drills.evidence import Evidence, Request
from understudy.drills.scenario import Scenario, places
from understudy.drills.selector import Selector, fits

MINUTE = 60.0


class Measure(msgspec.Struct, frozen=True):
    """Whether the bound holds, and both in words."""

    ok: bool
    measured: str
    bound: str
    value: float | None = None


class Case:
    """A scenario and the evidence of its run."""

    def __init__(self, scenario: Scenario, evidence: Evidence) -> None:
        self.scenario = scenario
        self.evidence = evidence
        self.places = {place.target: place for place in places(scenario)}

    def targets(self, where: Selector) -> frozenset[str]:
        """The names of the targets that a selector means."""
        return frozenset(name for name, place in self.places.items() if where.matches(place))

    def requests(
        self,
        begin: float | None,
        end: float | None,
        *,
        route: str = "*",
        stream: bool | None = None,
        dense: bool = False,
    ) -> list[Request]:
        """The requests of these minutes that were no mistakes; `dense`: at the full rate only.

        Who counts shares wants those: what a breaker sees in a thin stretch is another thing.
        """
        return [
            request
            for request in self.evidence.between(seconds(begin), seconds(end))
            if not request.mistaken
            and (route == "*" or fits(route, request.route))
            and (stream is None or request.stream is stream)
            and (not dense or self.evidence.is_dense(request.at))
        ]


def seconds(minutes: float | None) -> float | None:
    """Minutes as seconds, None as it is."""
    return None if minutes is None else minutes * MINUTE


def at_most(value: float, bound: float, word: str) -> Measure:
    """A figure that must not be above the bound."""
    return Measure(value <= bound, word, f"<= {number(bound)}", value)


def at_least(value: float, bound: float, word: str) -> Measure:
    """A figure that must not be below the bound."""
    return Measure(value >= bound, word, f">= {number(bound)}", value)


def nothing(what: str, bound: str) -> Measure:
    """There was nothing to measure, which is not a success."""
    return Measure(ok=False, measured=f"nothing to measure: {what}", bound=bound)


def number(value: float) -> str:
    """A figure without needless digits."""
    return f"{value:.6g}"


def percent(part: int, whole: int) -> str:
    """A share in words that can be counted again."""
    share = 100.0 * part / whole if whole else 0.0
    return f"{share:.4g} % ({part} of {whole})"


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
