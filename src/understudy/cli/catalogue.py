"""`understudy catalogue update`: facts of public lists over those that ship with understudy."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NoReturn

import click
import msgspec

from understudy.cli.fetching import Unfetched, fetch, fetch_with_key, read_file
from understudy.cli.options import config_option, json_option
from understudy.cli.table import align
from understudy.cli.writing import write_whole
from understudy.config.catalogue_file import load_overlay, overlay_path
from understudy.config.errors import join_names
from understudy.config.loading import today
from understudy.config.places import find_config
from understudy.providers.catalogue import Catalogue, load_catalogue
from understudy.providers.facts import Source
from understudy.providers.overlay import (
    Change,
    DamagedOverlay,
    Overlay,
    add,
    changes,
    kind_of,
    write_overlay,
)
from understudy.providers.price import Price
from understudy.providers.public_lists import Entry, PublicList, UnreadableList, read_list

SHOWN: Final = 40
"""Changes that are shown without `--all`."""

_EPILOG = """\b
Examples:
  understudy catalogue update https://models.dev/api.json --dry-run
  understudy catalogue update ~/Downloads/model_prices_and_context_window.json --known
  understudy catalogue update provider:groq -c understudy.toml
  understudy catalogue update groq-models.json --host groq

\b
A SOURCE is an address (https), a file, or provider:NAME, which asks that provider of your
configuration for its own list, with your key. Lists in the forms of models.dev, of LiteLLM's price
file, and of a provider's GET /models are read.
"""


class Read(msgspec.Struct, frozen=True):
    """One source as it was read, its models by our kinds. `strangers` are hosts not known here."""

    name: str
    where: Source
    listed: PublicList
    found: dict[str, list[Entry]]
    strangers: frozenset[str]


@click.group()
def catalogue() -> None:
    """Bring the catalogue up to date: what models cost, hold and can do, and when they end."""


@catalogue.command(epilog=_EPILOG)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--host", help="Whose list it is, where it names no hosts: a kind of the catalogue.")
@click.option("--known", is_flag=True, help="Take facts of known models only, and no new models.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--all", "shows_all", is_flag=True, help="Show every change.")
@config_option
@json_option
def update(  # noqa: PLR0913 - one for each option
    sources: tuple[str, ...],
    host: str | None,
    given: Path | None,
    *,
    known: bool,
    dry_run: bool,
    shows_all: bool,
    as_json: bool,
) -> None:
    """Read each SOURCE, and lay what it says over the catalogue.

    Nothing but the sources is asked, and nothing happens unless you call this. All of them must be
    readable. What was written holds for every gateway of this user at once: a running one reloads.
    """
    path = overlay_path(os.environ)
    if path is None:
        _fail("there is no home directory: name the file in $UNDERSTUDY_CATALOGUE", 2)
    shipped = load_catalogue()
    old = _overlay(path)
    new = old
    reads = [_read(source, host, given, shipped) for source in sources]
    for read in reads:
        found = _known_only(read.found, shipped) if known else read.found
        new = add(new, read.name, read.where, found)
    before, after = load_catalogue(old), load_catalogue(new)
    differences = list(changes(before.kinds, after.kinds))
    if not dry_run:
        _write(path, new)
    if as_json:
        click.echo(json.dumps(_report(reads, differences, path, is_written=not dry_run), indent=2))
        return
    for line in _lines(reads, differences, shows_all=shows_all):
        click.echo(line)
    click.echo(f"dry run: {path} stays as it is" if dry_run else f"written: {path}")


@catalogue.command()
@click.option("--forget", metavar="SOURCE", help="Take back all that a source said.")
@json_option
def sources(forget: str | None, *, as_json: bool) -> None:
    """Show what lies over the catalogue that ships: each source, its date, how many models."""
    path = overlay_path(os.environ)
    overlay = Overlay() if path is None else _overlay(path)
    if forget is not None:
        if forget not in overlay.sources or path is None:
            names = join_names(overlay.sources) or "there is none"
            _fail(f"found no source {forget}, expected one of: {names}", 2)
        overlay = add(overlay, forget, overlay.sources[forget], {})
        _write(path, overlay)
    counts = dict.fromkeys(overlay.sources, 0)
    for laids in overlay.models.values():
        for laid in laids:
            counts[laid.source] += 1
    if as_json:
        rows = [
            {"source": name, **msgspec.to_builtins(where), "models": counts[name]}
            for name, where in overlay.sources.items()
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for line in align(
        [
            (name, where.date, f"{counts[name]} models", where.note or "")
            for name, where in overlay.sources.items()
        ],
        indent="",
    ):
        click.echo(line)
    click.echo(f"{path}" if overlay.sources else "nothing lies over what ships")


def _read(source: str, host: str | None, given: Path | None, shipped: Catalogue) -> Read:
    try:
        name, url, owner, data = _obtain(source, given, shipped)
        listed = read_list(data)
    except (Unfetched, UnreadableList) as error:
        _fail(f"{source}: {error}", 1)
    found: dict[str, list[Entry]] = {}
    strangers: set[str] = set()
    kinds = [kind.name for kind in shipped.kinds]
    for entry in listed.entries:
        said = entry.provider or host or owner
        if not said:
            _fail(f"{source}: the list does not say whose it is: add --host", 2)
        kind = kind_of(said, kinds)
        if kind is None:
            strangers.add(said)
        else:
            found.setdefault(kind, []).append(entry)
    if host is not None and host in strangers:
        _fail(f'the catalogue has no host "{host}": {join_names(kinds, limit=40)}', 2)
    where = Source(url, today(), listed.form)
    return Read(name, where, listed, found, frozenset(strangers))


def _obtain(source: str, given: Path | None, shipped: Catalogue) -> tuple[str, str, str, bytes]:
    """Return a source's name, address, owner (as far as it is known) and bytes."""
    scheme, colon, rest = source.partition(":")
    if colon and scheme in {"http", "https"}:
        return rest.lstrip("/").partition("?")[0], source, "", fetch(source)
    if colon and scheme == "provider":
        from understudy.config.own_list import own_list

        config = find_config(given, os.environ, Path())
        if config is None:
            _fail(f"{source}: there is no configuration: name it with -c", 2)
        listing = own_list(config, os.environ, rest, shipped)
        return source, listing.url, listing.kind, fetch_with_key(listing.url, listing.headers)
    path = Path(source).expanduser()
    return path.name, path.absolute().as_uri(), "", read_file(path)


def _known_only(found: Mapping[str, list[Entry]], shipped: Catalogue) -> dict[str, list[Entry]]:
    known = {
        kind.name: {name.lower() for one in kind.models for name in (one.id, *one.aliases)}
        for kind in shipped.kinds
    }
    return {
        kind: [entry for entry in entries if entry.id.lower() in known[kind]]
        for kind, entries in found.items()
    }


def _overlay(path: Path) -> Overlay:
    try:
        return load_overlay(path) or Overlay()
    except (OSError, DamagedOverlay) as error:
        _fail(f"{path}: {error}; move it away to begin anew", 1)


def _write(path: Path, overlay: Overlay) -> None:
    try:
        write_whole(path, write_overlay(overlay))
    except OSError as error:
        _fail(f"{path}: {(error.strerror or type(error).__name__).lower()}", 1)


def _lines(reads: Iterable[Read], differences: list[Change], *, shows_all: bool) -> Iterator[str]:
    for read in reads:
        used = sum(len(entries) for entries in read.found.values())
        yield (
            f"{read.name}: {read.listed.form}, {len(read.listed.entries)} models, "
            f"{used} of them at {len(read.found)} hosts that we know"
        )
        if read.strangers:
            yield f"  not known here: {join_names(read.strangers)}"
        refused = read.listed.refused
        for reason in refused[: None if shows_all else 5]:
            yield f"  not believed: {reason}"
        if not shows_all and len(refused) > 5:
            yield f"  not believed: {len(refused) - 5} more"
    changed = [each for each in differences if each.fact != "model"]
    fresh = [each for each in differences if each.fact == "model"]
    yield f"{len(changed)} facts change, {len(fresh)} models are new"
    shown = [*changed, *fresh][: None if shows_all else SHOWN]
    yield from align([_row(change) for change in shown])
    if len(shown) < len(differences):
        yield f"  and {len(differences) - len(shown)} more: --all shows them"


def _row(change: Change) -> tuple[str, ...]:
    name = f"{change.kind}/{change.model}"
    if change.fact == "model":
        return (name, "new")
    return (name, change.fact, f"{_said(change.old)} -> {_said(change.new)}")


def _said(value: object) -> str:
    if isinstance(value, Price):
        costs = (value.input, value.output)
        cache = (value.cache_read, value.cache_write)
        told = " / ".join("-" if cost is None else f"{cost:g}" for cost in costs)
        return told + "".join(f" +{cost:g}" for cost in cache if cost is not None)
    if isinstance(value, int):
        return f"{value:,}"
    return "-" if value is None else str(value)


def _report(
    reads: Iterable[Read], differences: Iterable[Change], path: Path, *, is_written: bool
) -> dict[str, object]:
    return {
        "file": str(path),
        "written": is_written,
        "sources": [
            {
                "source": read.name,
                "url": read.where.url,
                "date": read.where.date,
                "form": read.listed.form,
                "models": len(read.listed.entries),
                "used": {kind: len(entries) for kind, entries in read.found.items()},
                "unknown_hosts": sorted(read.strangers),
                "not_believed": list(read.listed.refused),
            }
            for read in reads
        ],
        "changes": [msgspec.to_builtins(change) for change in differences],
    }


def _fail(reason: str, code: int) -> NoReturn:
    click.echo(f"understudy: {reason}", err=True)
    sys.exit(code)
