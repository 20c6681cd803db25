"""`understudy journal`: read what happened, also while a gateway is writing it."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import click
import msgspec

from understudy.cli.journal_text import HEAD, changes, details, figures, row
from understudy.cli.options import json_option
from understudy.cli.table import align
from understudy.cli.times import Time
from understudy.journal.entry import EventEntry, RequestEntry
from understudy.journal.location import VARIABLE, journal_path
from understudy.journal.query import Kept, Reader
from understudy.journal.schema import StoreError
from understudy.telemetry.genai import spans

EVERY = 0.5
"""Seconds between two looks at a journal that is followed."""

_EPILOG = """\b
Examples:
  understudy journal tail -f
  understudy journal show us-1f0c5e2a9b-2a
  understudy journal stats --since 1h
  understudy journal events
  understudy journal tail -n 1000 --json | jq 'select(.outcome != "ok")'

\b
Where the journal is, the first that is given:
  --journal FILE, $UNDERSTUDY_JOURNAL,
  understudy/journal.db in $XDG_STATE_HOME (~/.local/state)
"""


@click.group(epilog=_EPILOG)
@click.option(
    "--journal",
    "given",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"The journal's file. Left out: ${VARIABLE}, then the usual place.",
)
@click.pass_context
def journal(ctx: click.Context, given: Path | None) -> None:
    """Read what happened: requests, attempts, failures, cost."""
    ctx.obj = given


def _journal_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--journal",
        "given",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The journal's file, as before the subcommand.",
    )(command)


@journal.command()
@click.option("-n", "count", type=click.IntRange(0, 100_000), default=20, show_default=True)
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until interrupted.")
@json_option
@_journal_option
@click.pass_obj
def tail(
    before: Path | None, given: Path | None, count: int, *, follow: bool, as_json: bool
) -> None:
    """Show the last requests, one a line."""
    path = journal_path(given or before)
    try:
        with Reader(path) as reader:
            kept, last = reader.tail(count), reader.last()
        _say([each.entry for each in kept], as_json=as_json, is_first=True)
        if follow:
            for entries in _follow(path, kept[-1].seq if kept else last):
                _say(entries, as_json=as_json, is_first=False)
    except StoreError as error:
        _refuse(error)
    except KeyboardInterrupt:
        sys.exit(0)


@journal.command()
@click.argument("request_id", metavar="ID")
@json_option
@_journal_option
@click.pass_obj
def show(before: Path | None, given: Path | None, request_id: str, *, as_json: bool) -> None:
    """Show all of one request. Its ID is in the answer's x-understudy-request-id."""
    path = journal_path(given or before)
    try:
        with Reader(path) as reader:
            entry = reader.find(request_id)
    except StoreError as error:
        _refuse(error)
    if entry is None:
        _refuse(f"found no request {request_id!r} in {path}: it may be too old, or just under way")
    if as_json:
        click.echo(json.dumps(_whole(entry), indent=2))
        return
    for line in details(entry):
        click.echo(line)


@journal.command()
@click.option("-n", "count", type=click.IntRange(0, 100_000), default=20, show_default=True)
@json_option
@_journal_option
@click.pass_obj
def events(before: Path | None, given: Path | None, count: int, *, as_json: bool) -> None:
    """Show what people changed: drains and their ends, one a line."""
    try:
        with Reader(journal_path(given or before)) as reader:
            found = reader.events(count)
    except StoreError as error:
        _refuse(error)
    for line in map(_plain, found) if as_json else changes(found):
        click.echo(line)


@journal.command()
@click.option("--since", type=Time(), metavar="TIME", help="Only the last 90s, 1h, 7d ...")
@json_option
@_journal_option
@click.pass_obj
def stats(before: Path | None, given: Path | None, since: float | None, *, as_json: bool) -> None:
    """Show what requests and attempts add up to."""
    try:
        with Reader(journal_path(given or before)) as reader:
            found = reader.stats(0.0 if since is None else time.time() - since)
    except StoreError as error:
        _refuse(error)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    for line in figures(found):
        click.echo(line)


def _follow(path: Path, last: int) -> Iterator[list[RequestEntry]]:
    """Yield what comes after place `last`, from a journal begun anew as well."""
    inode = path.stat().st_ino
    while True:
        time.sleep(EVERY)
        try:
            present = path.stat().st_ino
            if present != inode:
                last, inode = 0, present
            with Reader(path) as reader:
                kept: list[Kept] = reader.after(last)
        except (FileNotFoundError, StoreError):
            continue  # moved aside just now; a new one comes
        if kept:
            last = kept[-1].seq
            yield [each.entry for each in kept]


def _say(entries: Sequence[RequestEntry], *, as_json: bool, is_first: bool) -> None:
    if as_json:
        for entry in entries:
            click.echo(msgspec.json.encode(entry).decode())
        return
    # Under the same heads, so that columns do not jump about.
    lines = align([HEAD, *(row(entry) for entry in entries)], indent="")
    for line in lines if is_first else lines[1:]:
        click.echo(line)


def _plain(event: EventEntry) -> str:
    return msgspec.json.encode(event).decode()


def _whole(entry: RequestEntry) -> dict[str, object]:
    """An entry for a program: its fields, bodies as texts, and OpenTelemetry's spans of it."""
    bare = msgspec.structs.replace(entry, request_body=None, response_body=None)
    found = msgspec.to_builtins(bare)
    assert isinstance(found, dict)
    for name, body in (
        ("request_body", entry.request_body),
        ("response_body", entry.response_body),
    ):
        if body is not None:
            found[name] = body.decode("utf-8", "replace")
    return {**found, "spans": msgspec.to_builtins(spans(entry))}


def _refuse(reason: object) -> NoReturn:
    click.echo(f"understudy journal: {reason}", err=True)
    sys.exit(1)
