"""`understudy keygen`: a key for an application, and its hash for the configuration."""

import json
import secrets

import click

from understudy.cli.options import json_option
from understudy.config.secret import KeyDigest, Secret

_EPILOG = """\b
Example:
  understudy keygen shop-backend

\b
Give the key to the application as its API key; it is shown once and kept nowhere. Put the two
lines under it into understudy.toml. A running gateway takes them up by itself.
"""


@click.command(epilog=_EPILOG)
@click.argument("name", default="app")
@json_option
def keygen(name: str, *, as_json: bool) -> None:
    """Make a key for an application that calls the gateway (256 random bits), and its hash.

    NAME is what the application is called in the configuration and the journal.
    """
    key = f"us-{secrets.token_urlsafe(32)}"
    digest = KeyDigest.of(Secret(key)).text
    if as_json:
        click.echo(json.dumps({"name": name, "key": key, "hash": digest}))
        return
    table = name if name.replace("-", "").replace("_", "").isalnum() else json.dumps(name)
    click.echo(f'{key}\n\n[keys.{table}]\nhash = "{digest}"')
