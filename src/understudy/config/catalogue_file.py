"""Where the overlay of the catalogue is, and the catalogue with it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from understudy.providers.catalogue import Catalogue, load_catalogue
from understudy.providers.overlay import DamagedOverlay, Overlay, read_overlay

VARIABLE: Final = "UNDERSTUDY_CATALOGUE"
"""The environment variable that names another file."""

LARGEST: Final = 32 * 2**20


class Known(msgspec.Struct, frozen=True):
    """The catalogue, `files` to watch (there or not), and `warnings` to tell."""

    catalogue: Catalogue
    overlay: Overlay
    files: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()


def overlay_path(environment: Mapping[str, str]) -> Path | None:
    """Return `understudy/catalogue.json` under $XDG_DATA_HOME (~/.local/share), or what is named.

    None where there is neither a home.
    """
    named = environment.get(VARIABLE)
    if named:
        return Path(named)
    data = environment.get("XDG_DATA_HOME", "")
    if os.path.isabs(data):  # noqa: PTH117 - a text, perhaps empty
        return Path(data) / "understudy" / "catalogue.json"
    home = environment.get("HOME")
    return Path(home) / ".local" / "share" / "understudy" / "catalogue.json" if home else None


def known_catalogue(environment: Mapping[str, str]) -> Known:
    """Read the catalogue with its overlay. One that cannot be used is left out, and warned of."""
    path = overlay_path(environment)
    files = () if path is None else (path,)
    try:
        overlay = None if path is None else load_overlay(path)
    except (OSError, DamagedOverlay) as error:
        warning = f"the catalogue's overlay {path} is left out: {error}"
        return Known(load_catalogue(), Overlay(), files, (warning,))
    return Known(load_catalogue(overlay), overlay or Overlay(), files)


def load_overlay(path: Path) -> Overlay | None:
    """Read an overlay, None where there is no such file. Raises: OSError, DamagedOverlay."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    if len(data) > LARGEST:
        raise DamagedOverlay(f"found more than {LARGEST} bytes")
    return read_overlay(data)
