"""`understudy drain`: lead traffic away from a failure domain of a running gateway, and back."""

import json
import sys
from typing import NoReturn

import click
import msgspec

from understudy.cli import live
from understudy.cli.options import json_option
from understudy.cli.table import align
from understudy.cli.times import Time

MARK = "x-understudy-admin"
"""The header field that says that no web page asks (see the gateway's guard)."""

_EPILOG = """\b
Examples:
  understudy drain lab:openai --over 5m          0 % of new requests in five minutes
  understudy drain region:azure/swedencentral --over 1m --for 2h
  understudy drain --undo lab:openai --over 4h   back, 25 % an hour
  understudy drain --list                        what is drained, and what can be

\b
A domain is KIND:NAME with the kinds key, account, model, region, host, lab, edge. Requests in
progress finish where they are. Where nothing else works a drained domain is used again, unless
the drain is --hard. Drains hold over a reload and a restart.
"""


@click.command(epilog=_EPILOG)
@click.argument("domain", required=False)
@click.option("--over", type=Time(), default="5m", help="How long the way takes.  [default: 5m]")
@click.option("--for", "for_", type=Time(), help="When it starts to come back by itself.")
@click.option("--hard", is_flag=True, help="Let nothing through, even where nothing else works.")
@click.option("--undo", is_flag=True, help="Lead traffic back to DOMAIN.")
@click.option("--list", "lists", is_flag=True, help="Show what is drained, and what can be.")
@click.option(
    "--admin",
    metavar="URL",
    default="http://127.0.0.1:9090",
    envvar="UNDERSTUDY_ADMIN",
    help="The gateway's admin listener.  [default: http://127.0.0.1:9090, $UNDERSTUDY_ADMIN]",
)
@click.option(
    "--key",
    envvar="UNDERSTUDY_ADMIN_KEY",
    hidden=True,  # a key on a command line can be read by every user of the machine
)
@json_option
def drain(  # noqa: PLR0913 - one for each option
    domain: str | None,
    over: float,
    for_: float | None,
    admin: str,
    key: str | None,
    *,
    hard: bool,
    undo: bool,
    lists: bool,
    as_json: bool,
) -> None:
    """Lead traffic away from DOMAIN, as before planned work, and cut nothing.

    Where the gateway has an admin key, it is read from $UNDERSTUDY_ADMIN_KEY.
    """
    if lists or domain is None:
        if domain is not None or not lists:
            _refuse("expected a DOMAIN, as in lab:openai, or --list", 2)
        _show(_call(admin, "GET", "/admin/drains", {}, key), as_json=as_json)
        return
    if undo:
        told = _call(admin, "POST", "/admin/return", {"domain": domain, "over": over}, key)
    else:
        order = {"domain": domain, "over": over, "for": for_, "hard": hard}
        told = _call(admin, "POST", "/admin/drain", order, key)
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    then = "all of it" if undo else "no new request"
    click.echo(f"{told.get('domain')} {told.get('what')}; in {told.get('over'):g} s {then}")


def _call(
    admin: str, method: str, path: str, order: dict[str, object], key: str | None
) -> dict[str, object]:
    headers = {"content-type": "application/json", MARK: "drain"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    body = b"" if method == "GET" else json.dumps(order).encode()
    try:
        status, said = live.call(admin, method, path, body, headers)
        told = msgspec.json.decode(said, type=dict[str, object])
    except live.Unanswered as error:
        _refuse(str(error), 1)
    except msgspec.DecodeError:
        _refuse(f"what answers at {admin} is no gateway of this version", 1)
    if status != 200:
        _refuse(f"refused ({status}): {told.get('error')}", 2 if status in {400, 404} else 1)
    return told


def _show(told: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    drains, domains = told.get("drains"), told.get("domains")
    rows = [
        (str(each.get("domain")), str(each.get("what")))
        for each in (drains if isinstance(drains, list) else [])
    ]
    click.echo("drained:" if rows else "nothing is drained")
    for line in align(rows):
        click.echo(line)
    click.echo("can be drained:")
    for each in domains if isinstance(domains, list) else []:
        click.echo(f"  {each}")


def _refuse(text: str, code: int) -> NoReturn:
    click.echo(f"understudy: {text}", err=True)
    sys.exit(code)
