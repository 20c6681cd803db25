"""Reload: notices that the configuration changed, loads it, and keeps the last good one when it is
bad.
"""

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from understudy.config.errors import ConfigError
from understudy.config.settings import Settings

LOOK_EVERY = 1.0
"""Seconds between two looks at the file. Polled: mounts and symlink swaps send no events."""

Stamp = tuple[tuple[int, int, int] | None, ...]


class Reloader:
    """`reload` swaps settings in or says why not; `watch` calls it whenever a file changes."""

    def __init__(
        self,
        load: Callable[[], Settings],
        adopt: Callable[[Settings], None],
        files: Iterable[Path],
    ) -> None:
        self.reloads = 0
        self.failures = 0
        self.last_error: str | None = None
        self._load = load
        self._adopt = adopt
        self._files = tuple(files)
        self._log = structlog.get_logger("understudy.config")
        self._seen = self._stamp()

    def reload(self) -> bool:
        """Load and adopt; on an error the settings in force stay, and the error is said loudly."""
        self._seen = self._stamp()
        try:
            settings = self._load()
            self._adopt(settings)
        except ConfigError as error:
            self.failures += 1
            self.last_error = str(error)
            self._log.error("config refused, the last good one stays in force", error=str(error))
            return False
        self.reloads += 1
        self.last_error = None
        routes = sorted(settings.topology.routes)
        self._log.info("config reloaded", routes=routes, targets=len(settings.topology.targets))
        for warning in settings.warnings:
            self._log.warning(warning)
        return True

    async def watch(self) -> None:
        """Look at the files until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._stamp() != self._seen:
                self.reload()

    def _stamp(self) -> Stamp:
        return tuple(_stamp(path) for path in self._files)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - follows symlinks on purpose
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
