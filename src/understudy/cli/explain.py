"""`understudy explain`: who would answer for a model."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import click
import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.cli import live
from understudy.cli.options import config_option, json_option
from understudy.cli.table import align
from understudy.config.errors import did_you_mean, join_names
from understudy.config.loading import make_loader, today
from understudy.config.retirement import in_words
from understudy.config.settings import Settings
from understudy.routing.router import Router
from understudy.routing.snapshot import Candidate, DomainView
from understudy.routing.topology import Route

_EPILOG = """\b
Examples:
  understudy explain assistant
  understudy explain assistant --needs tools,vision --tokens 300000
  understudy explain gpt-5.2 --json
  understudy explain assistant --admin http://127.0.0.1:9090

\b
Judged by the configuration alone, as if everything were up. With --admin, a running gateway is
asked what is shut just now, and why.
"""


def _read_needs(ctx: click.Context, param: click.Parameter, value: str) -> frozenset[Capability]:
    """Read a comma-separated list of capabilities."""
    known = [each.value for each in Capability]
    words = [word.strip() for word in value.split(",") if word.strip()]
    for word in words:
        if word not in known:
            hint = did_you_mean(word, known) or f"known are {join_names(known)}"
            raise click.BadParameter(f'no capability "{word}": {hint}', ctx, param)
    return frozenset(Capability(word) for word in words)


@click.command(epilog=_EPILOG)
@click.argument("model")
@config_option
@click.option(
    "--needs",
    callback=_read_needs,
    default="",
    metavar="A,B",
    help=f"What the request needs: {', '.join(each.value for each in Capability)}.",
)
@click.option(
    "--tokens", type=click.IntRange(min=0), default=0, help="How long its prompt is, in tokens."
)
@click.option(
    "--admin", metavar="URL", help="Ask the gateway with this admin listener how it is now."
)
@json_option
def explain(
    model: str,
    given: Path | None,
    needs: frozenset[Capability],
    tokens: int,
    admin: str | None,
    *,
    as_json: bool,
) -> None:
    """Show who would answer for MODEL, in which order, and who not, and why.

    MODEL is a route, or a target ("provider/model").
    """
    settings = make_loader(given)()
    router = Router(settings.topology, lambda: 0.0)
    route = router.find(model)
    if route is None:
        _refuse(model, router.names())
    candidates = router.explain(route, Needs(needs, tokens), 0.0)
    shut = None if admin is None else _shut(admin, candidates)
    if as_json:
        report = _report(route, candidates, settings)
        if shut is not None:
            report["shut"] = msgspec.to_builtins(shut)
        click.echo(json.dumps(report, indent=2))
        return
    for line in (*_lines(route, candidates, settings), *_now(shut)):
        click.echo(line)


def _shut(admin: str, candidates: Sequence[Candidate]) -> list[DomainView]:
    """Ask a running gateway which domains keep the candidates from being asked."""
    try:
        return live.trouble(live.ask(admin), {each.target for each in candidates})
    except live.Unanswered as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _now(shut: Sequence[DomainView] | None) -> Iterator[str]:
    if shut is None:
        return
    yield "just now:" if shut else "just now: nothing is shut"
    for view in shut:
        for line in live.lines(view):
            yield f"  {line}"


def _refuse(model: str, names: Sequence[str]) -> NoReturn:
    hint = did_you_mean(model, names) or f"routes are {join_names(names)}"
    click.echo(f'no route "{model}": {hint}', err=True)
    sys.exit(1)


def _lines(route: Route, candidates: Sequence[Candidate], settings: Settings) -> Iterator[str]:
    def notes(candidate: Candidate) -> str:
        return "; ".join((*candidate.reasons, *_retires(settings, candidate.target)))

    asked = [each for each in candidates if each.place is not None]
    out = [each for each in candidates if each.place is None]
    how = "in this order" if route.strategy.value == "ordered" else "by weight"
    yield f"{route.name}: {len(asked)} of {len(candidates)} targets, {how}"
    yield from align(
        [
            (f"{each.place}.", each.target, *_weight(route, each), _domains(each), notes(each))
            for each in sorted(asked, key=lambda each: each.place or 0)
        ]
    )
    if out:
        yield "not asked:"
        yield from align([(each.target, "; ".join(each.reasons)) for each in out])


def _weight(route: Route, candidate: Candidate) -> tuple[str, ...]:
    return () if route.strategy.value == "ordered" else (f"weight {candidate.weight:g}",)


def _retires(settings: Settings, target: str) -> tuple[str, ...]:
    found = settings.retirements.get(target)
    return () if found is None else (in_words(found, today()),)


def _domains(candidate: Candidate) -> str:
    return ", ".join(str(domain) for domain in candidate.domains)


def _report(route: Route, candidates: Sequence[Candidate], settings: Settings) -> dict[str, object]:
    ends = settings.retirements
    return {
        "route": route.name,
        "strategy": route.strategy.value,
        "candidates": [
            {
                "target": each.target,
                "place": each.place,
                "weight": each.weight,
                "reasons": list(each.reasons),
                "retires": ends[each.target].day if each.target in ends else None,
                "domains": [str(domain) for domain in each.domains],
            }
            for each in candidates
        ],
    }
