"""A connection without a socket: what is written comes out, no more than fits, and no less."""

import asyncio
import threading

import pytest
from typing_extensions import override

from tests.shell.looped import looped
from understudy.shell.pipe import Answer, Broken, Pipe

HEAD = b"HTTP/1.1 200 OK\r\nx-a: 1\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"


class Writer(asyncio.Protocol):
    """Counts what the transport asks of it."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @override
    def pause_writing(self) -> None:
        self.heard.append("pause")

    @override
    def resume_writing(self) -> None:
        self.heard.append("resume")

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        assert exc is None
        self.heard.append("lost")


def nobody() -> None:
    pass


def pipe(*, has_body: bool = True) -> tuple[Pipe, Answer, Writer]:
    writer, answer = Writer(), Answer()
    return Pipe(writer, answer, has_body=has_body), answer, writer


@looped
async def test_an_answer_comes_out_as_it_was_written():
    one, answer, writer = pipe()
    assert answer.head(nobody) is None
    one.writelines([HEAD % 4, b"ab"])
    head = answer.head(nobody)
    assert head is not None
    assert (head.status, head.headers) == (200, ((b"x-a", b"1"), (b"content-length", b"4")))
    assert answer.data(nobody) == b"ab"
    assert answer.data(nobody) is None
    one.write(b"c")
    one.write(b"d")
    assert answer.data(nobody) == b"cd"
    assert answer.data(nobody) == b""
    one.close()
    assert one.is_closing()
    await asyncio.sleep(0)
    assert writer.heard == ["lost"]
    one.write(b"nothing is written to what is closed")
    assert answer.data(nobody) == b""


@looped
async def test_a_reader_in_another_thread_is_woken():
    one, answer, _ = pipe()
    came = threading.Event()
    assert answer.head(came.set) is None
    assert not came.is_set()
    one.write(HEAD % 1)
    assert came.is_set()
    came.clear()
    assert answer.data(came.set) is None
    await asyncio.to_thread(one.write, b"x")
    assert came.is_set()
    assert answer.data(nobody) == b"x"


@looped
async def test_who_writes_waits_until_it_is_read():
    one, answer, writer = pipe()
    one.set_write_buffer_limits(high=10)
    one.write(HEAD % 30 + b"x" * 10)
    await asyncio.sleep(0)
    assert writer.heard == []
    one.write(b"y")
    assert writer.heard == []  # not while it writes
    await asyncio.sleep(0)
    assert writer.heard == ["pause"]
    assert one.get_write_buffer_size() == 11
    assert await asyncio.to_thread(answer.data, nobody) == b"x" * 10 + b"y"
    await asyncio.sleep(0)
    assert writer.heard == ["pause", "resume"]
    one.write(b"z" * 19)
    await asyncio.sleep(0)
    assert writer.heard == ["pause", "resume", "pause"]


@looped
async def test_what_is_read_at_once_holds_nobody_up():
    one, answer, writer = pipe()
    one.set_write_buffer_limits(high=1)
    one.write(HEAD % 9 + b"xyz")
    assert answer.data(nobody) == b"xyz"
    await asyncio.sleep(0)
    assert writer.heard == []


@looped
async def test_an_answer_that_breaks_off_is_no_short_answer():
    one, answer, _ = pipe()
    one.write(HEAD % 4 + b"ab")
    one.abort()
    assert answer.data(nobody) == b"ab"
    with pytest.raises(Broken):
        answer.data(nobody)
    one, answer, _ = pipe()
    came = threading.Event()
    assert answer.head(came.set) is None
    one.close()
    assert came.is_set()
    with pytest.raises(Broken):
        answer.head(nobody)


@looped
async def test_an_answer_that_was_whole_stays_whole():
    one, answer, _ = pipe()
    one.write(HEAD % 1 + b"x")
    one.abort()
    assert [answer.data(nobody) for _ in range(2)] == [b"x", b""]


@looped
async def test_head_has_no_body_whatever_its_length_says():
    one, answer, _ = pipe(has_body=False)
    one.write(HEAD % 4)
    assert one.can_write_eof()
    one.write_eof()
    assert answer.head(nobody) is not None
    assert answer.data(nobody) == b""


def test_a_reader_may_outlive_the_loop():
    async def begin() -> Answer:
        one, answer, _ = pipe()
        one.set_write_buffer_limits(high=0)
        one.write(HEAD % 2 + b"x")
        await asyncio.sleep(0)
        return answer

    answer = asyncio.run(begin())
    assert answer.data(nobody) == b"x"
