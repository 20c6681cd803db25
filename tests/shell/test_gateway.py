"""The gateway without doors: its parts know each other, and the journal is written at its end."""

import asyncio
import time
from pathlib import Path

from msgspec.structs import replace
from structlog.testing import capture_logs

from tests.journal.entries import entry, write
from tests.shell.looped import looped
from understudy.config.settings import JournalSettings, Server, Settings
from understudy.routing.allowance import Limits
from understudy.routing.topology import Topology
from understudy.shell.gateway import Gateway
from understudy.shell.turnstile import Turnstile


def settings(journal: JournalSettings) -> Settings:
    return Settings(
        Server(max_body_bytes=7, header_timeout=3.0, idle_timeout=4.0),
        journal,
        {},
        Topology({}, {}),
        {},
        warnings=("mind this",),
        source="a test",
    )


def built(journal: JournalSettings) -> Gateway:
    made = settings(journal)
    return Gateway(made, lambda: made, (), 5)


def turnstile(gateway: Gateway) -> Turnstile | None:
    return gateway.plane.turnstile


@looped
async def test_it_is_built_of_its_settings_and_says_their_warnings(tmp_path: Path):
    gateway = built(JournalSettings(path=tmp_path / "journal.db"))
    bounds = gateway.plane.bounds
    assert (bounds.body_bytes, bounds.connections) == (7, 5)
    assert (bounds.head_timeout, bounds.idle_timeout) == (3.0, 4.0)
    with capture_logs() as logged:
        chores = [asyncio.ensure_future(chore) for chore in gateway.chores()]
        gateway.reloader.request()
        for _ in range(200):
            await asyncio.sleep(0.01)
            if gateway.reloader.reloads:
                break
        for chore in chores:
            chore.cancel()
        gateway.plane.close()
        gateway.close()
    events = [line["event"] for line in logged]
    assert (events[0], events[-1]) == ("mind this", "stopped")
    status = gateway.status()
    assert (status["in_progress"], status["clients"]) == (0, 0)
    assert status["config"] == {
        "source": "a test",
        "reloads": 1,
        "failures": 0,
        "last_error": None,
    }


@looped
async def test_without_a_journal_the_metrics_watch_directly():
    gateway = built(JournalSettings(enabled=False))
    assert gateway.recorder is None
    assert gateway.status()["journal"] is None
    assert gateway.status()["credentials"] == []
    assert gateway.plane.record == gateway.metrics.observe
    gateway.close()


@looped
async def test_who_has_a_limit_has_used_what_the_journal_says(tmp_path: Path):
    path = tmp_path / "journal.db"
    now = time.time()
    write(path, entry(1, at=now - 1.0), entry(2, at=now - 1.0), entry(3, at=now, caller="anyone"))
    made = settings(JournalSettings(path=path))
    gateway = Gateway(made, lambda: made, (), 5)
    assert turnstile(gateway) is None
    gateway._adopt(replace(made, limits={"anyone": Limits(usd_per_month=7.0), "x": Limits(1)}))
    limited = turnstile(gateway)
    assert limited is not None
    (view,) = limited.views()
    assert (view.caller, view.used) == ("anyone", {"usd_per_month": 0.5})
    gateway._adopt(made)
    assert limited.views() == ()
    gateway.plane.close()
    gateway.close()


@looped
async def test_limits_begin_anew_where_the_journal_cannot_be_read(tmp_path: Path):
    path = tmp_path / "journal.db"
    path.write_bytes(b"no database at all, and long enough to be looked at" * 9)
    limited = replace(
        settings(JournalSettings(path=path)), limits={"anyone": Limits(usd_per_day=1)}
    )
    with capture_logs() as logged:
        gateway = Gateway(limited, lambda: limited, (), 5)
    assert logged[0]["event"] == "what callers used before cannot be read"
    assert gateway.plane.turnstile is not None
    assert gateway.plane.turnstile.views()[0].used == {"usd_per_day": 0.0}
    gateway.plane.close()
    gateway.close()
