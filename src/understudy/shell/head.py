"""HTTP/1.1 heads as bytes: what is written to clients and to providers (RFC 9112)."""

import time
from email.utils import formatdate
from http import HTTPStatus

from understudy.wire.http import Headers, HttpRequest

_STATUS_LINES = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode())
    for status in HTTPStatus
}


def status_line(status: int) -> bytes:
    """Return the first line of a response."""
    line = _STATUS_LINES.get(status)
    return b"HTTP/1.1 %d -\r\n" % status if line is None else line


class DateLine:
    """The Date field, made anew at most once a second (RFC 9110 §6.6.1)."""

    def __init__(self) -> None:
        self._line = b""
        self._until = 0.0

    def line(self, now: float) -> bytes:
        """`now` is monotonic seconds; only used to know when to ask the wall clock again."""
        if now >= self._until:
            self._line = b"date: " + formatdate(time.time(), usegmt=True).encode() + b"\r\n"
            self._until = now + 1.0
        return self._line


def fields(headers: Headers) -> bytes:
    """Header fields as lines. Names and values come from parsers that refuse CR, LF and NUL, or
    from us.
    """
    return b"".join([b"%b: %b\r\n" % field for field in headers])


def request_head(request: HttpRequest, own: bytes) -> bytes:
    """The head of a request with its body's length; `own` are the target's own field lines."""
    return b"%b %b HTTP/1.1\r\n%b%bcontent-length: %d\r\n\r\n" % (
        request.method.encode(),
        request.path.encode(),
        own,
        fields(request.headers),
        len(request.body),
    )
