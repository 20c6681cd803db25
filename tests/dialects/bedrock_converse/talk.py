"""What the tests of this dialect say, and how they listen."""

import json
from typing import Any

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed
from understudy.chat.loss import Loss
from understudy.chat.parts import Part, Text
from understudy.chat.request import Message, Request, Role
from understudy.dialects.bedrock_converse import DIALECT
from understudy.dialects.bedrock_converse.schema import NAME, PRODUCER
from understudy.wire.eventstream import encode_message
from understudy.wire.http import ResponseHead

PATH = "/model/m/converse"
ENDPOINT = Endpoint(NAME, "m", "/model/{model}/converse", PRODUCER)
OK = ResponseHead(200, ((b"x-amzn-requestid", b"req-1"),))
ASKED = [{"role": "user", "content": [{"text": "hello"}]}]


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def event(name: str, **said: object) -> bytes:
    """One message of a stream, as the provider frames it: padding included."""
    headers = (
        (":event-type", name),
        (":content-type", "application/json"),
        (":message-type", "event"),
    )
    return encode_message(headers, dump({**said, "p": "abcdefgh"}))


def delta(number: int, **said: object) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=number, delta=said)


def stop(number: int) -> bytes:
    return event("contentBlockStop", contentBlockIndex=number)


def begin(number: int, **said: object) -> bytes:
    return event("contentBlockStart", contentBlockIndex=number, start=said)


START = event("messageStart", role="assistant")
USAGE = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}


def end(reason: str = "end_turn", **more: object) -> bytes:
    metrics = {"latencyMs": 12}
    return event("messageStop", stopReason=reason, **more) + event(
        "metadata", usage=USAGE, metrics=metrics
    )


def events(data: bytes, *, stream: bool = True) -> list[Event]:
    decoder = DIALECT.decoder(OK, stream=stream)
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    assert b"".join(item.raw for item in items) == data
    return [each for item in items for each in item.events]


def flag(data: bytes, *, stream: bool = True) -> str | None:
    """Of the failure that the bytes end in."""
    last = events(data, stream=stream)[-1]
    assert isinstance(last, Failed), last
    return last.signal.flag


def body(*content: object, **fields: object) -> bytes:
    """A whole answer."""
    message = {"role": "assistant", "content": list(content)}
    said = {"output": {"message": message}, "stopReason": "end_turn", "usage": USAGE}
    return dump({**said, "metrics": {"latencyMs": 12}, **fields})


def parsed(path: str = PATH, **fields: object) -> Request:
    return DIALECT.parse_request(dump({"messages": ASKED, **fields}), path)


def said_by(role: str, *content: object) -> Message:
    """The first message that content makes, said after a greeting."""
    messages = [*ASKED, {"role": role, "content": list(content)}]
    return parsed(messages=messages).messages[1]


def built(request: Request, endpoint: Endpoint = ENDPOINT) -> tuple[dict[str, Any], list[Loss]]:
    written, losses = DIALECT.build_request(request, endpoint)
    return json.loads(written.body), list(losses)


def asking(*messages: Message, **fields: Any) -> Request:
    """A request of another dialect."""
    given = messages or (Message(Role.USER, (text("hello"),)),)
    return Request("m", given, **fields)


def text(words: str) -> Part:
    return Text(words)


def paths(losses: list[Loss]) -> list[str]:
    return [loss.path for loss in losses]
