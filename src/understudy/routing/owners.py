"""Owners: what lies at one provider can be asked of that provider only, so each has a route.

These routes are in nobody's file, and nobody lists them; the policy and the limits are those of the
route that they are a part of.
"""

from collections.abc import Iterator

import msgspec

from understudy.operations.files import route_of
from understudy.operations.kinds import Operation
from understudy.routing.topology import Route, Strategy, Topology


def all_routes(topology: Topology) -> Iterator[Route]:
    """Yield every route, each of files followed by those to its single owners."""
    for route in topology.routes.values():
        yield route
        if route.operation is Operation.FILES:
            yield from _to_owners(route, topology)


def _to_owners(route: Route, topology: Topology) -> Iterator[Route]:
    targets = {name: topology.targets[name].provider for name in route.targets}
    for owner in dict.fromkeys(targets.values()):
        yield msgspec.structs.replace(
            route,
            name=route_of(route.name, owner),
            targets=tuple(name for name, provider in targets.items() if provider == owner),
            strategy=Strategy.ORDERED,
            weights={},
            standby=0.0,
            parent=route.name,
        )
