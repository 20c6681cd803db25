"""The journal's database: SQLite, written by one thread, readable by others meanwhile.

Errors:
    StoreError      the file cannot be used as it is (a newer schema, no permission)
    sqlite3.Error   a write failed now (full disk, locked): nothing of the batch is there
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from understudy.journal.entry import AttemptEntry, EventEntry, RequestEntry
from understudy.journal.schema import StoreError, migrate
from understudy.journal.spending import ADD, DAY, LONGER, Sums

BUSY_SECONDS: Final = 0.25
PRUNED_AT_ONCE: Final = 500
FREED_AT_ONCE: Final = 512
"""Pages given back to the file system in one go."""

_SIZES: Final = (32, 8, 1)
"""Rows to a statement. The thread gives the interpreter away once for each statement, so one
row to each would be slow beside a busy event loop; many rows at once would hold that loop up."""

_MOST: Final = 2**63 - 1
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_TOO_OLD: Final = "SELECT {} FROM requests WHERE at < ? ORDER BY at, seq LIMIT ?"
_FIRST: Final = "SELECT {} FROM requests WHERE seq < ? ORDER BY seq LIMIT ?"
"""Which entries go: those of long ago by their own time, or, for room, those written first. The
second does not look at times: a clock that was wrong for a while must not decide what goes."""

_encode = msgspec.json.Encoder().encode

Row = tuple[object, ...]


class Bodies(msgspec.Struct, frozen=True):
    """What was said, redacted already."""

    request: bytes | None
    response: bytes | None


Said = tuple[RequestEntry, Bodies | None]


class Store:
    """One connection that writes. Not for several threads at once.

    A damaged file is moved to `<name>.corrupt-<now>` and a new one begun; `moved_aside` says so.
    Raises: StoreError, sqlite3.Error.
    """

    def __init__(self, path: Path, now: float) -> None:
        self.path = path
        self.moved_aside: Path | None = None
        self._connection = self._open(now)
        self._identity = _identity(path)
        self._statements = {
            (table, size): _insert(table, columns, size)
            for table, columns in (("requests", 16), ("attempts", 11), ("bodies", 3))
            for size in _SIZES
        }

    def write(self, entries: Sequence[Said]) -> int:
        """Write a batch in one transaction; an id that is there already changes nothing.

        Returns how many could be written: an entry that has no JSON form is left out.
        """
        done = 0
        sums = Sums()
        with self._transaction():
            for start in range(0, len(entries), _SIZES[0]):
                done += self._write(entries[start : start + _SIZES[0]], sums)
            for row in sums.rows():
                self._connection.execute(ADD, row)
        return done

    def note(self, events: Sequence[EventEntry]) -> None:
        """Write what people changed."""
        with self._transaction():
            for event in events:
                row = (event.at, event.kind, event.about, event.words)
                self._connection.execute("INSERT INTO events VALUES (NULL,?,?,?,?)", row)

    def prune(self, *, before: float, max_bytes: int) -> int:
        """Delete a bounded number of entries that are too old, or too many; returns how many."""
        is_full = self.size_bytes() > max_bytes
        pruned = self._delete(_FIRST, _MOST) if is_full else self._delete(_TOO_OLD, before)
        self._connection.execute("DELETE FROM events WHERE at < ?", (before,))
        self._connection.execute("DELETE FROM spending WHERE day < ?", (before // DAY - LONGER,))
        if self._pages() * self._page_size() > max_bytes:
            # Not `execute`: that stops at the first row, and each step frees but one page.
            self._connection.executescript(f"PRAGMA incremental_vacuum({FREED_AT_ONCE})")
        return pruned

    def newest_at(self) -> float | None:
        """When the request began that was written last (Unix seconds); None: there is none."""
        row = self._connection.execute(
            "SELECT at FROM requests ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        return None if row is None else float(row[0])

    def is_in_place(self) -> bool:
        """Whether `path` still names the file that is written: it may be moved or removed."""
        try:
            return _identity(self.path) == self._identity
        except OSError:
            return False

    def size_bytes(self) -> int:
        """Bytes in use, without free pages."""
        free = int(self._connection.execute("PRAGMA freelist_count").fetchone()[0])
        return (self._pages() - free) * self._page_size()

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _delete(self, which: str, bound: float) -> int:
        ids, places = which.replace("{}", "id"), which.replace("{}", "seq")
        deleted = 0
        with self._transaction():
            for statement in (
                f"DELETE FROM attempts WHERE request_id IN ({ids})",  # noqa: S608 - ours
                f"DELETE FROM bodies WHERE request_id IN ({ids})",  # noqa: S608 - ours
                f"DELETE FROM requests WHERE seq IN ({places})",  # noqa: S608 - ours
            ):
                deleted = self._connection.execute(statement, (bound, PRUNED_AT_ONCE)).rowcount
        return deleted

    def _write(self, entries: Sequence[Said], sums: Sums) -> int:
        requests: list[Row] = []
        attempts: list[Row] = []
        bodies: list[Row] = []
        counted = self._written(entries)
        for entry, said in entries:
            try:
                requests.append(_request_row(entry))
                if entry.id not in counted:
                    sums.add(entry)
                    counted.add(entry.id)
            except (ValueError, OverflowError):
                continue
            attempts += [_attempt_row(entry.id, attempt) for attempt in entry.attempts]
            if said is not None:
                bodies.append((entry.id, said.request, said.response))
        self._insert("requests", requests)
        self._insert("attempts", attempts)
        self._insert("bodies", bodies)
        return len(requests)

    def _written(self, entries: Sequence[Said]) -> set[str]:
        """Return the ids that are there already: a batch is written again where nobody knew whether
        it had arrived, and must not count twice.
        """
        ids = [entry.id for entry, _ in entries]
        places = ",".join("?" * len(ids))
        found = self._connection.execute(f"SELECT id FROM requests WHERE id IN ({places})", ids)  # noqa: S608
        return {str(row[0]) for row in found}

    def _insert(self, table: str, rows: list[Row]) -> None:
        start = 0
        for size in _SIZES:
            statement = self._statements[table, size]
            while len(rows) - start >= size:
                part = rows[start : start + size]
                self._connection.execute(statement, [value for row in part for value in row])
                start += size

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise

    def _pages(self) -> int:
        return int(self._connection.execute("PRAGMA page_count").fetchone()[0])

    def _page_size(self) -> int:
        return int(self._connection.execute("PRAGMA page_size").fetchone()[0])

    def _open(self, now: float) -> sqlite3.Connection:
        try:
            _make(self.path)
            return _prepared(self.path)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not is_damage(error):
                raise
            self.moved_aside = _move_aside(self.path, now)
            _make(self.path)
            return _prepared(self.path)
        except OSError as error:
            raise StoreError(f"cannot open the journal {self.path}: {error.strerror}") from None


def is_damage(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    """Tell whether an error says that the file itself is broken.

    Where the schema's own text is, the sqlite3 module cannot even read what SQLite says of it.
    """
    if isinstance(error, UnicodeDecodeError):
        return True
    # Absent where the error is the sqlite3 module's own, not the library's.
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _DAMAGED


def move_aside_if_damaged(path: Path, now: float) -> Path | None:
    """Look through a whole database; where it is broken, move it away and return where to.

    Raises: sqlite3.Error.
    """
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        try:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not is_damage(error):
                raise
            verdict = "damaged"
    return None if verdict == "ok" else _move_aside(path, now)


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _make(path: Path) -> None:
    """Make the file, for its owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _prepared(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
    )
    try:
        connection.execute("PRAGMA page_size = 16384")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA journal_size_limit = 16777216")
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _move_aside(path: Path, now: float) -> Path:
    """Rename the file and what belongs to it, so that someone may still try to mend it."""
    away = path.with_name(f"{path.name}.corrupt-{int(now)}")
    path.rename(away)
    with contextlib.suppress(FileNotFoundError):
        path.with_name(f"{path.name}-wal").rename(away.with_name(f"{away.name}-wal"))
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    return away


def _insert(table: str, columns: int, rows: int) -> str:
    row = ",".join("?" * columns)
    # Of a request, `seq` is SQLite's to give.
    row = f"(NULL,{row})" if table == "requests" else f"({row})"
    return f"INSERT OR IGNORE INTO {table} VALUES {','.join([row] * rows)}"  # noqa: S608 - ours


def _request_row(entry: RequestEntry) -> Row:
    kept = entry
    if entry.request_body is not None or entry.response_body is not None:
        kept = msgspec.structs.replace(entry, request_body=None, response_body=None)
    return (
        entry.id,
        entry.at,
        entry.duration,
        entry.caller,
        entry.dialect,
        entry.route,
        entry.outcome,
        entry.status,
        len(entry.attempts),
        entry.target,
        entry.failure,
        entry.first_content,
        entry.cost_usd,
        entry.seam,
        len(entry.losses),
        _encode(kept),
    )


def _attempt_row(request_id: str, attempt: AttemptEntry) -> Row:
    usage = attempt.usage
    return (
        request_id,
        attempt.number,
        attempt.target,
        attempt.outcome,
        attempt.started,
        attempt.ended,
        attempt.first_content,
        attempt.status,
        attempt.cost_usd,
        None if usage is None else min(usage.prompt_tokens, _MOST),
        None if usage is None else min(usage.output_tokens, _MOST),
    )
