"""Whole bodies are read once they have ended, and never beyond a limit."""

from understudy.chat.events import Event, Failed, Finished, StopReason
from understudy.dialects.base import Decoded
from understudy.dialects.whole import WholeDecoder

END = Finished(StopReason.END)


def decoder(**how: object) -> tuple[WholeDecoder, list[bytes]]:
    bodies: list[bytes] = []

    def read(body: bytes) -> list[Event]:
        bodies.append(body)
        return [END]

    return WholeDecoder(read, **how), bodies  # type: ignore[arg-type]


def flags(items: list[Decoded]) -> list[str | None]:
    return [one.signal.flag for item in items for one in item.events if isinstance(one, Failed)]


def test_a_body_is_one_frame_at_its_end() -> None:
    made, bodies = decoder()
    assert made.receive_data(b'{"a"') == []
    assert made.receive_data(b":1}") == []
    assert made.receive_eof() == [Decoded(b'{"a":1}', [END])]
    assert bodies == [b'{"a":1}']
    assert made.receive_eof() == []


def test_nothing_and_pages_are_no_answers() -> None:
    made, bodies = decoder()
    made.receive_data(b" ")
    assert flags(made.receive_eof()) == ["empty_200"]
    made, _ = decoder()
    made.receive_data(b"<html>")
    assert flags(made.receive_eof()) == ["html_body"]
    made, _ = decoder(is_page=True)
    made.receive_data(b"Sign in")
    assert flags(made.receive_eof()) == ["html_body"]
    assert bodies == []


def test_beyond_the_limit_it_fails_once_and_bytes_still_pass() -> None:
    made, bodies = decoder(limit_bytes=4)
    assert flags(made.receive_data(b"12345")) == ["response_over_limit"]
    assert made.receive_data(b"6") == [Decoded(b"6", ())]
    assert made.receive_eof() == []
    assert bodies == []
