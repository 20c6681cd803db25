"""Stage: a scenario's providers and routes as a simulated world's setting."""

from collections.abc import Mapping
from typing import Final

from understudy.chat.endpoint import Endpoint
from understudy.chat.failure import Scope
from understudy.dialects.base import Dialect
from understudy.drills.scenario import Provider, Route, Scenario, places
from understudy.drills.selector import Place
from understudy.providers.classifier import Classifier
from understudy.providers.price import Price
from understudy.routing import topology
from understudy.routing.topology import Domain, Target, Topology
from understudy.sim import provider as sim
from understudy.sim.world import Setting
from understudy.wire.http import Origin

_OUTPUT_TOKENS: Final = 4096


def setting(scenario: Scenario, dialects: Mapping[str, Dialect], classifier: Classifier) -> Setting:
    """Build what a `World` is made of."""
    known = places(scenario)
    makers = {provider.name: provider for provider in scenario.providers}
    targets = {p.target: _target(p, makers[p.provider], dialects) for p in known}
    return Setting(
        topology=Topology(targets, {route.name: _route(route, known) for route in scenario.routes}),
        providers=tuple(simulated(provider) for provider in scenario.providers),
        wiring={place.target: place.provider for place in known},
        dialects=dialects,
        classifier=classifier,
        keys={place.target: place.key for place in known},
    )


def simulated(provider: Provider, port: int = 0) -> sim.Provider:
    """The simulated provider behind a scenario's."""
    return sim.Provider(
        provider.name,
        provider.dialect,
        port=port,
        models=provider.models,
        rate=provider.rate,
        delay=provider.delay,
        prefill=provider.prefill,
    )


def members(route: Route, known: tuple[Place, ...]) -> tuple[str, ...]:
    """The targets of a route: every key of `provider/model`, one of `provider/model#n`."""
    found: list[str] = []
    for name in route.targets:
        whole, _, number = name.partition("#")
        provider, _, model = whole.partition("/")
        key = f"{provider}#{number}" if number else None
        found += [
            place.target
            for place in known
            if (place.provider, place.model) == (provider, model) and key in (None, place.key)
        ]
    return tuple(dict.fromkeys(found))


def _target(place: Place, provider: Provider, dialects: Mapping[str, Dialect]) -> Target:
    return Target(
        name=place.target,
        provider=provider.name,
        taxonomy=provider.taxonomy,
        origin=Origin("https", f"{provider.name}.test", 443),
        endpoint=Endpoint(
            dialect=provider.dialect,
            model=place.model,
            path=dialects[provider.dialect].chat_paths()[0],
            producer=place.host,
            max_output_tokens=_OUTPUT_TOKENS,
        ),
        domains=_domains(place, provider),
        price=Price(provider.price / 5, None, None, provider.price),
        growth=None if provider.ramp is None else provider.ramp.growth,
        labels={
            "model": place.model,
            "lab": place.lab,
            "host": place.host,
            "region": place.region,
            **provider.labels,
        },
    )


def _domains(place: Place, provider: Provider) -> tuple[Domain, ...]:
    """As configuration names them (`config.targets`)."""
    inside = (place.host, place.region) if place.region else (place.host,)
    domains = [
        Domain(Scope.MODEL, "/".join((*inside, place.model))),
        Domain(Scope.HOST, place.host),
        Domain(Scope.ACCOUNT, place.account),
        Domain(Scope.KEY, place.key),
    ]
    if place.region:
        domains.append(Domain(Scope.REGION, f"{place.host}/{place.region}"))
    domains.append(Domain(Scope.LAB, place.lab))
    if provider.edge:
        domains.append(Domain(Scope.EDGE, provider.edge))
    return tuple(domains)


def _route(route: Route, known: tuple[Place, ...]) -> topology.Route:
    return topology.Route(
        name=route.name,
        targets=members(route, known),
        deadline=route.deadline,
        on_break=route.on_break,
        hedge=route.hedge,
        policy=topology.Policy(require=dict(route.require)),
    )
