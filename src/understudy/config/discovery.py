"""A gateway without a file: providers whose keys are in the environment, servers on this machine.

Which routes follow is `planning`'s business.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from msgspec.structs import replace

from understudy.config.clouds import Way, ways_in
from understudy.config.document import Document
from understudy.config.errors import Problem, join_names
from understudy.config.load import build, with_listen
from understudy.config.planning import Found, Offer, plan
from understudy.config.probe import Models, probe_models
from understudy.config.review import no_plan_b
from understudy.config.schema import FileTable, ProviderTable, ServerTable
from understudy.config.schema_route import RouteTable, WeightedTarget
from understudy.config.settings import Settings
from understudy.config.sources import Surroundings
from understudy.config.values import Address, BaseUrl, SecretSource
from understudy.providers.catalogue import Catalogue, load_catalogue
from understudy.providers.facts import ProviderKind

ELSEWHERE = 8081
"""The port to listen on where a model server of this machine holds the usual one."""


class _Local(msgspec.Struct, frozen=True):
    kind: ProviderKind
    url: BaseUrl
    models: Models


def from_environment(
    environment: Mapping[str, str],
    probe: Callable[[str], Models | None] = probe_models,
    *,
    catalogue: Catalogue | None = None,
    listen: str | None = None,
    today: str = "",
) -> Settings:
    """Make settings of what is there. `probe` asks an address of this machine for its models.

    Raises: ConfigError when nothing is there.
    """
    known = catalogue or load_catalogue()
    document = Document("", "environment")
    hosted = _with_keys(known, environment)
    clouds, missing = ways_in(known, environment)
    local = _on_this_machine(known, probe)
    providers = {
        **{kind.name: ProviderTable(key=SecretSource("env", name)) for kind, name in hosted},
        **{way.kind.name: way.table for way in clouds},
        **{each.kind.name: ProviderTable(base_url=each.url) for each in local},
    }
    if not providers:
        raise document.error([_nothing(known, missing)])
    found = [_offers(known, kind, today) for kind, _ in sorted(hosted, key=_own_models_first)]
    found += [_offers_of(known, way, today) for way in clouds]
    found += [tuple(Offer(e.kind, known.model(e.kind, m)) for m in e.models) for e in local]
    server = ServerTable()
    if any(each.url.origin.port == server.listen.port for each in local):
        server = replace(server, listen=Address(server.listen.host, ELSEWHERE))
    if listen is not None:
        server = with_listen(server, listen, document.file)
    others = _besides_chat(known, (kind for kind, _ in hosted), today)
    routes = {**others, **plan(found)}
    tables = FileTable(server=server, providers=providers, routes=routes)
    settings = build(tables, document, Surroundings(environment, Path(), today), known)
    return replace(
        settings,
        warnings=_warnings(settings, known, frozenset(providers)),
        notes=(
            *_notes(hosted, local),
            *(way.note for way in clouds),
            *missing,
            *_unusable(known, environment),
        ),
    )


def _with_keys(known: Catalogue, environment: Mapping[str, str]) -> list[tuple[ProviderKind, str]]:
    """Return the kinds that a key in the environment opens, each with the variable's name."""
    return [
        (kind, name)
        for kind in known.kinds
        if kind.base_url is not None and kind.retired is None
        if (name := _first_set(kind, environment)) is not None
    ]


def _first_set(kind: ProviderKind, environment: Mapping[str, str]) -> str | None:
    return next((name for name in kind.key_env if environment.get(name, "").strip()), None)


def _on_this_machine(known: Catalogue, probe: Callable[[str], Models | None]) -> list[_Local]:
    """Ask all usual addresses of model servers at once."""
    places = [(kind, BaseUrl.parse(url)) for kind in known.kinds for url in kind.probes]
    places = [(kind, url) for kind, url in places if url.is_loopback]
    if not places:
        return []
    with ThreadPoolExecutor(len(places)) as pool:
        answers = list(pool.map(probe, [url.text for _, url in places]))
    found: dict[str, _Local] = {}
    for (kind, url), models in zip(places, answers, strict=True):
        if models:
            found.setdefault(kind.name, _Local(kind, url, models))
    return list(found.values())


def _offers(known: Catalogue, kind: ProviderKind, today: str) -> Found:
    """Return the kind's models that are not retired, as the catalogue lists them."""
    return tuple(
        Offer(kind, known.model(kind, listing.id), listing.aliases)
        for listing in kind.models
        if listing.operation is None and (listing.retires is None or listing.retires > today)
    )


def _besides_chat(
    known: Catalogue, kinds: Iterable[ProviderKind], today: str
) -> dict[str, RouteTable]:
    """Return a route for every model that does something else than chat, wherever it is served."""
    targets: dict[str, list[WeightedTarget]] = {}
    for kind in kinds:
        for listing in kind.models:
            if listing.operation is None or (listing.retires or "9") <= today:
                continue
            name = known.model(kind, listing.id).model
            targets.setdefault(name, []).append(WeightedTarget(f"{kind.name}/{listing.id}"))
    return {name: RouteTable(targets=each) for name, each in targets.items()}


def _offers_of(known: Catalogue, way: Way, today: str) -> Found:
    """Return what a cloud offers: the models that were named, else those that are listed."""
    if not way.models:
        return _offers(known, way.kind, today)
    return tuple(Offer(way.kind, known.model(way.kind, name)) for name in way.models)


def _own_models_first(hosted: tuple[ProviderKind, str]) -> bool:
    """The labs' own APIs come before hosts of many labs; otherwise the catalogue's order holds."""
    return hosted[0].lab is None


def _notes(hosted: Sequence[tuple[ProviderKind, str]], local: Sequence[_Local]) -> tuple[str, ...]:
    return (
        *(f"{kind.title}: key in {name}" for kind, name in hosted),
        *(f"{e.kind.title} at {e.url.text}: {join_names(e.models, limit=5)}" for e in local),
    )


def _unusable(known: Catalogue, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Say which keys open nothing any more."""
    return tuple(
        f"{name} is of no use: {kind.title} was shut down on {kind.retired}"
        for kind in known.kinds
        if kind.retired is not None and (name := _first_set(kind, environment)) is not None
    )


def _warnings(settings: Settings, known: Catalogue, names: frozenset[str]) -> tuple[str, ...]:
    """Say which routes have no plan B; all at once, for there may be a hundred."""
    topology = settings.topology
    alone = [name for name, route in topology.routes.items() if no_plan_b(route, topology)]
    if not alone:
        return ()
    if len(alone) < len(topology.routes):
        return (
            f"no plan B for {len(alone)} of {len(topology.routes)} models: {join_names(alone)}",
        )
    others = [kind for kind in known.kinds if kind.key_env and kind.name not in names]
    variables = join_names((k.key_env[0] for k in others if k.base_url and not k.retired), limit=4)
    return (f"no plan B: {join_names(names)} is all there is; a second key helps ({variables})",)


def _nothing(known: Catalogue, missing: Sequence[str]) -> Problem:
    variables = join_names(
        (k.key_env[0] for k in known.kinds if k.key_env and k.base_url and not k.retired), limit=20
    )
    places = ", ".join(url for kind in known.kinds for url in kind.probes)
    return Problem(
        "",
        "no provider key, no model server on this machine, no understudy.toml",
        f"one of {variables}, or a server at {places}",
        "; ".join(missing)
        or "export a key and start again; or see it work without any: understudy demo",
    )
