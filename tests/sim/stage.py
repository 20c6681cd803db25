"""Small simulated worlds: providers a, b, c behind one route `r`, each in domains of its own."""

from typing import Any

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.failure import Scope
from understudy.dialects.catalog import DIALECTS
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy
from understudy.routing.topology import Domain, Route, Target, Topology
from understudy.sim.fault_text import parse_faults
from understudy.sim.listening import Ask, Heard
from understudy.sim.network import Network
from understudy.sim.provider import Provider
from understudy.sim.world import Setting, World
from understudy.wire.http import Origin

OPENAI, ANTHROPIC, *_ = DIALECTS
CLASSIFIER = Classifier(load_taxonomy().rows)


def target(name: str, dialect: str = OPENAI) -> Target:
    kinds = (Scope.KEY, Scope.ACCOUNT, Scope.MODEL, Scope.HOST)
    return Target(
        name=name,
        provider=name,
        taxonomy="*",
        origin=Origin("http", f"{name}.test", 80),
        endpoint=Endpoint(dialect, "m", DIALECTS[dialect].chat_paths()[0], name, 100_000),
        domains=tuple(Domain(kind, name) for kind in kinds),
    )


def setting(
    *names: str,
    dialects: dict[str, str] | None = None,
    network: Network | None = None,
    provider: dict[str, Any] | None = None,
    **route: Any,
) -> Setting:
    """Targets of these names, a provider behind each; `route` are the route's fields."""
    spoken = dialects or {}
    targets = {name: target(name, spoken.get(name, OPENAI)) for name in names}
    return Setting(
        topology=Topology(targets, {"r": Route("r", names, **route)}),
        providers=tuple(
            Provider(name, spoken.get(name, OPENAI), **(provider or {})) for name in names
        ),
        wiring={name: name for name in names},
        dialects=DIALECTS,
        classifier=CLASSIFIER,
        network=network or Network(),
    )


def world(*names: str, seed: int = 1, **how: Any) -> World:
    return World(setting(*names, **how), seed)


def arm(made: World, provider: str, faults: str) -> None:
    made.arm(provider, parse_faults(faults))


def asked(made: World, **fields: Any) -> Heard:
    """Ask, let time pass until the answer is there, and return it."""
    found: list[Heard] = []
    made.ask(msgspec.structs.replace(Ask("r", OPENAI), **fields), found.append)
    made.finish()
    (heard,) = found
    return heard


def outcomes(made: World) -> list[str]:
    """How the attempts of the last request ended."""
    return [attempt.outcome.rpartition(".")[2] for attempt in made.entries[-1].attempts]
