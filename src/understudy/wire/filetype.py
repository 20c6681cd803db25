"""What a file is, by its first bytes, as PNG, JPEG, GIF, WebP and PDF are specified to begin."""

from typing import Final

ENOUGH: Final = 12
"""Bytes that tell all of these."""

_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def file_type(octets: bytes) -> str | None:
    """Return the media type of what begins so; None for what is none of these."""
    for beginning, kind in _BEGINNINGS:
        if octets.startswith(beginning):
            return kind
    return "image/webp" if octets[:4] == b"RIFF" and octets[8:12] == b"WEBP" else None
