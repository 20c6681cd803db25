"""The journal's database: SQLite, written by one thread, readable by others meanwhile.

Errors:
    StoreError      the file cannot be used as it is (a newer schema, no permission)
    sqlite3.Error   a write failed now (full disk, locked): nothing of the batch is there
"""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from understudy.journal.entry import RequestEntry

VERSION: Final = 1
BUSY_MS: Final = 2000
PRUNED_AT_ONCE: Final = 1000

_SCHEMA: Final = """
CREATE TABLE requests (
  id TEXT PRIMARY KEY, at REAL NOT NULL, route TEXT NOT NULL, outcome TEXT NOT NULL,
  target TEXT, duration REAL NOT NULL, first_content REAL, cost_usd REAL, attempts INTEGER NOT NULL,
  entry BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX requests_at ON requests (at);
CREATE TABLE attempts (
  request_id TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, target TEXT NOT NULL,
  outcome TEXT NOT NULL, duration REAL NOT NULL, first_content REAL,
  PRIMARY KEY (request_id, number)
) WITHOUT ROWID;
CREATE INDEX attempts_at ON attempts (at);
CREATE TABLE bodies (request_id TEXT PRIMARY KEY, at REAL NOT NULL, request BLOB, response BLOB);
"""

_encode = msgspec.json.Encoder().encode


class StoreError(Exception):
    """The journal's file cannot be used. The message says what was found and what to do."""


class Bodies(msgspec.Struct, frozen=True):
    """What was said, redacted already."""

    request: bytes | None
    response: bytes | None


class Store:
    """One connection that writes. Not for several threads at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.moved_aside: Path | None = None
        self._connection = self._open()

    def write(self, entries: Iterable[tuple[RequestEntry, Bodies | None]]) -> None:
        """Write a batch in one transaction; an id that is there already changes nothing."""
        requests: list[tuple[object, ...]] = []
        attempts: list[tuple[object, ...]] = []
        bodies: list[tuple[object, ...]] = []
        for entry, said in entries:
            requests.append(_request_row(entry))
            attempts.extend(_attempt_rows(entry))
            if said is not None:
                bodies.append((entry.id, entry.at, said.request, said.response))
        connection = self._connection
        with connection:
            connection.executemany(
                "INSERT OR IGNORE INTO requests VALUES (?,?,?,?,?,?,?,?,?,?)", requests
            )
            connection.executemany(
                "INSERT OR IGNORE INTO attempts VALUES (?,?,?,?,?,?,?)", attempts
            )
            if bodies:
                connection.executemany("INSERT OR IGNORE INTO bodies VALUES (?,?,?,?)", bodies)

    def prune(self, *, before: float, max_bytes: int) -> int:
        """Delete a bounded number of entries that are too old, or too many; returns how many."""
        connection = self._connection
        if self.size_bytes() > max_bytes:
            row = connection.execute(
                "SELECT at FROM requests ORDER BY at LIMIT 1 OFFSET ?", (PRUNED_AT_ONCE,)
            ).fetchone()
            before = max(before, row[0]) if row else before
        old = connection.execute(
            "SELECT id FROM requests WHERE at < ? ORDER BY at LIMIT ?", (before, PRUNED_AT_ONCE)
        ).fetchall()
        if old:
            with connection:
                connection.executemany("DELETE FROM requests WHERE id = ?", old)
                connection.executemany("DELETE FROM attempts WHERE request_id = ?", old)
                connection.executemany("DELETE FROM bodies WHERE request_id = ?", old)
        return len(old)

    def size_bytes(self) -> int:
        """Bytes in use, without free pages."""
        pages, free, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def close(self) -> None:
        self._connection.close()

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._prepared()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise StoreError(f"cannot open the journal {self.path}: {error}") from None
            self.moved_aside = self.path.with_name(f"{self.path.name}.corrupt-{int(time.time())}")
            self.path.rename(self.moved_aside)
            for suffix in ("-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            return self._prepared()
        except OSError as error:
            raise StoreError(f"cannot open the journal {self.path}: {error.strerror}") from None

    def _prepared(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_MS / 1000, check_same_thread=False, isolation_level="DEFERRED"
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise StoreError(  # noqa: TRY301 - the connection is closed below
                    f"the journal {self.path} has schema {version}, expected {VERSION} or older: "
                    "it was written by a newer Understudy; use that, or name another file"
                )
            if version == 0:
                connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version = {VERSION};COMMIT;")
        except BaseException:
            connection.close()
            raise
        self.path.chmod(0o600)
        return connection


def _request_row(entry: RequestEntry) -> tuple[object, ...]:
    kept = entry
    if entry.request_body is not None or entry.response_body is not None:
        kept = msgspec.structs.replace(entry, request_body=None, response_body=None)
    return (
        entry.id,
        entry.at,
        entry.route,
        entry.outcome,
        entry.target,
        entry.duration,
        entry.first_content,
        entry.cost_usd,
        len(entry.attempts),
        _encode(kept),
    )


def _attempt_rows(entry: RequestEntry) -> Sequence[tuple[object, ...]]:
    return [
        (
            entry.id,
            one.number,
            entry.at + one.started,
            one.target,
            one.outcome,
            one.ended - one.started,
            one.first_content,
        )
        for one in entry.attempts
    ]
