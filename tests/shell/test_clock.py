"""The clock goes with the machine's, but for the time in which the loop did not come back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from understudy.shell.clock import STALL, Clock


class Machine:
    """The time that a machine says."""

    def __init__(self) -> None:
        self.time = 1000.0

    def read(self) -> float:
        return self.time


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def made() -> tuple[Machine, Clock]:
    machine = Machine()
    return machine, Clock(machine.read)


def test_it_goes_with_the_machine_while_nothing_is_expected() -> None:
    machine, clock = made()
    machine.time += 3600
    assert clock.now() == 4600.0
    assert clock.stalls == 0


def test_a_loop_that_is_late_by_little_loses_no_time() -> None:
    machine, clock = made()
    clock.expect(0.02)
    machine.time += 0.02 + STALL
    assert clock.now() == machine.time
    assert clock.stalls == 0


def test_a_stall_takes_no_time_whoever_asks_first() -> None:
    machine, clock = made()
    clock.expect(1.0)
    machine.time += 31.0
    with capture_logs() as said:
        assert clock.now() == 1001.0
        machine.time += 0.25
        assert clock.now() == 1001.25
    assert (clock.stalls, clock.stalled) == (1, 30.0)
    (line,) = said
    assert (line["log_level"], line["seconds"]) == ("warning", 30.0)


def test_each_of_several_stalls_is_taken_out() -> None:
    machine, clock = made()
    for _ in range(3):
        clock.expect(0.25)
        machine.time += 2.25
        clock.now()
    assert clock.now() == 1000.75
    assert (clock.stalls, clock.stalled) == (3, 6.0)


def test_who_asks_late_but_in_time_has_not_stalled_yet() -> None:
    machine, clock = made()
    clock.expect(0.0)
    machine.time += STALL
    before = clock.now()
    machine.time += 2.0
    assert clock.now() == before


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 5.0)), max_size=40))
def test_it_never_goes_back(steps: list[tuple[bool, float]]) -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    machine, clock = made()
    last = clock.now()
    for expects, passed in steps:
        if expects:
            clock.expect(0.02)
        machine.time += passed
        assert clock.now() >= last - 1e-9  # but for rounding
        last = clock.now()


def test_nothing_is_decided_by_the_wall_clock() -> None:
    """It may leap. It stamps; says what day it is for what the journal and the keeping of turns
    hold, and for limits of callers; says when a drain ends that was to hold over a restart; dates
    our signatures and judges callers'; and tells how long a token is good that names the moment of
    its end (the plane gives it to the keepers of credentials).
    """
    root = Path(__file__).parents[2] / "src" / "understudy"
    readers = {
        str(path.relative_to(root)): len(found)
        for path in root.rglob("*.py")
        if (found := re.findall(r"time\.time\b|\.now\(UTC\)|\.today\(\)", path.read_text()))
        and path.relative_to(root).parts[0] != "cli"
    }
    once = ("head", "recorder", "steering", "refusing", "turnstile")
    twice = ("plane", "tunnel")
    known = {f"shell/{name}.py": 1 for name in once} | {f"shell/{name}.py": 2 for name in twice}
    assert readers.items() <= {**known, "shell/turn_store.py": 3}.items()
