"""What all decoders of event streams do alike, tried on one that says little."""

import pytest
from typing_extensions import override

from understudy.chat.events import Event, Failed, Finished, PartDelta, StopReason
from understudy.dialects.base import Decoded
from understudy.dialects.stream import EventStream
from understudy.dialects.whole import WholeDecoder, failed
from understudy.wire.sse import Frame, SseDecoder

END = b"data: end\n\n"


class Plain(EventStream):
    """Frames are letters; "last" completes, "end" closes."""

    done = b"end"

    def __init__(self, sse: SseDecoder | None = None) -> None:
        super().__init__(lambda: WholeDecoder(lambda body: failed("foreign", body.decode())), sse)
        self._last = False

    @override
    def _frame(self, frame: Frame) -> Decoded:
        if frame.data is None or self._over:
            return Decoded(frame.raw, ())
        if frame.data == self.done:
            return Decoded(frame.raw, self._finish())
        self._last = self._last or frame.data == b"last"
        return Decoded(frame.raw, (PartDelta(0, frame.data.decode()),))

    @override
    def _is_json(self, data: bytes) -> bool:
        return data.isalpha()

    @override
    def _is_complete(self) -> bool:
        return self._last

    @override
    def _close(self) -> Decoded:
        return Decoded(END, self._finish())

    @override
    def _eof(self) -> list[Event]:
        flag = "eof_without_terminator" if self._begun else "empty_200"
        return self._fail(flag, "too early")

    def _finish(self) -> list[Event]:
        self._end()
        return [Finished(StopReason.END)]


def read(*pieces: bytes) -> tuple[bytes, list[Event], list[bool]]:
    """The bytes, the events, and which items are hidden."""
    decoder = Plain()
    items = [item for piece in pieces for item in decoder.receive_data(piece)]
    items += decoder.receive_eof()
    events = [event for item in items for event in item.events]
    return b"".join(item.raw for item in items), events, [item.is_hidden for item in items]


def flag(events: list[Event]) -> str | None:
    assert isinstance(events[-1], Failed)
    return events[-1].signal.flag


def test_a_stream_that_is_closed_is_kept_byte_for_byte() -> None:
    said = b": hello\n\ndata: a\n\ndata: last\n\ndata: end\n\ndata: more\n\n"
    raw, events, hidden = read(said)
    assert raw == said
    assert events == [PartDelta(0, "a"), PartDelta(0, "last"), Finished(StopReason.END)]
    assert not any(hidden)


def test_one_that_is_complete_gets_its_closing_frame() -> None:
    raw, events, _ = read(b"data: last\n\n")
    assert raw == b"data: last\n\n" + END
    assert events[-1] == Finished(StopReason.END)


@pytest.mark.parametrize("cut", [b"data: end", b"data: end\n"])
def test_a_frame_that_lacks_only_its_blank_line_is_read(cut: bytes) -> None:
    raw, events, _ = read(b"data: last\n\n", cut)
    assert raw == b"data: last\n\ndata: end\n\n"[: len(raw)]
    assert events[-1] == Finished(StopReason.END)


def test_one_that_was_cut_off_says_nothing_and_is_hidden_before_a_closing_frame() -> None:
    raw, events, hidden = read(b"data: last\n\n", b"data: 1")
    assert raw == b"data: last\n\ndata: 1" + END
    assert events[-1] == Finished(StopReason.END)
    assert hidden == [False, True, False]


def test_one_that_was_cut_off_is_hidden_where_another_answer_may_go_on() -> None:
    """Half a frame would swallow the continuation's first one (swarm, 10,000 cases, 2026-11)."""
    raw, events, hidden = read(b"data: a\n\n", b"data: 1")
    assert raw == b"data: a\n\ndata: 1"
    assert flag(events) == "eof_without_terminator"
    assert hidden == [False, True, False]


def test_an_end_that_is_none_is_a_failure_once() -> None:
    assert flag(read(b"data: a\n\n")[1]) == "eof_without_terminator"
    assert flag(read()[1]) == flag(read(b" \n")[1]) == "empty_200"


def test_what_is_no_stream_is_read_whole_with_all_its_bytes() -> None:
    raw, events, _ = read(b" \n", b'{"a":', b"1}")
    assert raw == b' \n{"a":1}'
    assert flag(events) == "foreign"


def test_a_frame_that_is_too_long_ends_it() -> None:
    decoder = Plain(SseDecoder(5))
    (item,) = decoder.receive_data(b"data: aaaaaaa")
    assert flag(list(item.events)) == "unparsable_chunk"
    assert decoder.receive_eof()[-1].events == ()
