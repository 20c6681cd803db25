"""The recorder: whatever becomes of the database, requests never feel it, and it is said."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest
import structlog

from tests.journal.entries import BADLY, WELL, entry, failed_over, write
from understudy.journal.entry import EventEntry, RequestEntry
from understudy.journal.query import Reader
from understudy.shell.recorder import Bounds, Recorder

QUICK = Bounds(every=0.01, retry_from=0.01, retry_to=0.05, prune_every=0.05)


def make(path: Path, bounds: Bounds = QUICK, **changes) -> Recorder:
    """One that keeps the entries of tests, which are old."""
    return Recorder(path, bounds=bounds, **{"max_age": 1e12, **changes})


@contextmanager
def recording(path: Path, **changes) -> Iterator[Recorder]:
    recorder = make(path, **changes)
    try:
        yield recorder
    finally:
        recorder.close(5.0)


def until(condition: Callable[[], bool]) -> None:
    """The writer is a thread of its own: look until it got there."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def is_degraded(recorder: Recorder) -> bool:
    return recorder.status()["state"] == "degraded"


def read(path: Path) -> list[RequestEntry]:
    with Reader(path) as reader:
        return [kept.entry for kept in reader.tail(100_000)]


def test_what_is_recorded_is_in_the_journal_in_order(tmp_path: Path):
    with recording(tmp_path / "j.db") as recorder:
        for number in range(1200):
            recorder.record(failed_over(number))
    assert read(tmp_path / "j.db") == [failed_over(number) for number in range(1200)]
    assert (recorder.written, recorder.dropped) == (1200, 0)


def test_closing_writes_what_still_waits(tmp_path: Path):
    recorder = make(tmp_path / "j.db", bounds=Bounds(every=60.0))
    recorder.record(entry(1))
    assert recorder.status()["waiting"] == 1
    recorder.close(5.0)
    assert read(tmp_path / "j.db") == [entry(1)]


def test_status_says_where_and_how_much(tmp_path: Path):
    with recording(tmp_path / "j.db") as recorder:
        recorder.record(entry(1))
        until(lambda: recorder.written == 1)
        assert recorder.status() == {
            "state": "ok",
            "path": str(tmp_path / "j.db"),
            "written": 1,
            "dropped": 0,
            "waiting": 0,
            "bodies_withheld": 0,
            "last_error": None,
        }


def test_observers_see_every_entry_in_the_writers_thread(tmp_path: Path):
    seen: list[tuple[str, str]] = []

    def observe(each: RequestEntry) -> None:
        seen.append((each.id, threading.current_thread().name))

    with recording(tmp_path / "j.db", observers=(observe,)) as recorder:
        recorder.record(entry(1))
        recorder.record(entry(2))
    assert seen == [("us-test-1", "journal"), ("us-test-2", "journal")]


def test_a_locked_database_delays_the_writer_only_and_metrics_stay_true(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(0))
    seen: list[RequestEntry] = []
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as blocker,
        recording(path, observers=(seen.append,)) as recorder,
    ):
        blocker.execute("BEGIN EXCLUSIVE")
        began = time.perf_counter()
        for number in range(1, 1001):
            recorder.record(entry(number))
        assert time.perf_counter() - began < 1.0
        until(lambda: is_degraded(recorder))
        assert "locked" in str(recorder.status()["last_error"])
        until(lambda: len(seen) == 1000)
        assert recorder.written == 0
        blocker.execute("ROLLBACK")
        until(lambda: recorder.written == 1000)
        assert not is_degraded(recorder)
    assert read(path) == [entry(number) for number in range(1001)]


def test_what_does_not_fit_while_nothing_can_be_written_is_dropped_and_counted(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path)
    seen: list[RequestEntry] = []
    bounds = Bounds(waiting=50, every=0.01, retry_from=0.01, retry_to=0.05)
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as blocker,
        recording(path, bounds=bounds, observers=(seen.append,)) as recorder,
    ):
        blocker.execute("BEGIN EXCLUSIVE")
        for start in range(0, 200, 40):
            for number in range(start, start + 40):
                recorder.record(entry(number))
            until(lambda start=start: len(seen) == start + 40)  # type: ignore[misc]
        assert recorder.dropped == 150
        blocker.execute("ROLLBACK")
        until(lambda: recorder.written == 50)
    assert read(path) == [entry(number) for number in range(50)]


def test_a_burst_beyond_the_queue_is_dropped_without_waiting(tmp_path: Path):
    recorder = make(tmp_path / "j.db", bounds=Bounds(waiting=10, every=60.0))
    for number in range(25):
        recorder.record(entry(number))
    assert recorder.dropped == 15
    recorder.close(5.0)
    assert len(read(tmp_path / "j.db")) == recorder.written == 10


def test_a_place_that_cannot_be_written_is_tried_again(tmp_path: Path):
    (tmp_path / "place").write_text("in the way")
    with recording(tmp_path / "place" / "j.db") as recorder:
        recorder.record(entry(1))
        until(lambda: is_degraded(recorder))
        assert "cannot open the journal" in str(recorder.status()["last_error"])
        (tmp_path / "place").unlink()
        until(lambda: recorder.written == 1)
    assert read(tmp_path / "place" / "j.db") == [entry(1)]


def test_closing_beside_a_dead_store_ends_in_time_and_counts_what_is_lost(tmp_path: Path):
    (tmp_path / "place").write_text("in the way")
    recorder = make(tmp_path / "place" / "j.db", bounds=QUICK)
    for number in range(5):
        recorder.record(entry(number))
    began = time.monotonic()
    recorder.close(5.0)
    assert time.monotonic() - began < 4.0
    assert (recorder.written, recorder.dropped) == (0, 5)


def test_a_damaged_journal_is_moved_aside_loudly(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    structlog.reset_defaults()
    path = tmp_path / "j.db"
    path.write_bytes(b"not a database " * 500)
    with recording(path) as recorder:
        recorder.record(entry(1))
        until(lambda: recorder.written == 1)
    (moved,) = tmp_path.glob("j.db.corrupt-*")
    said = "".join(capfd.readouterr())
    assert "damaged" in said
    assert moved.name in said
    assert read(path) == [entry(1)]


def test_damage_found_while_writing_costs_no_entry(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, *(failed_over(number) for number in range(2000)))
    with path.open("r+b") as file:
        for place in range(8192, path.stat().st_size, 4096):
            file.seek(place)
            file.write(b"\xa5" * 4096)
    with recording(path) as recorder:
        for number in range(2000, 2100):
            recorder.record(entry(number))
        until(lambda: recorder.written == 100)
    assert read(path) == [entry(number) for number in range(2000, 2100)]
    assert list(tmp_path.glob("j.db.corrupt-*"))


def test_an_entry_that_cannot_be_written_costs_only_itself(tmp_path: Path):
    with recording(tmp_path / "j.db") as recorder:
        recorder.record(entry(1))
        recorder.record(entry(2, caller="\ud800"))
        recorder.record(entry(3))
        until(lambda: recorder.dropped == 1)
    assert read(tmp_path / "j.db") == [entry(1), entry(3)]


def test_bodies_are_redacted_before_they_are_written(tmp_path: Path):
    path = tmp_path / "j.db"
    secret = b"sk-proj-" + b"canary0123456789" * 2
    with recording(path, patterns=(r"acme-\d+",)) as recorder:
        recorder.record(
            entry(1, request_body=b'{"a":"%b"}' % secret, response_body=b'{"b":"acme-4711"}')
        )
        until(lambda: recorder.written == 1)
        for file in tmp_path.iterdir():
            assert b"canary" not in file.read_bytes()
            assert b"acme-4711" not in file.read_bytes()
    with Reader(path) as reader:
        found = reader.find("us-test-1")
    assert found is not None
    assert found.request_body == b'{"a":"[redacted:key]"}'
    assert found.response_body == b'{"b":"[redacted:custom]"}'


def test_what_a_provider_said_of_a_failure_is_redacted_without_any_recording(tmp_path: Path):
    said = "no such key sk-proj-canary0123456789canary, ask bob@example.com"
    attempt = msgspec.structs.replace(BADLY, message=said)
    for place, patterns in (("a.db", ()), ("b.db", ("(a+)+",))):
        with recording(tmp_path / place, patterns=patterns) as recorder:
            recorder.record(entry(1, attempts=(attempt, WELL)))
    clean = "no such key [redacted:key], ask [redacted:email]"
    messages = [read(tmp_path / place)[0].attempts[0].message for place in ("a.db", "b.db")]
    assert messages == [clean, None]


def test_bodies_that_wait_are_bounded_in_bytes(tmp_path: Path):
    bounds = Bounds(every=60.0, body_bytes=1000)
    recorder = make(tmp_path / "j.db", bounds=bounds)
    for number in range(4):
        recorder.record(entry(number, request_body=b"x" * 400, response_body=None))
    recorder.close(5.0)
    assert recorder.status()["bodies_withheld"] == 2
    with Reader(tmp_path / "j.db") as reader:
        bodies = [reader.find(f"us-test-{number}") for number in range(4)]
    assert [each is not None and each.request_body is not None for each in bodies] == [
        True,
        True,
        False,
        False,
    ]


def test_room_for_bodies_is_given_back_when_they_are_written(tmp_path: Path):
    bounds = Bounds(every=0.01, body_bytes=1000)
    with recording(tmp_path / "j.db", bounds=bounds) as recorder:
        for number in range(5):
            recorder.record(entry(number, request_body=b"x" * 900))
            until(lambda number=number: recorder.written == number + 1)  # type: ignore[misc]
        assert recorder.status()["bodies_withheld"] == 0


def test_where_redaction_is_not_possible_no_body_is_kept(tmp_path: Path):
    with recording(tmp_path / "j.db", patterns=("(a+)+",)) as recorder:
        recorder.record(entry(1, request_body=b"canary"))
    with Reader(tmp_path / "j.db") as reader:
        assert reader.find("us-test-1") == entry(1)
    assert recorder.status()["bodies_withheld"] == 1


def test_what_is_too_old_is_deleted_even_while_nothing_comes(tmp_path: Path):
    path = tmp_path / "j.db"
    with recording(path, max_age=3600.0) as recorder:
        recorder.record(entry(1, at=time.time() - 3700))
        recorder.record(entry(2, at=time.time()))
        until(lambda: recorder.written == 2)
        until(lambda: len(read(path)) == 1)
    assert [each.id for each in read(path)] == ["us-test-2"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_an_observer_is_seen_in_the_status(tmp_path: Path):
    def broken(_: RequestEntry) -> None:
        raise RuntimeError("a bug")

    with recording(tmp_path / "j.db", observers=(broken,)) as recorder:
        recorder.record(entry(1))
        until(lambda: is_degraded(recorder))
        assert "bug" in str(recorder.status()["last_error"])
        recorder.record(entry(2))


def test_recording_costs_the_event_loop_next_to_nothing(tmp_path: Path):
    recorder = make(tmp_path / "j.db", bounds=Bounds(waiting=10**6, every=60.0))
    one = entry(1)
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(10_000):
            recorder.record(one)
        rounds.append((time.perf_counter() - began) / 10_000)
    recorder._inbox.clear()
    recorder.close(5.0)
    assert min(rounds) < 1e-6


_FULL_DISK = """
import resource, sys, time
from pathlib import Path
from tests.journal.entries import entry
from understudy.shell.recorder import Bounds, Recorder

def until(condition):
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, recorder.status()
        time.sleep(0.005)

hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
seen = []
bounds = Bounds(every=0.01, retry_from=0.01, retry_to=0.05)
recorder = Recorder(Path(sys.argv[1]), max_age=1e12, observers=(seen.append,), bounds=bounds)
slowest = 0.0
for number in range(3000):
    began = time.perf_counter()
    recorder.record(entry(number))
    slowest = max(slowest, time.perf_counter() - began)
until(lambda: recorder.status()["state"] == "degraded" and len(seen) == 3000)
assert recorder.written < 3000
assert recorder.dropped == 0
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
until(lambda: recorder.written == 3000)
assert recorder.status()["state"] == "ok"
recorder.close(5.0)
print(slowest)
"""


def test_a_full_disk_delays_no_request_and_loses_no_entry(tmp_path: Path):
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(tmp_path / "j.db")],
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root}:{root / 'src'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.splitlines()[-1]) < 0.5
    assert [each.id for each in read(tmp_path / "j.db")] == [f"us-test-{n:x}" for n in range(3000)]


def test_what_people_changed_is_written_without_any_request(tmp_path: Path):
    path = tmp_path / "j.db"
    event = EventEntry(5.0, "drain", "host:a", "is being drained")
    with recording(path) as recorder:
        recorder.note(event)
    with Reader(path) as reader:
        assert reader.events(9) == [event]


def test_a_change_waits_for_a_database_that_is_locked(tmp_path: Path):
    path = tmp_path / "j.db"
    write(path, entry(1))
    events = [EventEntry(float(n), "drain", "host:a", "is being drained") for n in range(3)]
    with closing(sqlite3.connect(path, isolation_level=None)) as other, recording(path) as recorder:
        other.execute("BEGIN IMMEDIATE")
        for event in events:
            recorder.note(event)
        until(lambda: is_degraded(recorder))
        other.execute("ROLLBACK")
        until(lambda: not is_degraded(recorder))
    with Reader(path) as reader:
        assert reader.events(9) == events, "each once"
