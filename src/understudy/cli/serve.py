"""`understudy serve`: the gateway itself."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from understudy.cli.options import config_option
from understudy.cli.table import align
from understudy.config.loading import first_then, make_loader
from understudy.config.settings import Settings

SHOWN: Final = 12
"""Routes shown at the start; `check` shows all."""

_EPILOG = """\b
Examples:
  understudy serve                       routes from the keys in your environment
  understudy serve -c understudy.toml
  understudy serve --listen 127.0.0.1:0  any free port

\b
Then point a client at it:
  OPENAI_BASE_URL=http://127.0.0.1:8080/v1
  ANTHROPIC_BASE_URL=http://127.0.0.1:8080

\b
SIGHUP, or an edit of the file, loads it anew; a file with a mistake changes nothing and is
reported. SIGTERM lets requests in progress finish.
"""


@click.command(epilog=_EPILOG)
@config_option
@click.option("--listen", metavar="HOST:PORT", help="Where to listen, whatever the file says.")
def serve(given: Path | None, listen: str | None) -> None:
    """Run the gateway.

    Without a configuration it makes routes of the provider keys it finds in the environment and of
    the model servers that run on this machine, and says which have no plan B.
    """
    loader = make_loader(given, listen)
    settings = loader()
    for line in summary(settings):
        click.echo(line, err=True)
    from understudy.shell.runner import run

    sys.exit(run(first_then(settings, loader), settings.files))


def summary(settings: Settings) -> Iterator[str]:
    """Say in lines what is about to be served."""
    yield f"understudy: settings from {settings.source}"
    routes = list(settings.topology.routes.values())
    yield "routes:"
    yield from align([(route.name, " > ".join(route.targets)) for route in routes[:SHOWN]])
    if len(routes) > SHOWN:
        yield f"  and {len(routes) - SHOWN} more: see understudy check"
