"""Reading: a scenario's file to a `Scenario`, and all that can be wrong with it.

Raises: ScenarioError.
"""

import difflib
import importlib.resources
import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from understudy.chat.failure import Scope
from understudy.dialects.catalog import DIALECTS
from understudy.drills.scenario import FaultLine, Scenario, places
from understudy.drills.selector import Selector
from understudy.sim.fault_text import FaultError, parse_faults

NETWORK: Final = ("dns_failure", "connect_refused", "tls_failure", "silence")
SUFFIX: Final = ".toml"

_AT = re.compile(r"(.*) - at `\$\.?([^`]*)`", re.DOTALL)


class ScenarioError(Exception):
    """A scenario that cannot be played. The message names the place, what was found and wanted."""


def shipped() -> tuple[str, ...]:
    """The names of the scenarios that come with the package, in order."""
    folder = importlib.resources.files("understudy.drills").joinpath("data")
    names = (item.name for item in folder.iterdir())
    return tuple(sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)))


def load(name: str) -> Scenario:
    """Read one that comes with the package. Raises: ScenarioError."""
    known = shipped()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]!r}?" if close else "`understudy drill` lists them"
        raise ScenarioError(f"found no drill {name!r}, {hint}")
    path = importlib.resources.files("understudy.drills").joinpath("data", name + SUFFIX)
    return read(path.read_text(encoding="utf-8"), name + SUFFIX)


def read(text: str, where: str) -> Scenario:
    """Read a file's text; `where` is its name, for the message. Raises: ScenarioError."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{where}: expected TOML, found: {error}") from None
    try:
        scenario = msgspec.convert(table, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{where}: {_said(str(error))}") from None
    for complaint in _complaints(scenario):
        raise ScenarioError(f"{where}: {complaint}")
    return scenario


def _said(message: str) -> str:
    found = _AT.fullmatch(message)
    if found is None:
        return message[:1].lower() + message[1:]
    return f"{found[2]}: {found[1][:1].lower()}{found[1][1:]}"


def _complaints(scenario: Scenario) -> Iterator[str]:
    yield from _about_providers(scenario)
    yield from _about_targets(scenario)
    for index, line in enumerate(scenario.faults):
        for complaint in _about_line(line):
            yield f"faults[{index}].{complaint}"
        yield from _about_selector(scenario, line.where, f"faults[{index}].where")
    for index, check in enumerate(scenario.checks):
        where = getattr(check, "where", None)
        if isinstance(where, Selector):
            yield from _about_selector(scenario, where, f"checks[{index}].where")
        kinds = getattr(check, "kinds", ()) or (getattr(check, "kind", None),)
        yield from _about_kinds(kinds, f"checks[{index}].kind")
    for index, action in enumerate(scenario.actions):
        kind, colon, name = action.domain.partition(":")
        if not colon or not name:
            yield f"actions[{index}].domain: found {action.domain!r}, expected kind:name"
        yield from _about_kinds((kind,), f"actions[{index}].domain")


def _about_targets(scenario: Scenario) -> Iterator[str]:
    names = [provider.name for provider in scenario.providers]
    if len(set(names)) < len(names):
        yield f"providers: found a name twice in {names}, expected each once"
    known = {f"{place.provider}/{place.model}" for place in places(scenario)}
    known |= {
        f"{place.provider}/{place.model}#{place.key.rpartition('#')[2]}"
        for place in places(scenario)
    }
    for index, route in enumerate(scenario.routes):
        if not route.targets:
            yield f"routes[{index}].targets: found none, expected provider/model"
        for target in route.targets:
            if target not in known:
                yield f"routes[{index}].targets: found {target!r}, expected {_one_of(known)}"
    if not scenario.routes:
        yield "routes: found none, expected one or more"
    if not scenario.faults:
        yield "faults: found none, expected one or more"


def _about_providers(scenario: Scenario) -> Iterator[str]:
    for dialect in scenario.dialects + tuple(p.dialect for p in scenario.providers):
        if dialect not in DIALECTS:
            yield f"dialect: found {dialect!r}, expected {_one_of(DIALECTS)}"
    for index, provider in enumerate(scenario.providers):
        if not provider.models or not provider.accounts:
            yield f"providers[{index}]: found no models or no accounts, expected one or more"


def _about_line(line: FaultLine) -> Iterator[str]:
    said = [line.fault is not None, bool(line.mix), line.network is not None, line.healthy]
    if sum(said) != 1:
        yield f"fault: found {sum(said)} of them, expected one of fault, mix, network, healthy"
    if not 0 <= line.begin < line.end:
        yield f"begin: found {line.begin:g} to {line.end:g}, expected 0 <= begin < end"
    chances = line.p if isinstance(line.p, tuple) else (line.p,)
    if not all(0 <= chance <= 1 for chance in chances):
        yield f"p: found {line.p}, expected 0 to 1"
    if line.network is not None and line.network not in NETWORK:
        yield f"network: found {line.network!r}, expected {_one_of(NETWORK)}"
    if line.network is not None and line.p != 1.0:
        yield f"p: found {line.p} with network, expected 1: a network is there or it is not"
    if line.mix and not all(weight > 0 for weight in line.mix.values()):
        yield f"mix: found {line.mix}, expected weights above 0"
    for text in (*line.mix, *([line.fault] if line.fault is not None else ())):
        try:
            parse_faults(text)
        except FaultError as error:
            yield f"fault: {error}"
    if line.bursts is not None and min(*line.bursts.up, *line.bursts.down) <= 0:
        yield f"bursts: found {line.bursts.up} and {line.bursts.down}, expected minutes above 0"


def _about_selector(scenario: Scenario, selector: Selector, where: str) -> Iterator[str]:
    if not any(selector.matches(place) for place in places(scenario)):
        said = {k: v for k, v in msgspec.structs.asdict(selector).items() if v != "*"}
        yield f"{where}: found {said}, expected patterns that some target of `providers` fits"


def _about_kinds(kinds: Iterable[str | None], where: str) -> Iterator[str]:
    known = [scope.value for scope in Scope if scope is not Scope.NONE]
    for kind in kinds:
        for each in (kind or known[0]).split("|"):
            if each not in known:
                yield f"{where}: found {each!r}, expected {_one_of(known)}"


def _one_of(words: Iterable[str]) -> str:
    return "one of " + ", ".join(sorted(words))
