"""Bodies of every lab, and what a caller of InvokeModel hears; for the tests of this folder."""

import base64
import json
from collections.abc import Iterable
from typing import Any

from understudy.chat.events import (
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.parts import Text
from understudy.chat.request import Message, Request
from understudy.chat.response import fold
from understudy.chat.usage import Usage
from understudy.dialects.bedrock_invoke.chunks import METRICS
from understudy.dialects.catalog import DIALECTS
from understudy.wire.eventstream import EventStreamDecoder
from understudy.wire.http import ResponseHead

DIALECT = DIALECTS["bedrock_invoke"]
USAGE = Usage(input_tokens=3, output_tokens=2)
COUNTED = {"inputTokenCount": 3, "outputTokenCount": 2}
ANSWER: list[Event] = [
    Started("id-1", "m"),
    PartStarted(0, PartKind.TEXT),
    PartDelta(0, "hi "),
    PartDelta(0, "there"),
    PartEnded(0),
    Finished(StopReason.END, USAGE),
]
CALL: list[Event] = [
    Started("id-1", "m"),
    PartStarted(0, PartKind.TOOL_CALL, id="c-1", name="look"),
    PartDelta(0, '{"at"'),
    PartDelta(0, ":1}"),
    PartEnded(0),
    Finished(StopReason.TOOL_CALLS, USAGE),
]


def request(asked: dict[str, Any], *, model: str = "m", stream: bool = False) -> Request:
    path = f"/model/{model}/invoke" + ("-with-response-stream" if stream else "")
    body = json.dumps(asked).encode()
    glance = DIALECT.glance(body, path)
    assert (glance.model, glance.stream, glance.is_foreign) == (model, stream, True)
    return DIALECT.parse_request(body, path)


def texts(messages: Iterable[Message]) -> list[tuple[str, str]]:
    """Who says what: the role and the text of each part."""
    parts = ((message.role.value, part) for message in messages for part in message.parts)
    return [(role, part.text) for role, part in parts if isinstance(part, Text)]


def whole(asked: Request, events: list[Event] = ANSWER) -> dict[str, Any]:
    """The body that the caller reads; and that it says the same when it is read again."""
    encoder = DIALECT.encoder(asked)
    body = b"".join(encoder.send(event) for event in events)
    assert (b"x-amzn-bedrock-output-token-count", b"2") in encoder.head()
    assert fold(heard(body, stream=False)).text == fold(events).text
    read: dict[str, Any] = json.loads(body)
    return read


def streamed(asked: Request, events: list[Event] = ANSWER) -> list[dict[str, Any]]:
    """The events that the caller reads; the last has the envelope's counts."""
    encoder = DIALECT.encoder(asked)
    data = b"".join(encoder.send(event) for event in events)
    said = chunks(data)
    assert said[-1].pop(METRICS) == COUNTED
    again, expected = fold(heard(data)), fold(events)
    assert (again.text, again.stop) == (expected.text, expected.stop)
    return said


def chunks(data: bytes) -> list[dict[str, Any]]:
    """What the messages of a stream hold."""
    messages = EventStreamDecoder().receive_data(data)
    return [json.loads(base64.b64decode(json.loads(each.payload)["bytes"])) for each in messages]


def heard(data: bytes, *, stream: bool = True) -> list[Event]:
    decoder = DIALECT.decoder(ResponseHead(200, ()), stream=stream)
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    assert b"".join(item.raw for item in items) == data
    return [event for item in items for event in item.events]
