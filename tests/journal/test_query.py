"""Reading the journal: in order, by id, added up, and beside a writer."""

import contextlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.journal.entries import AT, entry, failed_over, write

from understudy.journal.query import Reader
from understudy.journal.schema import VERSION, StoreError
from understudy.journal.spending import Sums
from understudy.journal.stats import Times
from understudy.journal.store import Store


def test_the_tail_is_the_last_in_the_order_they_ended(tmp_path: Path):
    write(tmp_path / "j.db", *(entry(n, at=AT - n) for n in range(5)))
    with Reader(tmp_path / "j.db") as reader:
        assert [kept.entry.id for kept in reader.tail(3)] == ["us-test-2", "us-test-3", "us-test-4"]
        assert reader.tail(0) == []
        assert reader.last() == reader.tail(1)[0].seq


def test_a_follower_gets_each_entry_once(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1), entry(2))
    with Reader(path) as reader:
        last = reader.tail(9)[-1].seq
        assert reader.after(last) == []
        write(path, entry(2), entry(3), entry(4))
        found = reader.after(last, 1) + reader.after(last + 1)
        assert [kept.entry.id for kept in found] == ["us-test-3", "us-test-4"]


@pytest.mark.parametrize(
    "damage",
    ["entry = '{\"id\"'", "entry = NULL", "entry = x'ff'", "duration = 'long'", "outcome = 5.5"],
)
def test_a_damaged_row_is_told_and_no_bug(tmp_path: Path, damage: str):
    path = tmp_path / "j.db"
    write(path, failed_over(1))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        with contextlib.suppress(sqlite3.IntegrityError):
            connection.execute(f"UPDATE requests SET {damage}")  # noqa: S608 - the parameters are ours
        connection.commit()
    with Reader(path) as reader:
        for ask in (lambda: reader.tail(1), lambda: reader.stats(0.0), lambda: reader.after(0)):
            with contextlib.suppress(StoreError):
                ask()
        if damage.startswith("entry") and "NULL" not in damage:
            with pytest.raises(StoreError, match="is damaged"):
                reader.tail(1)
            with pytest.raises(StoreError, match="is damaged"):
                reader.find("us-test-1")


def test_a_journal_whose_schema_is_damaged_is_told(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1))
    path.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE requests", b"CRE\xffTE TABLE req\xffests")
    )
    with pytest.raises(StoreError, match="cannot read the journal"), Reader(path) as reader:
        reader.tail(1)


def test_an_id_that_is_not_there_is_none(tmp_path: Path):
    write(tmp_path / "j.db", entry(1))
    with Reader(tmp_path / "j.db") as reader:
        assert reader.find("us-test-1") == entry(1)
        assert reader.find("us-test-2") is None


def test_stats_of_targets_come_from_their_attempts(tmp_path: Path):
    path = tmp_path / "j.db"
    cut = entry(4, outcome="cut", failure="any.cut", seam=12, losses=("a",))
    write(path, entry(1), entry(2), failed_over(3), cut, entry(5, at=AT - 100))
    with Reader(path) as reader:
        found = reader.stats(AT)
    assert (found.requests, found.attempts) == (4, 5)
    assert found.outcomes == {"ok": 3, "cut": 1}
    assert found.failures == {"any.overloaded": 1}
    assert (found.failed_over, found.seams, found.lossy, found.cost_usd) == (1, 1, 1, 2.0)
    assert found.added_by_failures == Times(1, 0.6, 0.6, 0.6)
    assert found.first_content == Times(4, 0.25, 0.85, 0.85)
    here, there = found.targets
    assert (here.target, here.attempts, here.success) == ("here/small", 4, 1.0)
    assert here.first_content == Times(4, 0.25, 0.25, 0.25)
    assert (here.prompt_tokens, here.output_tokens, here.cost_usd) == (480, 160, 2.0)
    assert (there.target, there.success, there.first_content) == ("there/large#2", 0.0, None)


def test_reading_goes_on_while_a_writer_is_in_the_middle_of_a_batch(tmp_path: Path):
    path = tmp_path / "j.db"
    with closing(Store(path, AT)) as store, Reader(path) as reader:
        store.write([(entry(1), None)])
        with store._transaction():
            store._write([(entry(2), None)], Sums())
            assert [kept.entry.id for kept in reader.tail(9)] == ["us-test-1"]
        assert len(reader.tail(9)) == 2


def test_reading_changes_nothing(tmp_path: Path):
    write(tmp_path / "j.db", entry(1))
    before = (tmp_path / "j.db").read_bytes()
    with Reader(tmp_path / "j.db") as reader, pytest.raises(sqlite3.OperationalError):
        reader._connection.execute("DELETE FROM requests")
    assert (tmp_path / "j.db").read_bytes() == before


def test_a_journal_begun_just_now_is_empty(tmp_path: Path):
    (tmp_path / "j.db").touch()
    with Reader(tmp_path / "j.db") as reader:
        assert reader.tail(9) == []
        assert reader.last() == 0
        assert reader.find("x") is None
        assert reader.stats(0.0).requests == 0


def test_no_journal_is_said_with_what_to_do(tmp_path: Path):
    with pytest.raises(StoreError, match=r"found no journal at .*j.db: .*--journal"):
        Reader(tmp_path / "j.db")


def test_what_is_no_journal_is_said(tmp_path: Path):
    (tmp_path / "junk").write_bytes(b"junk " * 1000)
    with pytest.raises(StoreError, match="file is not a database"):
        Reader(tmp_path / "junk")
    with closing(sqlite3.connect(tmp_path / "other")) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(StoreError, match="another program's database"):
        Reader(tmp_path / "other")


def test_a_newer_schema_is_refused(tmp_path: Path):
    write(tmp_path / "j.db", entry(1))
    with closing(sqlite3.connect(tmp_path / "j.db")) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="a newer Understudy wrote it"):
        Reader(tmp_path / "j.db")
