"""Troubles: what fails in a random case, alone or a whole failure domain at once."""

import msgspec

from understudy.chat.failure import Scope
from understudy.providers.taxonomy import Taxonomy
from understudy.routing.topology import Domain, Target, Topology
from understudy.sim import faults as fault
from understudy.sim.chance import Stream
from understudy.sim.fault_text import FaultError
from understudy.sim.faults import Effect, Fault, How, Place, RowOf, Terminator, When
from understudy.sim.rows import effect_of

LIES = (fault.Empty, fault.Finish)
"""Effects that leave an answer in good form but not as it should be: no client can tell."""

_SCOPES = (Scope.KEY, Scope.ACCOUNT, Scope.MODEL, Scope.REGION, Scope.HOST, Scope.LAB)


def draw_faults(
    stream: Stream, topology: Topology, taxonomy: Taxonomy, seconds: float
) -> dict[str, tuple[Fault, ...]]:
    """The faults of each provider, by its name."""
    found: dict[str, list[Fault]] = {}
    targets = list(topology.targets.values())
    while stream.happens(0.75) and sum(map(len, found.values())) < 12:
        effect = _effect(stream, taxonomy)
        when = _when(stream, seconds)
        scope = stream.pick(_SCOPES)
        name = stream.pick(_names(targets, scope) or ("",))
        for one in targets:
            if Domain(scope, name) in one.domains:
                _hit(found, one, scope, Fault(effect, when))
    return {name: tuple(items) for name, items in found.items()}


def is_lie(effect: Effect, taxonomy: Taxonomy) -> bool:
    """Whether a well-formed answer is made another one, so that nobody could tell."""
    if isinstance(effect, RowOf):
        effect = effect_of(effect, taxonomy)
    return isinstance(effect, LIES)


def _hit(found: dict[str, list[Fault]], target: Target, scope: Scope, item: Fault) -> None:
    """Put a domain's fault to the provider where it would be seen."""
    when = item.when
    if scope in (Scope.KEY, Scope.ACCOUNT):
        when = msgspec.structs.replace(when, key=target.domains[0].name)
    elif scope in (Scope.MODEL, Scope.LAB):
        when = msgspec.structs.replace(when, model=target.endpoint.model)
    items = found.setdefault(target.origin.host, [])
    if Fault(item.effect, when) not in items:
        items.append(Fault(item.effect, when))


def _names(targets: list[Target], scope: Scope) -> tuple[str, ...]:
    domains = [domain for target in targets for domain in target.domains if domain.kind is scope]
    return tuple(dict.fromkeys(domain.name for domain in domains))


def _when(stream: Stream, seconds: float) -> When:
    begin = stream.between(0.0, seconds * 0.8)
    is_flapping = stream.happens(0.15)
    return When(
        p=1.0 if stream.happens(0.6) else stream.draw(),
        begin=begin,
        until=None if stream.happens(0.2) else begin + stream.exponential(seconds / 3),
        up=stream.between(0.5, 5.0) if is_flapping else 0.0,
        down=stream.between(0.5, 5.0) if is_flapping else 0.0,
    )


def _effect(stream: Stream, taxonomy: Taxonomy) -> Effect:
    if stream.happens(0.35):
        return _row(stream, taxonomy)
    after = stream.pick((0, 1, 2, 5, 20))
    choices: tuple[Effect, ...] = (
        fault.Refuse(),
        fault.Drop(stream.pick(tuple(How))),
        fault.Hang(),
        fault.Silence(stream.pick((0.0, 0.3))),
        fault.Cut(after, stream.pick(tuple(How))),
        fault.Cut(after, How.RST),
        fault.Stall(after, stream.pick((0.0, 0.3))),
        fault.Trickle(0.01, after),
        fault.Slow(stream.pick((0.5, 5.0, 20.0))),
        fault.SlowFirstToken(stream.pick((0.5, 3.0, 30.0)), stream.pick(tuple(Place))),
        fault.InStreamError(after),
        fault.Malformed(after),
        fault.MissingTerminator(stream.pick(tuple(Terminator))),
        fault.MissingTerminator(Terminator.BOTH, after),
        fault.Empty(),
        fault.Finish(stream.pick(("content_filter", "length", "tired")), after),
        fault.WrongModel(),
        fault.NoUsage(),
        fault.Status(stream.pick((400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 529))),
        fault.Status(429, retry_after=stream.pick((0.0, 0.5, 5.0, 600.0))),
        fault.Html200(),
        fault.JsonError200(),
        fault.TruncatedJson(stream.draw()),
        fault.WrongLength(),
        fault.BadChunk(after),
        fault.BadEncoding(),
        fault.Redirect(),
    )
    return stream.pick(choices)


def _row(stream: Stream, taxonomy: Taxonomy) -> Effect:
    """A row of the failure taxonomy that a provider can show."""
    while True:
        row = RowOf(stream.pick(taxonomy.rows).id, after=stream.pick((0, 2, 9)))
        try:
            return effect_of(row, taxonomy)
        except FaultError:
            continue
