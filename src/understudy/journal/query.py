"""Reading the journal, also while a gateway writes it. Changes nothing.

Errors:
    StoreError      there is no journal, or none that this program can read
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from understudy.journal.entry import EventEntry, RequestEntry
from understudy.journal.schema import (
    ADDED_UP,
    WITH_EVENTS,
    WITH_SPENDING,
    StoreError,
    version_of,
)
from understudy.journal.spending import DAY, Spending
from understudy.journal.stats import AttemptRow, RequestRow, Stats, add_up

BUSY_SECONDS: Final = 5.0

_REQUESTS: Final = """
SELECT route, outcome, failure, attempts, first_content, duration, cost_usd,
  seam IS NOT NULL, losses,
  CASE WHEN outcome = 'ok' AND attempts > 1 THEN (
    SELECT max(started) FROM attempts WHERE request_id = id AND attempts.outcome = 'ok'
  ) END
FROM requests WHERE at >= ?
"""
_ATTEMPTS: Final = """
SELECT a.target, a.outcome, a.first_content - a.started, a.cost_usd,
  a.prompt_tokens, a.output_tokens
FROM requests r JOIN attempts a ON a.request_id = r.id WHERE r.at >= ?
"""
_ENTRY: Final = """
SELECT entry, request, response FROM requests LEFT JOIN bodies ON request_id = id WHERE id = ?
"""

_DAMAGED: Final = (msgspec.MsgspecError, TypeError, ValueError)
"""What comes of a row in which some bytes are not those that were written."""

_decode = msgspec.json.Decoder(RequestEntry).decode


class Kept(msgspec.Struct, frozen=True):
    """One entry and its place: later ones have larger places."""

    seq: int
    entry: RequestEntry


class Reader:
    """One journal, open for reading; use it in a `with`. Raises: StoreError, from everywhere."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise StoreError(
                f"found no journal at {path}: a gateway begins it with its first request; "
                "name another one with --journal or $UNDERSTUDY_JOURNAL"
            )
        with self._told():
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS
            )
        try:
            with self._told():
                self._version = version_of(self._connection, path)
        except StoreError:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def last(self) -> int:
        """Return the place of the newest entry, 0 where there is none."""
        rows = self._rows("SELECT max(seq) FROM requests")
        return (rows[0][0] or 0) if rows else 0

    def tail(self, count: int) -> list[Kept]:
        """Return the last `count` entries, the oldest first."""
        rows = self._rows("SELECT seq, entry FROM requests ORDER BY seq DESC LIMIT ?", count)
        return [Kept(seq, self._entry(entry)) for seq, entry in reversed(rows)]

    def after(self, seq: int, count: int = 500) -> list[Kept]:
        """Return up to `count` entries that came after place `seq`."""
        rows = self._rows(
            "SELECT seq, entry FROM requests WHERE seq > ? ORDER BY seq LIMIT ?", seq, count
        )
        return [Kept(seq, self._entry(entry)) for seq, entry in rows]

    def find(self, request_id: str) -> RequestEntry | None:
        """Return one entry, with its bodies where they were recorded."""
        rows = self._rows(_ENTRY, request_id)
        if not rows:
            return None
        data, request, response = rows[0]
        entry = self._entry(data)
        return msgspec.structs.replace(entry, request_body=request, response_body=response)

    def events(self, count: int) -> list[EventEntry]:
        """Return the last `count` changes that people made, the oldest first."""
        if self._version < WITH_EVENTS:
            return []
        rows = self._rows(
            "SELECT at, kind, about, words FROM events ORDER BY seq DESC LIMIT ?", count
        )
        return [EventEntry(*row) for row in reversed(rows)]

    def spending(self, since: int) -> list[Spending]:
        """Return what each caller used on each day from day `since` (counted from 1970-01-01)."""
        if self._version < WITH_SPENDING:
            rows = self._rows(ADDED_UP.format("?"), since * DAY)
        else:
            rows = self._rows("SELECT * FROM spending WHERE day >= ?", since)
        try:
            return [Spending(row[0], row[1], row[2], int(row[3]), row[4]) for row in rows]
        except _DAMAGED as error:
            raise self._damaged(error) from None

    def stats(self, since: float) -> Stats:
        """Add up the requests that began at `since` (Unix seconds) or later."""
        requests = [RequestRow(*row) for row in self._rows(_REQUESTS, since)]
        attempts = [AttemptRow(*row) for row in self._rows(_ATTEMPTS, since)]
        try:
            return add_up(since, requests, attempts)
        except _DAMAGED as error:
            raise self._damaged(error) from None

    def _entry(self, data: bytes) -> RequestEntry:
        try:
            return _decode(data)
        except _DAMAGED as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> StoreError:
        return StoreError(f"the journal {self.path} is damaged: {error}")

    def _rows(self, statement: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        if not self._version:
            return []
        with self._told():
            return self._connection.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise StoreError(f"cannot read the journal {self.path}: {error}") from None
