"""Conversations that clients go on with by an answer's id, kept here so that they survive a change
of provider.

A request that names an earlier answer is written out in full before anybody reads it; an answer is
kept on its way to the client. What is whose is told by the caller's name.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec
import structlog

from understudy.chat.failure import Failure
from understudy.dialects.base import Dialect
from understudy.dialects.memory import Memory, Turn
from understudy.shell.call import Client
from understudy.shell.refusing import mistake
from understudy.shell.turn_store import TurnStore
from understudy.wire.http import Headers, header, media_type

_TARGET = b"x-understudy-target"
_EVENTS = b"text/event-stream"
_JSON: Headers = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_LONGEST = 1000
"""Turns of one conversation."""

Page: TypeAlias = tuple[int, Headers, bytes]
Producer: TypeAlias = Callable[[str, str], str | None]
"""Who made an answer, by the names of its target and of the dialect that the client speaks; None
where it was translated."""


class Conversations:
    """One per process. `most_bytes` is how long a request may become when it is written out."""

    def __init__(
        self,
        store: TurnStore,
        memories: Mapping[str, Memory],
        producer: Producer,
        most_bytes: int,
    ) -> None:
        self._store = store
        self._memories = memories
        self._producer = producer
        self._most_bytes = most_bytes

    def open(
        self, dialect: str, caller: str, body: bytes, client: Client
    ) -> tuple[bytes, Client] | Failure:
        """The request written out in full, and the client, its answer being kept on the way."""
        memory = self._memories.get(dialect)
        if memory is None:
            return body, client
        reference = memory.reference(body)
        turns: list[Turn] = []
        if reference.previous is not None:
            found = self._chain(caller, reference.previous)
            if found is None:
                return _unknown(memory, reference.previous, 400)
            turns = found
            self._store.touch(turns)
        said = memory.said(body) if reference.keeps else b""
        if turns or reference.items:
            body = memory.expanded(body, turns, self._items(memory, caller, reference.items))
            if len(body) > self._most_bytes:
                return _too_long(len(body), self._most_bytes)
        if not reference.keeps:
            return body, client
        draft = Turn(caller, "", said, b"", reference.previous)
        return body, Keeping(client, memory, draft, self._keep(dialect, memory))

    def answer(
        self, dialects: Mapping[str, Dialect], method: bytes, path: bytes, caller: str
    ) -> Page | None:
        """Answer a request about an answer that was kept; None for a request about another thing.

        `/v1/responses/{id}` is shown and deleted, `/v1/responses/{id}/input_items` listed.
        """
        for name, memory in self._memories.items():
            dialect = dialects[name]
            for base in dialect.chat_paths():
                rest = path.removeprefix(base.encode() + b"/")
                if rest != path:
                    return self._page(dialect, memory, method, rest.decode("latin-1"), caller)
        return None

    def close(self, timeout: float) -> None:
        self._store.close(timeout)

    def _page(
        self, dialect: Dialect, memory: Memory, method: bytes, rest: str, caller: str
    ) -> Page | None:
        id_, _, part = rest.partition("/")
        if (method, part) not in _SERVED:
            return None
        turn = self._store.find(caller, id_)
        if turn is None:
            return dialect.render_failure(_unknown(memory, id_, 404))
        if method == b"DELETE":
            self._store.forget(caller, id_)
            return 200, _JSON, memory.deleted(id_)
        if part:
            turns = self._chain(caller, id_) or [turn]
            return 200, _JSON, memory.input_page(turns)
        return 200, _JSON, turn.answer

    def _chain(self, caller: str, id_: str) -> list[Turn] | None:
        """A conversation up to an answer, from its beginning; None where some of it is not kept."""
        turns: list[Turn] = []
        wanted: str | None = id_
        while wanted is not None:
            turn = self._store.find(caller, wanted)
            if turn is None or len(turns) >= _LONGEST:
                return None
            turns.append(turn)
            wanted = turn.previous
        return turns[::-1]

    def _items(self, memory: Memory, caller: str, ids: tuple[str, ...]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for id_ in ids:
            if id_ in found:
                continue
            turn = self._store.find_item(caller, id_)
            if turn is not None:
                found |= memory.items(turn)
        return found

    def _keep(self, dialect: str, memory: Memory) -> Callable[[Turn, str], None]:
        def keep(turn: Turn, target: str) -> None:
            made = msgspec.structs.replace(turn, producer=self._producer(target, dialect))
            self._store.keep(made, tuple(memory.items(made)))

        return keep


class Keeping:
    """A client whose answer is kept: all that is for the client passes through here."""

    def __init__(
        self, client: Client, memory: Memory, draft: Turn, keep: Callable[[Turn, str], None]
    ) -> None:
        self._client = client
        self._memory = memory
        self._draft = draft
        self._keep = keep
        self._target = ""
        self._is_stream = False
        self._is_wanted = False
        self._pieces: list[bytes] = []

    def send_head(self, status: int, headers: Headers, length: int | None) -> None:
        self._is_wanted = status == 200
        self._is_stream = media_type(headers) == _EVENTS
        self._target = (header(headers, _TARGET) or b"").decode("latin-1")
        self._client.send_head(status, headers, length)

    def send_data(self, data: bytes) -> None:
        if self._is_wanted:
            if not self._is_stream:
                self._pieces.append(data)
            elif any(mark in data for mark in self._memory.marks):
                self._look(data)
        self._client.send_data(data)

    def flush(self) -> None:
        self._client.flush()

    def answered(self, *, clean: bool) -> None:
        if clean and self._pieces:
            self._look(b"".join(self._pieces))
        self._client.answered(clean=clean)

    def _look(self, data: bytes) -> None:
        """Keep the answer where it is whole; frames are never cut on their way to a client."""
        found = self._memory.answer(data, stream=self._is_stream)
        if found is None:
            return
        self._is_wanted = False
        id_, answer = found
        try:
            self._keep(msgspec.structs.replace(self._draft, id=id_, answer=answer), self._target)
        except Exception as error:  # noqa: BLE001 - the client gets its answer all the same
            structlog.get_logger("understudy").error("an answer was not kept", exc_info=error)


_SERVED = frozenset({(b"GET", ""), (b"DELETE", ""), (b"GET", "input_items")})


def _unknown(memory: Memory, id_: str, status: int) -> Failure:
    return mistake(status, memory.not_found(id_), memory.code)


def _too_long(length: int, most: int) -> Failure:
    message = f"the conversation is {length} bytes long, expected at most {most}: begin another"
    return mistake(400, message, "context_length_exceeded")
