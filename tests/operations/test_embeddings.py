import msgspec
import pytest

from understudy.operations.embeddings import Embedded, Expected, Space

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
    assert bits.dimension is None
    assert Expected(1, 8).flaw(bits, None) is None


def test_a_space_is_named_with_what_is_known():
    assert Space("a/b").text(None) == "a/b"
    assert Space("a/b", 5, is_normalised=True).text(None) == "a/b;dimension=5;normalised=yes"
    assert Space("a/b", 5, is_normalised=False).text(3) == "a/b;dimension=3;normalised=no"
