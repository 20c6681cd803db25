"""Passing on loses nothing: a decoder's frames are the provider's bytes, and perhaps an end."""

from collections.abc import Iterable

from understudy.dialects.base import Decoded
from understudy.dialects.bedrock_invoke.chunks import chunk

CLOSINGS = (
    b"",
    b"data: [DONE]\n\n",
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    b"]",
    chunk(b'{"type":"message_stop"}'),
)


def assert_kept(items: Iterable[Decoded], data: bytes) -> None:
    """Nothing is missing, and nothing is added but the blank line or the frame of an end."""
    joined = b"".join(item.raw for item in items)
    assert joined[: len(data)] == data
    assert joined[len(data) :].lstrip(b"\n") in CLOSINGS
