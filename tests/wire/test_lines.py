"""Lines of JSON, cut anywhere."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.wire.errors import WireError
from understudy.wire.lines import LineDecoder, on_one_line


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_lines_are_the_same_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    decoder = LineDecoder()
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    found = [
        line
        for start, end in itertools.pairwise(edges)
        for line in decoder.receive_data(data[start:end])
    ]
    rest = decoder.receive_eof()
    assert b"".join(found) + rest == data
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in found)
    assert b"\n" not in rest


def test_a_line_without_end_is_not_collected_for_ever() -> None:
    decoder = LineDecoder(limit_bytes=10)
    assert decoder.receive_data(b"0123456789") == []
    with pytest.raises(WireError):
        decoder.receive_data(b"x")


def test_a_value_stays_on_one_line_for_readers_that_know_all_ends_of_unicode() -> None:
    text = "a\u0085b\u2028c\u2029d"
    value = on_one_line(json.dumps([text, {}], ensure_ascii=False, indent=1).encode())
    assert len(value.decode().splitlines()) == 1
    assert json.loads(value) == [text, {}]
