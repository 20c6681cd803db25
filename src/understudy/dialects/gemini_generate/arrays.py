"""An array of JSON objects as it arrives: how a stream looks that was not asked for as events.

Knows brackets and strings, not what the objects mean. The `raw` of all elements and the rest are,
joined, exactly the bytes received.
"""

import re
from typing import NamedTuple

from understudy.wire.errors import WireError

_MARK = re.compile(rb'["{}\[\]]')
_STRING_END = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BACKSLASH = 0x5C
_BETWEEN = b" \t\r\n,"
LIMIT_BYTES = 64 * 1024 * 1024


class Element(NamedTuple):
    """One object of the array, and the bytes with what stood before it."""

    data: bytes
    raw: bytes


class ArrayDecoder:
    """Bytes to elements. One instance for one stream. `error` is why no more come: it is no array,
    or an element is over the limit.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.is_closed = False
        self.error: str | None = None
        self._limit_bytes = limit_bytes
        self._pending = bytearray()
        self._scanned = 0
        self._is_in_string = False
        self._depth = 0
        self._start = 0

    def receive_data(self, data: bytes) -> list[Element]:
        """Return the elements that ended; look at `error` then."""
        self._pending += data
        found: list[Element] = []
        try:
            while not self.is_closed and self.error is None and self._scan(found):
                pass
        except WireError as error:
            self.error = str(error)
        if len(self._pending) > self._limit_bytes and self.error is None:
            self.error = f"an element of more than {self._limit_bytes} bytes"
        return found

    def receive_eof(self) -> bytes:
        """What is left: the end of the array, or what was cut off."""
        rest, self._pending = bytes(self._pending), bytearray()
        return rest

    def _scan(self, found: list[Element]) -> bool:
        """Go on to the next mark outside strings, False where there is none yet. No byte is looked
        at twice, however small the pieces are. Raises: WireError.
        """
        if self._is_in_string:
            end = _STRING_END.match(self._pending, self._scanned)
            if end is None:
                self._scanned = len(self._pending) - self._escapes()
                return False
            self._is_in_string = False
            self._scanned = end.end()
        mark = _MARK.search(self._pending, self._scanned)
        if mark is None:
            self._scanned = len(self._pending)
            return False
        self._scanned = mark.end()
        if mark[0] == b'"':
            self._is_in_string = True
        else:
            self._step(mark[0], mark.start(), found)
        return True

    def _escapes(self) -> int:
        """1 where the last byte escapes the one that is still to come."""
        at = len(self._pending)
        while at > self._scanned and self._pending[at - 1] == _BACKSLASH:
            at -= 1
        return (len(self._pending) - at) % 2

    def _step(self, mark: bytes, at: int, found: list[Element]) -> None:
        pending = self._pending
        if mark in b"[{":
            if self._depth == 1:
                self._expect_gap(pending[:at])
                self._start = at
            self._depth += 1
            return
        self._depth -= 1
        if self._depth == 1:
            end = at + 1
            found.append(Element(bytes(pending[self._start : end]), bytes(pending[:end])))
            del pending[:end]
            self._scanned = 0
        elif self._depth <= 0:
            self._expect_gap(pending[:at])
            self.is_closed = True

    def _expect_gap(self, before: bytearray) -> None:
        if before.strip(_BETWEEN + b"["):
            raise WireError(f"expected an array of objects, found {bytes(before[:40])!r}")
