"""What an application hears of an answer through a dialect's official client, and how to say it."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import httpx
import httpx2
import msgspec
from tests.dialects.recordings import Exchange

from understudy.chat.events import PartKind, StopReason
from understudy.chat.response import Piece, Response
from understudy.chat.usage import Usage

ASKED: list[Any] = [{"role": "user", "content": "hello"}]
SPOKEN = frozenset({PartKind.TEXT, PartKind.REFUSAL, PartKind.AUDIO})


class Heard(msgspec.Struct, frozen=True):
    """What an application reads of an answer. `calls` are (id, name, arguments)."""

    text: str
    thoughts: str
    calls: list[tuple[str, str, Any]]
    stop: str | None
    usage: dict[str, int | None]


class Tongue(msgspec.Struct, frozen=True):
    """A dialect as the rest of the world speaks it.

    `hear` lets its official client read an answer: content type, body, whether it is a stream.
    `expect` says what a whole answer would be in that client's words. `valid` asserts that a
    request's JSON is one that the vendor takes. `chats` are its recorded exchanges; `asks_stream`
    tells of one whether a stream was asked for. `path` is where a request of it goes.
    """

    dialect: str
    hear: Callable[[str, bytes, bool], Heard]
    expect: Callable[[Response], Heard]
    valid: Callable[[dict[str, Any]], None]
    path: str
    chats: tuple[Exchange, ...]
    asks_stream: Callable[[Exchange], bool] = lambda chat: chat.is_stream


class Player:
    """The provider of a client that lives on: `answer` is what it says next."""

    def __init__(self) -> None:
        self.kind, self.body = "", b""

    def plays(self, kind: str, body: bytes) -> None:
        self.kind, self.body = kind, body

    def old(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": self.kind}, content=self.body)

    def new(self, _: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": self.kind}, content=self.body)


def expected(
    response: Response,
    stops: Mapping[StopReason, str | None],
    usage: dict[str, int | None],
    call_id: Callable[[Piece], str] = lambda piece: piece.start.id or "",
) -> Heard:
    """The first of n answers, in a client's words."""
    pieces = [piece for piece in response.pieces if piece.start.choice == 0]
    calls = [piece for piece in pieces if piece.start.kind is PartKind.TOOL_CALL]
    return Heard(
        text=_said(pieces, SPOKEN),
        thoughts=_said(pieces, frozenset({PartKind.REASONING})),
        calls=[(call_id(piece), piece.start.name or "", _given(piece)) for piece in calls],
        stop=stops.get(response.stop),
        usage=usage,
    )


def _given(piece: Piece) -> Any:
    """What a call is given; the free text of a custom tool is said as one field elsewhere."""
    return {"input": piece.text} if piece.start.is_custom else loads(piece.text)


def used(response: Response) -> Usage:
    return response.usage or Usage()


def loads(text: str) -> Any:
    """Arguments as a value, no text being no arguments; as they are where they are no JSON."""
    try:
        return json.loads(text or "{}")
    except ValueError:
        return text


def _said(pieces: Iterable[Piece], kinds: frozenset[PartKind]) -> str:
    return "".join(piece.text for piece in pieces if piece.start.kind in kinds)
