"""The shape of the journal's database, and how an older one becomes a newer one."""

import sqlite3
from typing import Final

APPLICATION_ID: Final = 0x55534A4C  # "USJL"; tells ours from other programs' databases

_FIRST: Final = """
CREATE TABLE requests (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL, duration REAL NOT NULL,
  caller TEXT NOT NULL, dialect TEXT NOT NULL, route TEXT NOT NULL, outcome TEXT NOT NULL,
  status INTEGER NOT NULL, attempts INTEGER NOT NULL, target TEXT, failure TEXT,
  first_content REAL, cost_usd REAL, seam INTEGER, losses INTEGER NOT NULL, entry BLOB NOT NULL
);
CREATE INDEX requests_at ON requests (at);
CREATE TABLE attempts (
  request_id TEXT NOT NULL, number INTEGER NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL,
  started REAL NOT NULL, ended REAL NOT NULL, first_content REAL, status INTEGER, cost_usd REAL,
  prompt_tokens INTEGER, output_tokens INTEGER,
  PRIMARY KEY (request_id, number)
) WITHOUT ROWID;
CREATE TABLE bodies (request_id TEXT NOT NULL UNIQUE, request BLOB, response BLOB);
"""

_EVENTS: Final = """
CREATE TABLE events (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL,
  words TEXT NOT NULL
);
CREATE INDEX events_at ON events (at)
"""

ADDED_UP: Final = """
SELECT CAST((at + duration) / 86400 AS INTEGER), caller, count(*),
  total((SELECT sum(coalesce(prompt_tokens, 0) + coalesce(output_tokens, 0))
    FROM attempts WHERE request_id = id)), total(cost_usd)
FROM requests WHERE at >= {} GROUP BY 1, 2
"""
"""What each caller used on each day, from the entries themselves."""

_SPENDING: Final = f"""
CREATE TABLE spending (
  day INTEGER NOT NULL, caller TEXT NOT NULL, requests INTEGER NOT NULL, tokens INTEGER NOT NULL,
  cost_usd REAL NOT NULL, PRIMARY KEY (day, caller)
) WITHOUT ROWID;
INSERT INTO spending
{ADDED_UP.format("CAST(strftime('%s', 'now', 'start of month') AS REAL)")}
"""

MIGRATIONS: Final = (_FIRST, _EVENTS, _SPENDING)
"""The n-th leads from schema n to n + 1. Only ever add to the end."""

VERSION: Final = len(MIGRATIONS)
WITH_EVENTS: Final = 2
WITH_SPENDING: Final = 3
"""The first schemas that have them; a reader may meet an older journal."""


class StoreError(Exception):
    """The journal's file cannot be used. The message says what was found and what to do."""


def version_of(connection: sqlite3.Connection, path: object) -> int:
    """Return the schema of a database; 0: there is nothing in it yet.

    Raises: StoreError where it is newer than this program, or another program's.
    """
    version = _pragma(connection, "user_version")
    is_ours = _pragma(connection, "application_id") == APPLICATION_ID
    if not is_ours and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise StoreError(
            f"{path} is another program's database, expected a journal: name another file"
        )
    if version > VERSION:
        raise StoreError(
            f"the journal {path} has schema {version}, expected {VERSION} or older: "
            "a newer Understudy wrote it; use that, or name another file"
        )
    return version


def migrate(connection: sqlite3.Connection, path: object) -> None:
    """Bring a database to the present schema, all of it or nothing.

    Raises: StoreError, sqlite3.Error.
    """
    if version_of(connection, path) == VERSION:
        return
    # Two processes may begin at once: who comes second looks again and finds the work done.
    connection.execute("BEGIN IMMEDIATE")
    try:
        for script in MIGRATIONS[version_of(connection, path) :]:
            for statement in script.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
