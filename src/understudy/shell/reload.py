"""Reload: notices that the configuration changed, loads it, and keeps the last good one when it is
bad.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import structlog

from understudy.config.errors import ConfigError
from understudy.config.settings import Settings

LOOK_EVERY = 1.0
"""Seconds between two looks at the files. Polled: mounts and symlink swaps send no events."""

REFUSED = "config refused, the last good one stays in force"

Stamp: TypeAlias = tuple[int, int, int] | None
"""When a file was changed, its size and its inode; None while it is not there."""


class Reloader:
    """Reloads when asked to, or when a file changes; one at a time.

    `load` may be slow (it asks for model servers where there is no file), so it runs in a thread;
    `adopt` swaps settings in on the loop. Requests that arrive during a reload become one more.
    `first` is what the process started with: what is read at the start only stays as it was there.
    """

    def __init__(
        self,
        load: Callable[[], Settings],
        adopt: Callable[[Settings], None],
        files: Iterable[Path],
        look_every: float = LOOK_EVERY,
        first: Settings | None = None,
    ) -> None:
        self.reloads = 0
        self.failures = 0
        self.last_error: str | None = None
        self._load = load
        self._adopt = adopt
        self._look_every = look_every
        self._first = first
        self._wanted = asyncio.Event()
        self._log = structlog.get_logger("understudy.config")
        self._seen: dict[Path, Stamp] = _stamps(files)

    def request(self) -> None:
        """Ask for a reload, soon: what a signal handler calls."""
        self._wanted.set()

    async def watch(self) -> None:
        """Reload whenever there is reason to, until cancelled."""
        while True:
            if await self._is_due():
                await self.reload()

    async def reload(self) -> bool:
        """Load and adopt; on an error the settings in force stay, and the error is said loudly.

        Also on one that nobody foresaw: a bug in reading a file must not end a gateway that serves.
        """
        self._wanted.clear()
        self._seen = _stamps(self._seen)
        try:
            settings = await asyncio.to_thread(self._load)
            self._adopt(settings)
        except ConfigError as error:
            self._refused(str(error))
            return False
        except Exception as error:  # noqa: BLE001 - see above
            self._refused(f"a bug of understudy's own: {error!r}", bug=error)
            return False
        self._watch_also(settings.files)
        self.reloads += 1
        self.last_error = None
        routes = sorted(settings.topology.routes)
        self._log.info("config reloaded", routes=routes, targets=len(settings.topology.targets))
        for warning in (*self._waits_for_a_restart(settings), *settings.warnings):
            self._log.warning(warning)
        return True

    def _refused(self, why: str, bug: Exception | None = None) -> None:
        self.failures += 1
        self.last_error = why
        self._log.error(REFUSED, error=why, exc_info=bug)

    def _waits_for_a_restart(self, settings: Settings) -> Iterator[str]:
        """Name the tables that say something else than at the start, which is what still holds."""
        first = self._first or settings
        if settings.server != first.server:
            yield "[server] is read at the start only: its change waits for a restart"
        if settings.journal != first.journal:
            yield "[journal] is read at the start only: its change waits for a restart"
        if settings.conversations != first.conversations:
            yield "[conversations] is read at the start only: its change waits for a restart"

    async def _is_due(self) -> bool:
        """Wait for a request, or for the time to look at the files again."""
        try:
            async with asyncio.timeout(self._look_every):
                await self._wanted.wait()
        except TimeoutError:
            return _stamps(self._seen) != self._seen
        return True

    def _watch_also(self, files: tuple[Path, ...]) -> None:
        """Look at what was read now; a file that was looked at before keeps its older stamp."""
        if files:
            self._seen = {**_stamps(files), **{f: self._seen[f] for f in files if f in self._seen}}


def _stamps(files: Iterable[Path]) -> dict[Path, Stamp]:
    return {path: _stamp(path) for path in files}


def _stamp(path: Path) -> Stamp:
    try:
        found = os.stat(path)  # noqa: PTH116 - follows symlinks on purpose
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
