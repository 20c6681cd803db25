"""The recorder: takes entries off the event loop and writes them in a thread of its own.

`record` never blocks and never raises. What does not fit is dropped and counted; a full disk, a
locked, damaged or absent database delays the writer, never a request.
"""

import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import structlog

from understudy.journal.calendar import Calendar
from understudy.journal.entry import EventEntry, RequestEntry
from understudy.journal.pattern import InvalidPattern
from understudy.journal.redact import Redactor
from understudy.journal.schema import StoreError
from understudy.journal.store import Bodies, Said, Store, is_damage, move_aside_if_damaged

DAY = 86_400.0
EVENTS = 1000
"""Changes that people made which wait to be written; beyond that the oldest go."""

Observer = Callable[[RequestEntry], None]


class Bounds(msgspec.Struct, frozen=True):
    """What may wait to be written, and how the writer goes about it. Times are seconds.

    `taken` entries are looked at without a pause: longer would hold up the event loop. Where more
    than `body_bytes` of bodies wait, entries are kept without theirs.
    """

    waiting: int = 10_000
    body_bytes: int = 64 * 2**20
    batch: int = 500
    taken: int = 32
    every: float = 0.1
    retry_from: float = 0.2
    retry_to: float = 5.0
    prune_every: float = 30.0
    say_every: float = 10.0


class Recorder:
    """`max_age` is seconds; `patterns` are struck out of bodies beside the usual.

    `observers` are called with every entry that was taken, in the writer's thread, whether or not
    it can be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_age: float = 30 * 86_400.0,
        max_bytes: int = 2**30,
        patterns: Sequence[str] = (),
        observers: Sequence[Observer] = (),
        bounds: Bounds = Bounds(),  # noqa: B008 - immutable
    ) -> None:
        self.written = 0
        self.last_error: str | None = None
        self._bounds = bounds
        self._most = bounds.waiting
        self._path = path
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._observers = tuple(observers)
        self._log = structlog.get_logger("understudy.journal")
        self._redactor = self._make_redactor(patterns)
        # Between the two threads there is only this deque and counters of one writer each.
        self._inbox: deque[RequestEntry] = deque()
        self._events: deque[EventEntry] = deque(maxlen=EVENTS)
        self._refused = 0
        self._bodies_in = 0
        self._bodies_out = 0
        self._waiting: deque[RequestEntry] = deque()
        self._lost = 0
        self._bodies_withheld = 0
        self._store: Store | None = None
        self._stop = threading.Event()
        self._pause = 0.0
        self._retry_at = 0.0
        self._prune_at = 0.0
        self._wall: Callable[[], float] = time.time
        self._calendar: Calendar | None = None
        self._said_dropped = 0
        self._say_at = 0.0
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Entries that are not in the journal and never will be."""
        return self._refused + self._lost

    def record(self, entry: RequestEntry) -> None:
        """Take an entry; where too many wait already, drop and count it."""
        inbox = self._inbox
        if len(inbox) >= self._most:
            self._refused += 1
            return
        if entry.request_body is not None or entry.response_body is not None:
            entry = self._weighed(entry)
        inbox.append(entry)

    def note(self, event: EventEntry) -> None:
        """Take a change that people made."""
        self._events.append(event)

    def status(self) -> dict[str, object]:
        """How the journal is doing."""
        error = self.last_error
        if error is None and not self._thread.is_alive() and not self._stop.is_set():
            error = "the writer died of a bug, see the log"
        return {
            "state": "ok" if error is None else "degraded",
            "path": str(self._path),
            "written": self.written,
            "dropped": self.dropped,
            "waiting": len(self._inbox) + len(self._waiting),
            "bodies_withheld": self._bodies_withheld,
            "last_error": error,
        }

    def close(self, timeout: float) -> None:
        """Write what waits, within `timeout` seconds; what is left then counts as dropped."""
        self._stop.set()
        self._thread.join(timeout)
        self._refused += len(self._inbox) + len(self._waiting)
        self._inbox.clear()

    def _weighed(self, entry: RequestEntry) -> RequestEntry:
        """Bound what waits in bytes, too."""
        if self._redactor is not None:
            total = self._bodies_in + _body_bytes(entry)
            if total - self._bodies_out <= self._bounds.body_bytes:
                self._bodies_in = total
                return entry
        self._bodies_withheld += 1
        return msgspec.structs.replace(entry, request_body=None, response_body=None)

    def _make_redactor(self, patterns: Sequence[str]) -> Redactor | None:
        try:
            return Redactor(patterns)
        except InvalidPattern as error:
            # What should be struck out cannot be: then nothing that might hold it is kept.
            self._log.error(
                "no bodies, no messages are recorded: a redaction cannot be used", error=str(error)
            )
            return None

    def _run(self) -> None:
        while not self._stop.wait(self._bounds.every):
            # A few at a time would cost a transaction each: what came meanwhile can wait.
            self._turn(self._bounds.batch)
        self._retry_at = 0.0
        self._turn(1)
        self._forget_store()

    def _turn(self, least: int) -> None:
        """Take and write until fewer than `least` wait, or until it cannot be written now."""
        while True:
            self._take()
            now = time.monotonic()
            self._say_dropped(now)
            if now < self._retry_at:
                return
            try:
                self._write()
                self._tidy(now)
            except (sqlite3.Error, StoreError, OSError) as error:
                self._troubled(error)
                return
            if len(self._waiting) + len(self._inbox) < least:
                return

    def _take(self) -> None:
        """Empty the inbox even while nothing can be written: what is observed stays true.

        Not more than is there now: an event loop that is busy would never let it become empty.
        """
        inbox, waiting = self._inbox, self._waiting
        left = len(inbox)
        while left:
            now = min(left, self._bounds.taken)
            left -= now
            for _ in range(now):
                entry = inbox.popleft()
                for observe in self._observers:
                    observe(entry)
                if len(waiting) >= self._most:
                    self._lost += 1
                    self._bodies_out += _body_bytes(entry)
                else:
                    waiting.append(entry)
            time.sleep(0)

    def _write(self) -> None:
        waiting = self._waiting
        count = min(len(waiting), self._bounds.batch)
        if not count and not self._events:
            return
        if self._store is not None and not self._store.is_in_place():
            self._log.error("the journal was moved or removed: a new one is begun in its place")
            self._forget_store()
        if self._store is None:
            self._store = self._opened()
        self._write_events(self._store)
        batch = [waiting[place] for place in range(count)]
        written = self._store.write([self._said(entry) for entry in batch])
        for entry in batch:
            waiting.popleft()
            self._bodies_out += _body_bytes(entry)
        self.written += written
        self._lost += count - written
        self._pause = 0.0
        if self.last_error is not None:
            self.last_error = None
            self._log.info("the journal is written again", waiting=len(waiting))

    def _write_events(self, store: Store) -> None:
        events = tuple(self._events)
        if events:
            store.note(events)
            for _ in events:
                self._events.popleft()

    def _said(self, entry: RequestEntry) -> Said:
        """Strike out what must not be kept: of bodies, and of what providers said of failures."""
        redactor = self._redactor
        if redactor is None:
            return _without_messages(entry), None
        entry = redactor.facts(entry)
        request, response = entry.request_body, entry.response_body
        if request is None and response is None:
            return entry, None
        return entry, Bodies(
            None if request is None else redactor.body(request),
            None if response is None else redactor.body(response),
        )

    def _opened(self) -> Store:
        store = Store(self._path, self._wall())
        if store.moved_aside is not None:
            self._say_moved(store.moved_aside)
        if self._calendar is None:
            newest = store.newest_at()
            self._calendar = Calendar(
                self._wall() if newest is None else newest,
                time.monotonic(),
                patience=min(DAY, self._max_age),
            )
        return store

    def _tidy(self, now: float) -> None:
        if now < self._prune_at or self._store is None or self._calendar is None:
            return
        today = self._calendar.read(self._wall(), now)
        pruned = self._store.prune(before=today - self._max_age, max_bytes=self._max_bytes)
        self._prune_at = now + (0.0 if pruned else self._bounds.prune_every)

    def _say_dropped(self, now: float) -> None:
        dropped = self.dropped
        if dropped > self._said_dropped and now >= self._say_at:
            count = dropped - self._said_dropped
            self._log.error("journal entries were dropped", count=count, in_all=dropped)
            self._said_dropped = dropped
            self._say_at = now + self._bounds.say_every

    def _troubled(self, error: Exception) -> None:
        """Let the database go; another one is opened when the time has come to try again."""
        if self.last_error is None:
            self._log.error("the journal cannot be written, requests go on", error=str(error))
        self.last_error = str(error)
        self._forget_store()
        if isinstance(error, sqlite3.Error) and is_damage(error):
            with contextlib.suppress(sqlite3.Error, OSError):
                away = move_aside_if_damaged(self._path, self._wall())
                if away is not None:
                    self._say_moved(away)
        bounds = self._bounds
        self._pause = min(max(self._pause * 2, bounds.retry_from), bounds.retry_to)
        self._retry_at = time.monotonic() + self._pause

    def _forget_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _say_moved(self, away: Path) -> None:
        self._log.error(
            "the journal was damaged: it was moved aside, a new one begun", moved_to=str(away)
        )


def _without_messages(entry: RequestEntry) -> RequestEntry:
    replace = msgspec.structs.replace
    attempts = tuple(replace(attempt, message=None) for attempt in entry.attempts)
    return replace(entry, attempts=attempts)


def _body_bytes(entry: RequestEntry) -> int:
    return len(entry.request_body or b"") + len(entry.response_body or b"")
