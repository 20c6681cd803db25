"""Targets that read binary event streams: damaged ones, and what right checksums let through."""

from collections.abc import Callable

from fuzz import answers
from fuzz.target import pieces
from understudy.wire.errors import WireError
from understudy.wire.eventstream import EventStreamDecoder, Message, encode_message

WORDS = (b"messageStart ", b"contentBlockStart ", b"contentBlockDelta ", b"contentBlockStop ",
         b"messageStop ", b"metadata ", b"!throttlingException ", b'"contentBlockIndex":0',
         b'"toolUse":{"toolUseId":"a","name":"f"}', b'"reasoningContent":{"signature":"s"}',
         b'"citation":{}', b'"toolResult":[{"json":1}]')  # fmt: skip
_SAID = b"""messageStart {"role":"assistant","p":"ab"}
contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"s"}}}
contentBlockStop {"contentBlockIndex":0}
contentBlockDelta {"contentBlockIndex":1,"delta":{"text":"hi"}}
contentBlockDelta {"contentBlockIndex":1,"delta":{"citation":{"title":"T"}}}
contentBlockStop {"contentBlockIndex":1}
contentBlockStart {"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"a","name":"f"}}}
contentBlockDelta {"contentBlockIndex":2,"delta":{"toolUse":{"input":"{}"}}}
contentBlockStop {"contentBlockIndex":2}
messageStop {"stopReason":"tool_use","additionalModelResponseFields":{"stop_sequence":"x"}}
metadata {"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3},"metrics":{"latencyMs":4}}"""
_BROKEN = b"""messageStart {"role":"assistant"}
contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"hi"}}
!throttlingException {"message":"slow down"}"""
SAID = (_SAID, _BROKEN)


def eventstream(data: bytes) -> None:
    """Messages are the same however bytes are cut, lose none of them, and are written the same."""
    whole, split = _read([data]), _read(pieces(data))
    assert whole == split, "cuts change the messages"
    found, rest = whole
    assert b"".join(message.raw for message in found) + rest == data
    for message in found:
        again = encode_message(message.headers.items(), message.payload)
        assert EventStreamDecoder().receive_data(again)[0].payload == message.payload


def messages(dialect: str) -> Callable[[bytes], None]:
    """A target: lines of event names and bodies, framed as they should be, as an answer."""
    run = answers.stream(dialect)

    def framed(data: bytes) -> None:
        run(frames(data))

    return framed


def frames(data: bytes) -> bytes:
    """Lines as messages. A name that begins with `!` is an exception's."""
    return b"".join(_message(line) for line in data.split(b"\n"))


def _message(line: bytes) -> bytes:
    name, _, payload = line.partition(b" ")
    text = name.decode("utf-8", "replace")
    kind = (
        ("event", ":event-type") if not text.startswith("!") else ("exception", ":exception-type")
    )
    headers = ((":message-type", kind[0]), (kind[1], text.removeprefix("!")[:200]))
    return encode_message(headers, payload)


def _read(reads: list[bytes]) -> tuple[list[Message], bytes]:
    decoder = EventStreamDecoder()
    found: list[Message] = []
    after = b""
    for read in reads:
        if decoder.damage() is not None:
            after += read
            continue
        try:
            found += decoder.receive_data(read)
        except WireError:
            assert decoder.damage() is not None
    return found, decoder.rest() + after
