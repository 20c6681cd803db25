"""Conversations that clients go on with by an answer's id, kept here so that they survive a change
of provider.

A request that names an earlier answer is written out in full before anybody reads it; an answer is
kept on its way to the client. What is whose is told by the caller's name.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

import msgspec
import structlog

from understudy.chat.failure import Failure
from understudy.dialects.base import Dialect
from understudy.dialects.memory import Memory, Turn
from understudy.shell.call import Client
from understudy.shell.fetching import Done
from understudy.shell.refusing import mistake
from understudy.shell.turn_store import TurnStore
from understudy.wire.http import Headers, header, media_type

_TARGET = b"x-understudy-target"
_EVENTS = b"text/event-stream"
_NO_STORE = (b"cache-control", b"no-store")
_JSON: Headers = ((b"content-type", b"application/json"), _NO_STORE)
_INPUT = "input_items"
_CANCEL = "cancel"
_ASKED_FOR = frozenset({"", _CANCEL})
"""What the provider itself is asked about an answer that it is still at."""

_LONGEST = 1000
"""Turns of one conversation."""

_MOST_NAMES = 20_000
"""Names of hidden thoughts of which it is remembered who made them."""

Fetching: TypeAlias = Callable[[str, str, str, Done], None]
"""Asks a target, by its name: a method, and what stands behind the path of a request to it."""

Producer: TypeAlias = Callable[[str, str], str | None]
"""Who made an answer, by the names of its target and of the dialect that the client speaks; None
where it was translated."""


class Answerable(Protocol):
    """A client's connection that can be answered at once."""

    def answer(self, status: int, headers: Headers, body: bytes) -> None: ...


class Opened(msgspec.Struct, frozen=True):
    """A request written out in full, and its client, the answer being kept on the way.

    `sealed` and `makers` as `Asked` has them.
    """

    body: bytes
    client: Client
    sealed: bytes | None = None
    makers: frozenset[str] = frozenset()


def opened_up(
    conversations: "Conversations | None", dialect: str, caller: str, body: bytes, client: Client
) -> Opened | Failure:
    """Take a request, whether or not conversations are kept."""
    if conversations is None:
        return Opened(body, client)
    return conversations.open(dialect, caller, body, client)


class Conversations:
    """One per process. `most_bytes` is how long a request may become when it is written out."""

    def __init__(
        self,
        store: TurnStore,
        memories: Mapping[str, Memory],
        producer: Producer,
        fetch: Fetching,
        most_bytes: int,
    ) -> None:
        self._store = store
        self._memories = memories
        self._producer = producer
        self._fetch = fetch
        self._most_bytes = most_bytes
        self._makers: OrderedDict[str, str] = OrderedDict()

    def open(self, dialect: str, caller: str, body: bytes, client: Client) -> Opened | Failure:
        """Take a request, or say why it cannot be taken."""
        memory = self._memories.get(dialect)
        if memory is None:
            return Opened(body, client)
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
        draft = None
        if reference.keeps:
            draft = Turn(caller, "", said, b"", reference.previous)
        keeping = Keeping(client, memory, draft, self._keeper(dialect, memory))
        if b'"reasoning"' not in body:
            return Opened(body, keeping)
        known = {
            name: turn.producer
            for turn in turns
            if turn.producer is not None
            for name in memory.thoughts(turn.answer, stream=False)
        }
        sealed, makers = memory.sealed(body, lambda name: self._maker(caller, known, name))
        return Opened(body, keeping, sealed if makers else None, makers)

    def answer(
        self,
        client: Answerable,
        dialects: Mapping[str, Dialect],
        method: bytes,
        path: bytes,
        caller: str,
    ) -> bool:
        """Answer a request about an answer that was kept; False: it is about another thing.

        `/v1/responses/{id}` is shown and deleted, `/v1/responses/{id}/input_items` listed. Who is
        still at it is asked how far it is.
        """
        for name, memory in self._memories.items():
            dialect = dialects[name]
            for base in dialect.chat_paths():
                rest = path.removeprefix(base.encode() + b"/")
                id_, _, part = rest.decode("latin-1").partition("/")
                if rest != path and (method, part) in _SERVED:
                    turn = self._store.find(caller, id_)
                    if turn is None:
                        unknown = _unknown(memory, id_, 404)
                        client.answer(*dialect.render_failure(unknown))
                    elif turn.target is not None and part in _ASKED_FOR and method != b"DELETE":
                        self._ask(client, dialect, turn, (method.decode(), part))
                    else:
                        client.answer(200, _JSON, self._page(memory, method, part, turn))
                    return True
        return False

    def close(self, timeout: float) -> None:
        self._store.close(timeout)

    def _page(self, memory: Memory, method: bytes, part: str, turn: Turn) -> bytes:
        if method == b"DELETE":
            self._store.forget(turn.caller, turn.id)
            return memory.deleted(turn.id)
        if part == _INPUT:
            return memory.input_page(self._chain(turn.caller, turn.id) or [turn])
        return turn.answer

    def _ask(
        self,
        client: Answerable,
        dialect: Dialect,
        turn: Turn,
        asked: tuple[str, str],
    ) -> None:
        """Ask who is still at an answer, tell the client, and keep the answer once it is whole."""
        method, part = asked
        memory = self._memories[dialect.name]

        def done(status: int, headers: Headers, body: bytes) -> None:
            if not headers:
                failure = mistake(status, "its provider cannot be asked now", "upstream_failed")
                client.answer(*dialect.render_failure(failure))
                return
            found = memory.answer(body, stream=False)
            if status == 200 and found is not None:
                whole = msgspec.structs.replace(turn, answer=body, target=None)
                self._store.keep(whole, tuple(memory.items(whole)))
            kind = header(headers, b"content-type") or b"application/json"
            client.answer(status, ((b"content-type", kind), _NO_STORE), body)

        assert turn.target is not None
        self._fetch(turn.target, method, "/".join(("", turn.id, part)).rstrip("/"), done)

    def _chain(self, caller: str, id_: str) -> list[Turn] | None:
        """A conversation up to an answer, from its beginning; None where some of it is not kept."""
        turns: list[Turn] = []
        wanted: str | None = id_
        while wanted is not None:
            turn = self._store.find(caller, wanted)
            if turn is None or turn.target is not None or len(turns) >= _LONGEST:
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

    def _maker(self, caller: str, known: Mapping[str, str], name: str) -> str | None:
        """Who made a hidden thought: as this conversation says, as was seen, as was kept."""
        maker = known.get(name) or self._makers.get(name)
        if maker is not None:
            return maker
        turn = self._store.find_item(caller, name)
        return None if turn is None else turn.producer

    def _keeper(self, dialect: str, memory: Memory) -> "Keeper":
        def keep(turn: Turn | None, names: Sequence[str], target: str) -> None:
            producer = self._producer(target, dialect)
            if turn is not None:
                waits = turn.target is not None
                made = msgspec.structs.replace(
                    turn, producer=producer, target=target if waits else None
                )
                self._store.keep(made, tuple(memory.items(made)))
            for name in names if producer is not None else ():
                self._makers[name] = producer or ""
            while len(self._makers) > _MOST_NAMES:
                self._makers.popitem(last=False)

        return keep


class Keeping:
    """A client whose answer is kept: all that is for the client passes through here."""

    def __init__(self, client: Client, memory: Memory, draft: Turn | None, keep: "Keeper") -> None:
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
        memory = self._memory
        if self._is_wanted:
            if not self._is_stream:
                self._pieces.append(data)
            elif memory.hidden in data or any(mark in data for mark in memory.marks):
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
        memory, turn = self._memory, None
        names = memory.thoughts(data, stream=self._is_stream) if memory.hidden in data else ()
        found = memory.answer(data, stream=self._is_stream)
        waiting = memory.pending(data) if found is None and not self._is_stream else None
        kept = found or waiting
        if kept is not None:
            self._is_wanted = False
            if self._draft is not None:
                target = None if waiting is None else self._target
                turn = msgspec.structs.replace(
                    self._draft, id=kept[0], answer=kept[1], target=target
                )
        try:
            self._keep(turn, names, self._target)
        except Exception as error:  # noqa: BLE001 - the client gets its answer all the same
            structlog.get_logger("understudy").error("an answer was not kept", exc_info=error)


Keeper: TypeAlias = Callable[[Turn | None, Sequence[str], str], None]
"""Keeps a turn, if there is one; names of hidden thoughts; by which target it was made."""

_SERVED = frozenset({(b"GET", ""), (b"DELETE", ""), (b"GET", _INPUT), (b"POST", _CANCEL)})


def _unknown(memory: Memory, id_: str, status: int) -> Failure:
    return mistake(status, memory.not_found(id_), memory.code)


def _too_long(length: int, most: int) -> Failure:
    message = f"the conversation is {length} bytes long, expected at most {most}: begin another"
    return mistake(400, message, "context_length_exceeded")
