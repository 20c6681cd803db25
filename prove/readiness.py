"""How soon a gateway serves, and writes, that finds a million entries in its journal."""

import asyncio
import contextlib
import sqlite3
import time
from pathlib import Path

import msgspec
from tests.system.processes import until

from prove.client import Ask, send
from prove.crashes import entry
from prove.rig import Rig
from understudy.journal.store import Store

_REQUESTS = """
WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < ?)
INSERT INTO requests SELECT NULL, 'us-filled-' || k, ? - ? + k, duration, caller, dialect, route,
  outcome, status, attempts, target, failure, first_content, cost_usd, seam, losses, entry
FROM n CROSS JOIN (SELECT * FROM requests WHERE seq = 1)
"""
_ATTEMPTS = """
INSERT INTO attempts SELECT id, a.number, a.target, a.outcome, started, ended, a.first_content,
  a.status, a.cost_usd, prompt_tokens, output_tokens
FROM requests CROSS JOIN (SELECT * FROM attempts WHERE request_id = ?) a WHERE seq > 1
"""


class Readiness(msgspec.Struct, frozen=True):
    """Seconds from the start of the process to its first answer, and to its first entry written."""

    serving: float
    written: float
    entries: int
    size_bytes: int


def fill(path: Path, count: int) -> None:
    """Write a journal of that many entries, with two attempts each, by SQL: it takes a minute."""
    first = entry(0)
    with contextlib.closing(Store(path, 0.0)) as store:
        store.write([(first, None)])
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_REQUESTS, (count - 1, time.time(), count))
        connection.execute(_ATTEMPTS, (first.id,))
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def measure(there: Rig, request: Ask) -> Readiness:
    """Start the gateway on its journal; the clock runs from before the interpreter does."""
    began = time.monotonic()
    there.start()
    heard = asyncio.run(send(there.port, request))
    assert heard.is_whole, heard
    until(lambda: there.metric("journal_written_total") >= 1, 60.0)
    written = time.monotonic() - began
    there.gateway.stop()
    return Readiness(heard.ended - began, written, len(there.ids()), there.journal.stat().st_size)
