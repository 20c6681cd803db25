"""Binary messages with checksums: cut anywhere, damaged anywhere."""

import base64
import itertools
import json
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.wire.errors import WireError
from understudy.wire.eventstream import (
    EventStreamDecoder,
    Message,
    encode_headers,
    encode_message,
    frame,
)

NAMES = st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=20)
HEADERS = st.dictionaries(NAMES, st.text(max_size=40), max_size=4)
MESSAGES = st.lists(st.tuples(HEADERS, st.binary(max_size=200)), max_size=5)
ONE = encode_message([(":event-type", "chunk"), (":message-type", "event")], b'{"a":1}')
RECORDINGS = Path(__file__).parents[2] / ".." / "shared" / "recordings"


def read(data: bytes) -> list[Message]:
    return EventStreamDecoder().receive_data(data)


@given(MESSAGES, st.lists(st.integers(0, 400), max_size=6))
def test_what_is_written_is_read_however_it_is_cut(
    said: list[tuple[dict[str, str], bytes]], cuts: list[int]
) -> None:
    data = b"".join(encode_message(headers.items(), payload) for headers, payload in said)
    decoder = EventStreamDecoder()
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    found = [
        message
        for start, end in itertools.pairwise(edges)
        for message in decoder.receive_data(data[start:end])
    ]
    assert [(message.headers, message.payload) for message in found] == said
    assert b"".join(message.raw for message in found) == data
    assert decoder.receive_eof() == b""


@pytest.mark.parametrize("at", range(len(ONE)))
def test_a_byte_that_was_changed_is_found_out(at: int) -> None:
    damaged = bytearray(ONE)
    damaged[at] ^= 0x41
    with pytest.raises(WireError):
        read(bytes(damaged))


def test_damage_is_told_and_the_bytes_are_left() -> None:
    decoder = EventStreamDecoder()
    assert decoder.damage() is None
    damaged = ONE[:-1] + b"x"
    decoder.receive_data(ONE + damaged)
    assert "checksum" in (decoder.damage() or "")
    assert decoder.rest() == damaged
    assert decoder.rest() == b""


def test_headers_are_written_once_for_many() -> None:
    written = encode_headers([(":event-type", "chunk"), (":message-type", "event")])
    assert frame(written, b'{"a":1}') == ONE


def test_what_came_before_the_damage_is_returned_however_it_is_cut() -> None:
    damaged = ONE + ONE[:-1] + b"x"
    decoder = EventStreamDecoder()
    assert [message.raw for message in decoder.receive_data(damaged)] == [ONE]
    with pytest.raises(WireError):
        decoder.receive_eof()
    with pytest.raises(WireError):
        decoder.receive_data(ONE)


@pytest.mark.parametrize("at", range(1, len(ONE)))
def test_a_message_that_is_cut_off_is_none(at: int) -> None:
    decoder = EventStreamDecoder()
    assert decoder.receive_data(ONE[:at]) == []
    assert decoder.receive_eof() == ONE[:at]


def prelude(total: int, headers: int) -> bytes:
    lengths = total.to_bytes(4) + headers.to_bytes(4)
    return lengths + zlib.crc32(lengths).to_bytes(4)


@pytest.mark.parametrize(
    "start", [prelude(15, 0), prelude(2**31, 0), prelude(20, 5), prelude(2**20, 2**19)]
)
def test_a_length_that_cannot_be_is_refused_at_once(start: bytes) -> None:
    with pytest.raises(WireError):
        read(start)


def test_headers_of_other_types_are_passed_over() -> None:
    odd = b"\x01a\x00\x01b\x04\x00\x00\x00\x07\x01c\x06\x00\x02xy\x01d\x07\x00\x01z"
    lengths = (16 + len(odd)).to_bytes(4) + len(odd).to_bytes(4)
    body = lengths + zlib.crc32(lengths).to_bytes(4) + odd
    (message,) = read(body + zlib.crc32(body).to_bytes(4))
    assert message.headers == {"d": "z"}
    assert message.header("b") == ""


@pytest.mark.parametrize("odd", [b"\x01", b"\x01a\x0b", b"\x01a\x07\x00\x09z", b"\x01\xff\x00"])
def test_headers_that_are_none_are_refused(odd: bytes) -> None:
    lengths = (16 + len(odd)).to_bytes(4) + len(odd).to_bytes(4)
    body = lengths + zlib.crc32(lengths).to_bytes(4) + odd
    with pytest.raises(WireError):
        read(body + zlib.crc32(body).to_bytes(4))


@pytest.mark.recordings
def test_real_streams_are_read_to_their_last_byte_and_written_again() -> None:
    files = sorted(RECORDINGS.glob("*/bedrock.*-stream.jsonl"))
    if not files:
        pytest.skip("../shared/recordings is not there: all its event streams are skipped")
    count = 0
    for file in files:
        for line in file.read_text().splitlines():
            body = json.loads(line)["response"]["body"].get("eventstream_b64")
            if body is None:
                continue
            data = base64.b64decode(body)
            messages = read(data)
            again = b"".join(encode_message(one.headers.items(), one.payload) for one in messages)
            assert again == data
            count += 1
    assert count >= 20
