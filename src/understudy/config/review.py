"""What may hurt although it is allowed.

Routes whose targets all fail together. Looks at domains only.
"""

from collections.abc import Iterator

from understudy.chat.failure import Scope
from understudy.routing.topology import Domain, Route, Topology

_TELLING = (Scope.LAB, Scope.HOST, Scope.REGION, Scope.ACCOUNT, Scope.KEY)
"""The kinds of domain worth naming, the widest first.

A model's failure shows in these or in no other.
"""


def shared_domains(route: Route, topology: Topology) -> tuple[Domain, ...]:
    """Return the domains in which every target of the route stands.

    When one fails, so does the route.
    """
    found: set[Domain] | None = None
    for name in route.targets:
        domains = set(topology.targets[name].domains)
        found = domains if found is None else found & domains
    return tuple(sorted(found or (), key=lambda domain: (_rank(domain.kind), domain.name)))


def no_plan_b(route: Route, topology: Topology) -> str | None:
    """Say why nobody could take over from the route's targets; None when somebody could."""
    models = {name.partition("#")[0] for name in route.targets}
    if len(models) == 1:
        keys = len(route.targets)
        more = f", with {keys} keys" if keys > 1 else ""
        return f"its only target is {next(iter(models))}{more}"
    shared = [d for d in shared_domains(route, topology) if d.kind in _TELLING]
    if not shared:
        return None
    names = ", ".join(str(domain) for domain in shared)
    return f"all {len(route.targets)} targets stand in {names}"


def same_edge(route: Route, topology: Topology) -> str | None:
    """Say which network edge is in front of all targets; None when there is no such."""
    shared = [d.name for d in shared_domains(route, topology) if d.kind is Scope.EDGE]
    if not shared or len(route.targets) < 2:
        return None
    return f"all {len(route.targets)} targets are behind {shared[0]}: without it nobody answers"


def review(topology: Topology) -> Iterator[str]:
    """Warn of every route with no plan B, or with one that fails along with the rest."""
    for name, route in topology.routes.items():
        reason = no_plan_b(route, topology)
        if reason is not None:
            yield f"route {name} has no plan B: {reason}"
        elif (edge := same_edge(route, topology)) is not None:
            yield f"route {name}: {edge}"


def _rank(kind: Scope) -> int:
    return _TELLING.index(kind) if kind in _TELLING else len(_TELLING)
