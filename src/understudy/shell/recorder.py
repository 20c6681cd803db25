"""The recorder: takes entries off the event loop and writes them in a thread of its own.

`record` never blocks and never raises. What does not fit into the queue is dropped and counted;
a full disk, a locked or a dead database delays the writer, never a request.
"""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from understudy.journal.entry import RequestEntry
from understudy.journal.redact import Redactor
from understudy.journal.store import Bodies, Store, StoreError

BATCH = 500
EVERY = 0.2
"""Seconds between two looks at the queue."""

RETRY_FROM, RETRY_TO = 0.2, 5.0
PRUNE_EVERY = 30.0

Observer = Callable[[RequestEntry], None]


class Recorder:
    """`limit` entries may wait; `max_age` is seconds; `patterns` are redacted beside the usual."""

    def __init__(
        self,
        path: Path,
        *,
        limit: int = 10_000,
        max_age: float = 30 * 86_400.0,
        max_bytes: int = 2**30,
        patterns: Sequence[str] = (),
        observers: Sequence[Observer] = (),
    ) -> None:
        self.written = 0
        self.dropped = 0
        self.last_error: str | None = None
        self._path = path
        self._limit = limit
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._redactor = Redactor(patterns)
        self._observers = tuple(observers)
        self._waiting: deque[RequestEntry] = deque()
        self._in_hand = 0
        self._stop = threading.Event()
        self._prune_at = time.monotonic() + PRUNE_EVERY
        self._log = structlog.get_logger("understudy.journal")
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def record(self, entry: RequestEntry) -> None:
        """Take an entry; where too many wait already, drop and count it."""
        if len(self._waiting) >= self._limit:
            self.dropped += 1
        else:
            self._waiting.append(entry)

    def status(self) -> dict[str, object]:
        """How the journal is doing."""
        return {
            "state": "ok" if self.last_error is None else "degraded",
            "path": str(self._path),
            "written": self.written,
            "dropped": self.dropped,
            "waiting": len(self._waiting) + self._in_hand,
            "last_error": self.last_error,
        }

    def close(self, timeout: float) -> None:
        """Write what waits, within `timeout` seconds; what is left then counts as dropped."""
        self._stop.set()
        self._thread.join(timeout)
        self.dropped += len(self._waiting) + self._in_hand
        self._waiting.clear()

    def _run(self) -> None:
        store: Store | None = None
        pause = RETRY_FROM
        batch: list[RequestEntry] = []
        while not (self._stop.is_set() and not self._waiting and not batch):
            if not batch:
                batch = self._take()
            if not batch:
                self._stop.wait(EVERY)
                continue
            try:
                if store is None:
                    store = self._opened()
                store.write([(entry, self._bodies(entry)) for entry in batch])
                self._tidy(store)
            except (sqlite3.Error, StoreError, OSError) as error:
                store = self._troubled(store, error)
                if self._stop.wait(pause):
                    break
                pause = min(pause * 2, RETRY_TO)
                continue
            pause = RETRY_FROM
            self._done(batch)
            batch = []
        if store is not None:
            store.close()

    def _take(self) -> list[RequestEntry]:
        waiting = self._waiting
        batch = [waiting.popleft() for _ in range(min(BATCH, len(waiting)))]
        self._in_hand = len(batch)
        for entry in batch:
            for observer in self._observers:
                observer(entry)
        return batch

    def _opened(self) -> Store:
        store = Store(self._path)
        if store.moved_aside is not None:
            self._log.error(
                "the journal was damaged: it was moved aside, a new one begun",
                moved_to=str(store.moved_aside),
            )
        return store

    def _bodies(self, entry: RequestEntry) -> Bodies | None:
        if entry.request_body is None and entry.response_body is None:
            return None
        clean = self._redactor.body
        return Bodies(clean(entry.request_body or b""), clean(entry.response_body or b""))

    def _tidy(self, store: Store) -> None:
        now = time.monotonic()
        if now < self._prune_at:
            return
        pruned = store.prune(before=time.time() - self._max_age, max_bytes=self._max_bytes)
        self._prune_at = now + (0.0 if pruned else PRUNE_EVERY)

    def _done(self, batch: list[RequestEntry]) -> None:
        self.written += len(batch)
        self._in_hand = 0
        if self.last_error is not None:
            self.last_error = None
            self._log.info("the journal is written again", waiting=len(self._waiting))

    def _troubled(self, store: Store | None, error: Exception) -> Store | None:
        if self.last_error is None:
            self._log.error("the journal cannot be written, requests go on", error=str(error))
        self.last_error = str(error)
        if store is not None:
            store.close()
        return None
