"""Server-sent events: bytes to frames and back. Knows nothing of what the data means.

Follows WHATWG HTML §9.2.5 (parsing an event stream) and §9.2.6 (interpreting it); `id` and
`retry` are for browsers and ignored. On top of it, nothing gets lost: the `raw` of all frames and
the rest at the end of the stream are, joined, exactly the bytes received, however they were split.
"""

import re

import msgspec

from understudy.wire.errors import WireError

_BOM = b"\xef\xbb\xbf"
_LF = 10
_CR = 13
_START = -1

# The end of a line and the blank line after it. What may still become a CRLF is waited for, except
# where the line before ended with a bare CR: such a stream has no CRLF, and would wait for ever.
_END = re.compile(rb"\n\r?\n|\n\r(?=[^\n])|\r\r")
_BLANK = re.compile(rb"\r?\n|\r(?=[^\n])")
_BLANK_AFTER_CR = re.compile(rb"[\n\r]")


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One event of the stream, up to and including its blank line.

    `event` is "" where no field named it. `data` joins the data lines with LF, undecoded; it is
    None where there is no data line at all: a keep-alive, to be forwarded and never counted.
    """

    event: str
    data: bytes | None
    raw: bytes


class SseDecoder:
    """Bytes to frames. One instance per stream."""

    def __init__(self, limit_bytes: int = 8 * 1024 * 1024) -> None:
        self._limit_bytes = limit_bytes
        self._pending = bytearray()  # the beginning of a frame
        self._scanned = 0  # how much of it is known to hold no end
        self._last = _START  # the byte before it
        self._has_cr = False

    def receive_data(self, data: bytes) -> list[Frame]:
        """Take what was read, and return the frames that it completes.

        Raises:
            WireError: one frame is longer than `limit_bytes`. The decoder is of no use afterwards.
        """
        # The usual read is one whole frame: its lines tell, and nothing needs to be searched for.
        if (
            self._last == _LF
            and not self._pending
            and len(data) <= self._limit_bytes
            and (data[-2:] == b"\n\n" or data[-4:] == b"\r\n\r\n")
        ):
            lines = data.splitlines()
            if lines.index(b"") == len(lines) - 1:
                return [_read_frame(lines, data)]
        return self._receive(data)

    def receive_eof(self) -> bytes:
        """Return the frame that the end of the stream cut off, as bytes; b"" if there is none."""
        rest = bytes(self._pending)
        self._pending.clear()
        return rest

    def _receive(self, data: bytes) -> list[Frame]:
        frames = []
        pending = self._pending
        buffer: bytes | bytearray = data
        if pending:
            pending += data
            buffer = pending
        self._has_cr = self._has_cr or b"\r" in data
        start = 0
        while (end := self._find_end(buffer, start)) > 0:
            self._check_length(end - start)
            raw = bytes(buffer[start:end])
            frames.append(_read_frame(raw[self._skipped(raw, 0) :].splitlines(), raw))
            self._last = raw[-1]
            self._scanned = 0
            start = end
        if buffer is pending:
            del pending[:start]
        else:
            pending += data[start:]
        self._scanned = len(pending)
        self._check_length(len(pending))
        return frames

    def _find_end(self, buffer: bytes | bytearray, start: int) -> int:
        """Where the frame that begins at `start` ends; 0 when that cannot be told yet."""
        first = start + self._skipped(buffer, start)
        begin = max(first, start + self._scanned - 2)
        if not self._has_cr:
            if buffer.startswith(b"\n", first):
                return first + 1
            found = buffer.find(b"\n\n", begin)
            return found + 2 if found >= 0 else 0
        after_cr = self._last == _CR and first == start
        blank = _BLANK_AFTER_CR if after_cr else _BLANK
        match = blank.match(buffer, first) or _END.search(buffer, begin)
        return match.end() if match else 0

    def _skipped(self, buffer: bytes | bytearray, start: int) -> int:
        """How many bytes precede its first line: a BOM, or the LF of the last frame's CRLF."""
        if self._last == _START:
            return len(_BOM) if buffer.startswith(_BOM, start) else 0
        return 1 if self._last == _CR and buffer.startswith(b"\n", start) else 0

    def _check_length(self, length: int) -> None:
        if length > self._limit_bytes:
            raise WireError(
                f"a frame of {length} bytes or more, at most {self._limit_bytes} expected"
            )


def encode_frame(data: bytes, event: str = "") -> bytes:
    """Write one frame. Every line of `data` gets its own data field; CR and CRLF become LF."""
    assert "\n" not in event
    assert "\r" not in event
    if b"\n" in data or b"\r" in data:
        lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        data = lines.replace(b"\n", b"\ndata: ")
    if event:
        return b"event: %b\ndata: %b\n\n" % (event.encode(), data)
    return b"data: %b\n\n" % data


def _read_frame(lines: list[bytes], raw: bytes) -> Frame:
    """Read the lines of one frame; the two forms that nearly all frames have come first."""
    if len(lines) == 2 and lines[0][:6] == b"data: ":
        return Frame("", lines[0][6:], raw)
    if len(lines) == 3 and lines[0][:7] == b"event: " and lines[1][:6] == b"data: ":
        return Frame(lines[0][7:].decode("utf-8", "replace"), lines[1][6:], raw)
    event = b""
    data: list[bytes] = []
    for line in lines:
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value.removeprefix(b" "))
        elif name == b"event":
            event = value.removeprefix(b" ")
    return Frame(event.decode("utf-8", "replace"), b"\n".join(data) if data else None, raw)


def encode_comment(text: bytes) -> bytes:
    """Write a comment, which every reader passes over (WHATWG HTML §9.2.6). One line only."""
    return b": %b\n\n" % text.replace(b"\r", b" ").replace(b"\n", b" ")
