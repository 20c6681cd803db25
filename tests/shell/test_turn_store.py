"""Conversations are found again: at once, after a restart, by their caller alone, within bounds."""

import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from understudy.dialects.memory import Turn
from understudy.shell.turn_store import Bounds, TurnStore

QUICK = Bounds(every=0.005, prune_every=0.0)


def turn(number: int, *, caller: str = "me", size: int = 10, previous: str | None = None) -> Turn:
    return Turn(caller, f"resp_{number}", b"[]", b"x" * size, previous, "openai")


@contextmanager
def store(path: Path, bounds: Bounds = QUICK) -> Iterator[TurnStore]:
    made = TurnStore(path, bounds)
    try:
        yield made
    finally:
        made.close(5.0)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def rows(path: Path) -> set[str]:
    if not path.exists():
        return set()
    with closing(sqlite3.connect(path)) as connection:
        try:
            return {row[0] for row in connection.execute("SELECT id FROM turns")}
        except sqlite3.OperationalError:
            return set()


def test_a_turn_is_found_at_once_and_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with store(path) as first:
        first.keep(turn(1), ["msg_1"])
        assert first.find("me", "resp_1") == turn(1)
        assert first.find_item("me", "msg_1") == turn(1)
    with store(path) as second:
        assert second.find("me", "resp_1") == turn(1)
        assert second.find_item("me", "msg_1") == turn(1)
        assert second.find("me", "resp_2") is None
        assert second.find_item("me", "msg_2") is None


def test_nobody_else_finds_it(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with store(path) as first:
        first.keep(turn(1), ["msg_1"])
        assert first.find("other", "resp_1") is None
        assert first.find_item("other", "msg_1") is None
    with store(path) as second:
        assert second.find("other", "resp_1") is None
        assert second.find_item("other", "msg_1") is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_forgotten_is_gone_for_good(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with store(path) as first:
        first.keep(turn(1), ["msg_1"])
        until(lambda: rows(path) == {"resp_1"})
        first.forget("me", "resp_1")
        assert first.find("me", "resp_1") is None
    with store(path) as second:
        assert second.find("me", "resp_1") is None
        assert second.find_item("me", "msg_1") is None


def test_little_stays_in_memory_and_all_is_found(tmp_path: Path) -> None:
    bounds = Bounds(every=0.005, memory_bytes=100)
    with store(tmp_path / "c.db", bounds) as kept:
        for number in range(50):
            kept.keep(turn(number, size=50), [])
        assert all(kept.find("me", f"resp_{n}") == turn(n, size=50) for n in range(50))
        until(lambda: len(rows(tmp_path / "c.db")) == 50)
        assert all(kept.find("me", f"resp_{n}") == turn(n, size=50) for n in range(50))


def test_the_longest_unused_go_when_all_is_too_much(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    bounds = Bounds(every=0.005, prune_every=0.0, max_bytes=250)
    with store(path, bounds) as kept:
        for number in (1, 2):
            kept.keep(turn(number, size=100), [])
            until(lambda n=number: f"resp_{n}" in rows(path))  # type: ignore[misc]
        kept.touch([turn(1)])
        time.sleep(0.02)
        kept.keep(turn(3, size=100), [])
        until(lambda: rows(path) == {"resp_1", "resp_3"})


def test_the_old_go(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with store(path, Bounds(every=0.005, prune_every=0.0, max_age=-1.0)) as kept:
        kept.keep(turn(1), ["msg_1"])
        until(lambda: path.exists() and not rows(path))


def test_where_nothing_can_be_written_memory_does(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with store(tmp_path / "file" / "c.db", Bounds(every=0.005, waiting_bytes=1000)) as kept:
        kept.keep(turn(1, size=500), [])
        assert kept.find("me", "resp_1") == turn(1, size=500)
        kept.keep(turn(2, size=5000), [])
        assert kept.find("me", "resp_2") is None


def test_a_damaged_file_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(b"this is no database" * 1000)
    with store(path) as kept:
        kept.keep(turn(1), [])
        until(lambda: len(list(tmp_path.glob("c.db.corrupt-*"))) == 1)
        until(lambda: rows(path) == {"resp_1"})
        assert kept.find("me", "resp_1") == turn(1)
