import base64
import json
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.operations.vectors import NoVector, as_asked, check, length, packed, unpacked

single = st.floats(width=32, allow_nan=False, allow_infinity=False)


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


@given(st.lists(single, min_size=1, max_size=50))
def test_float32_survives_both_ways_to_the_bit(numbers: list[float]):
    octets = struct.pack(f"<{len(numbers)}f", *numbers)
    string = raw(base64.b64encode(octets).decode())
    assert json.loads(bytes(unpacked(string))) == numbers
    assert bytes(packed(unpacked(string))) == bytes(string)
    assert length(string) == length(unpacked(string)) == len(numbers)


def test_what_is_in_the_right_form_is_not_touched():
    array, string = raw([0.1, 2]), raw("AACAPw==")
    assert unpacked(array) is array
    assert packed(string) is string
    assert as_asked({"float": array}, "float") is array
    assert as_asked({"int8": array}, "float") is None
    assert as_asked({"base64": string}, "float") == raw([1.0])


@pytest.mark.parametrize("bad", [[], ["a"], [1, None], "AAAA", "****", "", {"a": 1}, None])
def test_what_is_no_vector_is_refused(bad: object):
    dtype = "base64" if isinstance(bad, str) else "float"
    with pytest.raises(NoVector):
        check({dtype: raw(bad)})


def test_an_empty_array_has_no_length():
    assert length(raw([])) == 0
