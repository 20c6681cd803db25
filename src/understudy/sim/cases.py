"""Cases: whole random situations, each a function of one number.

A case is a topology with its providers, what its clients ask and when, what fails, and what its
owner does meanwhile. `swarm` runs it. Groups of features are switched on and off by chance ("swarm
testing", Groce et al. 2012): what is always mixed hides what happens only alone.
"""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.failure import Scope
from understudy.dialects.base import Dialect
from understudy.providers.classifier import Classifier
from understudy.providers.price import Price
from understudy.providers.taxonomy import Taxonomy
from understudy.routing.topology import (
    Domain,
    OnBreak,
    OnLoss,
    Policy,
    Route,
    Strategy,
    Target,
    Timeouts,
    Topology,
)
from understudy.sim.chance import Chance, Stream
from understudy.sim.faults import Fault
from understudy.sim.listening import Ask
from understudy.sim.network import Network
from understudy.sim.provider import Prefill, Provider
from understudy.sim.traffic import draw_asks
from understudy.sim.troubles import draw_faults
from understudy.sim.world import Setting
from understudy.wire.http import Origin

KINDS = ("a", "b", "c", "d")
ROUTES = ("first", "second")


class Kill(msgspec.Struct, frozen=True):
    provider: str


class Revive(msgspec.Struct, frozen=True):
    provider: str


class CutOff(msgspec.Struct, frozen=True):
    """The network's doing; `flag` None: it works again."""

    providers: tuple[str, ...]
    flag: str | None


class Swap(msgspec.Struct, frozen=True):
    """A reload."""

    topology: Topology


class WallClock(msgspec.Struct, frozen=True):
    jump: float


Happening: TypeAlias = Kill | Revive | CutOff | Swap | WallClock


class Case(msgspec.Struct, frozen=True):
    """`asks` and `happenings` are with their times, in order."""

    seed: int
    setting: Setting
    asks: tuple[tuple[float, Ask], ...]
    faults: dict[str, tuple[Fault, ...]]
    happenings: tuple[tuple[float, Happening], ...]


class Kit(msgspec.Struct, frozen=True):
    """What all cases are made from."""

    dialects: Mapping[str, Dialect]
    taxonomy: Taxonomy
    classifier: Classifier


def draw_case(kit: Kit, seed: int, seconds: float = 40.0) -> Case:
    """The case of that number; its clients ask for `seconds`."""
    chance = Chance(seed)
    places = chance.stream("places")
    count = 2 + places.below(5)
    targets = [_target(kit, places, number) for number in range(count)]
    providers = _providers(chance.stream("providers"), targets)
    topology = Topology({one.name: one for one in targets}, _routes(chance, targets))
    setting = Setting(
        topology=topology,
        providers=providers,
        wiring={one.name: one.origin.host for one in targets},
        dialects=kit.dialects,
        classifier=kit.classifier,
        network=_network(chance.stream("network's nature")),
        held_bytes=30_000 if chance.stream("memory").happens(0.1) else 48 * 1024 * 1024,
    )
    names = tuple(kit.dialects)
    faults = draw_faults(chance.stream("troubles"), topology, kit.taxonomy, seconds)
    return Case(
        seed,
        setting,
        draw_asks(chance.stream("traffic"), names, ROUTES, seconds),
        faults,
        _happenings(chance.stream("happenings"), setting, seconds),
    )


def _target(kit: Kit, stream: Stream, number: int) -> Target:
    """A target somewhere among few hosts, regions, accounts, keys and labs, so that they share."""
    host = stream.pick(KINDS[:3])
    region = f"{host}-{stream.pick(('east', 'west'))}"
    account = f"{host}/{stream.pick(('one', 'two'))}"
    key = f"{account}#{stream.pick(('1', '2'))}"
    lab = stream.pick(KINDS[:2])
    model = f"{lab}-{stream.pick(('large', 'small'))}"
    # Whoever runs a region there speaks one dialect.
    dialect = sorted(kit.dialects)[sum(map(ord, region)) % len(kit.dialects)]
    domains = {
        Scope.KEY: key,
        Scope.ACCOUNT: account,
        Scope.MODEL: f"{region}/{model}",
        Scope.REGION: region,
        Scope.HOST: host,
        Scope.LAB: lab,
        Scope.EDGE: "edge",
    }
    for kind in (Scope.ACCOUNT, Scope.REGION, Scope.LAB, Scope.EDGE):
        if stream.happens(0.3):
            del domains[kind]
    return Target(
        name=f"{region}/{model}#{number}",
        provider=host,
        taxonomy=stream.pick(sorted(kit.taxonomy.providers)),
        origin=Origin("https", region, 443),
        endpoint=_endpoint(stream, kit.dialects[dialect], model, host),
        domains=tuple(Domain(kind, name) for kind, name in domains.items()),
        context_window=stream.pick((None, None, 4_000, 200_000)),
        price=Price(1.0, output=stream.pick((1.0, 10.0))),
        labels={"residency": stream.pick(("eu", "us")), "model": model},
    )


def _endpoint(stream: Stream, dialect: Dialect, model: str, host: str) -> Endpoint:
    lacks = {
        capability
        for capability in (Capability.PREFILL, Capability.TOOLS, Capability.JSON_MODE)
        if stream.happens(0.15)
    }
    return Endpoint(
        dialect=dialect.name,
        model=model,
        path=dialect.chat_paths()[0],
        producer=host,
        max_output_tokens=50_000,
        capabilities=frozenset(Capability) - lacks,
        tool_id_length=9 if stream.happens(0.1) else None,
    )


def _providers(stream: Stream, targets: list[Target]) -> tuple[Provider, ...]:
    """One for every region, as good and as fast as chance has it."""
    found: dict[str, Provider] = {}
    for one in targets:
        name = one.origin.host
        if name in found:
            continue
        found[name] = Provider(
            name,
            one.endpoint.dialect,
            rate=stream.pick((0.0, 30.0, 200.0)),
            delay=stream.pick((0.0, 0.2, 1.0)),
            chunk=1 + stream.below(4),
            prefill=Prefill.REJECT if stream.happens(0.1) else Prefill.CONTINUE,
        )
    return tuple(found.values())


def _routes(chance: Chance, targets: list[Target]) -> dict[str, Route]:
    stream = chance.stream("routes")
    names = [one.name for one in targets]
    return {name: _route(stream, name, names) for name in ROUTES}


def _route(stream: Stream, name: str, targets: list[str]) -> Route:
    chosen = stream.some(targets, 1 + stream.below(len(targets)))
    if stream.happens(0.5):
        chosen.reverse()
    require: dict[str, tuple[str, ...]] = {"residency": ("eu",)} if stream.happens(0.15) else {}
    timeouts = Timeouts(
        connect=stream.pick((0.5, 3.0)),
        first_token=stream.pick((2.0, 10.0)),
        idle=stream.pick((1.0, 5.0)),
        answer=stream.pick((10.0, 60.0)),
        is_adaptive=stream.happens(0.7),
    )
    return Route(
        name=name,
        targets=tuple(chosen),
        strategy=stream.pick(tuple(Strategy)),
        weights={target: float(stream.below(4)) for target in chosen},
        deadline=stream.pick((3.0, 20.0, 120.0)),
        max_attempts=1 + stream.below(6),
        on_break=stream.pick(tuple(OnBreak)),
        on_loss=stream.pick((OnLoss.WARN, OnLoss.WARN, OnLoss.ALLOW, OnLoss.REJECT)),
        timeouts=timeouts,
        policy=Policy(
            require,
            max_price_output=5.0 if stream.happens(0.1) else None,
            refusal_fails_over=stream.happens(0.3),
        ),
        record=stream.happens(0.2),
        hedge=stream.happens(0.4),
    )


def _network(stream: Stream) -> Network:
    return Network(
        connect=stream.pick((0.0, 0.003, 0.1)),
        one_way=stream.pick((0.0, 0.002, 0.15)),
        read_bytes=stream.pick((16 * 1024, 16 * 1024, 700, 40)),
        cuts_small=stream.happens(0.3),
        idle_close=stream.pick((None, 0.5, 5.0)),
    )


def _happenings(
    stream: Stream, setting: Setting, seconds: float
) -> tuple[tuple[float, Happening], ...]:
    """What owners, networks and processes do meanwhile; most of it is undone later."""
    found: list[tuple[float, Happening]] = []
    names = [provider.name for provider in setting.providers]
    while stream.happens(0.5):
        when, length = stream.between(0.0, seconds), stream.exponential(seconds / 4)
        match stream.below(4):
            case 0:
                name = stream.pick(names)
                found += [(when, Kill(name)), (when + length, Revive(name))]
            case 1:
                hit = tuple(stream.some(names, 1 + stream.below(len(names))))
                flag = stream.pick(("", "dns_failure", "tls_failure", "connect_refused"))
                found += [(when, CutOff(hit, flag)), (when + length, CutOff(hit, None))]
            case 2:
                found.append((when, Swap(_changed(stream, setting.topology))))
            case _:
                found.append((when, WallClock(stream.between(-1e6, 1e6))))
    return tuple(sorted(found, key=lambda item: item[0]))


def _changed(stream: Stream, topology: Topology) -> Topology:
    """Another configuration: routes anew, and sometimes a target less."""
    names = list(topology.targets)
    if len(names) > 1 and stream.happens(0.5):
        names.pop(stream.below(len(names)))
    targets = {name: topology.targets[name] for name in names}
    routes = {name: _route(stream, name, names) for name in ROUTES}
    if stream.happens(0.1):
        del routes[ROUTES[1]]
    return Topology(targets, routes)
