"""Virtual time: in order, without waiting, and never backwards."""

from functools import partial

import pytest

from understudy.sim.agenda import Agenda


def test_what_is_due_is_done_in_order_and_at_its_time():
    agenda = Agenda()
    done: list[tuple[str, float]] = []

    def do(name: str) -> None:
        done.append((name, agenda.now))

    for when, name in ((2.0, "c"), (1.0, "a"), (1.0, "b"), (9.0, "d")):
        agenda.at(when, partial(do, name))
    agenda.run(5.0)
    assert done == [("a", 1.0), ("b", 1.0), ("c", 2.0)]
    assert (agenda.now, agenda.next_at) == (5.0, 9.0)


def test_an_action_may_bring_about_another_in_the_same_run():
    agenda = Agenda()
    done: list[float] = []
    agenda.after(1.0, lambda: agenda.after(1.0, lambda: done.append(agenda.now)))
    agenda.run(3.0)
    assert done == [2.0]


def test_what_is_late_is_done_next_and_the_clock_stands():
    agenda = Agenda()
    agenda.run(5.0)
    seen: list[float] = []
    agenda.at(1.0, lambda: seen.append(agenda.now))
    agenda.run(4.0)
    assert seen == []
    agenda.run(5.0)
    assert seen == [5.0]


def test_an_error_ends_the_run_at_its_moment():
    agenda = Agenda()
    agenda.at(1.0, lambda: 1 / 0)  # type: ignore[arg-type]
    agenda.at(2.0, lambda: None)
    with pytest.raises(ZeroDivisionError):
        agenda.run(5.0)
    assert (agenda.now, agenda.next_at) == (1.0, 2.0)
