"""An array of JSON objects as it arrives: how a stream looks that was not asked for as events.

Knows brackets and strings, not what the objects mean. The `raw` of all elements and the rest are,
joined, exactly the bytes received.
"""

import re
from typing import NamedTuple

from understudy.wire.errors import WireError

_MARK = re.compile(rb'["{}\[\]]')
_STRING_END = re.compile(rb'(?:[^"\\]|\\.)*"', re.DOTALL)
_BETWEEN = b" \t\r\n,"
LIMIT_BYTES = 64 * 1024 * 1024


class Element(NamedTuple):
    """One object of the array, and the bytes with what stood before it."""

    data: bytes
    raw: bytes


class ArrayDecoder:
    """Bytes to elements. One instance for one stream."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.is_closed = False
        self._limit_bytes = limit_bytes
        self._pending = b""
        self._scanned = 0
        self._depth = 0
        self._start = 0

    def receive_data(self, data: bytes) -> list[Element]:
        """Raises: WireError for what is no array, and an element over the limit."""
        self._pending += data
        found: list[Element] = []
        while not self.is_closed:
            mark = _MARK.search(self._pending, self._scanned)
            if mark is None:
                self._scanned = len(self._pending)
                break
            if mark[0] == b'"':
                end = _STRING_END.match(self._pending, mark.end())
                if end is None:
                    self._scanned = mark.start()  # look again when the string has ended
                    break
                self._scanned = end.end()
            else:
                self._step(mark, found)
        if len(self._pending) > self._limit_bytes:
            raise WireError(f"an element of more than {self._limit_bytes} bytes")
        return found

    def receive_eof(self) -> bytes:
        """What is left: the end of the array, or what was cut off."""
        rest, self._pending = self._pending, b""
        return rest

    def _step(self, mark: re.Match[bytes], found: list[Element]) -> None:
        self._scanned = mark.end()
        if mark[0] in b"[{":
            if self._depth == 1:
                self._expect_gap(self._pending[: mark.start()])
                self._start = mark.start()
            self._depth += 1
            return
        self._depth -= 1
        if self._depth == 1:
            end = mark.end()
            found.append(Element(self._pending[self._start : end], self._pending[:end]))
            self._pending = self._pending[end:]
            self._scanned = 0
        elif self._depth <= 0:
            self._expect_gap(self._pending[: mark.start()])
            self.is_closed = True

    def _expect_gap(self, before: bytes) -> None:
        if before.strip(_BETWEEN + b"["):
            raise WireError(f"expected an array of objects, found {before[:40]!r}")
