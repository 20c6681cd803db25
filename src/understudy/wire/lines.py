"""JSON lines: one value a line, cut anywhere (application/x-ndjson)."""

from typing import Final

from understudy.wire.errors import WireError

LIMIT_BYTES: Final = 8 * 1024 * 1024
"""Of one line."""

_ENDS: Final = (
    (b"\n", b" "),
    (b"\r", b" "),
    (b"\xc2\x85", rb"\u0085"),
    (b"\xe2\x80\xa8", rb"\u2028"),
    (b"\xe2\x80\xa9", rb"\u2029"),
)


def on_one_line(value: bytes) -> bytes:
    """JSON without ends of lines: neither between its tokens (a model's own arguments may have
    them), nor those of Unicode in its texts, at which some clients end a line, too (httpx).
    """
    for raw, escape in _ENDS:
        if raw in value:
            value = value.replace(raw, escape)
    return value


class LineDecoder:
    """Bytes to lines, with their ends. One instance for one stream."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._rest: list[bytes] = []
        self._length = 0

    def receive_data(self, data: bytes) -> list[bytes]:
        """Return the lines that are complete, each with its end. Raises: WireError."""
        head, end, tail = data.rpartition(b"\n")
        if end:
            whole = b"".join((*self._rest, head, end))
            self._rest = [tail] if tail else []
            self._length = len(tail)
            lines = [line + end for line in whole.split(end)[:-1]]
        else:
            self._rest.append(data)
            self._length += len(data)
            lines = []
        if self._length > self._limit_bytes:
            raise WireError(f"expected at most {self._limit_bytes} bytes in a line, found more")
        return lines

    def receive_eof(self) -> bytes:
        """Return a last line without an end."""
        rest = b"".join(self._rest)
        self._rest, self._length = [], 0
        return rest
