"""Amber: when is a route's first choice unwell enough that what stands last should get ready?

Earlier than a failover needs it: a model's file takes a while to load.
"""

from collections.abc import Collection
from typing import Final

from understudy.routing.breaker import State
from understudy.routing.modes import Mode, cell_of
from understudy.routing.snapshot import DomainView, Snapshot
from understudy.routing.topology import Domain, Route, Strategy, Target, Topology

LEAST: Final = 2
"""Failures in a window: one proves nothing."""

SHARE: Final = 0.1
"""Of what was tried in the window."""


def routes_in_need(topology: Topology, snapshot: Snapshot, last: Collection[str]) -> frozenset[str]:
    """Return the targets of `last` that should be ready now: one of their routes is amber."""
    domains = {view.domain: view for view in snapshot.domains}
    needed: set[str] = set()
    for route in topology.routes.values():
        floors = [name for name in route.targets if name in last]
        if floors and _is_amber(route, topology, domains, last):
            needed.update(floors)
    return frozenset(needed)


def _is_amber(
    route: Route,
    topology: Topology,
    domains: dict[Domain, DomainView],
    last: Collection[str],
) -> bool:
    others = [topology.targets[name] for name in route.targets if name not in last]
    first = others if route.strategy is Strategy.WEIGHTED else others[:1]
    return not others or any(is_unwell(target, domains) for target in first)


def is_unwell(target: Target, domains: dict[Domain, DomainView]) -> bool:
    """Return whether a breaker of the target is not closed, rests, or has seen failures enough.

    Those that only calls of one mode have to pass count like the others.
    """
    cells = [cell_of(domain, mode) for domain in target.domains for mode in Mode]
    for domain in (*target.domains, *cells):
        view = domains.get(domain)
        if view is None:
            continue
        tried = view.successes + view.failures
        if (
            view.state is not State.CLOSED
            or view.resting_for > 0
            or view.share < 1.0
            or (view.failures >= LEAST and view.failures >= SHARE * tried)
        ):
            return True
    return False
