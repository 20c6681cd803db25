"""The database: all of a batch or nothing, nothing twice, never too old or too large, and what
is broken is set aside.
"""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest
from tests.journal.entries import AT, entry, failed_over, write

from understudy.chat.usage import Usage
from understudy.journal.entry import EventEntry
from understudy.journal.query import Reader
from understudy.journal.schema import VERSION, StoreError
from understudy.journal.store import PRUNED_AT_ONCE, Bodies, Store, is_damage, move_aside_if_damaged


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    with closing(Store(path, AT)) as store:
        yield store


def ids(path: Path) -> list[str]:
    with Reader(path) as reader:
        return [kept.entry.id for kept in reader.tail(100_000)]


def counts(path: Path) -> tuple[int, ...]:
    with closing(sqlite3.connect(path)) as connection:
        return tuple(
            connection.execute(statement).fetchone()[0]
            for statement in (
                "SELECT count(*) FROM requests",
                "SELECT count(*) FROM attempts",
                "SELECT count(*) FROM bodies",
            )
        )


def test_what_is_written_is_read_again_as_it_was(tmp_path: Path):
    path = tmp_path / "deep" / "journal.db"
    there = [entry(1), failed_over(2, losses=("a", "~b"), seam=7, failure=None)]
    write(path, *there)
    with Reader(path) as reader:
        assert [kept.entry for kept in reader.tail(9)] == there


@pytest.mark.parametrize("count", [1, 7, 8, 31, 32, 33, 41, 500])
def test_batches_of_any_size_are_written_whole(tmp_path: Path, count: int):
    write(tmp_path / "j.db", *(failed_over(number) for number in range(count)))
    assert counts(tmp_path / "j.db") == (count, 2 * count, 0)


def test_an_id_that_is_there_already_changes_nothing(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1), entry(2))
    write(path, failed_over(2), entry(3), entry(3))
    with Reader(path) as reader:
        assert [kept.entry for kept in reader.tail(9)][1:] == [entry(2), entry(3)]


def test_bodies_are_kept_apart_from_facts(tmp_path: Path):
    path = tmp_path / "j.db"
    with opened(path) as store:
        store.write([(entry(1, request_body=b"raw", response_body=b"raw"), Bodies(b"in", b"out"))])
    assert b"raw" not in path.read_bytes()
    with Reader(path) as reader:
        assert reader.find("us-test-1") == entry(1, request_body=b"in", response_body=b"out")
        assert reader.tail(1)[0].entry == entry(1)


def test_an_entry_without_a_json_form_costs_only_itself(tmp_path: Path):
    poison = entry(2, caller="half a surrogate: \ud800")
    with opened(tmp_path / "j.db") as store:
        assert store.write([(entry(1), None), (poison, None), (entry(3), None)]) == 2
    assert ids(tmp_path / "j.db") == ["us-test-1", "us-test-3"]


def test_numbers_beyond_what_sqlite_holds_are_capped_in_its_columns(tmp_path: Path):
    large = Usage(input_tokens=2**63, output_tokens=10**30)
    attempt = msgspec.structs.replace(entry().attempts[0], usage=large)
    with opened(tmp_path / "j.db") as store:
        assert store.write([(entry(1, attempts=(attempt,)), None)]) == 1
    with Reader(tmp_path / "j.db") as reader:
        assert reader.tail(1)[0].entry.attempts == (attempt,)


def test_a_batch_that_fails_leaves_nothing_of_itself(tmp_path: Path):
    path = tmp_path / "j.db"
    with opened(path) as store:
        store.write([(entry(1), None)])
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 8}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            store.write([(entry(number), None) for number in range(2, 500)])
        assert counts(path) == (1, 1, 0)
        store._connection.execute("PRAGMA max_page_count = 100000")
        assert store.write([(entry(2), None)]) == 1
    assert ids(path) == ["us-test-1", "us-test-2"]


def test_what_is_too_old_goes_in_small_batches_with_all_that_belongs_to_it(tmp_path: Path):
    path = tmp_path / "j.db"
    old = PRUNED_AT_ONCE + 10
    with opened(path) as store:
        store.write(
            [(entry(n, AT + n), Bodies(b"in", None)) for n in range(old)]
            + [(entry(n, AT + 10_000), Bodies(b"in", None)) for n in range(old, old + 3)]
        )
        pruned = [store.prune(before=AT + 10_000, max_bytes=2**30) for _ in range(3)]
    assert pruned == [PRUNED_AT_ONCE, 10, 0]
    assert counts(path) == (3, 3, 3)


def test_the_oldest_go_when_the_file_is_too_large_and_it_gets_smaller(tmp_path: Path):
    path = tmp_path / "j.db"
    limit = 2**20
    with opened(path) as store:
        for start in range(0, 4000, 500):
            store.write([(failed_over(n, at=AT + n), None) for n in range(start, start + 500)])
        assert store.size_bytes() > 2 * limit
        while store.prune(before=0.0, max_bytes=limit):
            pass
        assert store.size_bytes() <= limit
        left = ids(path)
    assert 0 < len(left) < 2000
    assert left[-1] == f"us-test-{3999:x}"
    assert left == [f"us-test-{n:x}" for n in range(4000 - len(left), 4000)]
    assert path.stat().st_size < 2 * limit


def test_the_journal_is_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "new" / "j.db"
    with opened(path) as store:
        store.write([(entry(1), None)])
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"j.db": 0o600, "j.db-wal": 0o600, "j.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("junk", [b"not a database, " * 100, b"SQLite format 3\0" + b"?" * 99])
def test_a_file_that_is_none_of_sqlites_is_moved_aside(tmp_path: Path, junk: bytes):
    path = tmp_path / "j.db"
    path.write_bytes(junk)
    with opened(path) as store:
        assert store.moved_aside == tmp_path / f"j.db.corrupt-{int(AT)}"
        assert store.moved_aside.read_bytes() == junk
        store.write([(entry(1), None)])
    assert ids(path) == ["us-test-1"]


def test_a_file_whose_schema_is_no_text_is_moved_aside(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1))
    good = path.read_bytes()
    assert good.count(b"CREATE TABLE requests")
    path.write_bytes(good.replace(b"CREATE TABLE requests", b"CRE\xffTE TABLE req\xffests"))
    with closing(Store(path, AT)) as store:
        assert store.moved_aside == tmp_path / f"j.db.corrupt-{int(AT)}"
        assert store.write([(entry(2), None)]) == 1


def test_damage_found_while_writing_is_moved_aside_later(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, *(failed_over(n) for n in range(2000)))
    assert move_aside_if_damaged(path, AT) is None
    with path.open("r+b") as file:
        for place in range(32768, path.stat().st_size, 4096):
            file.seek(place)
            file.write(b"\xa5" * 4096)
    with opened(path) as store, pytest.raises(sqlite3.DatabaseError) as caught:
        store.write([(entry(n), None) for n in range(2000, 2500)])
    assert is_damage(caught.value)
    assert move_aside_if_damaged(path, AT) == tmp_path / f"j.db.corrupt-{int(AT)}"
    write(path, entry(1))
    assert ids(path) == ["us-test-1"]


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match=rf"has schema {VERSION + 1}, expected {VERSION} or older"):
        Store(path, AT)
    assert counts(path) == (1, 1, 0)
    assert [file.name for file in tmp_path.iterdir() if "corrupt" in file.name] == []


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "j.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(StoreError, match="another program's database"):
        Store(path, AT)
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
    assert names == ["bookmarks"]


def test_a_place_that_cannot_be_is_an_error_that_names_it(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot open the journal .*file/j.db"):
        Store(tmp_path / "file" / "j.db", AT)


def test_two_writers_share_a_journal(tmp_path: Path):
    path = tmp_path / "j.db"
    with opened(path) as one, opened(path) as other:
        for number in range(20):
            (one if number % 2 else other).write([(entry(number), None)])
    assert len(ids(path)) == 20


_ENDLESS = """
import sys
from pathlib import Path
from tests.journal.entries import failed_over
from understudy.journal.store import Store
store, number = Store(Path(sys.argv[1]), 0.0), 0
while True:
    store.write([(failed_over(number + n), None) for n in range(50)])
    number += 50
    print(number, flush=True)
"""


def test_a_killed_writer_leaves_every_whole_batch_and_nothing_else(tmp_path: Path):
    path = tmp_path / "j.db"
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", _ENDLESS, str(path)],
        stdout=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root}:{root / 'src'}"},
    )
    assert process.stdout is not None
    with process.stdout as said:
        while int(said.readline()) < 1000:
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        acknowledged = int((said.read().split() or [b"1000"])[-1])
    there = ids(path)
    assert len(there) >= acknowledged
    assert len(there) % 50 == 0
    assert there == [f"us-test-{n:x}" for n in range(len(there))]
    write(path, *(failed_over(n) for n in range(len(there) + 5)))
    requests, attempts, _ = counts(path)
    assert (requests, attempts) == (len(there) + 5, 2 * (len(there) + 5))


def test_room_is_made_in_the_order_of_writing_whatever_the_clock_said(tmp_path: Path):
    path = tmp_path / "j.db"
    with opened(path) as store:
        store.write([(entry(n, at=AT + 1e9 * (n < 600)), None) for n in range(1200)])
        assert store.prune(before=0.0, max_bytes=1) == PRUNED_AT_ONCE
        assert store.newest_at() == AT
        assert ids(path)[0] == f"us-test-{PRUNED_AT_ONCE:x}"


def test_a_file_that_is_moved_or_removed_or_replaced_is_not_in_its_place(tmp_path: Path):
    path = tmp_path / "j.db"
    with opened(path) as store:
        assert store.newest_at() is None
        assert store.is_in_place()
        path.rename(tmp_path / "elsewhere.db")
        assert not store.is_in_place()
        path.write_bytes(b"")
        assert not store.is_in_place()


def test_nothing_that_a_start_or_a_turn_of_the_writer_does_looks_through_all_entries(
    tmp_path: Path,
):
    """Of a million entries, too, each statement touches some pages only."""
    path = tmp_path / "j.db"
    write(path, *(failed_over(number) for number in range(50)))
    said: list[str] = []
    with opened(path) as store:
        store._connection.set_trace_callback(said.append)
        store.newest_at()
        store.write([(failed_over(n), Bodies(b"a", b"b")) for n in range(40, 60)])
        assert store.prune(before=AT + 1, max_bytes=2**30) == 60
        store.write([(failed_over(n), None) for n in range(60, 70)])
        assert store.prune(before=0.0, max_bytes=1) == 10
    said = [each for each in said if each.split()[0] in {"SELECT", "INSERT", "DELETE"}]
    assert len(said) >= 9
    with closing(sqlite3.connect(path)) as connection:
        plans = [
            row[3] for each in said for row in connection.execute(f"EXPLAIN QUERY PLAN {each}")
        ]
    assert "TEMP B-TREE" not in " ".join(plans)
    # The newest one is the first of a scan that ends there; constants are what is inserted.
    scans = {plan for plan in plans if plan.startswith("SCAN") and "CONSTANT" not in plan}
    assert scans == {"SCAN requests"}


def drain(at: float) -> EventEntry:
    return EventEntry(at, "drain", "host:a", "is being drained")


def test_what_people_changed_is_kept_as_long_as_requests(tmp_path: Path):
    path = tmp_path / "j.db"
    with opened(path) as store:
        store.note([drain(AT), drain(AT + 1.0), drain(AT + 2.0)])
        store.prune(before=AT + 0.5, max_bytes=2**30)
    with Reader(path) as reader:
        assert reader.events(9) == [drain(AT + 1.0), drain(AT + 2.0)]
        assert reader.events(1) == [drain(AT + 2.0)]


def test_a_journal_without_events_is_read_and_gets_them_when_it_is_written(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP TABLE events; DROP TABLE spending; PRAGMA user_version = 1")
    with Reader(path) as reader:
        assert reader.events(9) == []
        assert len(reader.tail(9)) == 1
    with opened(path) as store:
        store.note([drain(AT)])
    with Reader(path) as reader:
        assert reader.events(9) == [drain(AT)]
        assert len(reader.tail(9)) == 1
