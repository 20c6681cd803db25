"""Replies: HTTP/1.1 responses read strictly, the same however they are cut."""

import pytest

from understudy.sim.reply import MAX_LINE_BYTES, Reply, ReplyError

SIZED = b"HTTP/1.1 200 OK\r\nA: b\r\ncontent-length: 5\r\n\r\nhello"
CHUNKS = b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKS
CLOSED = b"HTTP/1.1 200 OK\r\n\r\nhello"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n" + SIZED


def read(data: bytes, size: int = 1 << 20) -> tuple[int, bytes, Reply]:
    reply = Reply()
    status, body = 0, b""
    for start in range(0, len(data), size):
        reply.feed(data[start : start + size])
        head = reply.take_head()
        status = status if head is None else head.status
        body += reply.take_body()
    return status, body, reply


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("data", "body", "is_complete"),
    [
        (SIZED, b"hello", True),
        (CHUNKED, b"hello world", True),
        (CLOSED, b"hello", False),
        (INTERIM, b"hello", True),
        (b"HTTP/1.1 204 No\r\n\r\n", b"", True),
        (b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", b"", True),
    ],
)
def test_however_it_is_cut_it_says_the_same(data, body, is_complete, size):
    status, found, reply = read(data, size)
    assert status in {200, 204}
    assert (found, reply.is_complete) == (body, is_complete)
    assert reply.ends_at_eof is not is_complete
    assert not reply.has_surplus


def test_names_are_lower_case_and_values_are_stripped():
    reply = Reply()
    reply.feed(b"HTTP/1.1 200 OK\r\nContent-Type:  a/b \r\nContent-Length: 0\r\n\r\n")
    head = reply.take_head()
    assert head is not None
    assert head.headers == ((b"content-type", b"a/b"), (b"content-length", b"0"))


def test_a_connection_is_kept_unless_it_says_otherwise():
    assert read(SIZED)[2].keeps_alive
    closing = SIZED.replace(b"A: b", b"connection: Close")
    assert not read(closing)[2].keeps_alive
    assert not read(CLOSED)[2].keeps_alive


def test_what_follows_the_end_is_surplus():
    reply = read(SIZED + b"x")[2]
    assert reply.is_complete
    assert reply.has_surplus


@pytest.mark.parametrize(
    "data",
    [
        b"<html>",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a chunk size\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * MAX_LINE_BYTES + b"\r\n",
    ],
)
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_what_is_no_http_is_refused(data, size):
    if size == 1 and len(data) > 1000:
        size = 1000
    with pytest.raises(ReplyError):
        read(data, size)
