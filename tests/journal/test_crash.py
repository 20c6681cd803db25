"""A journal as a kill leaves it, at many instants: what was committed is there, and once.

`python -m prove.own_failures` tries every byte; here a few hundred are drawn, frames' ends first.
"""

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from prove.crashes import (
    SMALL_PAGE,
    TAILS,
    USUAL_PAGE,
    Cut,
    Scene,
    checkpoints,
    drawn,
    entry,
    faults,
    scene,
)

from understudy.journal.query import Reader
from understudy.journal.store import Store

SEED = 20260726


@pytest.mark.parametrize("is_reused", [False, True], ids=["grown_log", "reused_log"])
@pytest.mark.parametrize("page", [SMALL_PAGE, USUAL_PAGE])
def test_a_kill_within_a_transaction_loses_that_one_only(
    tmp_path: Path, page: int, is_reused: bool
) -> None:
    there = scene(tmp_path, page, is_reused=is_reused)
    assert list(faults(there, drawn(there, 120, SEED), SEED)) == []


@pytest.mark.parametrize("tail", TAILS)
def test_a_transaction_counts_from_its_last_byte(tmp_path: Path, tail: str) -> None:
    there = scene(tmp_path, SMALL_PAGE)
    last = there.cuts[-1]
    cuts = [Cut(last - by, tail) for by in (0, 1, 2)]
    assert list(faults(there, cuts, SEED)) == []


@pytest.mark.parametrize("page", [SMALL_PAGE, USUAL_PAGE])
def test_a_kill_within_a_checkpoint_loses_nothing(tmp_path: Path, page: int) -> None:
    there = scene(tmp_path, page)
    assert len(there.copied) > len(there.main)
    cuts = checkpoints(there, len(there.copied) // 60)
    assert list(faults(there, cuts, SEED)) == []


def test_the_check_itself_sees_a_lost_and_a_doubled_entry(tmp_path: Path) -> None:
    there = scene(tmp_path, SMALL_PAGE)
    lost = Scene(there.main, there.old, there.old, there.copied, there.begun, there.page)
    (fault,) = faults(lost, [Cut(len(lost.log), "nothing")])
    assert "found 40 entries, expected 43" in fault
    early = Scene(there.main, there.log[: there.begun - 536], b"", b"", 0, there.page)
    assert "found 0 entries" in next(iter(faults(early, [Cut(len(early.log) - 1)])))


def test_a_kill_while_the_tables_are_made_leaves_what_can_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal.db"
    with contextlib.closing(Store(path, 0.0)):
        log = path.with_name("journal.db-wal").read_bytes()
        main = path.read_bytes()
    for place in sorted({0, 1, 31, 32, 33, *range(0, len(log), len(log) // 40)}):
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        path.write_bytes(main)
        path.with_name("journal.db-wal").write_bytes(log[:place])
        with contextlib.closing(Store(path, 0.0)) as store:
            assert store.moved_aside is None
            assert store.write([(entry(1), None)]) == 1
        with Reader(path) as reader:
            assert [kept.entry for kept in reader.tail(9)] == [entry(1)]


_BEGIN = """
import os, signal, sys, threading, time
from pathlib import Path
from prove.crashes import entry
from understudy.journal.store import Store
threading.Thread(
    target=lambda: (time.sleep(float(sys.argv[2])), os.kill(os.getpid(), signal.SIGKILL))
).start()
store = Store(Path(sys.argv[1]), 0.0)
for number in range(100_000):
    store.write([(entry(number), None)])
    os.write(1, b"%d\\n" % number)
"""


@pytest.mark.parametrize("after", [0.0, 0.001, 0.002, 0.004, 0.008, 0.016])
def test_a_real_kill_from_the_first_moment_on(tmp_path: Path, after: float) -> None:
    """While it makes the file, its tables, or the first entries."""
    path = tmp_path / "journal.db"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN, str(path), str(after)],
        cwd=root,
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == -9
    said = len(done.stdout.splitlines())
    with contextlib.closing(Store(path, 0.0)) as store:
        assert store.moved_aside is None
        store.write([(entry(said + 5), None)])
    with Reader(path) as reader:
        found = [kept.entry.id for kept in reader.tail(100_000)]
    assert found[:said] == [entry(k).id for k in range(said)]
    assert len(found) == len(set(found)) <= said + 2
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
