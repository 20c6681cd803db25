"""Keeps the turns of conversations: the latest in memory, all of them in SQLite, within bounds.

`keep` never blocks: a thread of its own writes. What cannot be written (a full disk, a damaged
file) stays in memory while there is room, and is said in the log; a request never fails of it.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec
import structlog

from understudy.dialects.memory import Turn
from understudy.journal.store import is_damage, move_aside_if_damaged

Key: TypeAlias = tuple[str, str]
"""Caller, and id: what one caller keeps no other can name."""

_Row: TypeAlias = tuple[bytes, bytes, str | None, str | None, str | None]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (
  caller TEXT NOT NULL, id TEXT NOT NULL, used REAL NOT NULL, size INTEGER NOT NULL,
  previous TEXT, producer TEXT, target TEXT, said BLOB NOT NULL, answer BLOB NOT NULL,
  PRIMARY KEY (caller, id));
CREATE INDEX IF NOT EXISTS turns_used ON turns (used);
CREATE TABLE IF NOT EXISTS items (
  caller TEXT NOT NULL, id TEXT NOT NULL, turn TEXT NOT NULL, PRIMARY KEY (caller, id));
CREATE INDEX IF NOT EXISTS items_turn ON items (caller, turn);
"""
_KEEP = "INSERT OR REPLACE INTO turns VALUES (?,?,?,?,?,?,?,?,?)"
_FIND = "SELECT said, answer, previous, producer, target FROM turns WHERE caller = ? AND id = ?"
_OLDEST = "SELECT caller, id, size FROM turns ORDER BY used LIMIT 100"


class Bounds(msgspec.Struct, frozen=True):
    """What is kept at most. `memory_bytes` is what of it stays in memory, `waiting` and
    `waiting_bytes` what may wait to be written. Times are seconds.
    """

    max_bytes: int = 2**28
    max_age: float = 30 * 86_400.0
    memory_bytes: int = 2**25
    waiting: int = 10_000
    waiting_bytes: int = 2**26
    every: float = 0.1
    prune_every: float = 30.0


class _Forget(msgspec.Struct, frozen=True):
    key: Key


class _Touch(msgspec.Struct, frozen=True):
    keys: tuple[Key, ...]


class _Keep(msgspec.Struct, frozen=True):
    turn: Turn
    items: tuple[str, ...]


_Order: TypeAlias = _Keep | _Forget | _Touch


class TurnStore:
    """One per process. `find`, `keep` and the like are for the event loop's thread alone."""

    def __init__(self, path: Path, bounds: Bounds = Bounds()) -> None:  # noqa: B008 - immutable
        self._path = path
        self._bounds = bounds
        self._log = structlog.get_logger("understudy.conversations")
        self._recent: OrderedDict[Key, Turn] = OrderedDict()
        self._recent_bytes = 0
        self._items: dict[Key, str] = {}
        self._orders: deque[_Order] = deque()
        self._unwritten: dict[Key, Turn] = {}
        # Each counter has one thread that writes it.
        self._bytes_in = 0
        self._bytes_out = 0
        self._forgotten: set[Key] = set()
        self._reader: sqlite3.Connection | None = None
        self._is_troubled = False
        self._prune_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="conversations", daemon=True)
        self._thread.start()

    def keep(self, turn: Turn, items: Sequence[str]) -> None:
        """Keep a turn, and where its items are."""
        bounds = self._bounds
        waiting = self._bytes_in - self._bytes_out
        if len(self._orders) >= bounds.waiting or waiting + turn.size > bounds.waiting_bytes:
            self._trouble("more conversations wait to be written than can be held")
            return
        key = (turn.caller, turn.id)
        self._bytes_in += turn.size
        self._forgotten.discard(key)
        self._unwritten[key] = turn
        self._remember(turn)
        for item in items:
            self._items[turn.caller, item] = turn.id
        self._orders.append(_Keep(turn, tuple(items)))

    def find(self, caller: str, id_: str) -> Turn | None:
        key = (caller, id_)
        found = self._recent.get(key) or self._unwritten.get(key)
        if found is not None:
            if key in self._recent:
                self._recent.move_to_end(key)
            return found
        if key in self._forgotten:
            return None
        row = self._read(_FIND, key)
        if row is None:
            return None
        turn = Turn(caller, id_, *msgspec.convert(row, type=_Row))
        self._remember(turn)
        return turn

    def find_item(self, caller: str, item: str) -> Turn | None:
        """The turn in which an item was said."""
        id_ = self._items.get((caller, item))
        if id_ is None:
            row = self._read("SELECT turn FROM items WHERE caller = ? AND id = ?", (caller, item))
            id_ = None if row is None else str(row[0])
        return None if id_ is None else self.find(caller, id_)

    def touch(self, turns: Sequence[Turn]) -> None:
        """A conversation goes on: none of it grows old before the rest."""
        self._orders.append(_Touch(tuple((turn.caller, turn.id) for turn in turns)))

    def forget(self, caller: str, id_: str) -> None:
        key = (caller, id_)
        self._forgotten.add(key)
        self._unwritten.pop(key, None)
        gone = self._recent.pop(key, None)
        if gone is not None:
            self._recent_bytes -= gone.size
        self._orders.append(_Forget(key))

    def close(self, timeout: float) -> None:
        """Write what waits, within `timeout` seconds."""
        self._stop.set()
        self._thread.join(timeout)
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _remember(self, turn: Turn) -> None:
        key = (turn.caller, turn.id)
        old = self._recent.pop(key, None)
        self._recent_bytes += turn.size - (0 if old is None else old.size)
        self._recent[key] = turn
        while self._recent_bytes > self._bounds.memory_bytes and len(self._recent) > 1:
            _, gone = self._recent.popitem(last=False)
            self._recent_bytes -= gone.size
        if len(self._items) > self._bounds.waiting:  # the file knows them, too
            self._items.clear()

    def _read(self, query: str, values: Key) -> tuple[object, ...] | None:
        """Ask the file. Where it cannot be asked, nothing is there."""
        try:
            if self._reader is None:
                if not self._path.exists():
                    return None
                self._reader = sqlite3.connect(self._path, timeout=1.0)
                self._reader.execute("PRAGMA query_only = ON")
            row: tuple[object, ...] | None = self._reader.execute(query, values).fetchone()
        except (sqlite3.Error, OSError) as error:
            self._trouble(str(error))
            self._reader = None
            return None
        return row

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            is_last = self._stop.wait(self._bounds.every)
            try:
                if self._orders:
                    connection = connection or self._opened()
                    self._write(connection)
                if connection is not None:
                    self._prune(connection)
            except (sqlite3.Error, OSError) as error:
                self._trouble(str(error))
                if connection is not None:
                    connection.close()
                    connection = None
                self._mend(error)
            if is_last:
                break
        if connection is not None:
            connection.close()

    def _mend(self, error: Exception) -> None:
        """Move a damaged file aside, so that another is begun."""
        if isinstance(error, sqlite3.Error) and is_damage(error):
            with contextlib.suppress(sqlite3.Error, OSError):
                move_aside_if_damaged(self._path, time.time())

    def _opened(self) -> sqlite3.Connection:
        """Open the file, for its owner's eyes only."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(self._path, timeout=5.0, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.executescript(_SCHEMA)
        return connection

    def _write(self, connection: sqlite3.Connection) -> None:
        count = len(self._orders)
        orders = [self._orders[number] for number in range(count)]
        connection.execute("BEGIN IMMEDIATE")
        try:
            for order in orders:
                _carry_out(connection, order, time.time())
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        for order in orders:
            self._orders.popleft()
            if isinstance(order, _Keep):
                self._bytes_out += order.turn.size
                key = (order.turn.caller, order.turn.id)
                if self._unwritten.get(key) is order.turn:
                    self._unwritten.pop(key, None)
        self._is_troubled = False

    def _prune(self, connection: sqlite3.Connection) -> None:
        """Forget what is too old, then the oldest while all is too much."""
        now = time.monotonic()
        if now < self._prune_at:
            return
        self._prune_at = now + self._bounds.prune_every
        before = time.time() - self._bounds.max_age
        aged = connection.execute("SELECT caller, id FROM turns WHERE used < ?", (before,))
        for key in aged.fetchall():
            _forget(connection, key)
        total = connection.execute("SELECT COALESCE(SUM(size), 0) FROM turns").fetchone()[0]
        while total > self._bounds.max_bytes:
            for caller, id_, size in connection.execute(_OLDEST).fetchall():
                if total <= self._bounds.max_bytes:
                    break
                _forget(connection, (caller, id_))
                total -= size
        connection.execute("PRAGMA incremental_vacuum(1000)")

    def _trouble(self, reason: str) -> None:
        if not self._is_troubled:
            self._is_troubled = True
            self._log.error("conversations cannot be kept, requests go on", error=reason)


def _carry_out(connection: sqlite3.Connection, order: _Order, now: float) -> None:
    if isinstance(order, _Keep):
        turn = order.turn
        row = (turn.caller, turn.id, now, turn.size, turn.previous, turn.producer, turn.target)
        connection.execute(_KEEP, (*row, turn.said, turn.answer))
        rows = [(turn.caller, item, turn.id) for item in order.items]
        connection.executemany("INSERT OR REPLACE INTO items VALUES (?,?,?)", rows)
    elif isinstance(order, _Touch):
        query = "UPDATE turns SET used = ? WHERE caller = ? AND id = ?"
        connection.executemany(query, [(now, *key) for key in order.keys])
    else:
        _forget(connection, order.key)


def _forget(connection: sqlite3.Connection, key: Key) -> None:
    connection.execute("DELETE FROM turns WHERE caller = ? AND id = ?", key)
    connection.execute("DELETE FROM items WHERE caller = ? AND turn = ?", key)
