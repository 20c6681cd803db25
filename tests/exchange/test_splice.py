"""Two halves of a text become one: nothing lost, nothing said twice."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from understudy.chat.parts import Text
from understudy.chat.request import Format, Message, Request, ResponseFormat, Role
from understudy.chat.response import Piece
from understudy.chat.usage import Usage
from understudy.exchange.splice import OVERLAP_CHARS, Splice, can_continue, continuation, summed

ASKED = Request("m", (Message(Role.USER, (Text("hi"),)),), max_output_tokens=100)
WORDS = st.text(st.characters(codec="utf-8"), max_size=120)


def said(text: str, kind: PartKind = PartKind.TEXT, *, index: int = 0, choice: int = 0) -> Piece:
    return Piece(PartStarted(index, kind, choice=choice), text)


def rest(*texts: str) -> list[Event]:
    deltas = [PartDelta(0, text) for text in texts]
    return [
        Started("other", "m"),
        PartStarted(0, PartKind.TEXT),
        *deltas,
        PartEnded(0),
        Finished(StopReason.END),
    ]


def heard(splice: Splice, events: list[Event]) -> str:
    out = splice.translate(events)
    return "".join(one.text for one in out if isinstance(one, PartDelta))


@given(WORDS, WORDS, st.lists(st.integers(0, 120), max_size=5))
def test_an_exact_continuation_is_taken_as_it_is(first: str, second: str, cuts: list[int]) -> None:
    # A model that repeats itself for long is indistinguishable from one that repeats the tail.
    longest = max((n for n in range(len(second) + 1) if first.endswith(second[:n])), default=0)
    if not first.strip() or longest >= OVERLAP_CHARS:
        return
    # The prefill goes out without trailing white space; the model goes on from there.
    space = first[len(first.rstrip()) :]
    given_back = space + second
    edges = sorted({0, len(given_back), *(min(cut, len(given_back)) for cut in cuts)})
    pieces = [given_back[a:b] for a, b in itertools.pairwise(edges)]
    assert heard(Splice([said(first)]), rest(*pieces)) == second


@given(
    st.text("abcdefgh ", min_size=60, max_size=120),
    st.text("xyz", min_size=1, max_size=40),
    st.integers(OVERLAP_CHARS, 200),
    st.integers(1, 60),
)
def test_a_repeated_tail_is_taken_away(first: str, second: str, size: int, step: int) -> None:
    """However long it is, up to the whole answer begun anew, and however it is cut."""
    first = first.strip() + "end"
    again = first[-size:] + second
    pieces = [again[at : at + step] for at in range(0, len(again), step)]
    assert heard(Splice([said(first)]), rest(*pieces)) == second


@given(
    st.text("abcdefgh ", min_size=60, max_size=120),
    st.integers(OVERLAP_CHARS, 58),
    st.integers(1, 60),
)
def test_an_answer_begun_anew_in_other_words_is_no_continuation(
    first: str, size: int, step: int
) -> None:
    first = "x" + first.strip() + "end"
    again = " " + first[:size] + "ZZZ and something else altogether"
    pieces = [again[at : at + step] for at in range(0, len(again), step)]
    out = Splice([said(first)]).translate(rest(*pieces))
    failed = [one for one in out if isinstance(one, Failed)]
    assert [one.signal.flag for one in failed] == ["continuation_diverged"]
    before = out[: out.index(failed[0])]
    assert not any(isinstance(one, PartDelta) for one in before)


def test_an_empty_continuation_ends_the_answer() -> None:
    out = Splice([said("done")]).translate(rest())
    assert out == [PartEnded(0), Finished(StopReason.END)]


def test_nothing_to_add_means_that_the_text_was_whole() -> None:
    nothing = Failed(Signal(Surface.SEMANTIC, flag="empty_200"))
    out = Splice([said("done")]).translate([Started("x", "m"), nothing])
    assert out == [PartEnded(0), Finished(StopReason.END)]
    other = Failed(Signal(Surface.STREAM, flag="unparsable_chunk"))
    assert Splice([said("done")]).translate([Started("x", "m"), other]) == [other]


def test_the_open_part_is_ended_once() -> None:
    out = Splice([said("one")]).translate(rest(" two"))
    assert out == [PartDelta(0, " two"), PartEnded(0), Finished(StopReason.END)]


def test_what_follows_a_part_that_ended_is_a_part_of_its_own() -> None:
    """The text was over, and the answer broke before it could say so."""
    out = Splice([said("one")], open_parts=[]).translate(rest(" two"))
    assert out == [
        PartStarted(1, PartKind.TEXT),
        PartDelta(1, " two"),
        PartEnded(1),
        Finished(StopReason.END),
    ]
    assert Splice([said("one")], open_parts=[]).translate(rest()) == [Finished(StopReason.END)]
    assert Splice([said("one")], open_parts=[0]).translate(rest(" two"))[0] == PartDelta(0, " two")


def test_reasoning_of_the_continuation_is_not_shown() -> None:
    events: list[Event] = [
        Started("x", "m"),
        PartStarted(0, PartKind.REASONING),
        PartDelta(0, "hmm"),
        PartEnded(0),
        PartStarted(1, PartKind.TEXT),
        PartDelta(1, " two"),
        PartEnded(1),
        Finished(StopReason.END),
    ]
    assert Splice([said("one")]).translate(events)[0] == PartDelta(0, " two")


def test_a_further_text_part_gets_an_index_of_its_own() -> None:
    events: list[Event] = [
        PartStarted(0, PartKind.TEXT),
        PartDelta(0, " two"),
        PartEnded(0),
        PartStarted(1, PartKind.TEXT),
        PartDelta(1, "three"),
        PartEnded(1),
        Finished(StopReason.END),
    ]
    out = Splice([said("think", PartKind.REASONING), said("one", index=1)]).translate(events)
    assert [one.index for one in out if isinstance(one, PartDelta)] == [1, 2]


@pytest.mark.parametrize("kind", [PartKind.TOOL_CALL, PartKind.IMAGE, PartKind.OPAQUE])
def test_anything_but_text_fails(kind: PartKind) -> None:
    out = Splice([said("one")]).translate([Started("x", "m"), PartStarted(0, kind)])
    assert isinstance(out[-1], Failed)


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [said("  ")],
        [said("x", PartKind.REASONING)],
        [said("x"), said("{}", PartKind.TOOL_CALL, index=1)],
        [said("{}", PartKind.TOOL_CALL), said("x", index=1)],
        [said("x"), said("y", index=1, choice=1)],
        [said("no", PartKind.REFUSAL), said("x", index=1)],
    ],
)
def test_what_is_not_one_plain_text_is_not_continued(pieces: list[Piece]) -> None:
    assert not can_continue(pieces, ASKED)


def test_structured_output_is_not_continued() -> None:
    for kind in (Format.JSON, Format.SCHEMA):
        wanted = msgspec.structs.replace(ASKED, response_format=ResponseFormat(kind))
        assert not can_continue([said("{")], wanted)
    assert can_continue([said("x")], ASKED)


def test_the_prefill_has_no_white_space_at_its_end_and_less_room_to_go() -> None:
    asked = continuation(ASKED, [said("one two \n")])
    assert asked.messages[-1] == Message(Role.ASSISTANT, (Text("one two"),))
    assert asked.max_output_tokens == 98


def test_a_prefill_of_the_callers_own_comes_first() -> None:
    own = msgspec.structs.replace(
        ASKED, messages=(*ASKED.messages, Message(Role.ASSISTANT, (Text("zero "),)))
    )
    assert continuation(own, [said("one")]).messages[-1].parts == (Text("zero one"),)


def test_usage_adds_up() -> None:
    end = Finished(StopReason.END, Usage(1, output_tokens=2))
    (out,) = summed([end], Usage(10, output_tokens=20))
    assert isinstance(out, Finished)
    assert out.usage == Usage(11, output_tokens=22)
    assert summed([end], None) == [end]


def test_an_answer_as_long_as_the_caller_allows_gets_no_word_more() -> None:
    assert can_continue([said("x" * 399)], ASKED)
    assert not can_continue([said("x" * 400)], ASKED)
