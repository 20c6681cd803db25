"""Logins: who we are to a cloud, where a credential is fetched and renewed instead of being a key.

Says what to fetch, and whether the library for it is there; `shell.credentials` does it.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import msgspec

from understudy.config.decode import join
from understudy.config.errors import Problem, Unfit, join_names
from understudy.config.schema_login import LoginTable
from understudy.config.secret import Secret
from understudy.config.sources import Surroundings, read_secret
from understudy.providers.facts import LoginFacts, ProviderKind, Scheme

_FIELDS: MappingProxyType[Scheme, frozenset[str]] = MappingProxyType(
    {
        "aws": frozenset({"profile", "role", "service"}),
        "entra": frozenset({"tenant", "client_id", "client_secret", "authority", "scope"}),
        "google": frozenset({"credentials_file", "scope"}),
    }
)
_LIBRARIES: MappingProxyType[Scheme, tuple[str, str]] = MappingProxyType(
    {
        "aws": ("botocore", "aws"),
        "entra": ("azure.identity", "azure"),
        "google": ("google.auth", "google"),
    }
)
"""The module that each scheme needs, and the extra of ours that brings it."""


_AUTHORITY = "AZURE_AUTHORITY_HOST"
"""What the cloud's own SDK reads where nobody says who gives tokens."""


class Login(msgspec.Struct, frozen=True):
    """What is fetched for one provider. Two that are equal fetch the same.

    `service` and `region` are what a signature is for, `scope` what a token is for.
    """

    scheme: Scheme
    service: str = ""
    region: str = ""
    scope: str = ""
    profile: str | None = None
    role: str | None = None
    tenant: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    authority: str | None = None
    credentials_file: Path | None = None


class LoginBuilder:
    """Builds the login of one provider; `problems` grow."""

    def __init__(self, path: str, around: Surroundings) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._around = around

    def build(
        self, scheme: Scheme, table: LoginTable, kind: ProviderKind, region: str | None
    ) -> Login:
        """Return the login; it is of no use when there are problems then."""
        facts = kind.login
        if facts is None or facts.scheme != scheme:
            facts = LoginFacts(scheme)
        here = join(self._path, "login")
        self.problems.extend(_strangers(scheme, table, here))
        self.problems.extend(missing_library(scheme, self._path))
        service, scope = table.service or facts.service, table.scope or facts.scope
        if scheme == "aws":
            if not region:
                hint = join_names(kind.region_env, limit=2)
                self._wrong(
                    self._path,
                    "no `region`",
                    "the region that requests are signed for",
                    f"add region, or set {hint}" if hint else 'add region = "us-east-1"',
                )
            if not service:
                self._wrong(here, "no `service`", "the service that requests are signed for")
        elif not scope:
            self._wrong(here, "no `scope`", "what the token is for")
        return Login(
            scheme=scheme,
            service=service,
            region=region or "",
            scope=scope,
            profile=table.profile,
            role=table.role,
            tenant=table.tenant,
            client_id=table.client_id,
            client_secret=self._secret(table, here),
            authority=self._authority(scheme, table),
            credentials_file=self._file(table, here),
        )

    def _secret(self, table: LoginTable, here: str) -> Secret | None:
        if table.client_secret is None:
            return None
        for name in ("tenant", "client_id"):
            if getattr(table, name) is None:
                self._wrong(here, f"`client_secret`, but no `{name}`", "both")
        try:
            return read_secret(table.client_secret, self._around)
        except Unfit as error:
            self._wrong(join(here, "client_secret"), error.found, error.expected, error.hint)
            return None

    def _authority(self, scheme: Scheme, table: LoginTable) -> str | None:
        if table.authority is not None:
            return table.authority.text
        return self._around.environment.get(_AUTHORITY) or None if scheme == "entra" else None

    def _file(self, table: LoginTable, here: str) -> Path | None:
        if table.credentials_file is None:
            return None
        path = self._around.folder / Path(table.credentials_file).expanduser()
        if not path.is_file():
            self._wrong(join(here, "credentials_file"), f"{path}: no such file", "a JSON file")
        return path

    def _wrong(self, path: str, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(Problem(path, found, expected, hint))


def missing_library(scheme: Scheme, path: str) -> Iterator[Problem]:
    """Say which extra is missing, if one is."""
    module, extra = _LIBRARIES[scheme]
    if not is_installed(module):
        yield Problem(
            path,
            f"auth is {scheme}, but {module} is not installed",
            "the library that fetches its credentials",
            f"pip install 'understudy[{extra}]'",
        )


def is_installed(module: str) -> bool:
    """Return whether a module could be imported; its parents are."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _strangers(scheme: Scheme, table: LoginTable, here: str) -> Iterator[Problem]:
    """Find what is another scheme's."""
    for field in msgspec.structs.fields(table):
        if getattr(table, field.name) is not None and field.name not in _FIELDS[scheme]:
            expected = f"for {scheme}: {join_names(sorted(_FIELDS[scheme]), limit=9)}"
            yield Problem(join(here, field.name), f"`{field.name}`, but auth is {scheme}", expected)
