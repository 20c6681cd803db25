"""Files told by their first bytes."""

import pytest

from understudy.wire.filetype import ENOUGH, file_type


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0........", "image/jpeg"),
        (b"GIF89a......", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        (b"%PDF-1.7....", "application/pdf"),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"<svg></svg>.", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell(octets: bytes, kind: str | None) -> None:
    assert file_type(octets) == kind
    assert file_type(octets[:ENOUGH]) == kind
