"""Where a configuration is looked for."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

NAME: Final = "understudy.toml"


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
