"""Stations: which faults meet which request, in the order of the real simulator."""

import json

from understudy.dialects.catalog import DIALECTS
from understudy.sim.fault_text import parse_faults
from understudy.sim.provider import Incoming, Provider
from understudy.sim.station import Knock, Station
from understudy.sim.steps import Act

DIALECT = next(iter(DIALECTS.values()))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def station(faults: str = "") -> tuple[Station, Clock]:
    clock = Clock()
    made = Station(Provider("a", DIALECT.name), DIALECT, clock, lambda: 0.5)
    made.arm(parse_faults(faults))
    return made, clock


def incoming(model: str = "m", key: str = "k") -> Incoming:
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "x"}]}).encode()
    headers = ((b"authorization", f"Bearer {key}".encode()),)
    return Incoming("POST", DIALECT.chat_paths()[0], headers, body)


def status(made: Station, *, is_first: bool = True, **how: str) -> bytes:
    return made.take(incoming(**how), is_first=is_first)[0].data[9:12]


def test_a_sure_refusal_is_not_listening_a_likely_one_is_a_reset():
    assert station("refuse")[0].knock() is Knock.REFUSES
    assert station("refuse(p=0.6)")[0].knock() is Knock.RESETS
    assert station("refuse(p=0.4)")[0].knock() is Knock.LISTENS
    assert station()[0].knock() is Knock.LISTENS


def test_a_killed_station_refuses():
    made, _ = station()
    made.is_killed = True
    assert made.knock() is Knock.REFUSES


def test_a_refusal_meets_a_kept_connection_at_its_next_request():
    made, _ = station("refuse(times=9)")
    assert status(made) == b"200"
    assert made.take(incoming(), is_first=False)[0].act is Act.RESET


def test_when_counts_from_where_the_fault_was_set():
    made, clock = station()
    for _ in range(3):
        assert status(made) == b"200"
    clock.now = 100.0
    made.arm(parse_faults("status(503, begin=5, until=10, skip=1)"))
    assert status(made) == b"200"
    clock.now = 105.0
    assert status(made) == b"503"
    clock.now = 110.0
    assert status(made) == b"200"


def test_a_fault_may_mean_one_model_or_one_key():
    made, _ = station("status(404, model=x)+status(401, key=y)")
    assert status(made) == b"200"
    assert status(made, model="x") == b"404"
    assert status(made, key="y") == b"401"
    assert made.requests == 3
