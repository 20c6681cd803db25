"""Which routes a gateway without a file has: one for each model there is, and `default`.

A route begins with the model that was asked for, then has the same model wherever else it is
served, then a comparable one of another lab from each provider: one that can do the same, and
costs most nearly as much. A model of this machine stays on this machine: nobody who asks for it
expects the text to leave. All in the order of the providers, so the same keys make the same routes.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from understudy.chat.endpoint import Capability
from understudy.config.schema_route import RouteTable, WeightedTarget
from understudy.providers.facts import ModelFacts, ProviderKind

DEFAULT: Final = "default"

DEAREST_DEFAULT: Final = 15.0
"""Dollars for a million tokens written, beyond which no model is chosen for `default` unasked."""


class Offer(msgspec.Struct, frozen=True):
    """One model at one provider, under all the names that it goes by there."""

    kind: ProviderKind
    facts: ModelFacts
    aliases: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        return f"{self.kind.name}/{self.facts.id}"


Found = tuple[Offer, ...]
"""What one provider offers, its newest models first."""


def plan(found: Sequence[Found]) -> dict[str, RouteTable]:
    """Return the routes over what all providers offer."""
    routes = {DEFAULT: _route(flagship(offers) for offers in found if offers)}
    for offers in found:
        for offer in offers:
            route = _route(_line(offer, found))
            for name in (offer.facts.id, *offer.aliases):
                routes.setdefault(name, route)
    for offers in found:
        for offer in offers:
            routes.setdefault(offer.facts.model, routes[offer.facts.id])
    return routes


def flagship(offers: Found) -> Offer:
    """Return the newest model that calls tools and is not dear; without such, the newest."""
    for offer in offers:
        price = offer.facts.price.output
        is_cheap = price is not None and price <= DEAREST_DEFAULT
        if is_cheap and Capability.TOOLS in offer.facts.capabilities:
            return offer
    return offers[0]


def comparable(wanted: Offer, offers: Iterable[Offer]) -> Offer | None:
    """Return the nearest offer of another lab: first in what it can do, then in price."""
    others = [o for o in offers if o.facts.lab is None or o.facts.lab != wanted.facts.lab]
    return min(others, key=lambda offer: _distance(wanted, offer), default=None)


def _line(wanted: Offer, found: Sequence[Found]) -> Iterator[Offer]:
    """Return who answers for a model, in order; the same offer may come twice."""
    yield wanted
    is_local = wanted.kind.is_local
    for offers in found:
        for offer in offers:
            is_allowed = offer.kind.is_local or not is_local
            if offer.facts.model == wanted.facts.model and is_allowed:
                yield offer
    if is_local:
        return
    for offers in found:
        nearest = comparable(wanted, offers)
        if nearest is not None:
            yield nearest


def _distance(wanted: Offer, offer: Offer) -> tuple[int, float]:
    missing = len(wanted.facts.capabilities - offer.facts.capabilities)
    ours, theirs = wanted.facts.price.output, offer.facts.price.output
    if not ours or not theirs:
        return missing, math.inf
    return missing, abs(math.log(theirs / ours))


def _route(offers: Iterable[Offer]) -> RouteTable:
    names = dict.fromkeys(offer.target for offer in offers)
    return RouteTable(targets=[WeightedTarget(name) for name in names])
