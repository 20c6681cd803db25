import msgspec

from understudy.operations.embeddings import Embedded, Space


def test_integers_say_nothing_of_the_dimension():
    bits = Embedded(({"ubinary": msgspec.Raw(b"[1]")},))
    assert bits.dimension is None


def test_a_space_is_named_with_what_is_known():
    assert Space("a/b").text(None) == "a/b"
    assert Space("a/b", 5, is_normalised=True).text(None) == "a/b;dimension=5;normalised=yes"
    assert Space("a/b", 5, is_normalised=False).text(3) == "a/b;dimension=3;normalised=no"
