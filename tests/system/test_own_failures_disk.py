"""A real gateway whose journal cannot be written: full, locked, gone, read-only, no file at all.

Every request is answered, what waits is bounded, what is dropped is counted and said, and when
there is room again the journal goes on.
"""

import asyncio
import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prove.client import ask
from prove.flood import flood
from prove.rig import Rig, Traffic, rig
from prove.verdict import faults_of
from prove.world import Spot, spots, stand

from tests.system.processes import until

pytestmark = pytest.mark.timeout(120)

WAITING = 10_000
"""Entries that may wait (`recorder.Bounds`)."""


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Spot]]:
    there = spots(["one"])
    with stand(tmp_path_factory.mktemp("providers"), there):
        yield there


@contextlib.contextmanager
def disk(folder: Path, kib: int) -> Iterator[Path]:
    """A small disk of its own, in memory."""
    folder.mkdir()
    mounted = os.geteuid() == 0 and mount("-t", "tmpfs", "-o", f"size={kib}k", "none", str(folder))
    if not mounted:
        pytest.skip("a file system of our own takes root and leave to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(*options: str) -> bool:
    return subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0


def fill(folder: Path) -> None:
    """Leave not a page of it."""
    with contextlib.suppress(OSError), (folder / "ballast").open("wb", 0) as ballast:
        while True:
            ballast.write(bytes(4096))


@contextlib.contextmanager
def traffic(there: Rig) -> Iterator[Traffic]:
    """Clients that go on all the while, each of whose answers must be whole."""
    asks = {f"client {k}": ask("one", f"{k} [tokens=5]", stream=k % 2 == 0) for k in range(4)}
    going = Traffic(there.port, asks)
    thread = threading.Thread(target=lambda: asyncio.run(going.run()))
    thread.start()
    try:
        yield going
    finally:
        going.stop()
        thread.join()
    for name, heard in going.heard.items():
        assert [fault for each in heard for fault in faults_of(asks[name], each)] == []


def is_degraded(there: Rig) -> bool:
    return there.metric("journal_degraded") == 1


def grows(going: Traffic, by: int = 20) -> None:
    """Answers go on coming."""
    count = going.count
    until(lambda: going.count >= count + by, 30.0)


def is_well(there: Rig) -> bool:
    """Whether it is written again, and nothing waits for longer than a moment."""
    return not is_degraded(there) and there.metric("journal_waiting") < 500


def test_a_full_disk_costs_no_request_and_what_is_dropped_is_said(
    tmp_path: Path, providers: list[Spot]
) -> None:
    with (
        disk(tmp_path / "disk", 40 * 1024) as full,
        rig(tmp_path, providers, journal=full / "journal.db") as there,
    ):
        running = there.start()
        with traffic(there) as going:
            there.await_metric("journal_written_total", 20)
            fill(full)
            before = there.memory_bytes()
            while there.metric("journal_dropped_total") < 1000:
                asyncio.run(flood(there.port, 6000))
            assert is_degraded(there)
            assert there.metric("journal_waiting") <= 2 * WAITING
            assert there.memory_bytes() - before < 150 * 2**20
            grows(going)
            (full / "ballast").unlink()
            until(lambda: is_well(there), 30.0)
            grows(going)
        (trouble, *_) = running.events("the journal cannot be written, requests go on")
        assert "full" in trouble["error"]
        said = running.events("journal entries were dropped")
        assert 1 <= len(said) <= 10
        dropped, written = (there.metric(f"journal_{n}_total") for n in ("dropped", "written"))
        asked = sum(v for k, v in there.metrics().items() if "_requests_total{" in k)
        running.stop()
        assert len(there.ids()) >= written
        assert dropped + len(there.ids()) >= asked
        assert there.damage() == []


def test_a_file_that_may_not_grow_is_a_full_disk(tmp_path: Path, providers: list[Spot]) -> None:
    with rig(tmp_path, providers) as there:
        running = there.start()
        with traffic(there) as going:
            there.await_metric("journal_written_total", 20)
            limits = resource.prlimit(there.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(there.pid, resource.RLIMIT_FSIZE, (300_000, limits[1]))
            until(lambda: is_degraded(there), 30.0)
            grows(going)
            resource.prlimit(there.pid, resource.RLIMIT_FSIZE, limits)
            until(lambda: is_well(there), 30.0)
            grows(going)
        running.stop()
        assert len(there.ids()) == going.count
        assert there.damage() == []


def test_a_journal_that_another_program_holds_keeps_nobody_waiting(
    tmp_path: Path, providers: list[Spot]
) -> None:
    with rig(tmp_path, providers) as there:
        running = there.start()
        with traffic(there) as going:
            there.await_metric("journal_written_total", 20)
            with contextlib.closing(sqlite3.connect(there.journal, isolation_level=None)) as other:
                until(lambda: other.execute("BEGIN EXCLUSIVE"))
                until(lambda: is_degraded(there), 30.0)
                written = there.metric("journal_written_total")
                grows(going, 200)
                assert there.metric("journal_written_total") == written
                other.execute("ROLLBACK")
            until(lambda: is_well(there), 30.0)
        running.stop()
        assert len(there.ids()) == going.count


def test_a_folder_that_is_removed_is_made_again(tmp_path: Path, providers: list[Spot]) -> None:
    place = tmp_path / "state" / "deep" / "journal.db"
    with rig(tmp_path, providers, journal=place) as there:
        running = there.start()
        with traffic(there) as going:
            there.await_metric("journal_written_total", 20)
            (tmp_path / "state").rename(tmp_path / "gone")
            until(place.exists, 30.0)
            grows(going)
        assert running.events("the journal was moved or removed: a new one is begun in its place")
        running.stop()
        fresh = there.ids()
        there.journal = tmp_path / "gone" / "deep" / "journal.db"
        old = there.ids()
        assert len(old) >= 20
        assert set(old).isdisjoint(fresh)
        assert len(old) + len(fresh) == going.count


def test_a_disk_that_is_read_only_is_written_when_it_is_not(
    tmp_path: Path, providers: list[Spot]
) -> None:
    with disk(tmp_path / "disk", 40 * 1024) as folder:
        assert mount("-o", "remount,ro", str(folder))
        with rig(tmp_path, providers, journal=folder / "journal.db") as there:
            running = there.start()
            with traffic(there) as going:
                until(lambda: is_degraded(there), 30.0)
                grows(going)
                assert mount("-o", "remount,rw", str(folder))
                until(lambda: is_well(there), 30.0)
            running.stop()
            assert len(there.ids()) == going.count


def test_what_is_no_file_is_left_alone_and_said(tmp_path: Path, providers: list[Spot]) -> None:
    place = tmp_path / "pipe"
    os.mkfifo(place)
    with rig(tmp_path, providers, journal=place) as there:
        running = there.start()
        with traffic(there) as going:
            until(lambda: is_degraded(there), 30.0)
            grows(going, 100)
            assert there.metric("journal_written_total") == 0
        began = time.monotonic()
        running.stop()
        assert time.monotonic() - began < 15.0
        assert running.events("the journal cannot be written, requests go on")
        assert running.events("stopped")[0]["journal_dropped"] == going.count
        assert place.is_fifo()


def test_a_log_that_cannot_be_written_costs_no_request(
    tmp_path: Path, providers: list[Spot]
) -> None:
    """The log is on the full disk, too; threads that have something to say go on all the same."""
    with disk(tmp_path / "disk", 40 * 1024) as full, rig(full, providers) as there:
        running = there.start()
        with traffic(there) as going:
            there.await_metric("journal_written_total", 20)
            fill(full)
            until(lambda: is_degraded(there), 30.0)
            for count in range(1, 41):
                running.signal(signal.SIGHUP)
                until(lambda count=count: reloads(there) == count)
            grows(going)
            (full / "ballast").unlink()
            until(lambda: is_well(there), 30.0)
            grows(going)
        running.signal(signal.SIGTERM)
        assert running.wait() == 0
        assert len(there.ids()) == going.count


def reloads(there: Rig) -> int:
    return int(there.admin("/admin/health").json()["config"]["reloads"])
