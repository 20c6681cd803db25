"""The gateway without its doors: plane, journal, metrics, steering, reload, and what they do by
themselves. The runner gives it sockets and signals, `Transport` a loop inside an application.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path

import structlog

from understudy.config.conversations import FILE
from understudy.config.settings import Settings
from understudy.dialects.catalog import COUNTS, MEMORIES, SPOKEN
from understudy.exchange.services import HeldBudget, Services
from understudy.journal.location import default_path
from understudy.journal.query import Reader
from understudy.journal.schema import StoreError
from understudy.journal.spending import Spending
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy
from understudy.routing.router import Router
from understudy.shell import logs
from understudy.shell.conversations import Conversations
from understudy.shell.fetching import OURS, Done, Fetch
from understudy.shell.floor import Floor
from understudy.shell.plane import Bounds, Plane
from understudy.shell.recorder import Recorder
from understudy.shell.reload import Reloader
from understudy.shell.steering import Steering, file_beside
from understudy.shell.turn_store import Bounds as TurnBounds
from understudy.shell.turn_store import TurnStore
from understudy.shell.turnstile import Turnstile
from understudy.telemetry.metrics import Metrics
from understudy.wire.http import HttpRequest


class Gateway:
    """One per loop, which runs already. `files` are watched, `load` reads them again.

    `connections` is how many clients may be there at once.
    """

    def __init__(
        self,
        settings: Settings,
        load: Callable[[], Settings],
        files: Iterable[Path],
        connections: int,
    ) -> None:
        self.metrics = Metrics()
        self.recorder = _recorder(settings, self.metrics)
        observe = self.metrics.observe if self.recorder is None else self.recorder.record
        self.plane = Plane(
            settings, _services(settings), observe, _prefix(), _bounds(settings, connections)
        )
        self.conversations = _conversations(settings, self.plane)
        self.steering = _steering(settings, self.plane, self.recorder)
        self.floor = Floor(self.plane.services.router, self.plane.pools, self.plane.now)
        self.floor.adopt(settings)
        self.reloader = Reloader(load, self._adopt, files, first=settings)
        self._log = structlog.get_logger("understudy")
        self._journal = settings.journal
        self._unread = ""
        self._is_limited = asyncio.Event()
        self._limit(settings)

    def chores(self) -> tuple[Coroutine[None, None, None], ...]:
        """What goes on beside requests, each until it is cancelled."""
        for warning in self.plane.settings.warnings:
            self._log.warning(warning)
        return self.plane.sweep(), self.reloader.watch(), self.floor.watch(), self._recount()

    def status(self) -> dict[str, object]:
        """How busy it is, and how configuration and journal are."""
        reloader, recorder = self.reloader, self.recorder
        return {
            "in_progress": self.plane.busy_count,
            "clients": self.plane.client_count,
            "config": {
                "source": self.plane.settings.source,
                "reloads": reloader.reloads,
                "failures": reloader.failures,
                "last_error": reloader.last_error,
            },
            "credentials": self.plane.keepers.status(),
            "journal": None if recorder is None else recorder.status(),
            "engines": self.floor.status(),
        }

    def close(self) -> None:
        """End engines, write what the journal still has to say; the plane is closed by then."""
        self.floor.close()
        if self.conversations is not None:
            self.conversations.close(5.0)
        recorder = self.recorder
        if recorder is not None:
            recorder.close(5.0)
            self._log.info(
                "stopped", journal_written=recorder.written, journal_dropped=recorder.dropped
            )

    def _adopt(self, settings: Settings) -> None:
        self.floor.adopt(settings)
        self.plane.adopt(settings)
        self._limit(settings)

    def _limit(self, settings: Settings) -> None:
        """Let callers in as their limits allow; nobody looks at them while nobody has one."""
        plane = self.plane
        if plane.turnstile is None and settings.limited():
            plane.turnstile = Turnstile(plane, self._past)
            self._is_limited.set()
        if plane.turnstile is not None:
            plane.turnstile.adopt(settings)

    async def _recount(self) -> None:
        await self._is_limited.wait()
        if self.plane.turnstile is not None:
            await self.plane.turnstile.watch()

    def _past(self, since: int) -> Sequence[Spending]:
        """Return what callers used before, as the journal has it."""
        path = self._journal.path or default_path()
        if not self._journal.enabled or not path.is_file():
            return ()
        try:
            with Reader(path) as reader:
                rows = reader.spending(since)
        except StoreError as error:
            if self._unread != str(error):
                self._unread = str(error)
                self._log.error("what callers used before cannot be read", error=self._unread)
            return ()
        self._unread = ""
        return rows


def _services(settings: Settings) -> Services:
    return Services(
        router=Router(settings.topology, secrets.SystemRandom().random),
        dialects=SPOKEN,
        classifier=Classifier(load_taxonomy().rows),
        budget=HeldBudget(),
        counts=COUNTS,
    )


def _prefix() -> str:
    """What the ids of this process's requests begin with."""
    return f"us-{secrets.token_hex(5)}-"


def _bounds(settings: Settings, connections: int) -> Bounds:
    server = settings.server
    return Bounds(
        body_bytes=server.max_body_bytes,
        connections=connections,
        head_timeout=server.header_timeout,
        idle_timeout=server.idle_timeout,
    )


def _steering(settings: Settings, plane: Plane, recorder: Recorder | None) -> Steering:
    """What people change while we run; it goes on with what they changed before."""
    journal = settings.journal
    file = file_beside(journal.path or default_path()) if journal.enabled else None
    steering = Steering(plane.services.router.drains, file, plane.now)
    if recorder is not None:
        steering.note = recorder.note
    steering.restore()
    return steering


def _conversations(settings: Settings, plane: Plane) -> Conversations | None:
    """What keeps conversations that go on by an answer's id; None where the config wants none."""
    wanted = settings.conversations
    if not wanted.enabled:
        return None
    path = wanted.path or (settings.journal.path or default_path()).with_name(FILE)
    store = TurnStore(path, TurnBounds(max_bytes=wanted.max_bytes, max_age=wanted.max_age))

    def producer(target: str, dialect: str) -> str | None:
        found = plane.settings.topology.targets.get(target)
        is_own = found is not None and found.endpoint.dialect == dialect
        return found.endpoint.producer if found is not None and is_own else None

    def fetch(target: str, method: str, behind: str, done: Done) -> None:
        found = plane.settings.topology.targets.get(target)
        if found is None:
            done(502, (), b"")
            return
        endpoint = found.endpoint
        request = HttpRequest(method, endpoint.path + behind, (*OURS, *endpoint.headers), b"")
        Fetch(plane.pools, plane.wiring(target), request, done)

    most = settings.server.max_body_bytes
    kept = Conversations(store, MEMORIES, producer, fetch, most)
    plane.conversations = kept
    return kept


def _recorder(settings: Settings, metrics: Metrics) -> Recorder | None:
    """The journal's writer; None where the config wants none (metrics then watch directly)."""
    journal = settings.journal
    if not journal.enabled:
        return None
    return Recorder(
        journal.path or default_path(),
        max_age=journal.max_age,
        max_bytes=journal.max_bytes,
        patterns=journal.redact,
        observers=(metrics.observe, logs.RequestLog().observe),
    )
