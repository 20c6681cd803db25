"""A drill's gateway configuration: what `drills/stage.py` builds as values, as a file and an
environment for a real process.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from understudy.chat.endpoint import Capability
from understudy.drills.scenario import Provider, Scenario
from understudy.sim.provider import Prefill

_KINDS: Final = MappingProxyType(
    {"openai": "openai", "anthropic": "anthropic", "azure_openai": "azure-openai"}
)
"""Whose rows of the failure taxonomy apply -> the catalogue's kind that has them."""

_DO_NOT_PREFILL: Final = frozenset(Capability) - {Capability.PREFILL}


def config_text(
    scenario: Scenario, urls: Mapping[str, str], listen: int, admin: int, journal: str
) -> str:
    """The file. `urls` are the simulated providers' addresses."""
    return "\n".join(_lines(scenario, urls, (listen, admin), journal)) + "\n"


def environment(scenario: Scenario) -> dict[str, str]:
    """The providers' keys: each is its own name, so that faults can mean one."""
    return {
        _variable(index, number): f"{provider.name}#{number}"
        for index, provider in enumerate(scenario.providers)
        for number in range(1, len(provider.accounts) + 1)
    }


def _lines(
    scenario: Scenario, urls: Mapping[str, str], ports: tuple[int, int], journal: str
) -> Iterator[str]:
    yield "[server]"
    yield f'listen = "127.0.0.1:{ports[0]}"'
    yield f'admin = "127.0.0.1:{ports[1]}"'
    yield 'drain = "2s"'
    yield f"[journal]\npath = {_said(journal)}"
    for index, provider in enumerate(scenario.providers):
        yield from _provider(provider, index, urls[provider.name])
    for route in scenario.routes:
        yield f"[routes.{_said(route.name)}]"
        yield f"targets = {_said(route.targets)}"
        yield f"deadline = {route.deadline:g}"
        yield f"on_break = {_said(route.on_break.value)}"
        yield f"hedge = {_said(route.hedge)}"
        for label, values in route.require.items():
            yield f"policy.require.{_said(label)} = {_said(values)}"


def _provider(provider: Provider, index: int, url: str) -> Iterator[str]:
    name = f"providers.{_said(provider.name)}"
    yield f"[{name}]"
    yield f"kind = {_said(_KINDS.get(provider.taxonomy, 'openai-compatible'))}"
    yield f"base_url = {_said(url + _base(provider))}"
    yield f"dialect = {_said(provider.dialect)}"
    yield f"lab = {_said(provider.lab)}"
    yield f"host = {_said(provider.where)}"
    yield 'auth = "bearer"'
    for field in ("region", "edge"):
        value = getattr(provider, field)
        if value:
            yield f"{field} = {_said(value)}"
    keys = [
        f"{{ key = {_said('env:' + _variable(index, number))}, "
        f"account = {_said(f'{provider.where}/{account}')} }}"
        for number, account in enumerate(provider.accounts, 1)
    ]
    yield f"keys = [{', '.join(keys)}]"
    for label, text in provider.labels.items():
        yield f"labels.{_said(label)} = {_said(text)}"
    if provider.ramp is not None:
        ramp = provider.ramp
        yield f"[{name}.ramp]"
        yield f"percent = {ramp.percent:g}"
        yield f'over = "{60.0 * ramp.over:g}s"'
        yield f"above = {ramp.above:.0f}"
    can = frozenset(Capability) if provider.prefill is Prefill.CONTINUE else _DO_NOT_PREFILL
    for model in provider.models:
        yield f"[{name}.models.{_said(model)}]"
        yield f"capabilities = {_said(sorted(each.value for each in can))}"
        yield "max_output_tokens = 4096"
        yield f"price = {{ input = {provider.price / 5:g}, output = {provider.price:g} }}"


def _base(provider: Provider) -> str:
    """Where an API begins at a host that is in no catalogue."""
    is_listed = provider.taxonomy in _KINDS
    return "" if is_listed or provider.dialect != "openai_chat" else "/v1"


def _variable(index: int, number: int) -> str:
    return f"UNDERSTUDY_DRILL_{index}_{number}"


def _said(value: object) -> str:
    """A TOML text, list of texts, or truth: all of them are written as in JSON."""
    return msgspec.json.encode(value).decode()
