"""Clouds that the environment opens without a file: where everybody has an address of their own.

Only where nothing is left to guess: the address, a way in, and, where the address says nothing of
models, which one. What is there in part is said, and left alone.
"""

from collections.abc import Iterator, Mapping

import msgspec

from understudy.config.errors import Unfit, join_names
from understudy.config.location import locate, said
from understudy.config.login import missing_library
from understudy.config.schema import ProviderTable
from understudy.config.values import BaseUrl, SecretSource
from understudy.providers.catalogue import Catalogue
from understudy.providers.facts import ProviderKind

_NO = frozenset({"", "0", "false", "no", "off"})


class Way(msgspec.Struct, frozen=True):
    """One kind that can be reached. `models` empty: those that the catalogue lists."""

    kind: ProviderKind
    table: ProviderTable
    models: tuple[str, ...]
    note: str


def ways_in(known: Catalogue, environment: Mapping[str, str]) -> tuple[list[Way], list[str]]:
    """Return the clouds that can be used, and what is missing of those that nearly could."""
    ways: list[Way] = []
    missing: list[str] = []
    for kind in known.kinds:
        if kind.base_url is not None or kind.retired is not None:
            continue
        key = _first_set(kind.key_env, environment)
        login = None if key is not None else _first_set(kind.login_env, environment)
        opens = key or login
        if opens is None or (login is not None and not _is_meant(kind, environment)):
            continue
        wanting = list(_wanting(kind, environment, key))
        if login is not None and kind.login is not None:
            wanting += [problem.hint for problem in missing_library(kind.login.scheme, "")]
        if wanting:
            missing.append(
                f"{opens} alone is not enough for {kind.title}: {', '.join(wanting)}; "
                f"or a file ([providers.{kind.name}])"
            )
        else:
            ways.append(_way(kind, environment, key, opens))
    return ways, missing


def _way(kind: ProviderKind, environment: Mapping[str, str], key: str | None, opens: str) -> Way:
    url = said(kind.base_url_env, environment)
    table = ProviderTable(
        base_url=None if url is None else BaseUrl.parse(url),
        key=None if key is None else SecretSource("env", key),
        auth=None if key is not None or kind.login is None else kind.login.scheme,
    )
    models = said(kind.model_env, environment) or ""
    how = f"key in {key}" if key is not None else f"login, for {opens} is set"
    return Way(kind, table, tuple(models.replace(",", " ").split()), f"{kind.title}: {how}")


def _wanting(kind: ProviderKind, environment: Mapping[str, str], key: str | None) -> Iterator[str]:
    """Say what is needed yet."""
    url = said(kind.base_url_env, environment)
    if url is not None:
        try:
            BaseUrl.parse(url)
        except Unfit:
            yield f"{_first_set(kind.base_url_env, environment)} is no address"
    elif kind.base_url_form is not None:
        table = ProviderTable(key=None if key is None else SecretSource("env", key))
        for problem in locate(kind, table, "", environment).problems:
            yield problem.hint.partition(", or ")[2] or problem.found
    elif kind.base_url_env:
        yield f"set {kind.base_url_env[0]}"
    else:
        yield "it has an address of its own"
    if not kind.models and said(kind.model_env, environment) is None:
        yield f"set {join_names(kind.model_env, limit=1)}" if kind.model_env else "name its models"


def _is_meant(kind: ProviderKind, environment: Mapping[str, str]) -> bool:
    """Whether somebody who logs in means this kind: its address is there, if a variable says it."""
    return not kind.base_url_env or said(kind.base_url_env, environment) is not None


def _first_set(names: tuple[str, ...], environment: Mapping[str, str]) -> str | None:
    return next(
        (name for name in names if environment.get(name, "").strip().lower() not in _NO), None
    )
