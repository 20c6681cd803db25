"""AWS event streams: binary messages with checksums, cut anywhere (Amazon API docs, "Event stream
encoding", 2026).

message  total length (4) | headers length (4) | their CRC (4) | headers | payload | CRC of all (4)
header   name length (1) | name | type (1) | value
"""

import struct
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from understudy.wire.errors import WireError

LIMIT_BYTES: Final = 16 * 1024 * 1024
"""Of one message, as the documents have it."""

HEADERS_LIMIT_BYTES: Final = 128 * 1024

_PRELUDE: Final = struct.Struct(">III")
_CRC: Final = struct.Struct(">I")
_LENGTH: Final = struct.Struct(">H")
_STRING: Final = 7
_BYTES: Final = 6
_FIXED: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header's value by its type, where that has one length."""

_USUAL: Final = 256
"""Bytes of headers that are worth remembering."""

_OVERHEAD: Final = _PRELUDE.size + _CRC.size


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message: its bytes, its headers of type string (no others are in use), its payload.

    The headers may be those of other messages, too: nobody changes them.
    """

    raw: bytes
    headers: dict[str, str]
    payload: bytes

    def header(self, name: str) -> str:
        """Return a header's value, "" where it is not there."""
        return self.headers.get(name, "")


class EventStreamDecoder:
    """Bytes to messages. One instance for one stream."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._buffer = bytearray()
        self._broken: WireError | None = None

    def receive_data(self, data: bytes) -> list[Message]:
        """Return the messages that are complete.

        Raises: WireError at the first that is damaged, and ever after; those before it were
        returned.
        """
        buffer = self._buffer
        buffer += data
        messages: list[Message] = []
        at = 0
        try:
            while self._broken is None and len(buffer) - at >= _PRELUDE.size:
                total = self._length(buffer, at)
                if len(buffer) - at < total:
                    break
                messages.append(_read(bytes(buffer[at : at + total])))
                at += total
        except WireError as error:
            self._broken = error
        del buffer[:at]
        if self._broken is not None and not messages:
            raise self._broken
        return messages

    def damage(self) -> str | None:
        """Return what is damaged, None where nothing is: what follows cannot be told apart."""
        return None if self._broken is None else str(self._broken)

    def rest(self) -> bytes:
        """Take what has not been returned as part of a message."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def receive_eof(self) -> bytes:
        """Return what was left of a message that was cut off. Raises: WireError."""
        if self._broken is not None:
            raise self._broken
        return self.rest()

    def _length(self, buffer: bytearray, at: int) -> int:
        """Check a prelude as soon as it is there: a wrong length would be waited for for ever."""
        total, headers, checksum = _PRELUDE.unpack_from(buffer, at)
        if zlib.crc32(buffer[at : at + 8]) != checksum:
            raise WireError("expected the checksum of a message's prelude, found another")
        if not _OVERHEAD <= total <= self._limit_bytes:
            reason = f"expected {_OVERHEAD} to {self._limit_bytes} bytes"
            raise WireError(f"{reason} in a message, found {total}")
        if headers > min(HEADERS_LIMIT_BYTES, total - _OVERHEAD):
            raise WireError(f"expected headers within their message of {total}, found {headers}")
        return int(total)


def encode_message(headers: Iterable[tuple[str, str]], payload: bytes) -> bytes:
    """Write a message whose headers are strings."""
    return frame(encode_headers(headers), payload)


def encode_headers(headers: Iterable[tuple[str, str]]) -> bytes:
    """Write headers once, for the many messages that have the same ones."""
    return b"".join(_header(name, value) for name, value in headers)


def frame(written: bytes, payload: bytes) -> bytes:
    """Write a message whose headers are written already."""
    total = _OVERHEAD + len(written) + len(payload)
    lengths = struct.pack(">II", total, len(written))
    body = b"".join((lengths, _CRC.pack(zlib.crc32(lengths)), written, payload))
    return body + _CRC.pack(zlib.crc32(body))


def _header(name: str, value: str) -> bytes:
    key, said = name.encode(), value.encode()
    if len(key) > 255 or len(said) > 0x7FFF:
        raise WireError(f"expected a short header, found {name[:40]!r} of {len(said)} bytes")
    return b"".join((bytes((len(key),)), key, bytes((_STRING,)), _LENGTH.pack(len(said)), said))


def _read(raw: bytes) -> Message:
    if zlib.crc32(raw[:-4]) != _CRC.unpack_from(raw, len(raw) - 4)[0]:
        raise WireError("expected the checksum of a message, found another")
    end = _PRELUDE.size + int.from_bytes(raw[4:8])
    said = raw[_PRELUDE.size : end]
    headers = _known(said) if len(said) <= _USUAL else _headers(said)
    return Message(raw, headers, raw[end:-4])


@lru_cache(maxsize=256)
def _known(data: bytes) -> dict[str, str]:
    """Headers that were read before: a stream has few different ones."""
    return _headers(data)


def _headers(data: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            start = at + 1
            name = data[start : start + data[at]].decode()
            at = start + data[at]
            kind = data[at]
            at += 1
            size = _FIXED.get(kind)
            if size is None:
                if kind not in (_STRING, _BYTES):
                    raise WireError(f"expected a header of type 0 to 9, found {kind}")
                size = int(_LENGTH.unpack_from(data, at)[0])
                at += _LENGTH.size
            if at + size > len(data):
                raise WireError("expected a header within its message, found one that is cut off")
            if kind == _STRING:
                headers[name] = data[at : at + size].decode()
            at += size
    except (IndexError, struct.error, UnicodeDecodeError):
        raise WireError("expected headers, found other bytes") from None
    return headers
