"""What may hurt although it is allowed.

Routes whose targets all fail together. Looks at domains only.
"""

from collections.abc import Iterator

from understudy.chat.endpoint import Capability
from understudy.chat.failure import Scope
from understudy.routing.policy import denial
from understudy.routing.topology import Domain, OnBreak, Route, Topology

_TELLING = (Scope.LAB, Scope.HOST, Scope.REGION, Scope.ACCOUNT, Scope.KEY)
"""The kinds of domain worth naming, the widest first.

A model's failure shows in these or in no other.
"""


def shared_domains(route: Route, topology: Topology) -> tuple[Domain, ...]:
    """Return the domains in which every target of the route stands.

    When one fails, so does the route.
    """
    found: set[Domain] | None = None
    for name in allowed(route, topology):
        domains = set(topology.targets[name].domains)
        found = domains if found is None else found & domains
    return tuple(sorted(found or (), key=lambda domain: (_rank(domain.kind), domain.name)))


def allowed(route: Route, topology: Topology) -> list[str]:
    """Return the targets that the route's policy allows: only those can ever take over."""
    targets = topology.targets
    return [name for name in route.targets if denial(route.policy, targets[name]) is None]


def no_plan_b(route: Route, topology: Topology) -> str | None:
    """Say why nobody could take over from the route's targets; None when somebody could."""
    names = allowed(route, topology)
    models = dict.fromkeys(name.partition("#")[0] for name in names)
    if len(models) == 1:
        keys = len(names)
        more = f", with {keys} keys" if keys > 1 else ""
        return f"its only target is {next(iter(models))}{more}"
    shared = [d for d in shared_domains(route, topology) if d.kind in _TELLING]
    if not shared:
        return None
    domains = ", ".join(str(domain) for domain in shared)
    return f"all {len(names)} targets stand in {domains}"


def same_edge(route: Route, topology: Topology) -> str | None:
    """Say which network edge is in front of all targets; None when there is no such."""
    shared = [d.name for d in shared_domains(route, topology) if d.kind is Scope.EDGE]
    count = len(allowed(route, topology))
    if not shared or count < 2:
        return None
    return f"all {count} targets are behind {shared[0]}: without it nobody answers"


def review(topology: Topology) -> Iterator[str]:
    """Warn of every route with no plan B, or with one that fails along with the rest."""
    for name, route in topology.routes.items():
        reason = no_plan_b(route, topology)
        if reason is not None:
            yield f"route {name} has no plan B: {reason}"
        elif (edge := same_edge(route, topology)) is not None:
            yield f"route {name}: {edge}"
        if route.on_break is OnBreak.RESUME and not _can_resume(route, topology):
            yield f"route {name}: on_break is resume, but no target of it can take a prefill"
        if (late := _too_late(route, topology)) is not None:
            yield f"route {name}: {late}"


def _can_resume(route: Route, topology: Topology) -> bool:
    """Return whether any target could go on with an answer that another one began."""
    targets = (topology.targets[name] for name in allowed(route, topology))
    return any(Capability.PREFILL in target.capabilities for target in targets)


def _too_late(route: Route, topology: Topology) -> str | None:
    """Say which limit lets one silent target use up the deadline; None when none does."""
    limits = (("first_token", route.timeouts.first_token), ("answer", route.timeouts.answer))
    late = [f"timeouts.{name} ({limit:g} s)" for name, limit in limits if limit >= route.deadline]
    if not late or len(allowed(route, topology)) < 2:
        return None
    verb = "are" if len(late) > 1 else "is"
    return (
        f"{' and '.join(late)} {verb} not below the deadline ({route.deadline:g} s): "
        "when a target is silent so long, no other is asked"
    )


def _rank(kind: Scope) -> int:
    return _TELLING.index(kind) if kind in _TELLING else len(_TELLING)
