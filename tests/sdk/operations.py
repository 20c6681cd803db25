"""A gateway whose every route's first target is broken, for the operations besides chat."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.system.processes import Gateway, Simulators, gateway, simulators

KEY = "us-caller-key-0123456789abcdef"
HEAD = """
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
[journal]
path = "journal.db"
[keys.tests]
key = "env:CALLER_KEY"
"""
PROVIDER = """
[providers.{name}]
kind = "openai-compatible"
base_url = "{url}"
auth = "none"
host = "{name}"
[providers.{name}.operations.{operation}]
dialect = "{dialect}"
path = "{path}"
capabilities = {capabilities}
"""


class Offer(NamedTuple):
    """A simulated provider: what it speaks, and where requests to it go."""

    dialect: str
    path: str
    capabilities: str = "[]"


class Running:
    def __init__(self, providers: Simulators, running: Gateway) -> None:
        self.providers = providers
        self.gateway = running
        self.url = running.url


@contextlib.contextmanager
def broken_first(folder: Path, operation: str, offers: Mapping[str, Offer]) -> Iterator[Running]:
    """Serve a route for every offer, named as it is; what stands first in each is broken."""
    first = next(iter(offers.values()))
    spoken = [f"{name}={offer.dialect}:0" for name, offer in offers.items()]
    with simulators(folder, *spoken, f"broken={first.dialect}:0") as providers:
        providers.fault("broken", "status(status=503)")
        text = HEAD
        for name, offer in offers.items():
            text += provider_table(name, operation, offer, providers.urls[name])
            text += provider_table(f"broken-{name}", operation, first, providers.urls["broken"])
            text += f'[routes.{name}]\noperation = "{operation}"\n'
            text += f'targets = ["broken-{name}/m", "{name}/m"]\n'
        with gateway(folder / "understudy.toml", text, {"CALLER_KEY": KEY}) as running:
            yield Running(providers, running)


def post(running: Running, path: str, body: object) -> httpx.Response:
    """Ask without any client's help."""
    headers = {"authorization": f"Bearer {KEY}"}
    return httpx.post(f"{running.url}{path}", json=body, headers=headers)


def provider_table(name: str, operation: str, offer: Offer, url: str) -> str:
    return PROVIDER.format(
        name=name,
        url=url,
        operation=operation,
        dialect=offer.dialect,
        path=offer.path,
        capabilities=offer.capabilities,
    )
