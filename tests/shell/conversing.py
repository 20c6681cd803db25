"""Conversations for tests: asked and answered without a gateway, and what is told of them."""

import json
from typing import Any

from understudy.chat.failure import Failure
from understudy.dialects.catalog import DIALECTS, MEMORIES
from understudy.shell.conversations import Conversations
from understudy.shell.fetching import Done
from understudy.shell.turn_store import TurnStore
from understudy.wire.http import Headers

NAME = "openai_responses"
JSON: Headers = ((b"content-type", b"application/json"), (b"x-understudy-target", b"a/m"))
EVENTS: Headers = ((b"content-type", b"text/event-stream"), (b"x-understudy-target", b"a/m"))


class Listener:
    """A client's connection that remembers what it was sent."""

    def __init__(self) -> None:
        self.said: list[object] = []

    def send_head(self, status: int, headers: Headers, length: int | None) -> None:
        self.said.append((status, headers, length))

    def send_data(self, data: bytes) -> None:
        self.said.append(data)

    def flush(self) -> None:
        self.said.append("flush")

    def answered(self, *, clean: bool) -> None:
        self.said.append(clean)


FETCHED: list[tuple[str, str, str]] = []
SAID: list[tuple[int, Headers, bytes]] = []
"""What a provider is asked about answers that it is still at, and what it says."""


def conversations(store: TurnStore, most: int = 10_000) -> Conversations:
    def fetch(target: str, method: str, behind: str, done: Done) -> None:
        FETCHED.append((target, method, behind))
        done(*SAID.pop(0))

    def producer(target: str, dialect: str) -> str | None:
        assert (target, dialect) == ("a/m", NAME)
        return "someone"

    return Conversations(store, MEMORIES, producer, fetch, most)


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def answer(id_: str, *output: object) -> bytes:
    return dump({"id": id_, "status": "completed", "output": list(output)})


def says(text: str, id_: str = "msg_1") -> dict[str, Any]:
    part = {"type": "output_text", "text": text}
    return {"type": "message", "id": id_, "role": "assistant", "content": [part]}


def asked(
    kept: Conversations, body: dict[str, Any], reply: bytes = b"", *, caller: str = "me"
) -> Any:
    """Ask, and let the answer pass; returns the body that goes on, or why there is none."""
    opened = kept.open(NAME, caller, dump(body), Listener())
    if isinstance(opened, Failure):
        return opened
    data, client = opened.body, opened.client
    if reply:
        client.send_head(200, JSON, len(reply))
        client.send_data(reply[:5])
        client.send_data(reply[5:])
        client.answered(clean=True)
    return json.loads(data)


class Asker:
    """A client's connection that is answered at once."""

    def __init__(self) -> None:
        self.status, self.body = 0, b""

    def answer(self, status: int, headers: Headers, body: bytes) -> None:
        assert dict(headers)[b"content-type"]
        self.status, self.body = status, body


def page(kept: Conversations, method: str, path: str, caller: str = "me") -> Any:
    asker = Asker()
    if not kept.answer(asker, DIALECTS, method.encode(), path.encode(), caller):
        return None
    return asker.status, json.loads(asker.body)
