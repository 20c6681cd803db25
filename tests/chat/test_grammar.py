"""The machine accepts exactly the grammar: checked against a model that looks at whole streams."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import interleavings, loose_events

from understudy.chat.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Signal, Surface
from understudy.chat.grammar import Grammar, GrammarError

PART = {PartStarted: "s", PartDelta: "d", PartEnded: "e"}
START = Started("id", "model")
OPEN = PartStarted(0, PartKind.TEXT)
CLOSED = PartEnded(0)
END = Finished(StopReason.END)
FAILED = Failed(Signal(Surface.STREAM))


def may_begin_so(events: list[Event]) -> bool:
    """Whether an answer can begin with these events: the grammar read as a whole, not step by
    step.
    """
    kinds = [type(event) for event in events]
    if any(kind in {Finished, Failed} for kind in kinds[:-1]) or kinds.count(Started) > 1:
        return False
    said = [kind for kind in kinds if kind is not Failed]
    if said and said[0] is not Started:
        return False
    parts: dict[int, str] = {}
    for event in events:
        if isinstance(event, PartStarted | PartDelta | PartEnded):
            parts[event.index] = parts.get(event.index, "") + PART[type(event)]
    shape = "sd*e" if Finished in kinds else "sd*e?"
    return all(re.fullmatch(shape, part) for part in parts.values())


def accepted(events: list[Event]) -> int:
    """How many of the events the machine takes."""
    grammar = Grammar()
    for count, event in enumerate(events):
        try:
            grammar.receive(event)
        except GrammarError:
            return count
        assert grammar.complete is isinstance(event, Finished | Failed)
    return len(events)


@given(st.lists(loose_events, max_size=9).map(lambda rest: [START, *rest]) | st.lists(loose_events))
def test_a_stream_is_taken_exactly_as_far_as_an_answer_can_begin_so(events: list[Event]) -> None:
    longest = 0
    while longest < len(events) and may_begin_so(events[: longest + 1]):
        longest += 1
    assert accepted(events) == longest


@given(interleavings())
def test_every_whole_answer_is_taken_however_its_parts_are_interleaved(case) -> None:
    _, events = case
    assert may_begin_so(events)
    assert accepted(events) == len(events)


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        ([OPEN], "a part stands inside an answer"),
        ([END], "an answer starts before it ends"),
        ([START, START], "an answer starts once"),
        ([START, PartDelta(0, "x")], "a delta belongs to an open part"),
        ([START, OPEN, CLOSED, CLOSED], "only an open part ends"),
        ([START, OPEN, CLOSED, OPEN], "an index is used once"),
        ([START, OPEN, END], "every part ends before the answer does"),
        ([START, END, FAILED], "nothing may follow the end"),
        ([FAILED, START], "nothing may follow the end"),
    ],
)
def test_what_breaks_the_grammar_is_named(events: list[Event], rule: str) -> None:
    grammar = Grammar()
    for event in events[:-1]:
        grammar.receive(event)
    with pytest.raises(GrammarError, match=rule):
        grammar.receive(events[-1])


def test_an_answer_may_fail_at_any_point() -> None:
    for events in ([], [START], [START, OPEN], [START, OPEN, PartDelta(0, "x"), CLOSED]):
        assert accepted([*events, FAILED]) == len(events) + 1
