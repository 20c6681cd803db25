"""`understudy models`: what the catalogue knows of models, and who serves them."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType
from typing import Final

import click
import msgspec

from understudy.chat.endpoint import Capability
from understudy.cli import prices
from understudy.cli.options import json_option
from understudy.cli.table import align
from understudy.config.catalogue_file import known_catalogue
from understudy.config.loading import today
from understudy.config.retirement import SOON, Stage, stage
from understudy.providers.catalogue import Catalogue
from understudy.providers.facts import Listing, ModelFacts, ProviderKind

_EPILOG = """\b
Examples:
  understudy models sonnet
  understudy models --can tools --can vision --context 200k --price 5 --sort price
  understudy models --host groq --host together --lab meta
  understudy models --retiring          with the days on which providers end them
  understudy models --json | jq '.[] | select(.stage == "ending")'
  understudy models --json | jq '.[].sources'

\b
Prices are dollars for a million tokens, read and written, or by the measure that they name; "-" is
not known. A model that is not here works all the same: `understudy catalogue update` brings in
lists that you name.
"""


_PROVED: Final = ("*", "context_window", "max_output_tokens", "price", "retires", "capabilities")


class Row(msgspec.Struct, frozen=True):
    """One model at one host."""

    kind: ProviderKind
    listing: Listing
    facts: ModelFacts

    @property
    def name(self) -> str:
        return f"{self.kind.name}/{self.listing.id}"


class Wish(msgspec.Struct, frozen=True):
    """What is looked for; all of it must hold."""

    word: str = ""
    labs: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    can: tuple[str, ...] = ()
    context: int | None = None
    price: float | None = None
    is_retiring: bool = False


class Tokens(click.ParamType[int]):
    """A number of tokens: 200000, 200k, 1M."""

    name = "tokens"

    def convert(  # type: ignore[explicit-override]
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        text = str(value).strip().lower()
        times = {"k": 1_000, "m": 1_000_000}.get(text[-1:], 1)
        digits = text if times == 1 else text[:-1]
        if not digits.isascii() or not digits.isdigit():
            self.fail(f"found {value!r}, expected tokens, as in 200000, 200k or 1M", param, ctx)
        return int(digits) * times


def _by_name(row: Row) -> tuple[object, ...]:
    return (row.name,)


def _by_price(row: Row) -> tuple[object, ...]:
    cost = row.facts.price.output
    return (cost is None, cost or 0.0, row.name)


def _by_context(row: Row) -> tuple[object, ...]:
    return (-(row.facts.context_window or 0), row.name)


ORDERS: Final[MappingProxyType[str, Callable[[Row], tuple[object, ...]]]] = MappingProxyType(
    {"name": _by_name, "price": _by_price, "context": _by_context}
)


@click.command(epilog=_EPILOG)
@click.argument("word", required=False, default="")
@click.option("--lab", "labs", multiple=True, help="Who made it; may be given several times.")
@click.option("--host", "hosts", multiple=True, help="Who serves it; may be given several times.")
@click.option(
    "--can",
    multiple=True,
    type=click.Choice([each.value for each in Capability]),
    help="What it must be able to do; all that are given.",
)
@click.option("--context", type=Tokens(), help="At least that context window.")
@click.option("--price", type=float, help="At most that many dollars for a million written.")
@click.option("--retiring", is_flag=True, help="Only those whose end was announced.")
@click.option(
    "--sort",
    type=click.Choice(list(ORDERS)),
    default="name",
    help="In what order.  [default: name]",
)
@json_option
def models(  # noqa: PLR0913 - one for each option
    word: str,
    labs: tuple[str, ...],
    hosts: tuple[str, ...],
    can: tuple[str, ...],
    context: int | None,
    *,
    price: float | None,
    sort: str,
    retiring: bool,
    as_json: bool,
) -> None:
    """Show the models of the catalogue whose name has WORD in it, or all.

    Asks nobody: it knows what ships with understudy, and what `understudy catalogue update` added.
    """
    known = known_catalogue(os.environ)
    for warning in known.warnings:
        click.echo(f"understudy: {warning}", err=True)
    wish = Wish(word, labs, hosts, can, context, price, retiring)
    _look_at_names(known.catalogue, hosts)
    rows = sorted(choose(rows_of(known.catalogue), wish), key=ORDERS[sort])
    if as_json:
        click.echo(json.dumps([_report(row) for row in rows], indent=2))
        return
    for line in _lines(rows):
        click.echo(line)


def rows_of(catalogue: Catalogue) -> Iterator[Row]:
    """Yield every model at every host there is."""
    for kind in catalogue.kinds:
        for listing in kind.models:
            yield Row(kind, listing, catalogue.model(kind, listing.id))


def choose(rows: Iterable[Row], wish: Wish) -> Iterator[Row]:
    """Yield what fits. What is not known does not fit a wish for it."""
    for row in rows:
        facts = row.facts
        names = " ".join((row.name, facts.model, *row.listing.aliases)).lower()
        able = {each.value for each in facts.capabilities}
        cost = facts.price.output
        if (
            wish.word.lower() in names
            and (not wish.labs or facts.lab in wish.labs)
            and (not wish.hosts or row.kind.name in wish.hosts)
            and able.issuperset(wish.can)
            and (wish.context is None or (facts.context_window or 0) >= wish.context)
            and (wish.price is None or (cost is not None and cost <= wish.price))
            and (not wish.is_retiring or facts.retires is not None)
        ):
            yield row


def _look_at_names(catalogue: Catalogue, hosts: tuple[str, ...]) -> None:
    from understudy.config.errors import did_you_mean, join_names

    names = [kind.name for kind in catalogue.kinds]
    for host in hosts:
        if catalogue.kind(host) is None:
            hint = did_you_mean(host, names) or join_names(names, limit=40)
            raise click.UsageError(f'the catalogue has no host "{host}": {hint}')


def _lines(rows: list[Row]) -> Iterator[str]:
    day = today()
    head = ("model", "lab", "context", "output", "$", "can", "ends")
    yield from align([head, *(_cells(row, day) for row in rows)], indent="")
    hosts = len({row.kind.name for row in rows})
    stages = Counter(stage(row.facts.retires, day) for row in rows)
    gone, going = stages[Stage.ENDED], stages[Stage.ENDING]
    ends = f"; {gone} ended, {going} end within {SOON.days} days" if gone or going else ""
    yield f"models: {len(rows)}, hosts: {hosts}{ends}"


def _cells(row: Row, day: str) -> tuple[str, ...]:
    facts = row.facts
    able = sorted(each.value for each in facts.capabilities if each is not Capability.STREAMING)
    does = [] if row.listing.operation is None else [row.listing.operation.value]
    return (
        row.name,
        facts.lab or "-",
        _count(facts.context_window),
        _count(facts.max_output_tokens),
        prices.in_words(facts.price),
        " ".join([*does, *able]),
        _end(facts, day),
    )


def _end(facts: ModelFacts, today: str) -> str:
    """`ENDED 2026-10-23 (heir)`, `ENDS SOON 2026-12-01`, or the bare day; nothing for no end."""
    said = {Stage.ENDED: "ENDED ", Stage.ENDING: "ENDS SOON "}
    day = facts.retires
    words = "" if day is None else f"{said.get(stage(day, today), '')}{day}"
    return f"{words} ({facts.replaced_by})".strip() if facts.replaced_by else words


def _count(tokens: int | None) -> str:
    return "-" if tokens is None else f"{tokens:,}"


def _report(row: Row) -> dict[str, object]:
    facts, listing = row.facts, row.listing
    sources = {
        fact: msgspec.to_builtins(source)
        for fact in _PROVED
        if (source := row.kind.sources.get(listing.proof.get(fact, ""))) is not None
    }
    return {
        "host": row.kind.name,
        "id": listing.id,
        "model": facts.model,
        "lab": facts.lab,
        "aliases": list(listing.aliases),
        "operation": "chat" if listing.operation is None else listing.operation.value,
        "capabilities": sorted(each.value for each in facts.capabilities),
        "context_window": facts.context_window,
        "max_output_tokens": facts.max_output_tokens,
        "price": msgspec.to_builtins(facts.price),
        "retires": facts.retires,
        "stage": stage(facts.retires, today()).value,
        "replaced_by": facts.replaced_by,
        "sources": sources,
    }
