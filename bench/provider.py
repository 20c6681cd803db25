"""A simulated provider for benchmarks: `python -m bench.provider CHAT_PORT MESSAGES_PORT`. Raw and
fast.

It refuses a request without the upstream's key and model name, so that nobody wins by skipping the
work. nginx cannot rewrite a body: it gets the upstream's model name from its client. Streams send
one
chunk each 5 ms; a chunk carries its send time as `T<16 digits of monotonic microseconds>`.
"""

import asyncio
import sys
import time
from typing import cast

import uvloop

from bench.payloads import CALLER_KEY, CHAT_ANSWER, MESSAGES_ANSWER, UPSTREAM_KEY, UPSTREAM_MODEL

CHUNKS = 200
INTERVAL = 0.005
STAMP = b"T0000000000000000 "

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def _framed(*events: bytes) -> bytes:
    data = b"".join(events)
    return b"%x\r\n%b\r\n" % (len(data), data)


def _whole(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


def _chat(choice: bytes, usage: bytes = b"null") -> bytes:
    return (
        b'data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk",'
        b'"created":1763900000,"model":"up-bench-2026-01-01","service_tier":"default",'
        b'"system_fingerprint":"fp_0123456789","choices":[%b],"usage":%b}\n\n' % (choice, usage)
    )


class Script:
    """One dialect's stream: what is sent first, per chunk, and last."""

    def __init__(self, first: bytes, chunk: bytes, last: bytes, whole: bytes) -> None:
        self.first = _HEAD + first
        self.last = last + b"0\r\n\r\n"
        self.whole = _whole(whole)
        at = chunk.index(STAMP) + 1
        self._before, self._after = chunk[:at], chunk[at + 16 :]

    def chunk(self) -> bytes:
        return self._before + b"%016d" % (time.monotonic_ns() // 1000) + self._after


CHAT = Script(
    _framed(_chat(b'{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}')),
    _framed(_chat(b'{"index":0,"delta":{"content":"%b"},"finish_reason":null}' % STAMP)),
    _framed(
        _chat(b'{"index":0,"delta":{},"finish_reason":"stop"}'),
        _chat(b"", b'{"prompt_tokens":182,"completion_tokens":200,"total_tokens":382}'),
        b"data: [DONE]\n\n",
    ),
    CHAT_ANSWER,
)

MESSAGES = Script(
    _framed(
        b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_0123456789",'
        b'"type":"message","role":"assistant","model":"up-bench","content":[],"stop_reason":null,'
        b'"stop_sequence":null,"usage":{"input_tokens":182,"output_tokens":1}}}\n\n',
        b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
        b'"content_block":{"type":"text","text":""}}\n\n',
    ),
    _framed(
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"%b"}}\n\n' % STAMP
    ),
    _framed(
        b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
        b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn",'
        b'"stop_sequence":null},"usage":{"output_tokens":200}}\n\n',
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ),
    MESSAGES_ANSWER,
)


BIG_BYTES = 20 * 2**20
BIG_CHUNK = _framed(
    *[_chat(b'{"index":0,"delta":{"content":"%b"},"finish_reason":null}' % (b"word " * 150))] * 16
)


class Provider(asyncio.Protocol):
    def __init__(self, script: Script) -> None:
        self._script = script
        self._buffer = b""
        self._sent = 0
        self._due = 0.0
        self._is_paused = False
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        head = head.lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(rest) < length:
            return
        body, self._buffer = rest[:length], rest[length:]
        assert self._transport is not None
        keys = (UPSTREAM_KEY.encode(), CALLER_KEY.encode())
        if any(key in head for key in keys) and b'"up-big"' in body:
            self._sent = 0
            self._transport.write(self._script.first)
            self._pour()
        elif not any(key in head for key in keys) or UPSTREAM_MODEL.encode() not in body:
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        elif b'"stream": true' in body or b'"stream":true' in body:
            self._sent = 0
            self._transport.write(self._script.first)
            self._due = self._loop.time() + INTERVAL
            self._loop.call_at(self._due, self._tick)
        else:
            self._transport.write(self._script.whole)

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._pour()

    def _pour(self) -> None:
        """Send an answer of 20 MB as fast as it is read."""
        while self._transport is not None and not self._is_paused and self._sent < BIG_BYTES:
            self._sent += len(BIG_CHUNK)
            self._transport.write(BIG_CHUNK if self._sent < BIG_BYTES else self._script.last)

    def _tick(self) -> None:
        if self._transport is None:
            return
        self._sent += 1
        self._transport.write(self._script.chunk())
        if self._sent >= CHUNKS:
            self._transport.write(self._script.last)
        else:
            self._due += INTERVAL
            self._loop.call_at(self._due, self._tick)


async def main(chat_port: int, messages_port: int) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Provider(CHAT), "127.0.0.1", chat_port, backlog=2048)
    await loop.create_server(lambda: Provider(MESSAGES), "127.0.0.1", messages_port, backlog=2048)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
