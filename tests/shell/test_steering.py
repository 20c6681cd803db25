"""Orders that people give: drains, ways back, and that they outlive the process."""

import json
import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.routing.world import router, target
from understudy.journal.entry import EventEntry
from understudy.routing.router import Router
from understudy.shell.steering import Refused, Steering, file_beside


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.wall = 1_700_000_000.0

    def go(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds


def made(clock: Clock, file: Path | None = None) -> tuple[Steering, Router]:
    one, _ = router(target("a/m"), target("b/m"))
    return Steering(one.drains, file, lambda: clock.now, lambda: clock.wall), one


def share(steering: Steering) -> float:
    drains = steering.view()["drains"]
    assert isinstance(drains, list)
    (drain,) = drains
    return float(drain["share"])


def test_a_drain_leads_away_and_the_way_back_begins_where_it_is() -> None:
    clock = Clock()
    steering, _ = made(clock)
    told = steering.drain(b'{"domain":"host:a","over":100}')
    assert told["share"] == 1.0
    clock.go(60.0)
    assert share(steering) == pytest.approx(0.4)
    assert steering.give_back(b'{"domain":"host:a","over":100}')["share"] == pytest.approx(0.4)
    clock.go(50.0)
    assert share(steering) == pytest.approx(0.7)
    clock.go(51.0)
    assert steering.view()["drains"] == []


def test_a_drain_for_a_time_comes_back_by_itself() -> None:
    clock = Clock()
    steering, _ = made(clock)
    steering.drain(b'{"domain":"host:a","over":10,"for":60}')
    clock.go(30.0)
    assert share(steering) == 0.0
    clock.go(35.0)
    assert share(steering) == pytest.approx(0.5)
    clock.go(6.0)
    assert steering.view()["drains"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"domain":7}', 400),
        (b'{"domain":"host:a","ovr":1}', 400),
        (b'{"domain":"host:a","over":-1}', 400),
        (b'{"domain":"host:a","over":1e12}', 400),
        (b'{"domain":"host:nobody"}', 404),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused(body: bytes, status: int) -> None:
    steering, _ = made(Clock())
    with pytest.raises(Refused) as caught:
        steering.drain(body)
    assert caught.value.status == status
    assert steering.view()["drains"] == []


def test_an_unknown_domain_is_told_which_there_are() -> None:
    steering, _ = made(Clock())
    with pytest.raises(Refused, match="host:a, host:b"):
        steering.drain(b'{"domain":"host:c"}')
    with pytest.raises(Refused, match="none is"):
        steering.give_back(b'{"domain":"host:a"}')


def test_drains_hold_over_a_restart_also_where_the_clock_begins_anew(tmp_path: Path) -> None:
    file = file_beside(tmp_path / "journal.db")
    clock = Clock()
    steering, _ = made(clock, file)
    steering.drain(b'{"domain":"host:a","over":100,"hard":true}')
    clock.go(40.0)
    assert stat.S_ISREG(file.stat().st_mode)
    clock.now = 3.0  # another process, another monotonic clock
    again, one = made(clock, file)
    again.restore()
    assert share(again) == pytest.approx(0.6)
    clock.go(70.0)
    assert share(again) == 0.0
    (drain,) = one.drains.active(clock.now).values()
    assert drain.is_hard


@pytest.mark.parametrize("data", [b"", b"{", b"[7]", b"[" * 100_000])
def test_a_file_that_cannot_be_read_is_said_and_stops_nothing(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x.drains.json"
    file.write_bytes(data)
    steering, _ = made(Clock(), file)
    with capture_logs() as said:
        steering.restore()
    assert [each["event"] for each in said] == ["drains not restored"]
    assert steering.view()["drains"] == []


def test_a_place_that_cannot_be_written_to_does_not_undo_the_order(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    clock = Clock()
    steering, _ = made(clock, tmp_path / "file" / "x.json")
    with capture_logs() as said:
        steering.drain(b'{"domain":"host:a","over":10}')
    assert "drains not kept" in [each["event"] for each in said]
    clock.go(11.0)
    assert share(steering) == 0.0


def test_the_view_names_all_domains() -> None:
    steering, _ = made(Clock())
    domains = steering.view()["domains"]
    assert isinstance(domains, list)
    assert {"host:a", "host:b"} <= set(domains)
    assert json.dumps(steering.view())


def test_every_order_is_told_to_the_journal(tmp_path: Path) -> None:
    clock = Clock()
    told: list[EventEntry] = []
    file = tmp_path / "drains.json"
    steering, _ = made(clock, file)
    steering.note = told.append
    steering.drain(b'{"domain":"host:a","over":100}')
    clock.go(200.0)
    again, _ = made(clock, file)
    again.note = told.append
    again.restore()
    again.give_back(b'{"domain":"host:a","over":50}')
    assert [(event.at, event.kind, event.about) for event in told] == [
        (clock.wall - 200.0, "drain", "host:a"),
        (clock.wall, "restored", "host:a"),
        (clock.wall, "return", "host:a"),
    ]
    assert told[0].words == "is being drained, 100% of the traffic, over 100 s"
    assert told[2].words == "comes back, 0% of the traffic, over 50 s, as before in 50.0 s"
