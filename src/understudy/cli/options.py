"""Options that several commands share."""

from pathlib import Path

import click

from understudy.config.places import NAME

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for a program.")

config_option = click.option(
    "-c",
    "--config",
    "given",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"The configuration. Left out: $UNDERSTUDY_CONFIG, ./{NAME}, then the user's own.",
)
