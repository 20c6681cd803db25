"""Whole answers and streams are the same thing: fold(unfold(response)) == response."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from tests.strategies import interleavings, responses

from understudy.chat.events import (
    ChoiceEnd,
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
from understudy.chat.grammar import Grammar
from understudy.chat.response import Folder, Incomplete, Piece, Response, fold, unfold
from understudy.chat.usage import Usage

START = Started("id", "model")
END = Finished(
    StopReason.LENGTH, Usage(3, output_tokens=2), choices=(ChoiceEnd(1, StopReason.END),)
)


@given(responses)
def test_folding_what_was_unfolded_gives_the_same_answer(response: Response) -> None:
    assert fold(unfold(response)) == response


@given(responses)
def test_unfolding_speaks_the_grammar(response: Response) -> None:
    grammar = Grammar()
    for event in unfold(response):
        grammar.receive(event)
    assert grammar.complete


@given(interleavings())
def test_neither_the_order_of_parts_nor_the_size_of_deltas_matters(case) -> None:
    response, events = case
    assert fold(events) == response


@given(st.lists(st.lists(st.integers(), max_size=3), min_size=1, max_size=4))
def test_a_list_that_comes_in_pieces_is_one_list(lists: list[list[int]]) -> None:
    deltas = [PartDelta(0, fields={"logprobs": Raw(json.dumps(one).encode())}) for one in lists]
    events: list[Event] = [START, PartStarted(0, PartKind.TEXT), *deltas, PartEnded(0), END]
    (piece,) = fold(events).pieces
    assert piece.fields is not None
    assert json.loads(bytes(piece.fields["logprobs"])) == [item for one in lists for item in one]


def test_a_field_that_is_no_list_is_what_was_said_last() -> None:
    deltas = [
        PartDelta(0, fields={"a": Raw(b"1"), "b": Raw(b"[1]"), "c": Raw(b'"kept"')}),
        PartDelta(0, fields={"a": Raw(b"2"), "b": Raw(b"null")}),
    ]
    events: list[Event] = [START, PartStarted(0, PartKind.TEXT), *deltas, PartEnded(0), END]
    (piece,) = fold(events).pieces
    assert piece.fields == {"a": Raw(b"2"), "b": Raw(b"null"), "c": Raw(b'"kept"')}


def test_the_text_is_that_of_the_first_answers_text_parts() -> None:
    def piece(index: int, kind: PartKind, text: str, choice: int = 0) -> Piece:
        return Piece(PartStarted(index, kind, choice=choice), text)

    response = Response(
        START,
        (
            piece(0, PartKind.REASONING, "hm"),
            piece(1, PartKind.TEXT, "one "),
            piece(2, PartKind.TEXT, "other", choice=1),
            piece(3, PartKind.TEXT, "two"),
        ),
        END,
    )
    assert response.text == "one two"
    assert response.stop is StopReason.LENGTH
    assert response.usage == Usage(3, output_tokens=2)
    assert response.ends == (ChoiceEnd(1, StopReason.END),)


def test_what_was_heard_so_far_can_be_asked_for_at_any_time() -> None:
    folder = Folder()
    assert folder.pieces() == ()
    for event in (START, PartStarted(0, PartKind.TEXT), PartDelta(0, "hel")):
        folder.receive(event)
    assert [piece.text for piece in folder.pieces()] == ["hel"]
    folder.receive(PartDelta(0, "lo", signature="s"))
    assert [(piece.text, piece.signature) for piece in folder.pieces()] == [("hello", "s")]


def test_an_answer_that_has_no_end_is_no_answer() -> None:
    with pytest.raises(Incomplete, match="no beginning or no end"):
        fold([START, PartStarted(0, PartKind.TEXT), PartDelta(0, "x")])
    with pytest.raises(Incomplete, match="no beginning or no end"):
        fold([])


def test_an_answer_that_failed_says_why() -> None:
    with pytest.raises(Incomplete, match="overloaded"):
        fold([START, Failed(Signal(Surface.STREAM, message="overloaded"))])
