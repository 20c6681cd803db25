"""A client that trusts nobody: raw sockets, its own reading of streams, every token compared.

Nothing of the gateway's own code reads here; only the text to expect comes from the simulator,
whose answers are functions of the conversation.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, cast

import httptools
import msgspec
from typing_extensions import override

from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

CHAT = "openai_chat"
MESSAGES = "anthropic_messages"
PATHS = {CHAT: "/v1/chat/completions", MESSAGES: "/v1/messages"}


class Ask(msgspec.Struct, frozen=True):
    """One request: its body, and the text that a whole answer has."""

    dialect: str
    body: bytes
    expected: str
    stream: bool


class Heard(msgspec.Struct):
    """What a client got. Times are the monotonic clock's; `first` is when content came first.

    `finishes` counts reasons to finish, `ends` terminators, `errors` errors told in the answer.
    """

    began: float
    status: int = 0
    headers: dict[str, str] = {}
    text: str = ""
    arguments: str = ""
    names: list[str] = []
    finishes: int = 0
    ends: int = 0
    errors: list[str] = []
    after_end: int = 0
    notes: str = ""
    first: float | None = None
    ended: float = 0.0
    is_whole: bool = False

    @property
    def target(self) -> str:
        return self.headers.get("x-understudy-target", "")

    @property
    def attempts(self) -> int:
        return int(self.headers.get("x-understudy-attempts", "0"))

    def first_ms(self) -> float:
        """Milliseconds to the first content."""
        assert self.first is not None
        return 1000 * (self.first - self.began)


def ask(
    route: str, prompt: str, *, stream: bool, dialect: str = CHAT, more: Mapping[str, object] = {}
) -> Ask:
    """Write a request, and work out what must come of it."""
    body: dict[str, object] = {
        "model": route,
        "stream": stream,
        "messages": [{"role": "user", "content": prompt}],
    }
    if dialect == MESSAGES:
        body["max_tokens"] = 4096
    data = json.dumps({**body, **more}).encode()
    return Ask(dialect, data, expected_answer(DIALECTS[dialect], data), stream)


async def send(port: int, request: Ask, patience: float = 60.0) -> Heard:
    """Ask on a connection of its own, and listen to the end; whatever goes wrong is in `Heard`."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    heard = Heard(time.monotonic())
    listener = _Listener(request, heard, done)
    try:
        transport, _ = await loop.create_connection(lambda: listener, "127.0.0.1", port)
    except OSError as error:
        heard.errors = [f"connect: {error}"]
        heard.ended = time.monotonic()
        return heard
    head = (
        f"POST {PATHS[request.dialect]} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(request.body)}\r\n\r\n"
    )
    transport.write(head.encode() + request.body)
    try:
        await asyncio.wait_for(done, patience)
    except TimeoutError:
        heard.errors.append("patience")
    finally:
        transport.close()
    heard.ended = time.monotonic()
    return heard


class _Listener(asyncio.Protocol):
    """Reads one answer: HTTP by httptools, frames and JSON by hand."""

    def __init__(self, request: Ask, heard: Heard, done: "asyncio.Future[None]") -> None:
        self._request = request
        self._heard = heard
        self._done = done
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""
        self._pieces: list[str] = []
        self._is_events = False

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._heard.errors.append(f"http: {error}")
            self._finish()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._heard.errors.append(f"connection: {exc}")
        self._finish()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._heard.headers = {**self._heard.headers, name.decode().lower(): value.decode()}

    def on_headers_complete(self) -> None:
        self._heard.status = self._parser.get_status_code()
        kind = self._heard.headers.get("content-type", "")
        self._is_events = kind.startswith("text/event-stream")

    def on_body(self, data: bytes) -> None:
        self._body += data
        if not self._is_events:
            return
        *frames, self._body = self._body.split(b"\n\n")
        for frame in frames:
            self._frame(frame)

    def on_message_complete(self) -> None:
        self._heard.is_whole = not self._is_events or not self._body.strip()
        if not self._is_events:
            self._read_whole()
        self._finish()

    def _finish(self) -> None:
        if not self._done.done():
            self._heard.text += "".join(self._pieces)
            self._done.set_result(None)

    def _frame(self, frame: bytes) -> None:
        heard = self._heard
        for line in frame.split(b"\n"):
            if line.startswith(b":"):
                heard.notes += line[1:].decode()
            elif line.startswith(b"data:"):
                if heard.ends:
                    heard.after_end += 1
                data = line[5:].strip()
                if data == b"[DONE]":
                    heard.ends += 1
                elif self._request.dialect == CHAT:
                    self._chat_chunk(json.loads(data))
                else:
                    self._messages_event(json.loads(data))

    def _say(self, text: str) -> None:
        if text:
            if self._heard.first is None:
                self._heard.first = time.monotonic()
            self._pieces.append(text)

    def _chat_chunk(self, chunk: dict[str, Any]) -> None:
        heard = self._heard
        if "error" in chunk:
            heard.errors.append(json.dumps(chunk["error"]))
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            self._say(delta.get("content") or "")
            for call in delta.get("tool_calls") or ():
                self._call(call["function"])
            heard.finishes += choice.get("finish_reason") is not None

    def _call(self, function: dict[str, Any]) -> None:
        heard = self._heard
        if heard.first is None:
            heard.first = time.monotonic()
        if function.get("name"):
            heard.names = [*heard.names, function["name"]]
        heard.arguments += function.get("arguments") or ""

    def _messages_event(self, event: dict[str, Any]) -> None:
        heard = self._heard
        match event["type"]:
            case "content_block_start":
                block = event["content_block"]
                if block["type"] == "tool_use":
                    heard.names = [*heard.names, block["name"]]
            case "content_block_delta":
                delta = event["delta"]
                self._say(delta.get("text", ""))
                heard.arguments += delta.get("partial_json", "")
            case "message_delta":
                heard.finishes += event["delta"].get("stop_reason") is not None
            case "message_stop":
                heard.ends += 1
            case "error":
                heard.errors.append(json.dumps(event["error"]))

    def _read_whole(self) -> None:
        heard = self._heard
        heard.first = time.monotonic()
        body = cast("dict[str, Any]", json.loads(self._body))
        if heard.status != 200 or "error" in body:
            heard.errors.append(self._body.decode()[:300])
            return
        heard.ends = 1
        if self._request.dialect == CHAT:
            for choice in body["choices"]:
                self._pieces.append(choice["message"].get("content") or "")
                for call in choice["message"].get("tool_calls") or ():
                    self._call(call["function"])
                heard.finishes += choice["finish_reason"] is not None
        else:
            self._pieces += [part.get("text", "") for part in body["content"]]
            heard.finishes += body["stop_reason"] is not None
