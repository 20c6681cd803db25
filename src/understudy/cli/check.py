"""`understudy check`: is the configuration good, and what does each route depend on?"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import to_builtins
from msgspec.structs import replace

from understudy.cli import prices
from understudy.cli.options import config_option, json_option
from understudy.cli.table import align
from understudy.config.errors import ConfigError
from understudy.config.loading import make_loader, today
from understudy.config.retirement import in_words
from understudy.config.review import no_plan_b, shared_domains
from understudy.config.settings import Settings
from understudy.routing.allowance import Limits
from understudy.routing.topology import Route, Target

if TYPE_CHECKING:
    from understudy.cli.logins import Seen

_EPILOG = """\b
Examples:
  understudy check
  understudy check -c understudy.toml --strict   for a pipeline: no plan B fails it
  understudy check --json | jq '.routes[].no_plan_b'

\b
Exit codes: 0 usable, 1 usable but with warnings (only with --strict), 2 not usable.
Prices are dollars for a million tokens, read and written, or by the measure that they name; "-" is
not known.
"""


@click.command(epilog=_EPILOG)
@config_option
@click.option("--strict", is_flag=True, help="Fail where there is any warning.")
@json_option
def check(given: Path | None, *, strict: bool, as_json: bool) -> None:
    """Read a configuration; show its routes and what they depend on.

    Starts nothing and calls no provider. Keys are read, and credentials of a cloud are fetched, to
    see that they are there.
    """
    try:
        settings = make_loader(given)()
    except ConfigError as error:
        if not as_json:
            raise
        click.echo(json.dumps(_refusal(error), indent=2))
        sys.exit(2)
    from understudy.cli.logins import look

    seen = look(settings.logins)
    settings = replace(settings, warnings=(*settings.warnings, *_missing(seen)))
    if as_json:
        click.echo(json.dumps(_report(settings, seen), indent=2))
    else:
        for line in _lines(settings, seen):
            click.echo(line)
    if strict and settings.warnings:
        sys.exit(1)


def _missing(seen: "Sequence[Seen]") -> Iterator[str]:
    for each in seen:
        if each.error is not None:
            yield f"provider {each.provider} has no credential: {each.error}"


def _lines(settings: Settings, seen: "Sequence[Seen]") -> Iterator[str]:
    server = settings.server
    callers = len(settings.callers)
    door = f"caller keys: {callers}" if callers else "no caller keys: this machine only"
    yield f"{settings.source}: usable"
    yield from align(
        [
            ("listen", f"{server.listen} ({door})"),
            ("admin", str(server.admin or "off")),
            ("journal", _journal(settings)),
            *((f"limits of {name}", _limits(each)) for name, each in settings.limited().items()),
            *((f"login {each.provider}", each.words()) for each in seen),
        ]
    )
    for note in settings.notes:
        yield f"  {note}"
    for route in settings.topology.routes.values():
        yield ""
        yield from _route_lines(settings, route)
    if settings.warnings:
        yield ""
        yield f"{len(settings.warnings)} to look at:"
        yield from (f"  {warning}" for warning in settings.warnings)


def _route_lines(settings: Settings, route: Route) -> Iterator[str]:
    topology = settings.topology
    yield (
        f"{route.name}  ({route.strategy.value}, deadline {route.deadline:g} s, "
        f"on_break {route.on_break.value}, on_loss {route.on_loss.value})"
    )
    yield from align([_target_row(settings, topology.targets[name]) for name in route.targets])
    shared = ", ".join(str(domain) for domain in shared_domains(route, topology))
    yield f"  single points of failure: {shared or 'none'}"


def _target_row(settings: Settings, target: Target) -> tuple[str, ...]:
    window = target.context_window
    domains = ", ".join(str(domain) for domain in target.domains)
    size = "context -" if window is None else f"context {window:,}"
    ends = settings.retirements.get(target.name)
    end = "" if ends is None else in_words(ends, today())
    return (target.name, size, f"$ {prices.in_words(target.price)}", domains, end)


def _journal(settings: Settings) -> str:
    if not settings.journal.enabled:
        return "off"
    return str(settings.journal.path or "in its usual place")


def _limits(limits: Limits) -> str:
    said = to_builtins(limits)
    return ", ".join(f"{name} {value:,}" for name, value in said.items() if value is not None)


def _refusal(error: ConfigError) -> dict[str, object]:
    problems = [
        {
            "path": problem.path,
            "line": problem.line,
            "found": problem.found,
            "expected": problem.expected,
            "hint": problem.hint,
        }
        for problem in error.problems
    ]
    return {"usable": False, "source": error.file, "problems": problems}


def _report(settings: Settings, seen: "Sequence[Seen]") -> dict[str, object]:
    topology = settings.topology
    return {
        "usable": True,
        "source": settings.source,
        "listen": str(settings.server.listen),
        "admin": str(settings.server.admin or "off"),
        "callers": sorted(caller.name for caller in settings.callers.values()),
        "limits": to_builtins(settings.limited()),
        "routes": [
            {
                "name": route.name,
                "strategy": route.strategy.value,
                "deadline": route.deadline,
                "on_break": route.on_break.value,
                "on_loss": route.on_loss.value,
                "targets": [_target_report(settings, route, name) for name in route.targets],
                "single_points_of_failure": [str(d) for d in shared_domains(route, topology)],
                "no_plan_b": no_plan_b(route, topology),
            }
            for route in topology.routes.values()
        ],
        "logins": [to_builtins(each) for each in seen],
        "warnings": list(settings.warnings),
        "notes": list(settings.notes),
    }


def _target_report(settings: Settings, route: Route, name: str) -> dict[str, object]:
    target = settings.topology.targets[name]
    ends = settings.retirements.get(name)
    return {
        "name": target.name,
        "model": target.endpoint.model,
        "dialect": target.endpoint.dialect,
        "weight": route.weights.get(name, 1.0),
        "context_window": target.context_window,
        "price_input": target.price.input,
        "price_output": target.price.output,
        "price": to_builtins(target.price),
        "retires": None if ends is None else ends.day,
        "capabilities": sorted(each.value for each in target.capabilities),
        "domains": [str(domain) for domain in target.domains],
    }
