"""How to ask a provider of the configuration for its own list of models."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from understudy.config.document import read_document
from understudy.config.errors import Problem, did_you_mean, join_names
from understudy.config.provider import ProviderBuilder
from understudy.config.secret import show
from understudy.config.sources import Surroundings
from understudy.providers.catalogue import Catalogue, listing_path


class OwnList(msgspec.Struct, frozen=True):
    """Where it is, what is sent along (with the key: never shown), and the provider's kind."""

    url: str
    headers: dict[str, str]
    kind: str


def own_list(
    path: Path, environment: Mapping[str, str], name: str, catalogue: Catalogue
) -> OwnList:
    """Return how provider `name` of the file is asked. Raises: ConfigError."""
    document = read_document(path)
    table = document.decode().providers.get(name)
    if table is None:
        names = document.decode().providers
        expected = f"a provider of this file: {join_names(names)}"
        hint = did_you_mean(name, names)
        raise document.error([Problem("providers", show(name), expected, hint)])
    builder = ProviderBuilder(catalogue, Surroundings(environment, path.parent))
    provider = builder.build(name, table)
    if provider is None:
        raise document.error(builder.problems)
    base = table.base_url.path if table.base_url is not None else _path(provider.kind.base_url)
    headers = {**provider.kind.headers, **provider.headers}
    secret = provider.secrets[0].secret
    if provider.auth is not None and secret is not None:
        headers[provider.auth.header] = provider.auth.prefix + secret.reveal()
    origin = provider.origin
    url = f"{origin.scheme}://{origin.authority}{listing_path(provider.kind, base)}"
    return OwnList(url, headers, provider.kind.name)


def _path(base_url: str | None) -> str:
    return "" if base_url is None else "/" + base_url.partition("://")[2].partition("/")[2]
