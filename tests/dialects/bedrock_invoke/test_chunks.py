"""Chunks."""

import base64
import json

from understudy.dialects.bedrock_invoke.chunks import Chunk, chunk
from understudy.wire.eventstream import EventStreamDecoder


def test_an_event_is_a_message() -> None:
    (message,) = EventStreamDecoder().receive_data(chunk(b'{"type":"ping"}'))
    assert message.header(":event-type") == "chunk"
    assert message.header(":message-type") == "event"
    assert base64.b64decode(json.loads(message.payload)["bytes"]) == b'{"type":"ping"}'
    assert Chunk("YQ==").bytes == "YQ=="
