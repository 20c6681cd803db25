"""A journal that cannot be written, or a clock that is wrong: requests go on, and nothing is lost
in silence.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journal.entries import entry, write
from tests.system.processes import until
from understudy.journal.query import Reader
from understudy.shell.recorder import Bounds, Recorder

DAY = 86_400.0
YEAR = 365 * DAY
QUICK = Bounds(every=0.01, retry_from=0.01, retry_to=0.05, prune_every=0.0, say_every=0.05)


def ids(path: Path) -> list[str]:
    with Reader(path) as reader:
        return [kept.entry.id for kept in reader.tail(1000)]


@contextmanager
def recording(path: Path, leap: float = 0.0) -> Iterator[Recorder]:
    recorder = Recorder(path, max_age=30 * DAY, bounds=QUICK)
    recorder._wall = lambda: time.time() + leap
    try:
        yield recorder
    finally:
        recorder.close(5.0)


def some_turns(recorder: Recorder) -> None:
    """Let the writer look for what is too old, some times."""
    turns = 0

    def wall() -> float:
        nonlocal turns
        turns += 1
        return real()

    real, recorder._wall = recorder._wall, wall
    until(lambda: turns >= 3)


@pytest.mark.parametrize("leap", [YEAR, -YEAR], ids=["ahead", "back"])
def test_a_clock_that_leaps_while_we_run_costs_no_entry(tmp_path: Path, leap: float) -> None:
    path = tmp_path / "j.db"
    with recording(path) as recorder:
        recorder.record(entry(1, at=time.time()))
        until(lambda: recorder.written == 1)
        recorder._wall = lambda: time.time() + leap
        recorder.record(entry(2, at=time.time() + leap))
        until(lambda: recorder.written == 2)
        some_turns(recorder)
        recorder._wall = time.time
        recorder.record(entry(3, at=time.time()))
        until(lambda: recorder.written == 3)
        some_turns(recorder)
        assert ids(path) == ["us-test-1", "us-test-2", "us-test-3"]


def test_a_clock_that_was_set_wrong_before_we_began_costs_no_entry(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    write(path, *(entry(n, at=time.time() - n) for n in (3, 2, 1)))
    with recording(path, leap=YEAR) as recorder:
        recorder.record(entry(4, at=time.time() + YEAR))
        until(lambda: recorder.written == 1)
        some_turns(recorder)
        assert ids(path) == [f"us-test-{n}" for n in (3, 2, 1, 4)]


def test_what_is_too_old_by_a_clock_that_goes_on_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    write(path, entry(1, at=time.time() - 31 * DAY), entry(2, at=time.time()))
    with recording(path) as recorder:
        recorder.record(entry(3, at=time.time()))
        until(lambda: ids(path) == ["us-test-2", "us-test-3"])
