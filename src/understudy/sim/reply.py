"""A reply as HTTP/1.1 frames it: read as it comes, and strictly (RFC 9112).

For the simulated world only, where the framing that faults break must be seen to be broken; the
gateway itself reads with llhttp.
"""

import re
from collections.abc import Callable

from understudy.wire.http import Headers, ResponseHead

MAX_LINE_BYTES = 64 * 1024

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\x00]*?)[ \t]*")
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})(?:[ \t]*;[^\r\n]*)?")
_SIZE_BEGUN = re.compile(rb"[0-9a-fA-F]{1,15}(?:[ \t]*;[^\r\n]*)?\r?")
_BODILESS = frozenset({204, 304})


class ReplyError(Exception):
    """The bytes are no HTTP."""


class Reply:
    """One response. `feed` it, then look at what is new: `take_head`, `take_body`, `is_complete`.

    `has_surplus`: bytes came after its end. `ends_at_eof`: only the connection's end ends it.
    """

    def __init__(self) -> None:
        self.has_head = False
        self.is_complete = False
        self.has_surplus = False
        self.ends_at_eof = False
        self.keeps_alive = True
        self._buffer = b""
        self._at = 0
        self._left = 0
        self._head: ResponseHead | None = None
        self._body: list[bytes] = []
        self._read: Callable[[], bool] = self._read_head

    def feed(self, data: bytes) -> None:
        """Take in bytes. Raises: ReplyError."""
        self._buffer = self._buffer + data if self._buffer else data
        self._at = 0
        # `_read` reads one thing more; False when that needs more bytes.
        while self._at < len(self._buffer) and self._read():
            pass
        self._buffer = self._buffer[self._at :]
        if len(self._buffer) > MAX_LINE_BYTES:
            raise ReplyError("a head or a line has no end")

    def take_head(self) -> ResponseHead | None:
        head, self._head = self._head, None
        return head

    def take_body(self) -> bytes:
        body, self._body = self._body, []
        return b"".join(body)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n", self._at)
        if end < 0:
            begun = self._buffer[self._at : self._at + 7]
            if not b"HTTP/1.".startswith(begun):
                raise ReplyError(f"a status line was expected, found {begun!r}")
            return False
        first, *lines = self._taken(end).split(b"\r\n")
        self._at = end + 4
        status = _STATUS.fullmatch(first)
        if status is None:
            raise ReplyError(f"a status line was expected, found {first[:40]!r}")
        headers: list[tuple[bytes, bytes]] = []
        for line in lines:
            field = _FIELD.fullmatch(line)
            if field is None:
                raise ReplyError(f"a header field was expected, found {line[:40]!r}")
            headers.append((field[1].lower(), field[2]))
        code = int(status[1])
        if code >= 200:
            self.has_head = True
            self._head = ResponseHead(code, tuple(headers))
            self._frame(code, tuple(headers))
        return True

    def _frame(self, status: int, headers: Headers) -> None:
        """See from the head how the body comes."""
        lengths = [value for name, value in headers if name == b"content-length"]
        codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
        options = b",".join(value.lower() for name, value in headers if name == b"connection")
        self.keeps_alive = b"close" not in options
        if (codings and (lengths or codings != [b"chunked"])) or len(lengths) > 1:
            raise ReplyError("the length of the body is ambiguous")
        if status in _BODILESS:
            self._end()
        elif codings:
            self._read = self._read_size
        elif not lengths:
            self._read = self._read_to_eof
            self.ends_at_eof = True
            self.keeps_alive = False
        elif not lengths[0].isdigit():
            raise ReplyError(f"content-length: a number was expected, found {lengths[0][:40]!r}")
        else:
            self._read = self._read_counted
            self._left = int(lengths[0])
            if not self._left:
                self._end()

    def _read_counted(self) -> bool:
        self._keep_counted()
        if not self._left:
            self._end()
        return True

    def _read_to_eof(self) -> bool:
        self._body.append(self._taken(len(self._buffer)))
        return False

    def _read_size(self) -> bool:
        end = self._buffer.find(b"\r\n", self._at)
        if end < 0:
            if _SIZE_BEGUN.fullmatch(self._buffer, self._at) is None:
                raise ReplyError(f"a chunk size was expected, found {self._buffer[-40:]!r}")
            return False
        size = _SIZE.fullmatch(self._taken(end))
        if size is None:
            raise ReplyError("a chunk size was expected")
        self._at = end + 2
        self._left = int(size[1], 16)
        self._read = self._read_chunk if self._left else self._read_trailer
        return True

    def _read_chunk(self) -> bool:
        self._keep_counted()
        if not self._left:
            self._read = self._read_chunk_end
        return True

    def _read_chunk_end(self) -> bool:
        end = self._buffer[self._at : self._at + 2]
        if end == b"\r":
            return False
        if end != b"\r\n":
            raise ReplyError("a chunk is longer than its size")
        self._at += 2
        self._read = self._read_size
        return True

    def _read_trailer(self) -> bool:
        end = self._buffer.find(b"\r\n", self._at)
        if end < 0:
            return False
        if not self._taken(end):
            self._end()
        self._at = end + 2
        return True

    def _read_surplus(self) -> bool:
        self.has_surplus = True
        self._at = len(self._buffer)
        return False

    def _end(self) -> None:
        self._read = self._read_surplus
        self.is_complete = True

    def _keep_counted(self) -> None:
        data = self._taken(min(self._at + self._left, len(self._buffer)))
        self._body.append(data)
        self._left -= len(data)

    def _taken(self, end: int) -> bytes:
        """What is left up to there, which is read now."""
        data = self._buffer[self._at : end]
        self._at = end
        return data
