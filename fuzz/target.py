"""A target: something that reads bytes, and what must hold whatever they are.

A target returns, or raises `AssertionError` (or anything else) where it found a bug: the errors
that a reader declares are caught inside.
"""

import itertools
import sys
import zlib
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import msgspec

LINES_FOR_ANY = 400_000
LINES_FOR_A_BYTE = 2_000
"""Lines of Python that an input may cost: far more than any needs, far fewer than a loop takes."""

LARGEST = 16 * 1024
"""Bytes of an input; what is longer is tested for its length elsewhere."""

TraceFunction = Callable[[FrameType, str, Any], Any]

_SIZES = (1, 3, 17, 200)


class TooLong(Exception):
    """An input cost more lines than its length allows: it hangs, or is more than linear."""


class Target(msgspec.Struct, frozen=True):
    """`seeds` are made by the simulator and by hand; `words` are what mutations put in."""

    name: str
    run: Callable[[bytes], None]
    seeds: Sequence[bytes]
    words: Sequence[bytes] = ()


def pieces(data: bytes) -> list[bytes]:
    """The same bytes in several reads; where they are cut follows from the bytes themselves."""
    state = zlib.crc32(data)
    cuts = [0]
    while cuts[-1] < len(data):
        state = (state * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
        cuts.append(cuts[-1] + 1 + (state >> 16) % _SIZES[(state >> 8) & 3])
    return [data[start:end] for start, end in itertools.pairwise(cuts)]


def bounded(run: Callable[[bytes], None], data: bytes) -> int:
    """Run a target and count the lines of Python that it takes. Raises: TooLong.

    Lines, not seconds: a loaded machine changes nothing.
    """
    limit = LINES_FOR_ANY + LINES_FOR_A_BYTE * len(data)
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal count
        if event == "line":
            count += 1
            if count > limit:
                raise TooLong(f"{count} lines for {len(data)} bytes")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run(data)
    finally:
        sys.settrace(before)
    return count
