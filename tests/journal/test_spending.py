"""What each caller used on each day: with the entries, once for each, and longer than they."""

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.journal.entries import AT, entry, failed_over, write

from understudy.chat.usage import Usage
from understudy.journal.query import Reader
from understudy.journal.spending import DAY, LONGER, Spending, Sums
from understudy.journal.store import Store

TODAY = int(AT // DAY)
TOKENS = 160


def spent(path: Path, since: int = 0) -> list[Spending]:
    with Reader(path) as reader:
        return sorted(reader.spending(since), key=lambda each: (each.day, each.caller))


def test_it_is_added_up_by_day_and_caller(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1), failed_over(2), entry(3, caller="ops", usage=None, cost_usd=None))
    write(path, entry(4), entry(5, at=AT + DAY))
    assert spent(path) == [
        Spending(TODAY, "ops", 1, 0, 0.0),
        Spending(TODAY, "shop", 3, 3 * TOKENS, 1.5),
        Spending(TODAY + 1, "shop", 1, TOKENS, 0.5),
    ]
    assert [each.day for each in spent(path, TODAY + 1)] == [TODAY + 1]


def test_a_request_counts_on_the_day_on_which_it_ended(tmp_path: Path):
    write(tmp_path / "j.db", entry(1, at=(TODAY + 1) * DAY - 5, duration=10.0))
    assert [each.day for each in spent(tmp_path / "j.db")] == [TODAY + 1]


def test_what_is_written_twice_counts_once(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1), entry(2))
    write(path, *(entry(number) for number in range(40)), entry(39))
    assert [each.requests for each in spent(path)] == [40]


def test_a_batch_that_fails_counts_nothing(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1))
    store = Store(path, AT)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError):
            store.write([(entry(2), None)])
    store.close()
    assert [each.requests for each in spent(path)] == [1]


def test_it_stays_where_entries_had_to_go(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1), entry(2, at=AT - 40 * DAY))
    with closing(Store(path, AT)) as store:
        store.prune(before=AT + DAY, max_bytes=2**30)
        assert store.newest_at() is None
        assert [each.day for each in spent(path)] == [TODAY]
        store.prune(before=AT + (LONGER + 1) * DAY, max_bytes=2**30)
    assert spent(path) == []


def test_figures_that_no_provider_can_mean_harm_nothing(tmp_path: Path):
    path = tmp_path / "j.db"
    mad = Usage(input_tokens=2**70, output_tokens=2**70)
    with closing(Store(path, AT)) as store:
        for number, cost in enumerate((float("inf"), float("nan"), 1.0)):
            store.write([(entry(number, usage=None, cost_usd=cost), None)])
        store.write([(entry(9, at=float("inf")), None), (entry(10), None)])
        store.write([(entry(11, usage=None), None), (entry(12, usage=mad), None)])
    assert spent(path)[0].tokens <= 2**54


def test_an_older_journal_is_added_up_when_it_is_read_and_when_it_is_written(tmp_path: Path):
    path = tmp_path / "j.db"
    now = time.time()
    month = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0)
    write(
        path,
        entry(1, at=now),
        failed_over(2, at=now, duration=1.0),
        entry(3, at=month.timestamp() - 9 * DAY),
    )
    before = spent(path, int(month.timestamp() // DAY))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP TABLE spending; PRAGMA user_version = 2")
    assert before == [Spending(int((now + 1.0) // DAY), "shop", 2, 2 * TOKENS, 1.0)]
    assert spent(path, int(month.timestamp() // DAY)) == before
    write(path, entry(4, at=now))
    assert [each.requests for each in spent(path)] == [3]


def test_sums_are_exact_beside_one_another():
    sums = Sums()
    for number in range(1000):
        sums.add(entry(number, caller=f"c{number % 3}", cost_usd=0.25))
    rows = sums.rows()
    assert [row[2] for row in rows] == [334, 333, 333]
    assert sum(row[4] for row in rows) == 250.0
