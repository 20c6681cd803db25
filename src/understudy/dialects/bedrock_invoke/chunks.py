"""Chunks: events of a dialect inside, as messages of type `chunk` (PayloadPart, botocore)."""

import base64

import msgspec

from understudy.wire.eventstream import encode_headers, frame

METRICS = "amazon-bedrock-invocationMetrics"
"""What Bedrock adds to the last event: counts once more, and times."""

OWN = "bedrock_invoke."

_HEADERS = encode_headers(
    ((":event-type", "chunk"), (":content-type", "application/json"), (":message-type", "event"))
)


class Chunk(msgspec.Struct, gc=False):
    bytes: str


class Counts(msgspec.Struct, frozen=True):
    """What the metrics count."""

    inputTokenCount: int | None = None  # noqa: N815 - the vendor's word
    outputTokenCount: int | None = None  # noqa: N815 - the vendor's word


decode_counts = msgspec.json.Decoder(Counts).decode


def chunk(data: bytes) -> bytes:
    """Write an event as a message."""
    return frame(_HEADERS, b'{"bytes":"%b"}' % base64.b64encode(data))
