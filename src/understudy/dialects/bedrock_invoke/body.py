"""A body that is no Anthropic one: how a lab's request and answer are those of a dialect inside.

`Body` says the words that differ; reading, writing, streaming and losses are the dialect's inside.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from understudy.chat.request import Request
from understudy.dialects.base import Dialect, Glance
from understudy.dialects.toplevel import Raws
from understudy.wire.http import Headers
from understudy.wire.sse import SseDecoder, encode_frame

MARK = "bedrock_invoke."
"""Before the name of a body, among a request's extensions: what the answer has to look like."""

_encode = msgspec.json.encode


Told: TypeAlias = Callable[[bytes], list[bytes]]
"""What the dialect inside said, as events of a body."""


class Address(NamedTuple):
    """What the path says."""

    model: str
    stream: bool


class Inside(NamedTuple):
    """A request as the dialect inside has it, and fields that it has no word for."""

    body: bytes
    path: str
    rest: Raws


class Body(ABC):
    """One lab's bodies, around a dialect. Holds no state but that."""

    name: str
    streamed_as: Headers = ((b"content-type", b"text/event-stream"),)
    """Of the dialect inside."""

    def __init__(self, inside: Dialect) -> None:
        self.inside = inside

    @property
    def mark(self) -> str:
        return MARK + self.name

    @abstractmethod
    def fits(self, raws: Raws, address: Address) -> bool:
        """Whether a request's body is such a one."""

    @abstractmethod
    def opened(self, raws: Raws, address: Address) -> Inside:
        """The request as the dialect inside has it. Raises: InvalidRequest."""

    @abstractmethod
    def answers(self, tree: Raws) -> bool:
        """Whether a whole answer, or the first event of a stream, is such a one."""

    @abstractmethod
    def whole(self, body: bytes, request: Request) -> bytes:
        """An answer of the dialect inside, in the lab's words."""

    @abstractmethod
    def heard_whole(self, body: bytes) -> bytes:
        """The lab's answer as the dialect inside has it. Raises: what decoding may."""

    def glance(self, raws: Raws, address: Address) -> Glance:
        """Usage is always said; no target takes these bodies as they are."""
        inside = self.opened(raws, address)
        glance = self.inside.glance(inside.body, inside.path)
        return replace(glance, model=address.model, wants_usage=True, is_foreign=True)

    def parsed(self, raws: Raws, address: Address) -> Request:
        """Raises: InvalidRequest."""
        inside = self.opened(raws, address)
        request = self.inside.parse_request(inside.body, inside.path)
        extensions = {**request.extensions, self.mark: inside.rest}
        return replace(request, model=address.model, extensions=extensions)

    def events(self, said: bytes) -> list[bytes]:
        """The events that say what the dialect inside said, which is never nothing."""
        return frames_of(said)

    def teller(self) -> Told:
        """What says the events of one stream: it may have to know those before."""
        return self.events

    def framed(self, event: bytes) -> bytes:
        """An event as the dialect inside has it. Raises: what decoding may."""
        return encode_frame(event)


def written(fields: Raws | dict[str, object], address: Address) -> bytes:
    """The body of a dialect inside that says model and streaming in it."""
    body: dict[str, object] = {"model": address.model or "m", **fields}
    if address.stream:
        body["stream"] = True
    return _encode(body)


def frames_of(said: bytes) -> list[bytes]:
    """The JSON in server-sent events."""
    frames: Sequence[bytes | None] = [frame.data for frame in SseDecoder().receive_data(said)]
    return [data for data in frames if data is not None and data != b"[DONE]"]
