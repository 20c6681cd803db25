"""Simulated kills: a journal's files as they may be at any instant, opened again by the real store.

A kill leaves a prefix of what was written to the write-ahead log; a power cut may leave anything
behind it. So the log is cut at every byte of its last transaction, with nothing, zeros or garbage
behind the cut; and the database itself at every byte that a checkpoint copies. Pages of 512 bytes
make all this small enough to try; the format, and the code that recovers it, are the same for
every size.
"""

import contextlib
import random
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from understudy.journal.entry import AttemptEntry, RequestEntry
from understudy.journal.query import Reader
from understudy.journal.store import Store

BEFORE = 40
"""Entries of earlier transactions."""

LAST = 3
"""Entries of the last one."""

SMALL_PAGE = 512
USUAL_PAGE = 16_384
FRAME_HEAD = 24
LOG_HEAD = 32
TAILS = ("nothing", "zeros", "garbage")


class Cut(msgspec.Struct, frozen=True):
    """One kill: how many bytes had been written, and what stands behind them.

    `of` is the file that was being written: the log, or the database in a checkpoint.
    """

    offset: int
    tail: str = "nothing"
    of: str = "log"


class Scene(msgspec.Struct, frozen=True):
    """The files of a journal just after a transaction. `old` is what the log held before it,
    `copied` is what a checkpoint makes of the database.
    """

    main: bytes
    log: bytes
    old: bytes
    copied: bytes
    begun: int
    page: int

    @property
    def cuts(self) -> range:
        """Every byte of the last transaction at which the writing of it can have stopped."""
        return range(self.begun, len(self.log) + 1)

    @property
    def boundaries(self) -> list[int]:
        """The offsets at and beside which a frame, or a frame's head, ends."""
        frame = FRAME_HEAD + self.page
        ends = {place for at in range(self.begun, len(self.log), frame) for place in (at, at + 24)}
        near = {end + by for end in (*ends, len(self.log)) for by in (-1, 0, 1)}
        return sorted(near & set(self.cuts))


def entry(number: int) -> RequestEntry:
    """A request with two attempts, as a failover leaves it."""
    tried = tuple(
        AttemptEntry(k, "here/model", 0.0, 1.0, "ok" if k == 2 else "any.overloaded")
        for k in (1, 2)
    )
    return RequestEntry(
        id=f"us-crash-{number:x}",
        at=1_700_000_000.0 + number,
        duration=1.0,
        caller="shop",
        dialect="toy",
        route="first",
        stream=True,
        outcome="ok",
        status=200,
        attempts=tried,
    )


def scene(folder: Path, page: int, *, is_reused: bool = False) -> Scene:
    """Write a journal and keep its files, as of the instant when the last transaction is whole.

    `is_reused`: the log's beginning is used again, so that older frames stand behind the cut.
    """
    path = folder / "journal.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size = {page}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
    log = path.with_name("journal.db-wal")
    with contextlib.closing(Store(path, 0.0)) as store:
        store.write([(entry(k), None) for k in range(BEFORE)])
        if is_reused:
            with contextlib.closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        old = log.read_bytes()
        begun = 0 if is_reused else len(old)
        store.write([(entry(BEFORE + k), None) for k in range(LAST)])
        written = log.read_bytes()
        if is_reused:
            written = written[: _used(written, page)]
        main = path.read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return Scene(main, written, old, path.read_bytes(), begun, page)


def _used(log: bytes, page: int) -> int:
    """Bytes of the frames that belong to the log's present round: those with its salt."""
    salt, end = log[16:24], LOG_HEAD
    while log[end + 8 : end + 16] == salt:
        end += FRAME_HEAD + page
    return end


def everywhere(there: Scene, tail: str) -> list[Cut]:
    return [Cut(offset, tail) for offset in there.cuts]


def checkpoints(there: Scene, every: int) -> list[Cut]:
    """A checkpoint copies pages in their order: every so many bytes it can have stopped."""
    return [Cut(offset, of="main") for offset in range(0, len(there.copied), every)]


def drawn(there: Scene, count: int, seed: int) -> list[Cut]:
    """All boundaries, then random places, each with a random tail."""
    draws = random.Random(seed)
    places = there.boundaries[:count]
    places += [draws.choice(there.cuts) for _ in range(count - len(places))]
    return [Cut(place, draws.choice(TAILS)) for place in places]


def faults(there: Scene, cuts: Sequence[Cut], seed: int = 0) -> Iterator[str]:
    """Open the journal as of each kill; say what is wrong with it, nothing where all is well."""
    draws = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="understudy-crash-", dir=_quick()) as name:
        path = Path(name) / "journal.db"
        for cut in cuts:
            _restore(path, there, cut, draws)
            for fault in _faults(path, is_whole=cut.of == "main" or cut.offset == len(there.log)):
                yield f"{fault} after a cut of the {cut.of} at {cut.offset}, then {cut.tail}"


def _restore(path: Path, there: Scene, cut: Cut, draws: random.Random) -> None:
    for old in path.parent.iterdir():
        old.unlink()
    log = path.with_name("journal.db-wal")
    if cut.of == "main":
        path.write_bytes(there.copied[: cut.offset] + there.main[cut.offset :])
        log.write_bytes(there.log)
        return
    path.write_bytes(there.main)
    written = there.log[: cut.offset]
    rest = max(len(there.log) - cut.offset, 64)
    if cut.tail == "zeros":
        written += bytes(rest)
    elif cut.tail == "garbage":
        written += draws.randbytes(rest)
    else:
        written += there.old[cut.offset :]
    log.write_bytes(written)


def _faults(path: Path, *, is_whole: bool) -> Iterator[str]:
    """Open, compare, go on writing, compare again."""
    with contextlib.closing(Store(path, 0.0)) as store:
        if store.moved_aside is not None:
            yield "taken for damaged"
            return
        found = _ids(path)
        wanted = [entry(k).id for k in range(BEFORE + LAST if is_whole else BEFORE)]
        if found != wanted:
            yield f"found {len(found)} entries, expected {len(wanted)}"
        # The writer never knew whether its last batch arrived: written again, it counts once.
        again = range(BEFORE, BEFORE + LAST + 2)
        store.write([(entry(k), None) for k in again])
        if _ids(path) != [entry(k).id for k in range(BEFORE + LAST + 2)]:
            yield "a duplicate, or no way to go on"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            yield "damaged"
        attempts = connection.execute("SELECT count(*) FROM attempts").fetchone()[0]
        if attempts != 2 * (BEFORE + LAST + 2):
            yield f"found {attempts} attempts"


def _ids(path: Path) -> list[str]:
    with Reader(path) as reader:
        return [kept.entry.id for kept in reader.tail(10 * BEFORE)]


def _quick() -> str | None:
    """Memory in place of a disk, where there is: 10,000 journals are made and thrown away."""
    memory = Path("/dev/shm")  # noqa: S108
    return str(memory) if memory.is_dir() else None
