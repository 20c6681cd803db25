"""The chunk that most of a stream is made of, more of one text, read by a schema that admits no
more. What it refuses is for the careful reader.
"""

from typing import Literal

import msgspec

from understudy.dialects.gemini_generate.schema import MALFORMED, Raw
from understudy.dialects.text import check_text


class _Part(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    text: str


class _Content(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    parts: tuple[_Part]
    role: str | None = None


class _Candidate(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    content: _Content
    index: Literal[0] = 0


class PlainChunk(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """What it repeats of the first is not read."""

    candidates: tuple[_Candidate]
    usageMetadata: dict[str, Raw] | None = None  # noqa: N815 - their name
    modelVersion: Raw = Raw()  # noqa: N815
    responseId: Raw = Raw()  # noqa: N815
    createTime: Raw = Raw()  # noqa: N815

    @property
    def text(self) -> str:
        return self.candidates[0].content.parts[0].text


_decode = msgspec.json.Decoder(PlainChunk).decode


def read_plain(data: bytes) -> PlainChunk | None:
    """Return a plain chunk; None for any other. Never raises."""
    try:
        check_text(data)
        return _decode(data)
    except MALFORMED:
        return None
