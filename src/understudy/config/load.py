"""Load: a file to `Settings`. Every mistake is found before the first one is told."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from understudy.config import retirement, workflow
from understudy.config.access import build_callers, check_listen, open_admin, read_admin_key
from understudy.config.conversations import conversations_settings
from understudy.config.document import Document, read_document
from understudy.config.engine import EngineBuilder, noted, unreached, with_patience
from understudy.config.errors import ConfigError, Problem, Unfit
from understudy.config.limits import all_limits, unpriced
from understudy.config.media import media_settings
from understudy.config.provider import Provider, ProviderBuilder
from understudy.config.review import review
from understudy.config.routes import RouteBuilder
from understudy.config.schema import FileTable, JournalTable, ServerTable
from understudy.config.settings import ANYONE, JournalSettings, Server, Settings
from understudy.config.sources import Surroundings, is_open_to_all, path_of
from understudy.config.values import Address, SecretSource
from understudy.providers.catalogue import Catalogue, load_catalogue
from understudy.routing.topology import Topology


def load(
    path: Path,
    environment: Mapping[str, str],
    *,
    catalogue: Catalogue | None = None,
    listen: str | None = None,
    today: str = "",
) -> Settings:
    """Read `path` and everything that it names.

    `listen` overrides `server.listen`; `today` is the day as ISO 8601.

    Raises: ConfigError, with every mistake that can be found at once.
    """
    document = read_document(path)
    around = Surroundings(environment, path.parent, today)
    tables = document.decode()
    if listen is not None:
        tables = replace(tables, server=with_listen(tables.server, listen, document.file))
    settings = build(tables, document, around, catalogue or load_catalogue())
    keys = [path_of(source, around) for source in _sources(tables) if source.scheme == "file"]
    keys += [file for login in settings.logins.values() if (file := login.credentials_file)]
    files = (path, *keys, *workflow.files(tables, path.parent))
    return replace(settings, files=tuple(dict.fromkeys(files)))


def build(
    tables: FileTable, document: Document, around: Surroundings, catalogue: Catalogue
) -> Settings:
    """Make settings of the tables. Raises: ConfigError."""
    builder = ProviderBuilder(catalogue, around)
    engines = EngineBuilder(around.folder)
    providers: dict[str, Provider] = {}
    for name, table in tables.providers.items():
        provider = builder.build(name, engines.prepare(name, table))
        if provider is not None:
            providers[name] = provider
    broken = frozenset(tables.providers) - providers.keys()
    routes = RouteBuilder(catalogue, providers, broken)
    made = {name: routes.add(name, table, tables.defaults) for name, table in tables.routes.items()}
    callers, problems = build_callers(tables.keys, tables.routes, around)
    admin_key, key_problems = read_admin_key(tables.server, around)
    problems = [
        *key_problems,
        *check_listen(tables.server, has_keys=bool(tables.keys)),
        *engines.problems,
        *builder.problems,
        *_no_routes(tables),
        *routes.problems,
        *problems,
    ]
    if problems:
        raise document.error(problems)
    topology = Topology(with_patience(routes.targets.by_name, engines.engines), made)
    used = {target.provider for target in topology.targets.values()}
    own_limits = {name: table.limits for name, table in tables.keys.items()}
    limits = all_limits(tables.limits, own_limits, ANYONE.name)
    return Settings(
        server=replace(server_settings(tables.server), admin_key=admin_key),
        journal=_journal(tables.journal, around.folder),
        conversations=conversations_settings(tables.conversations, around.folder),
        media=media_settings(tables.media),
        limits=limits,
        callers={caller.key.digest: caller for caller in callers if caller.key is not None},
        signers={caller.access: caller for caller in callers if caller.access is not None},
        topology=topology,
        credentials=routes.targets.credentials,
        logins={
            name: provider.login
            for name, provider in providers.items()
            if provider.login is not None and name in used
        },
        retirements=routes.targets.retirements,
        engines=tuple(engines.engines),
        notes=tuple(noted(engines.engines)),
        warnings=(
            *review(topology),
            *unreached(topology, engines.engines),
            *routes.targets.warnings,
            *retirement.warnings(routes.targets.retirements, around.today),
            *builder.warnings,
            *_about(tables, frozenset(providers), topology, around),
            *unpriced(limits, topology, keeps=tables.journal.enabled),
        ),
        source=document.file,
    )


def server_settings(table: ServerTable) -> Server:
    """Return the server's settings as plain values."""
    return Server(
        listen=table.listen,
        admin=table.admin.address,
        max_body_bytes=int(table.max_body_bytes),
        max_connections=table.max_connections,
        header_timeout=float(table.header_timeout),
        idle_timeout=float(table.idle_timeout),
        drain=float(table.drain),
        log_format=table.log_format,
    )


def with_listen(table: ServerTable, listen: str, file: str) -> ServerTable:
    """Return the table with the address of the command line.

    Raises: ConfigError when it is none.
    """
    try:
        return replace(table, listen=Address.parse(listen))
    except Unfit as error:
        problem = Problem("--listen", error.found, error.expected, error.hint)
        raise ConfigError([problem], file) from None


def _journal(table: JournalTable, folder: Path) -> JournalSettings:
    return JournalSettings(
        enabled=table.enabled,
        path=None if table.path is None else folder / Path(table.path).expanduser(),
        max_age=float(table.max_age),
        max_bytes=int(table.max_bytes),
        redact=tuple(pattern.text for pattern in table.redact),
    )


def _no_routes(tables: FileTable) -> list[Problem]:
    if tables.routes:
        return []
    hint = '[routes.assistant] and targets = ["provider/model", ...]'
    return [Problem("routes", "no route", "at least one: what applications ask for", hint)]


def _about(
    tables: FileTable, providers: frozenset[str], topology: Topology, around: Surroundings
) -> Iterator[str]:
    """Warn of what is allowed but hardly meant."""
    yield from open_admin(tables.server)
    for source in _sources(tables):
        if source.scheme == "file" and is_open_to_all(path_of(source, around)):
            path = path_of(source, around)
            yield f"every user of this machine can read the key in {path}: chmod 600 {path}"
    if not tables.journal.enabled:
        for name, route in topology.routes.items():
            if route.record:
                yield f"route {name}: record is on, but journal.enabled is not: nothing is kept"
    used = {target.provider for target in topology.targets.values()}
    for name in sorted(providers - used):
        yield f"provider {name} is in no route"


def _sources(tables: FileTable) -> Iterator[SecretSource]:
    if tables.server.admin_key is not None:
        yield tables.server.admin_key
    for caller in tables.keys.values():
        if caller.key is not None:
            yield caller.key
    for provider in tables.providers.values():
        if provider.key is not None:
            yield provider.key
        for entry in provider.keys:
            yield entry.key
        if provider.login.client_secret is not None:
            yield provider.login.client_secret
