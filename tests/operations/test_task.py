import msgspec
import pytest

from understudy.operations.embeddings import Embedded, Space
from understudy.operations.moderation import Moderated, Verdict
from understudy.operations.rerank import Rank, Ranked
from understudy.operations.task import Expected

TWO = Embedded(({"float": msgspec.Raw(b"[1,2]")}, {"float": msgspec.Raw(b"[3,4]")}))


@pytest.mark.parametrize(
    ("expected", "space", "flaw"),
    [
        (Expected(2), None, None),
        (Expected(2, 2), None, None),
        (Expected(3), None, "expected 3 vectors, found 2"),
        (Expected(2, 5), Space("m", 2), "expected vectors of dimension 5, found 2"),
        (Expected(2), Space("m", 5), "expected vectors of dimension 5, found 2"),
        (Expected(2), Space("m"), None),
    ],
)
def test_an_answer_is_measured(expected: Expected, space: Space | None, flaw: str | None):
    assert expected.flaw(TWO, space) == flaw


def test_integers_say_nothing_of_the_dimension():
    bits = Embedded(({"ubinary": msgspec.Raw(b"[1]")},))
    assert Expected(1, 8).flaw(bits, None) is None


@pytest.mark.parametrize(
    ("numbers", "is_right"),
    [([1, 0], True), ([2], True), ([], False), ([1, 1], False), ([3], False), ([-1], False)],
)
def test_documents_are_named_once_and_were_there(numbers: list[int], is_right: bool):
    ranked = Ranked(tuple(Rank(number, msgspec.Raw(b"0.5")) for number in numbers))
    assert (Expected(3).flaw(ranked, None) is None) == is_right


def test_a_verdict_for_each_input():
    assert Expected(1).flaw(Moderated((Verdict({}, {}),)), None) is None
    assert Expected(2).flaw(Moderated((Verdict({}, {}),)), None) == "expected 2 verdicts, found 1"
