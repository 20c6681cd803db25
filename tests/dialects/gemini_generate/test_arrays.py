"""Arrays that arrive in pieces."""

import pytest

from understudy.dialects.gemini_generate.arrays import ArrayDecoder
from understudy.wire.errors import WireError

DATA = b'[{"a": "}]\\"[{"}\n,\r\n{"b": [{"c": 1}]}\n, {}\n]\n'
OBJECTS = [b'{"a": "}]\\"[{"}', b'{"b": [{"c": 1}]}', b"{}"]


def test_any_cut_gives_the_same_objects_and_keeps_all_bytes() -> None:
    for at in range(len(DATA) + 1):
        decoder = ArrayDecoder()
        found = [*decoder.receive_data(DATA[:at]), *decoder.receive_data(DATA[at:])]
        rest = decoder.receive_eof()
        assert [element.data for element in found] == OBJECTS
        assert b"".join(element.raw for element in found) + rest == DATA
        assert decoder.is_closed


def test_byte_by_byte() -> None:
    decoder = ArrayDecoder()
    found = [each for at in range(len(DATA)) for each in decoder.receive_data(DATA[at : at + 1])]
    assert [element.data for element in found] == OBJECTS


def test_an_array_that_was_cut_off_is_not_closed() -> None:
    for at in range(DATA.rindex(b"]")):
        decoder = ArrayDecoder()
        decoder.receive_data(DATA[:at])
        assert not decoder.is_closed


def test_what_is_no_array_of_objects_is_refused() -> None:
    with pytest.raises(WireError):
        ArrayDecoder().receive_data(b"[1, {}]")
    with pytest.raises(WireError):
        ArrayDecoder(limit_bytes=5).receive_data(b'[{"a": 12345')
