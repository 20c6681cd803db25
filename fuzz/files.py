"""Targets that read what operators give us: configuration, journal, patterns, faults."""

import sqlite3
import tempfile
from pathlib import Path

from understudy.config.errors import ConfigError
from understudy.config.load import load
from understudy.config.settings import Settings
from understudy.journal.entry import AttemptEntry, RequestEntry
from understudy.journal.query import Reader
from understudy.journal.redact import Redactor
from understudy.journal.schema import StoreError
from understudy.journal.store import Bodies, Store
from understudy.providers.catalogue import load_catalogue
from understudy.providers.taxonomy import load_taxonomy
from understudy.sim.fault_text import FaultError, parse_faults
from understudy.sim.rows import resolve

CATALOGUE = load_catalogue()
TAXONOMY = load_taxonomy()
ENVIRONMENT = {"OPENAI_API_KEY": "sk-canary-0123456789abcdef", "KEY": "canary-value-0123456789"}
MEMORY = Path("/dev/shm")  # noqa: S108 - where it is there: a journal syncs at every write
FOLDER = str(MEMORY) if MEMORY.is_dir() else None
SECRET = "sk-proj-Zx81hVbq2LmN0pQrS7tUvWxY3z4A5b6C"  # noqa: S105 - made up
REDACTOR = Redactor()
ENTRY = RequestEntry(
    id="us-1",
    at=1_700_000_000.0,
    duration=1.0,
    caller="me",
    dialect="openai_chat",
    route="chat",
    stream=True,
    outcome="ok",
    status=200,
    attempts=(AttemptEntry(1, "a/m", 0.0, 1.0, "ok"),),
)


def config(data: bytes) -> None:
    """Any document is settings or says what is wrong with it, and never says a secret."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        path = Path(folder) / "understudy.toml"
        path.write_bytes(data)
        try:
            settings = load(path, ENVIRONMENT, catalogue=CATALOGUE)
        except ConfigError as error:
            said = str(error)
            assert error.problems
        else:
            assert isinstance(settings, Settings)
            said = repr(settings)
    assert not any(secret in said for secret in ENVIRONMENT.values())


def journal(data: bytes) -> None:
    """A damaged file opens, is moved aside, or is refused by name; then it takes entries."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        path = Path(folder) / "journal.db"
        path.write_bytes(damaged(data))
        try:
            with Reader(path) as reader:
                reader.tail(5)
                reader.stats(0.0)
        except StoreError as error:
            assert str(error)
        try:
            store = Store(path, 1.0)
        except (StoreError, sqlite3.Error) as error:
            assert str(error)
            return
        try:
            assert store.write([(ENTRY, Bodies(b"{}", None))]) == 1
            store.prune(before=2_000_000_000.0, max_bytes=1)
        except sqlite3.Error as error:
            assert str(error)
        finally:
            store.close()


def damaged(data: bytes) -> bytes:
    """A good journal with bytes overwritten: three say where (from the start or a page), one what.

    What begins with the magic of SQLite is a file of its own.
    """
    if data.startswith(b"SQLite format 3"):
        return data
    file = bytearray(good_journal())
    for start in range(0, len(data) - 3, 4):
        place = int.from_bytes(data[start : start + 3], "big") % len(file)
        file[place] = data[start + 3]
    return bytes(file)


_GOOD: dict[str, bytes] = {}


def good_journal() -> bytes:
    """A journal with one entry in it, as a closed file."""
    if not _GOOD:
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            path = Path(folder) / "journal.db"
            store = Store(path, 0.0)
            store.write([(ENTRY, Bodies(b"{}", b"{}"))])
            store.close()
            _GOOD["file"] = path.read_bytes()
    return _GOOD["file"]


def redact(data: bytes) -> None:
    """A secret between any other bytes never stays, and nothing raises."""
    half = len(data) // 2
    for before, after in ((b" ", b" "), (b'"', b'"'), (b'{"content":"', b'"}')):
        body = data[:half] + before + SECRET.encode() + after + data[half:]
        kept = REDACTOR.body(body)
        assert SECRET.encode() not in kept
    REDACTOR.text(data.decode("utf-8", "replace"))


def faults(data: bytes) -> None:
    """A fault's text is faults or says what is wrong with it."""
    try:
        resolve(parse_faults(data.decode("utf-8", "replace")), TAXONOMY)
    except FaultError as error:
        assert str(error)
