"""Arrays that arrive in pieces."""

from typing_extensions import override

from understudy.dialects.gemini_generate.arrays import ArrayDecoder, Element

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


def test_what_is_no_array_of_objects_is_an_error_after_what_was_one() -> None:
    decoder = ArrayDecoder()
    data = b'[{"a": 1}, 2, {}]'
    found = decoder.receive_data(data)
    assert [element.data for element in found] == [b'{"a": 1}']
    assert "2" in (decoder.error or "")
    assert found[0].raw + decoder.receive_eof() == data
    short = ArrayDecoder(limit_bytes=5)
    assert short.receive_data(b'[{"a": 12345') == []
    assert short.error


def test_a_long_string_in_small_pieces_is_looked_at_once() -> None:
    class Watched(ArrayDecoder):
        looked = 0

        @override
        def _scan(self, found: list[Element]) -> bool:
            before = self._scanned
            goes_on = super()._scan(found)
            Watched.looked += max(0, self._scanned - before)
            return goes_on

    piece = b"x" * 99 + b"\\"  # an escape at the end of every piece
    decoder = Watched()
    decoder.receive_data(b'[{"a": "')
    for _ in range(1000):
        decoder.receive_data(piece)
    (element,) = decoder.receive_data(b'n"}]')
    assert len(element.data) == 100_000 + 10
    assert Watched.looked < 110_000
