"""GGUF: what the head of a model's file says, and whether the file is one, and all there.

Source: "GGUF" specification, version 3, of ggml (docs/gguf.md; read 2026-11-25). Sizes of blocks
are those of ggml-common.h of the same day.

Raises: NotGguf.
"""

import math
import struct
from types import MappingProxyType
from typing import Final

import msgspec

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
MOST_VALUES: Final = 8_000_000
"""Values and tensors in the head: a vocabulary and its merges have 600,000 or so."""

MOST_DIMENSIONS: Final = 4
"""Of a tensor: ggml's own GGML_MAX_DIMS."""

_UINT32, _STRING, _ARRAY = 4, 8, 9
_SIZES: MappingProxyType[int, int] = MappingProxyType(
    {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
)
_BLOCKS: MappingProxyType[int, tuple[int, int]] = MappingProxyType(
    {
        0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
        10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 30: (1, 2),
    }
)  # fmt: skip
"""Type of a tensor -> values in a block, bytes of a block."""


class NotGguf(Exception):
    """The file is no model; the message says what was found, and where that can be, expected."""


class GgufFacts(msgspec.Struct, frozen=True):
    """What the head says. Nought and "" where it does not say so."""

    architecture: str
    name: str
    layers: int
    width: int
    heads: int
    kv_heads: int
    context: int

    def cache_bytes(self, context: int) -> int:
        """Return about how much memory the attention of `context` tokens takes, 16 bits a value."""
        head = self.width // self.heads if self.heads else self.width
        return 2 * 2 * self.layers * (self.kv_heads or self.heads or 1) * head * context


def read_gguf(data: memoryview) -> GgufFacts:
    """Read the head of a file that `data` is the whole of. Raises: NotGguf."""
    reader = _Reader(data)
    if bytes(data[:4]) != MAGIC:
        raise NotGguf(f"found {bytes(data[:4])!r} at its beginning, expected {MAGIC!r}")
    reader.place = 4
    try:
        version = reader.number("<I")
        if version not in VERSIONS:
            raise NotGguf(f"found GGUF version {version}, expected one of {VERSIONS}")
        tensors, pairs = reader.number("<Q"), reader.number("<Q")
        meta = dict([reader.pair() for _ in range(pairs)])
        ends = [reader.tensor_end() for _ in range(tensors)]
    except (struct.error, UnicodeDecodeError, OverflowError):
        raise NotGguf(f"found a damaged head, in its first {reader.place} bytes") from None
    alignment = meta.get("general.alignment")
    step = alignment if isinstance(alignment, int) and alignment > 0 else 32
    begin = -(-reader.place // step) * step
    if not ends:
        raise NotGguf("found no tensors in it")
    if begin + max(ends) > len(data):
        raise NotGguf(f"found {len(data)} bytes, expected {begin + max(ends)}: it is cut short")
    return _facts(meta)


class _Reader:
    """Reads values one after the other, never behind the end."""

    def __init__(self, data: memoryview) -> None:
        self.place = 0
        self._data = data
        self._values = 0

    def number(self, form: str) -> int:
        (number,) = struct.unpack_from(form, self._data, self.place)
        self.place += struct.calcsize(form)
        return int(number)

    def pair(self) -> tuple[str, object]:
        return self.text(), self._value(self.number("<I"))

    def text(self) -> str:
        length = self.number("<Q")
        begin = self.place
        self._skip(length)
        return bytes(self._data[begin : self.place]).decode()

    def tensor_end(self) -> int:
        """Return where a tensor ends, counted from the first; its beginning for unknown types."""
        if not self.text():
            raise NotGguf("found a tensor without a name")
        self._count(1)
        dimensions = self.number("<I")
        if dimensions > MOST_DIMENSIONS:
            raise NotGguf(f"found {dimensions} dimensions, expected at most {MOST_DIMENSIONS}")
        count = math.prod([self.number("<Q") for _ in range(dimensions)])
        kind, place = self.number("<I"), self.number("<Q")
        values, size = _BLOCKS.get(kind, (1, 0))
        return place + count // values * size

    def _value(self, kind: int) -> object:
        """Return a text or a whole number; what else there is, is passed over."""
        self._count(1)
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY:
            self._pass_over(self.number("<I"), self.number("<Q"))
            return None
        if kind in {_UINT32, 5}:
            return self.number("<I")
        if kind in {10, 11}:
            return self.number("<Q")
        self._skip(self._size(kind))
        return None

    def _pass_over(self, kind: int, count: int) -> None:
        self._count(count)
        if kind == _STRING:
            for _ in range(count):
                self._skip(self.number("<Q"))
        else:
            self._skip(count * self._size(kind))

    def _size(self, kind: int) -> int:
        size = _SIZES.get(kind)
        if size is None:
            raise NotGguf(f"found a value of kind {kind}, expected one of {sorted(_SIZES)}")
        return size

    def _skip(self, length: int) -> None:
        if self.place + length > len(self._data):
            raise NotGguf(
                f"found {len(self._data)} bytes, and a head that goes on: it is cut short"
            )
        self.place += length

    def _count(self, count: int) -> None:
        self._values += count
        if self._values > MOST_VALUES:
            raise NotGguf(f"found more than {MOST_VALUES} values in its head")


def _facts(meta: dict[str, object]) -> GgufFacts:
    architecture = meta.get("general.architecture")
    if not isinstance(architecture, str):
        raise NotGguf("found no general.architecture in it")

    def number(key: str) -> int:
        value = meta.get(f"{architecture}.{key}")
        return value if isinstance(value, int) else 0

    name = meta.get("general.name")
    return GgufFacts(
        architecture,
        name if isinstance(name, str) else "",
        layers=number("block_count"),
        width=number("embedding_length"),
        heads=number("attention.head_count"),
        kv_heads=number("attention.head_count_kv"),
        context=number("context_length"),
    )
