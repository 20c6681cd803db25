"""From what was named to settings: a file where there is one, else the environment."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from understudy.config.catalogue_file import known_catalogue
from understudy.config.discovery import from_environment
from understudy.config.load import load
from understudy.config.places import find_config
from understudy.config.settings import Settings


class Loader(msgspec.Struct, frozen=True):
    """Loads the same thing each time. `path` None: the environment and this machine are read."""

    path: Path | None
    listen: str | None = None

    def __call__(self) -> Settings:
        """Load. Raises: ConfigError."""
        known = known_catalogue(os.environ)
        if self.path is None:
            settings = from_environment(
                os.environ, catalogue=known.catalogue, listen=self.listen, today=today()
            )
        else:
            settings = load(
                self.path,
                os.environ,
                catalogue=known.catalogue,
                listen=self.listen,
                today=today(),
            )
        return replace(
            settings,
            files=(*settings.files, *known.files),
            warnings=(*known.warnings, *settings.warnings),
        )


def today() -> str:
    """Return the day, as ISO 8601, in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def make_loader(given: Path | None, listen: str | None = None) -> Loader:
    """Return a loader of the file that was named, or of the one in the usual places."""
    return Loader(find_config(given, os.environ, Path()), listen)


def first_then(first: Settings, again: Callable[[], Settings]) -> Callable[[], Settings]:
    """Return a function that returns `first` once, and loads from then on."""
    waiting = [first]
    return lambda: waiting.pop() if waiting else again()
