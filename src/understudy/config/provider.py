"""One provider: what the file says of it over what the catalogue knows, with its keys read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from understudy.config.decode import join
from understudy.config.errors import Problem, Unfit, did_you_mean, join_names
from understudy.config.location import chat_path, dated_path, is_plain, locate
from understudy.config.login import Login, LoginBuilder
from understudy.config.schema import ModelTable, ProviderKey, ProviderTable, RampTable
from understudy.config.secret import Secret, mask, show
from understudy.config.sources import Surroundings, read_secret
from understudy.config.values import BaseUrl
from understudy.config.workflow import WorkflowReader
from understudy.operations.kinds import Operation
from understudy.providers.catalogue import Catalogue, operation_path
from understudy.providers.facts import Accepted, Auth, OperationShape, ProviderKind
from understudy.routing.topology import Growth
from understudy.wire.http import Origin

_AUTH: MappingProxyType[str, Auth | None] = MappingProxyType(
    {
        "bearer": Auth("authorization", "Bearer "),
        "x-api-key": Auth("x-api-key"),
        "api-key": Auth("api-key"),
        "x-goog-api-key": Auth("x-goog-api-key"),
        "none": None,
        "aws": None,
        "entra": None,
        "google": None,
    }
)
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CREDENTIALS = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"}
)
_OURS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "te", "upgrade"}
)


class ProviderSecret(msgspec.Struct, frozen=True):
    """One way in: a key (None: none is needed) and the account whose limits it shares."""

    secret: Secret | None
    account: str


class Provider(msgspec.Struct, frozen=True):
    """`path` is that of a chat request, `secrets` are in the file's order and never empty."""

    name: str
    kind: ProviderKind
    dialect: str
    origin: Origin
    path: str
    host: str
    auth: Auth | None
    secrets: tuple[ProviderSecret, ...]
    lab: str | None = None
    region: str | None = None
    edge: str | None = None
    headers: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    verify_tls: bool = True
    accepts: frozenset[Accepted] | None = None
    tool_id_length: int | None = None
    growth: Growth | None = None
    login: Login | None = None
    models: Mapping[str, ModelTable] = {}
    operations: Mapping[Operation, OperationShape] = {}
    workflows: Mapping[str, Mapping[str, bytes]] = {}


class ProviderBuilder:
    """Builds providers from their tables; `problems` and `warnings` grow."""

    def __init__(self, catalogue: Catalogue, around: Surroundings) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self._catalogue = catalogue
        self._around = around

    def build(self, name: str, table: ProviderTable) -> Provider | None:
        """Return the provider, or None when its table has a problem, which is then told."""
        path = join("providers", name)
        told = len(self.problems)
        if not name or "/" in name:
            self._wrong(path, show(name), 'a name without "/"')
        kind = self._kind(name, table, path)
        if kind is None:
            return None
        shape = self._shape(kind, table, path)
        place = locate(kind, table, path, self._around.environment)
        self.problems.extend(place.problems)
        url = place.url
        login = self._login(table, kind, place.region, path)
        self._look_at_version(table, kind, shape, path)
        auth = kind.auth if table.auth is None else _AUTH[table.auth]
        if login is not None:
            auth = None
        secrets = self._secrets(name, table, kind, auth, path)
        headers = self._headers(table, path)
        operations = {} if url is None else _operations(kind, table, url.path)
        workflows = WorkflowReader(name, self._around.folder)
        graphs = workflows.read(table, operations)
        self.problems.extend(workflows.problems)
        if shape is None or url is None or len(self.problems) > told:
            return None
        has_key = login is not None or any(each.secret is not None for each in secrets)
        self._look_at_wire(name, url, has_key=has_key, verify_tls=table.verify_tls)
        if kind.retired is not None:
            self.warnings.append(f"provider {name}: {kind.title} was shut down on {kind.retired}")
        return Provider(
            name=name,
            kind=kind,
            dialect=shape.dialect,
            origin=url.origin,
            path=chat_path(shape, url.path, table.api_version),
            host=table.host or _host(name, kind, url),
            auth=auth,
            secrets=secrets,
            lab=table.lab,
            region=place.region,
            edge=table.edge or _edge(kind, url),
            headers={**shape.headers, **headers},
            labels=table.labels,
            verify_tls=table.verify_tls,
            accepts=None if table.accepts is None else frozenset(table.accepts),
            tool_id_length=table.tool_id_length,
            growth=_growth(table.ramp),
            login=login,
            models=table.models,
            operations=operations,
            workflows=graphs,
        )

    def _kind(self, name: str, table: ProviderTable, path: str) -> ProviderKind | None:
        wanted = name if table.kind is None else table.kind
        kind = self._catalogue.kind(wanted)
        if kind is not None:
            return kind
        known = [each.name for each in self._catalogue.kinds]
        expected = f"a kind of the catalogue: {join_names(known, limit=40)}"
        hint = did_you_mean(wanted, known)
        if table.kind is None:
            found = f'no `kind`, and the catalogue has no "{mask(name)}"'
            self._wrong(path, found, expected, hint or 'kind = "openai-compatible" fits most')
        else:
            self._wrong(join(path, "kind"), show(wanted), expected, hint)
        return None

    def _shape(self, kind: ProviderKind, table: ProviderTable, path: str) -> ProviderKind | None:
        """Return the kind whose paths and header fields hold.

        Its own where it speaks the dialect as well, else another one's.
        """
        if table.dialect is None or table.dialect == kind.dialect:
            return kind
        shapes = _spoken((kind,))
        if table.dialect not in shapes:
            shapes = _spoken(self._catalogue.kinds)
        shape = shapes.get(table.dialect)
        if shape is None:
            expected = f"a dialect that we speak: {join_names(shapes)}"
            hint = did_you_mean(table.dialect, shapes)
            self._wrong(join(path, "dialect"), show(table.dialect), expected, hint)
        return shape

    def _login(
        self, table: ProviderTable, kind: ProviderKind, region: str | None, path: str
    ) -> Login | None:
        """Return what is fetched in place of a key; None where there is one, or none is needed."""
        has_key = table.key is not None or bool(table.keys)
        match table.auth:
            case "aws" | "entra" | "google":
                scheme = table.auth
            case None if kind.login is not None and kind.login.is_usual and not has_key:
                scheme = kind.login.scheme
            case _:
                return None
        builder = LoginBuilder(path, self._around)
        login = builder.build(scheme, table.login, kind, region)
        self.problems.extend(builder.problems)
        return login

    def _look_at_version(
        self, table: ProviderTable, kind: ProviderKind, shape: ProviderKind | None, path: str
    ) -> None:
        version = table.api_version
        if version is None or shape is None:
            return
        if kind.versioned_path is None or shape.versioned_path is None:
            where = kind.title if kind.versioned_path is None else shape.dialect
            found = f"`api_version`, but {where} has no deployments"
            self._wrong(path, found, "none: its API has one version")
        elif not is_plain(version):
            expected = 'a version as in "2024-10-21"'
            self._wrong(join(path, "api_version"), show(version), expected)

    def _secrets(
        self, name: str, table: ProviderTable, kind: ProviderKind, auth: Auth | None, path: str
    ) -> tuple[ProviderSecret, ...]:
        account = table.account or name
        if table.key is not None and table.keys:
            self._wrong(path, "both `key` and `keys`", "one of them")
            return ()
        entries = list(table.keys) if table.key is None else [ProviderKey(table.key)]
        if entries and auth is None:
            self._wrong(
                path, "a key, but no way to send it", 'no key, or an `auth` such as "bearer"'
            )
            return ()
        if not entries and auth is not None and kind.needs_key:
            variable = kind.key_env[0] if kind.key_env else "API_KEY"
            expected = f"a key: {kind.title} answers nobody without one"
            other = "" if kind.login is None else f', or auth = "{kind.login.scheme}"'
            self._wrong(path, "no `key`", expected, f'add key = "env:{variable}"{other}')
        found = list(self._read(entries, account, path, is_single=table.key is not None))
        return tuple(found) or (ProviderSecret(None, account),)

    def _read(
        self, entries: list[ProviderKey], account: str, path: str, *, is_single: bool
    ) -> Iterator[ProviderSecret]:
        seen: list[Secret] = []
        for i, entry in enumerate(entries):
            here = join(path, "key") if is_single else f"{join(path, 'keys')}[{i}]"
            try:
                secret = read_secret(entry.key, self._around)
            except Unfit as error:
                self._wrong(here, error.found, error.expected, error.hint)
                continue
            if secret in seen:
                self._wrong(here, "the same key again", "each key once")
            seen.append(secret)
            yield ProviderSecret(secret, entry.account or account)

    def _headers(self, table: ProviderTable, path: str) -> dict[str, str]:
        headers: dict[str, str] = {}
        for key, value in table.headers.items():
            here, name = join(join(path, "headers"), key), key.lower()
            if not _HEADER_NAME.fullmatch(key) or name in _OURS:
                self._wrong(here, show(key), "a header field's name, not one of the connection's")
            elif name in _CREDENTIALS or mask(value) != value:
                self._wrong(
                    here,
                    "a credential (not shown)",
                    "header fields without secrets",
                    "use `key`, and `auth` for how it is sent",
                )
            elif not value.isascii() or not value.isprintable():
                self._wrong(here, show(value), "printable ASCII on one line")
            headers[name] = value
        return headers

    def _look_at_wire(self, name: str, url: BaseUrl, *, has_key: bool, verify_tls: bool) -> None:
        if url.is_loopback:
            return
        if url.origin.scheme == "http" and has_key:
            self.warnings.append(
                f"provider {name}: its key crosses the network in the clear (http)"
            )
        if url.origin.scheme == "https" and not verify_tls:
            self.warnings.append(
                f"provider {name}: verify_tls is off, so anyone on the way can pose as it"
            )

    def _wrong(self, path: str, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(Problem(path, found, expected, hint))


def _operations(
    kind: ProviderKind, table: ProviderTable, base: str
) -> dict[Operation, OperationShape]:
    """What it offers besides chat, as the catalogue says and over that the file, paths in full."""
    shapes = {
        operation: replace(shape, path=_operation_path(kind, table, base, shape))
        for operation, shape in kind.operations.items()
    }
    for operation, said in table.operations.items():
        known = shapes.get(operation)
        is_same = known is not None and known.dialect == said.dialect
        shape = known if is_same and known is not None else OperationShape(said.dialect, said.path)
        shapes[operation] = msgspec.structs.replace(
            shape,
            path=base.rstrip("/") + said.path,
            batch=said.batch or shape.batch,
            capabilities=shape.capabilities
            if said.capabilities is None
            else frozenset(said.capabilities),
            accepts=shape.accepts if said.accepts is None else frozenset(said.accepts),
            renames=shape.renames if said.renames is None else said.renames,
        )
    return shapes


def _operation_path(
    kind: ProviderKind, table: ProviderTable, base: str, shape: OperationShape
) -> str:
    if table.api_version is None or kind.versioned_path is None or shape.is_beside:
        return operation_path(kind, base, shape)
    return dated_path(kind, base, shape.path, table.api_version)


def _spoken(kinds: Sequence[ProviderKind]) -> dict[str, ProviderKind]:
    """Return for each dialect a kind that speaks it: as its own, or as one way among others."""
    shapes: dict[str, ProviderKind] = {}
    for each in kinds:
        for dialect, path in each.ways.items():
            base = "" if "/" in path[1:] else each.base_path
            way = replace(
                each, dialect=dialect, chat_path=path, base_path=base, versioned_path=None
            )
            shapes.setdefault(dialect, way)
    own = {each.dialect: each for each in reversed(kinds) if each.dialect}
    return shapes | own


def _growth(table: RampTable | None) -> Growth | None:
    if table is None:
        return None
    return Growth(1.0 + table.percent / 100.0, float(table.over), float(table.above))


def _host(name: str, kind: ProviderKind, url: BaseUrl) -> str:
    """Two servers of one's own do not fail together, although they are of one kind; nor does a
    stand-in at another address fail with the host that it speaks like.
    """
    known = kind.base_url or kind.base_url_form
    if known is None:
        is_own = kind.is_local or kind.host == kind.name
    else:
        is_own = kind.is_local or _owner(url.origin.host) != _owner(urlsplit(known).hostname)
    return name if is_own else kind.host


def _owner(hostname: str | None) -> str:
    """The part of a host's name that one party holds: eu.api.openai.com is openai.com's."""
    return ".".join((hostname or "").lower().split(".")[-2:])


def _edge(kind: ProviderKind, url: BaseUrl) -> str | None:
    """The kind's network edge, where its own address is used."""
    if kind.edge is None or kind.base_url is None:
        return kind.edge
    return kind.edge if urlsplit(kind.base_url).hostname == url.origin.host else None
