"""Cells stand under each other, and no line ends in spaces."""

from understudy.cli.table import align


def test_columns_are_as_wide_as_their_widest_cell():
    assert align([("a", "bbb", "c"), ("aaaa", "b")]) == ["  a     bbb  c", "  aaaa  b"]
    assert align([]) == []
