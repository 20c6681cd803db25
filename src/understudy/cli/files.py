"""Which configuration a command reads, and the option that names it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

NAME: Final = "understudy.toml"

config_option = click.option(
    "-c",
    "--config",
    "given",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"The configuration. Left out: $UNDERSTUDY_CONFIG, ./{NAME}, then the user's own.",
)


def find_config(given: Path | None, environment: Mapping[str, str], folder: Path) -> Path | None:
    """Return the file to read: what was named, else the first usual place where there is one."""
    if given is not None:
        return given
    named = environment.get("UNDERSTUDY_CONFIG")
    if named:
        return folder / named
    home = environment.get("XDG_CONFIG_HOME") or os.path.join(  # noqa: PTH118 - HOME may be absent
        environment.get("HOME", ""), ".config"
    )
    for place in (folder / NAME, Path(home) / "understudy" / NAME):
        if place.is_file():
            return place
    return None
